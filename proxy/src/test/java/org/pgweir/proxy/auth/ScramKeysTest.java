package org.pgweir.proxy.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pgweir.config.AuthType;
import org.pgweir.config.Secret;
import org.pgweir.config.Secret.PlainSecret;
import org.pgweir.config.Secret.ScramSecret;

class ScramKeysTest {
    private final ScramKeys keys = new ScramKeys();

    private static ClientLogin.Scram login(String user, int iterations, String... passwords) {
        List<Secret> secrets =
                List.of(passwords).stream().<Secret>map(PlainSecret::new).toList();
        return (ClientLogin.Scram)
                ClientLogin.decide(AuthType.SCRAM_SHA_256, new UserSecrets(user, true, null, secrets), iterations);
    }

    @Test
    void givenAPlainPasswordWhenItWasDerivedOnceThenItIsReady() {
        // given
        assertThat(keys.ready(login("bob", 16, "pencil"))).isNull();
        // when
        List<ScramSecret> derived = keys.derive(login("bob", 16, "pencil"));
        // then
        assertThat(keys.ready(login("bob", 16, "pencil"))).isEqualTo(derived).hasSize(1);
        assertThat(keys.derive(login("bob", 16, "pencil")).get(0)).isSameAs(derived.get(0));
    }

    @Test
    void givenADerivedPasswordWhenAnythingDiffersThenItIsNotTaken() {
        keys.derive(login("bob", 16, "pencil"));
        assertThat(keys.ready(login("bob", 16, "crayon"))).isNull();
        assertThat(keys.ready(login("bob", 17, "pencil"))).isNull();
        assertThat(keys.ready(login("eve", 16, "pencil"))).isNull();
        assertThat(keys.ready(login("bob", 16, "pencil", "crayon"))).isNull();
    }

    @Test
    void givenNothingToDeriveWhenAskedThenItIsReadyAtOnce() {
        assertThat(keys.ready(login("bob", 16))).isEmpty();
    }

    @Test
    void givenAReloadWhenAskedAgainThenNothingIsLeft() {
        keys.derive(login("bob", 16, "pencil"));
        keys.reload((user, secret) -> true);
        assertThat(keys.ready(login("bob", 16, "pencil"))).isNull();
    }

    @Test
    void givenMorePasswordsThanThereIsRoomWhenDerivedThenTheOldestGoes() {
        for (int i = 0; i < 10_001; i++) {
            keys.derive(login("bob", 1, "pencil" + i));
        }
        assertThat(keys.ready(login("bob", 1, "pencil0"))).isNull();
        assertThat(keys.ready(login("bob", 1, "pencil1"))).isNotNull();
    }

    @Test
    void givenAProofOfAStoredSecretWhenAskedThenItsKeyIsKnownForThisUserAndSecretOnly() {
        // given
        ScramSecret secret = ScramSecrets.derive("pencil", ScramSecrets.saltFor("a"), 16);
        ScramSecret other = ScramSecrets.derive("pencil", ScramSecrets.saltFor("b"), 16);
        byte[] key = {1, 2, 3};
        List<String> told = new ArrayList<>();
        keys.whenLearnt(told::add);
        assertThat(keys.clientKey("bob", secret)).isNull();
        // when
        keys.learn("bob", secret, key);
        keys.learn("bob", secret, key);
        // then
        assertThat(told).containsExactly("bob");
        assertThat(keys.clientKey("bob", secret)).isEqualTo(key);
        assertThat(keys.clientKey("eve", secret)).isNull();
        assertThat(keys.clientKey("bob", other)).isNull();
    }

    @Test
    void givenAnotherSecretOfTheUserWhenItIsProvedThenTheOldKeyIsForgotten() {
        ScramSecret secret = ScramSecrets.derive("pencil", ScramSecrets.saltFor("a"), 16);
        ScramSecret other = ScramSecrets.derive("crayon", ScramSecrets.saltFor("a"), 16);
        keys.learn("bob", secret, new byte[32]);
        keys.learn("bob", other, new byte[32]);
        assertThat(keys.clientKey("bob", other)).isNotNull();
        assertThat(keys.clientKey("bob", secret)).isNull();
    }

    @Test
    void givenAReloadWhenASecretIsInUseNoMoreThenItsKeyIsForgotten() {
        ScramSecret secret = ScramSecrets.derive("pencil", ScramSecrets.saltFor("a"), 16);
        keys.learn("bob", secret, new byte[32]);
        keys.learn("eve", secret, new byte[32]);
        keys.reload((user, used) -> user.equals("eve") && used.equals(secret));
        assertThat(keys.clientKey("bob", secret)).isNull();
        assertThat(keys.clientKey("eve", secret)).isNotNull();
    }
}

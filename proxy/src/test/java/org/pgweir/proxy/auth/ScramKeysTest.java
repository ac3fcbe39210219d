package org.pgweir.proxy.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.pgweir.config.AuthType;
import org.pgweir.config.Secret;
import org.pgweir.config.Secret.PlainSecret;
import org.pgweir.config.Secret.ScramSecret;
import org.pgweir.proxy.net.Loops;
import org.pgweir.proxy.net.Transport;

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

    /** With the assertion on in all tests, every login that any of them makes shows that keys are derived elsewhere. */
    @Test
    void givenAnEventLoopWhenAKeyIsToBeDerivedThereThenItIsRefused() throws Exception {
        CompletableFuture<Throwable> refused = new CompletableFuture<>();
        try (Loops loops = new Loops(Transport.NIO, 1)) {
            loops.all().get(0).post(() -> {
                try {
                    keys.derive(login("bob", 16, "pencil"));
                    refused.complete(null);
                } catch (AssertionError e) {
                    refused.complete(e);
                }
            });
            assertThat(refused.get(10, TimeUnit.SECONDS)).hasMessage("a key is derived on an event loop");
        }
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

package org.pgweir.proxy.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.pgweir.config.AuthType;
import org.pgweir.config.Secret;
import org.pgweir.config.Secret.Md5Secret;
import org.pgweir.config.Secret.PlainSecret;
import org.pgweir.config.Secret.ScramSecret;

class ClientLoginTest {
    private static final int ITERATIONS = 16;
    private static final ScramKeys KEYS = new ScramKeys();
    private static final Md5Secret MD5 = new Md5Secret(Md5Password.hash("pencil", "bob"));
    private static final ScramSecret SCRAM = ScramSecrets.derive("pencil", ScramSecrets.saltFor("other"), ITERATIONS);

    /** What the user list holds; {@code none} stands for a user who is not in it. */
    private static ClientLogin decide(AuthType type, String kinds) {
        List<Secret> secrets = Arrays.stream(kinds.split("\\+"))
                .<Secret>map(kind -> switch (kind) {
                    case "plain" -> new PlainSecret("pencil");
                    case "empty" -> new PlainSecret("");
                    case "md5" -> MD5;
                    case "scram" -> SCRAM;
                    default -> null;
                })
                .filter(Objects::nonNull)
                .toList();
        return ClientLogin.decide(type, new UserSecrets("bob", !secrets.isEmpty(), null, secrets), ITERATIONS);
    }

    private static String describe(ClientLogin login) {
        String name = login.getClass().getSimpleName().toLowerCase(Locale.ROOT);
        if (login instanceof ClientLogin.Scram scram) {
            return name + " " + scram.verifiers().size() + " "
                    + scram.passwords().size();
        }
        return login instanceof ClientLogin.Md5 md5
                ? name + " " + md5.storedHashes().size()
                : name;
    }

    @ParameterizedTest(name = "{0}, {1} -> {2}")
    @CsvSource(delimiter = '|', textBlock = """
                    ANY           | plain | trusted
                    ANY           | none  | trusted
                    TRUST         | plain | trusted
                    TRUST         | empty | trusted
                    TRUST         | md5   | trusted
                    TRUST         | scram | trusted
                    TRUST         | none  | refused
                    PLAIN         | plain | cleartext
                    PLAIN         | empty | cleartext
                    PLAIN         | md5   | cleartext
                    PLAIN         | scram | cleartext
                    PLAIN         | none  | cleartext
                    MD5           | plain | md5 1
                    MD5           | empty | md5 0
                    MD5           | md5   | md5 1
                    MD5           | scram | scram 1 0
                    MD5           | none  | md5 0
                    SCRAM_SHA_256 | plain | scram 0 1
                    SCRAM_SHA_256 | empty | scram 0 0
                    SCRAM_SHA_256 | md5   | scram 0 0
                    SCRAM_SHA_256 | scram | scram 1 0
                    SCRAM_SHA_256 | none  | scram 0 0
                    MD5           | scram+plain | scram 1 1
                    MD5           | plain+scram | scram 1 1
                    MD5           | plain+md5   | md5 2
                    MD5           | md5+scram   | md5 1
                    SCRAM_SHA_256 | md5+scram+plain | scram 1 1
                    """)
    void givenAnAuthTypeAndASecretWhenDecidedThenTheClientIsAskedForTheRightThing(
            AuthType type, String kind, String expected) {
        assertThat(describe(decide(type, kind))).isEqualTo(expected);
    }

    @ParameterizedTest
    @EnumSource(
            value = AuthType.class,
            names = {"HBA", "PAM", "LDAP"})
    void givenATypeThatIsNotSupportedWhenDecidedThenNobodyIsLetIn(AuthType type) {
        assertThat(decide(type, "plain"))
                .isInstanceOfSatisfying(
                        ClientLogin.Refused.class,
                        refused -> assertThat(refused.reason()).contains(type.toString()));
    }

    @ParameterizedTest
    @CsvSource({"plain", "md5", "scram"})
    void givenASecretOfAnyKindWhenThePasswordComesInClearThenOnlyTheRightOneIsAccepted(String kind) {
        // given
        ClientLogin.Cleartext login = (ClientLogin.Cleartext) decide(AuthType.PLAIN, kind);
        // then
        assertThat(login.accepts("pencil", KEYS)).isTrue();
        for (String wrong : new String[] {"", "Pencil", "pencil ", "p", MD5.hexHash()}) {
            assertThat(login.accepts(wrong, KEYS)).as("'%s'", wrong).isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource({"empty", "none"})
    void givenNoPasswordInTheListWhenAnyPasswordComesThenItIsRefused(String kind) {
        ClientLogin.Cleartext clear = (ClientLogin.Cleartext) decide(AuthType.PLAIN, kind);
        assertThat(clear.accepts("", KEYS)).isFalse();
        assertThat(clear.accepts("pencil", KEYS)).isFalse();
        ClientLogin.Md5 md5 = (ClientLogin.Md5) decide(AuthType.MD5, kind);
        assertThat(md5.accepts(Md5Password.answer(Md5Password.hash("", "bob"), md5.salt())))
                .isFalse();
        assertThat(md5.accepts("")).isFalse();
    }

    @Test
    void givenSeveralSecretsWhenAnyOfThemIsProvedThenItIsAccepted() {
        // given
        UserSecrets user = new UserSecrets("bob", true, null, List.of(new PlainSecret("crayon"), MD5));
        // when
        var clear = (ClientLogin.Cleartext) ClientLogin.decide(AuthType.PLAIN, user, ITERATIONS);
        var md5 = (ClientLogin.Md5) ClientLogin.decide(AuthType.MD5, user, ITERATIONS);
        // then
        for (String password : new String[] {"crayon", "pencil"}) {
            assertThat(clear.accepts(password, KEYS)).isTrue();
            assertThat(md5.accepts(Md5Password.answer(Md5Password.hash(password, "bob"), md5.salt())))
                    .isTrue();
        }
        assertThat(clear.accepts("chalk", KEYS)).isFalse();
    }

    @Test
    void givenAStoredScramSecretAndAPlainOneWhenScramIsRunThenBothHaveTheStoredSalt() {
        // given
        UserSecrets user = new UserSecrets("bob", true, null, List.of(new PlainSecret("crayon"), SCRAM));
        // when
        var login = (ClientLogin.Scram) ClientLogin.decide(AuthType.SCRAM_SHA_256, user, 4 * ITERATIONS);
        // then
        assertThat(login.salt()).isEqualTo(SCRAM.salt());
        assertThat(login.iterations()).isEqualTo(ITERATIONS);
        assertThat(new ScramKeys().derive(login))
                .containsExactly(SCRAM, ScramSecrets.derive("crayon", SCRAM.salt(), ITERATIONS));
    }

    @Test
    void givenStoredScramSecretsWithDifferentSaltsWhenScramIsRunThenOnlyTheNewestCounts() {
        ScramSecret older = ScramSecrets.derive("crayon", ScramSecrets.saltFor("older"), ITERATIONS);
        UserSecrets user = new UserSecrets("bob", true, null, List.of(SCRAM, older));
        var login = (ClientLogin.Scram) ClientLogin.decide(AuthType.SCRAM_SHA_256, user, ITERATIONS);
        assertThat(login.verifiers()).containsExactly(SCRAM);
    }

    @Test
    void givenAUserWhoDoesNotExistWhenScramIsRunThenTheChallengeLooksLikeThatOfAPlainSecret() {
        var known = (ClientLogin.Scram) decide(AuthType.SCRAM_SHA_256, "plain");
        var unknown = (ClientLogin.Scram) decide(AuthType.SCRAM_SHA_256, "none");
        assertThat(unknown.salt()).isEqualTo(known.salt());
        assertThat(unknown.iterations()).isEqualTo(known.iterations());
    }

    @Test
    void givenGarbageForAPasswordWhenCheckedThenItIsRefusedAndNothingIsThrown() {
        Random random = new Random(5);
        ClientLogin.Cleartext login = (ClientLogin.Cleartext) decide(AuthType.PLAIN, "scram");
        for (int round = 0; round < 500; round++) {
            StringBuilder password = new StringBuilder();
            for (int length = random.nextInt(12); length >= 0; length--) {
                password.append((char) (random.nextBoolean() ? random.nextInt(0x10000) : random.nextInt(0x20)));
            }
            assertThat(login.accepts(password.toString(), KEYS)).isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource({"plain", "md5"})
    void givenAnMd5ChallengeWhenAnsweredThenOnlyTheAnswerToThisSaltIsAccepted(String kind) {
        // given
        ClientLogin.Md5 login = (ClientLogin.Md5) decide(AuthType.MD5, kind);
        byte[] otherSalt = login.salt().clone();
        otherSalt[0]++;
        // then
        assertThat(login.accepts(Md5Password.answer(MD5.hexHash(), login.salt())))
                .isTrue();
        assertThat(login.accepts(Md5Password.answer(MD5.hexHash(), otherSalt))).isFalse();
        assertThat(login.accepts("md5" + MD5.hexHash())).isFalse();
        assertThat(login.accepts("pencil")).isFalse();
    }

    @Test
    void givenTwoClientsWhenChallengedThenTheSaltsDiffer() {
        assertThat(((ClientLogin.Md5) decide(AuthType.MD5, "plain")).salt())
                .hasSize(4)
                .isNotEqualTo(((ClientLogin.Md5) decide(AuthType.MD5, "plain")).salt());
    }

    @Test
    void givenAnyLoginWhenPrintedThenNoSecretIsShown() {
        for (AuthType type : AuthType.values()) {
            for (String kind : new String[] {"plain", "md5", "scram"}) {
                assertThat(decide(type, kind).toString())
                        .doesNotContain("pencil")
                        .doesNotContain(MD5.hexHash());
            }
        }
    }
}

package org.pgweir.proxy.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.ongres.scram.client.ScramClient;
import com.ongres.scram.common.StringPreparation;
import com.ongres.scram.common.exception.ScramException;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgweir.config.Secret;
import org.pgweir.config.Secret.ScramSecret;

/** The server's side of SCRAM, with the client of another house as the peer. */
class ScramExchangeTest {
    private static final byte[] SALT = ScramSecrets.saltFor("bob");
    private static final ScramSecret SECRET = ScramSecrets.derive("pencil", SALT, 64);

    private static ScramClient client(String password) {
        return ScramClient.builder()
                .advertisedMechanisms(List.of(ScramExchange.MECHANISM))
                .username("bob")
                .password(password.toCharArray())
                .stringPreparation(StringPreparation.POSTGRESQL_PREPARATION)
                .build();
    }

    private static ScramExchange exchange() {
        return new ScramExchange(SALT, 64, null);
    }

    private static String serverFinal(ScramExchange exchange, String clientFinal) throws LoginFailure {
        exchange.clientFinal(clientFinal);
        return exchange.verify(List.of(SECRET)).serverFinal();
    }

    /** Runs it to the end; the client checks the server's proof. */
    private static void login(String password, ScramSecret... secrets) throws LoginFailure, ScramException {
        ScramClient client = client(password);
        ScramExchange exchange = new ScramExchange(secrets[0].salt(), secrets[0].iterations(), null);
        client.serverFirstMessage(exchange.serverFirst(
                ScramExchange.MECHANISM, client.clientFirstMessage().toString()));
        exchange.clientFinal(client.clientFinalMessage().toString());
        client.serverFinalMessage(exchange.verify(List.of(secrets)).serverFinal());
    }

    private interface Change {
        String to(String message);
    }

    private static void assertRefused(Change clientFinal) throws LoginFailure, ScramException {
        ScramExchange exchange = exchange();
        ScramClient client = client("pencil");
        client.serverFirstMessage(exchange.serverFirst(
                ScramExchange.MECHANISM, client.clientFirstMessage().toString()));
        String changed = clientFinal.to(client.clientFinalMessage().toString());
        assertThatExceptionOfType(LoginFailure.class).isThrownBy(() -> serverFinal(exchange, changed));
    }

    @ParameterizedTest
    @ValueSource(strings = {"pencil", "p", "pässwörd", "with space", "co,mma=", "\u00a0\u00ad", "Ⅸ"})
    void givenTheRightPasswordWhenTheClientProvesItThenBothSidesAreContent(String password) {
        ScramSecret secret = ScramSecrets.derive(password, SALT, 16);
        assertThatCode(() -> login(password, secret)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Pencil", "pencil ", "pencil2", "x"})
    void givenAWrongPasswordWhenTheClientProvesItThenItIsRefused(String password) {
        assertThatExceptionOfType(LoginFailure.class)
                .isThrownBy(() -> login(password, SECRET))
                .withMessage("wrong password");
    }

    @Test
    void givenASecretOfPostgresWhenTheClientProvesItThenItIsLetIn() {
        // given: the example of RFC 7677
        Secret secret = Secret.of("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
                + "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=");
        // then
        assertThatCode(() -> login("pencil", (ScramSecret) secret)).doesNotThrowAnyException();
        assertThat(ScramSecrets.clientKey((ScramSecret) secret, "pencil")).isNotNull();
        assertThat(ScramSecrets.clientKey((ScramSecret) secret, "pencils")).isNull();
    }

    @Test
    void givenSeveralSecretsWithOneSaltWhenTheClientProvesOneThenItIsLetIn() {
        ScramSecret other = ScramSecrets.derive("crayon", SALT, 64);
        assertThatCode(() -> login("pencil", other, SECRET)).doesNotThrowAnyException();
        assertThatCode(() -> login("crayon", other, SECRET)).doesNotThrowAnyException();
        assertThatExceptionOfType(LoginFailure.class)
                .isThrownBy(() -> login("chalk", other, SECRET))
                .withMessage("wrong password");
    }

    @Test
    void givenTheRightPasswordWhenTheClientProvesItThenItsKeyIsKnown() throws LoginFailure, ScramException {
        // given
        ScramExchange exchange = exchange();
        ScramClient client = client("pencil");
        client.serverFirstMessage(exchange.serverFirst(
                ScramExchange.MECHANISM, client.clientFirstMessage().toString()));
        exchange.clientFinal(client.clientFinalMessage().toString());
        // when
        ScramExchange.Proof proof = exchange.verify(List.of(SECRET));
        // then
        assertThat(proof.clientKey()).isEqualTo(ScramSecrets.clientKey(SECRET, "pencil"));
        assertThat(proof.secret()).isEqualTo(SECRET);
        assertThat(proof).hasToString("Proof[***]");
    }

    @Test
    void givenAUserWhoDoesNotExistWhenTheExchangeRunsThenItLooksAlikeAndFailsAtItsEnd()
            throws LoginFailure, ScramException {
        // given
        ScramExchange mock = new ScramExchange(ScramSecrets.saltFor("nobody"), 64, null);
        ScramClient client = client("pencil");
        // when
        String first = mock.serverFirst(
                ScramExchange.MECHANISM, client.clientFirstMessage().toString());
        // then
        assertThat(first).matches("r=[!-+\\--~]+,s=[A-Za-z0-9+/=]{24},i=64");
        client.serverFirstMessage(first);
        mock.clientFinal(client.clientFinalMessage().toString());
        assertThatExceptionOfType(LoginFailure.class).isThrownBy(() -> mock.verify(List.of()));
    }

    @Test
    void givenAnyUserWhenAskedTwiceThenTheSaltIsTheSame() {
        assertThat(ScramSecrets.saltFor("eve"))
                .isEqualTo(ScramSecrets.saltFor("eve"))
                .isNotEqualTo(ScramSecrets.saltFor("mallory"))
                .hasSize(16);
    }

    @Test
    void givenTwoExchangesWhenBegunAlikeThenTheServersNoncesDiffer() throws LoginFailure {
        String first = "n,,n=,r=abc";
        assertThat(exchange().serverFirst(ScramExchange.MECHANISM, first))
                .startsWith("r=abc")
                .isNotEqualTo(exchange().serverFirst(ScramExchange.MECHANISM, first));
    }

    @Test
    void givenAClientThatCouldBindWhenItSaysSoThenItIsLetIn() throws LoginFailure {
        assertThat(exchange().serverFirst(ScramExchange.MECHANISM, "y,,n=bob,r=abc"))
                .startsWith("r=abc");
        assertThat(exchange().serverFirst(ScramExchange.MECHANISM, "n,,n=bob,r=abc,ext=1"))
                .startsWith("r=abc");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ",",
                "n",
                "n,",
                "n,,",
                "n,,,",
                "x,,n=,r=abc",
                "nn,,n=,r=abc",
                ",,n=,r=abc",
                "p=tls-server-end-point,,n=,r=abc",
                "p=tls-unique,,n=,r=abc",
                "p=,,n=,r=abc",
                "p,,n=,r=abc",
                "n,a=admin,n=,r=abc",
                "y,a=,n=,r=abc",
                "n,,r=abc,n=",
                "n,,n=",
                "n,,n=,r=",
                "n,,n=,r=a b",
                "n,,n=,r=ab\u0000",
                "n,,n=,r=abé",
                "n,,m=ext,n=,r=abc",
                "n,,n=,x=1,r=abc"
            })
    void givenAFirstMessageThatMustNotBeWhenReadThenItIsRefused(String message) {
        assertThatExceptionOfType(LoginFailure.class)
                .isThrownBy(() -> exchange().serverFirst(ScramExchange.MECHANISM, message));
    }

    @Test
    void givenAManipulatedNonceWhenReadThenItIsRefused() throws LoginFailure, ScramException {
        assertRefused(message -> message.replace(",r=", ",r=x"));
        assertRefused(message -> message.replaceFirst(",r=[^,]+", ",r=abc"));
        assertRefused(message -> message.replaceFirst("(,r=[^,]+)[^,]", "$1"));
    }

    @Test
    void givenAManipulatedChannelBindingWhenReadThenItIsRefused() throws LoginFailure, ScramException {
        assertRefused(message -> message.replace("c=biws", "c=eSws"));
        assertRefused(message -> message.replace("c=biws", "c=biwsAA=="));
        assertRefused(message -> message.replace("c=biws", "c="));
        assertRefused(message -> message.replace("c=biws,", ""));
    }

    @Test
    void givenAFlagThatDiffersFromTheFirstMessageWhenReadThenItIsRefused() throws LoginFailure {
        // given
        ScramExchange exchange = exchange();
        String nonces =
                exchange.serverFirst(ScramExchange.MECHANISM, "y,,n=,r=abc").split(",")[0];
        String proof = Base64.getEncoder().encodeToString(new byte[32]);
        // then: "biws" is the flag n, "eSws" the flag y
        assertThatExceptionOfType(LoginFailure.class)
                .isThrownBy(() -> serverFinal(exchange, "c=biws," + nonces + ",p=" + proof))
                .withMessageContaining("channel binding");
        assertThatExceptionOfType(LoginFailure.class)
                .isThrownBy(() -> serverFinal(exchange, "c=eSws," + nonces + ",p=" + proof))
                .withMessage("wrong password");
    }

    @Test
    void givenAManipulatedProofWhenReadThenItIsRefused() throws LoginFailure, ScramException {
        assertRefused(message -> message.replaceFirst("p=.", "p=*"));
        assertRefused(message -> message.substring(0, message.length() - 4));
        assertRefused(message -> message.replaceFirst("p=.*", "p="));
        assertRefused(message -> message.replaceFirst(",p=.*", ""));
        assertRefused(message -> message + "AAAA");
        assertRefused(message -> message.replaceFirst("p=.*", "p=" + "A".repeat(43) + "="));
        assertRefused(message -> message.replace(",p=", ",x=1,p="));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void givenGarbageWhenReadThenNothingButALoginFailureIsThrown(long seed) throws LoginFailure {
        Random random = new Random(seed);
        String alphabet = "np,=rcay\u0000é\ud83d\ude00 Az09+/-";
        for (int round = 0; round < 20_000; round++) {
            // given
            ScramExchange exchange = exchange();
            StringBuilder text = new StringBuilder(random.nextBoolean() ? "n,,n=,r=" : "");
            for (int length = random.nextInt(30); length > 0; length--) {
                text.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            // when
            boolean begun = false;
            try {
                begun = exchange.serverFirst(ScramExchange.MECHANISM, text.toString()) != null;
            } catch (LoginFailure expected) {
                assertThat(expected).hasMessageMatching("[ -~]+");
            }
            // then
            if (!begun) {
                exchange.serverFirst(ScramExchange.MECHANISM, "n,,n=,r=abc");
            }
            assertThatExceptionOfType(LoginFailure.class).isThrownBy(() -> serverFinal(exchange, text.toString()));
            assertThatExceptionOfType(LoginFailure.class).isThrownBy(() -> serverFinal(exchange, "c=biws,p=" + text));
        }
    }

    private static final byte[] END_POINT = {5, 6, 7, 8};

    private static ScramExchange bindable() {
        return new ScramExchange(SALT, 64, END_POINT);
    }

    private static ScramClient binding(byte[] endPoint, String... offered) {
        return ScramClient.builder()
                .advertisedMechanisms(List.of(offered))
                .username("bob")
                .password("pencil".toCharArray())
                .channelBinding("tls-server-end-point", endPoint)
                .stringPreparation(StringPreparation.POSTGRESQL_PREPARATION)
                .build();
    }

    private static void login(ScramExchange exchange, ScramClient client) throws LoginFailure, ScramException {
        String mechanism = client.getScramMechanism().getName();
        client.serverFirstMessage(
                exchange.serverFirst(mechanism, client.clientFirstMessage().toString()));
        client.serverFinalMessage(
                serverFinal(exchange, client.clientFinalMessage().toString()));
    }

    @Test
    void givenAnEncryptedConnectionWhenTheClientBindsTheLoginToItThenItIsLetIn() {
        assertThat(bindable().mechanisms()).containsExactly("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256");
        assertThat(exchange().mechanisms()).containsExactly("SCRAM-SHA-256");
        assertThatCode(() -> login(bindable(), binding(END_POINT, "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256")))
                .doesNotThrowAnyException();
        // one that cannot bind may still come
        assertThatCode(() -> login(bindable(), client("pencil"))).doesNotThrowAnyException();
    }

    @Test
    void givenAnotherCertificateThanOursWhenTheClientBindsItsLoginToItThenItIsRefused() {
        for (byte[] other : new byte[][] {{5, 6, 7, 9}, {5, 6, 7}, {5, 6, 7, 8, 0}}) {
            assertThatExceptionOfType(LoginFailure.class)
                    .isThrownBy(() -> login(bindable(), binding(other, "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256")))
                    .withMessageContaining("channel binding does not match");
        }
    }

    @Test
    void givenAnOfferThatSomebodyTookAwayWhenTheClientSaysItWouldHaveBoundThenItIsRefused() {
        // Sees only SCRAM-SHA-256, could bind, and says so: the flag y.
        assertThatExceptionOfType(LoginFailure.class)
                .isThrownBy(() -> login(bindable(), binding(END_POINT, "SCRAM-SHA-256")))
                .withMessageContaining("taken the offer away");
        // Where there was no such offer, it is right.
        assertThatCode(() -> login(exchange(), binding(END_POINT, "SCRAM-SHA-256")))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SCRAM-SHA-256|p=tls-server-end-point,,n=,r=abc",
                "SCRAM-SHA-256-PLUS|n,,n=,r=abc",
                "SCRAM-SHA-256-PLUS|y,,n=,r=abc",
                "SCRAM-SHA-256-PLUS|p=tls-unique,,n=,r=abc",
                "SCRAM-SHA-256-PLUS|p=,,n=,r=abc",
                "SCRAM-SHA-256-PLUS|p=tls-server-end-point,a=admin,n=,r=abc",
                "SCRAM-SHA-256-PLUS|p=tls-server-end-point",
                "SCRAM-SHA-256-PLUS|p=tls-server-end-point,"
            })
    void givenAMechanismThatDoesNotFitTheMessageWhenReadThenItIsRefused(String both) {
        String[] parts = both.split("\\|");
        assertThatExceptionOfType(LoginFailure.class)
                .isThrownBy(() -> bindable().serverFirst(parts[0], parts[1]));
    }
}

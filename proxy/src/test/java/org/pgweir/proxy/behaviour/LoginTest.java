package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.Sees;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.Message;
import org.pgweir.testkit.WireClient;
import org.pgweir.testkit.WireError;

/** How clients prove who they are. PostgreSQL trusts everybody here, and all of them go there as postgres. */
@EverySetup
final class LoginTest {
    private final Setup setup;

    LoginTest(Setup setup) {
        this.setup = setup;
    }

    private Pooler pooler(String authType) {
        String users = String.join(
                "\n",
                "\"plain\" \"open sesame\"",
                "\"md5\" \"" + secretOf("md5", "md5") + "\"",
                "\"scram\" \"" + secretOf("scram-sha-256", "scram") + "\"",
                "");
        return setup.emptyPooler()
                .set("auth_type", authType)
                .userList(users)
                .database(setup.postgres(), "user=postgres")
                .start();
    }

    /** PostgreSQL computes it. */
    private String secretOf(String encryption, String user) {
        return setup.postgres()
                .query("BEGIN; SET LOCAL password_encryption = '" + encryption + "'; CREATE ROLE \"" + user
                        + "\" PASSWORD 'open sesame'; SELECT rolpassword FROM pg_authid WHERE rolname = '" + user
                        + "'; ROLLBACK")
                .get(0)
                .get(0);
    }

    private void works(Pooler pooler, String user, String password) {
        try (WireClient client = pooler.client(user, password, setup.postgres().database())) {
            assertThat(client.query("SELECT 1")).containsExactly(List.of("1"));
        }
    }

    private void isRefused(Pooler pooler, String user, String password, String sqlstate, String message) {
        ThrowingCallable login =
                () -> pooler.client(user, password, setup.postgres().database());
        assertThatThrownBy(login).as(user).isInstanceOfSatisfying(WireError.class, error -> {
            assertThat(error.severity()).isEqualTo("FATAL");
            assertThat(error.sqlstate()).isEqualTo(sqlstate);
            assertThat(error.fields().message()).contains(message);
        });
    }

    @Test
    void trustNeedsAKnownUser() {
        try (Pooler pooler = pooler("trust")) {
            works(pooler, "plain", "whatever");
            works(pooler, "scram", "");
            isRefused(pooler, "stranger", "", "28000", "\"trust\" authentication failed");
        }
    }

    @Test
    void anyTakesEverybodyToTheForcedUser() {
        try (Pooler pooler = pooler("any")) {
            works(pooler, "stranger", "");
            works(pooler, "md5", "wrong");
        }
    }

    @Test
    void anyNeedsAForcedUser() {
        try (Pooler pooler = setup.pooler().set("auth_type", "any").start()) {
            isRefused(pooler, "postgres", "", "08P01", "bouncer config error");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "plain, plain",
        "plain, md5",
        "plain, scram",
        "md5, plain",
        "md5, md5",
        "md5, scram",
        "scram-sha-256, plain",
        "scram-sha-256, scram"
    })
    @Sees("auth_file")
    void rightAndWrongPasswords(String authType, String user) {
        try (Pooler pooler = pooler(authType)) {
            works(pooler, user, "open sesame");
            boolean scram = authType.startsWith("scram") || authType.equals("md5") && user.equals("scram");
            String message = scram ? "SASL authentication failed" : "password authentication failed";
            isRefused(pooler, user, "close sesame", "28P01", message);
            String empty = authType.equals("plain") ? "empty password returned by client" : message;
            isRefused(pooler, user, "", "28P01", empty);
            works(pooler, user, "open sesame");
        }
    }

    @Test
    void aUserListThatIsSetOnTheConsoleIsRead(@TempDir Path folder) throws IOException {
        try (Pooler pooler = setup.emptyPooler()
                        .set("auth_type", "plain")
                        .userList("\"postgres\" \"open sesame\"\n")
                        .database(setup.postgres(), "user=postgres")
                        .start();
                WireClient console = pooler.client("postgres", "open sesame", "pgbouncer")) {
            Path other = Files.writeString(folder.resolve("other.txt"), "\"newcomer\" \"new sesame\"\n");
            console.query("SET auth_file = '" + other + "'");
            works(pooler, "newcomer", "new sesame");
            isRefused(pooler, "postgres", "open sesame", "28P01", "password authentication failed");
            assertThatThrownBy(() -> console.query("SET auth_file = '/no/such/file'"))
                    .isInstanceOfSatisfying(WireError.class, error -> {
                        assertThat(error.fields().message()).isEqualTo("SET failed");
                        assertThat(error.fields().detail()).contains("auth_file", "/no/such/file");
                    });
            works(pooler, "newcomer", "new sesame");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "md5", "scram-sha-256"})
    void unknownUsersAreAskedForAPasswordAsAnybodyElse(String authType) {
        try (Pooler pooler = pooler(authType)) {
            String message =
                    authType.startsWith("scram") ? "SASL authentication failed" : "password authentication failed";
            isRefused(pooler, "stranger", "open sesame", "28P01", message);
        }
    }

    @Test
    void anMd5SecretIsOfNoUseForScram() {
        try (Pooler pooler = pooler("scram-sha-256")) {
            isRefused(pooler, "md5", "open sesame", "28P01", "SASL authentication failed");
        }
    }

    @ParameterizedTest
    @CsvSource({"plain, 3", "md5, 5", "scram-sha-256, 10"})
    @Sees("auth_type")
    void theMethodIsTheConfiguredOne(String authType, int request) {
        try (Pooler pooler = pooler(authType);
                WireClient client = pooler.connect()) {
            client.send(Frames.startup(
                    Map.of("user", "plain", "database", setup.postgres().database())));
            Message asked = client.read();
            assertThat(asked.type()).isEqualTo('R');
            assertThat(asked.int32(0)).isEqualTo(request);
        }
    }

    @Test
    void aClientMayLeaveInsteadOfSayingItsPassword() {
        try (Pooler pooler = pooler("scram-sha-256")) {
            for (int i = 0; i < 5; i++) {
                try (WireClient client = pooler.connect()) {
                    client.startup(
                            Map.of("user", "plain", "database", setup.postgres().database()));
                }
            }
            works(pooler, "plain", "open sesame");
        }
    }

    /** Up to the salt, which comes before anything is proved. */
    private String challenge(Pooler pooler, String user) {
        try (WireClient client = pooler.connect()) {
            client.send(Frames.startup(
                    Map.of("user", user, "database", setup.postgres().database())));
            assertThat(client.read().int32(0)).isEqualTo(10);
            client.send(Frames.saslInitialResponse("SCRAM-SHA-256", "n,,n=,r=abc".getBytes(StandardCharsets.US_ASCII)));
            Message challenge = client.read();
            assertThat(challenge.int32(0)).isEqualTo(11);
            String text = new String(challenge.body(), StandardCharsets.US_ASCII);
            return text.substring(text.indexOf(",s="));
        }
    }

    @Test
    void aScramChallengeDoesNotTellWhoExists() {
        try (Pooler pooler = pooler("scram-sha-256")) {
            for (String user : new String[] {"plain", "md5", "stranger"}) {
                assertThat(challenge(pooler, user))
                        .as(user)
                        .matches(",s=[A-Za-z0-9+/]{22}==,i=4096")
                        .isEqualTo(challenge(pooler, user));
            }
        }
    }

    @Test
    @Sees("scram_iterations")
    void aPlainPasswordIsAskedForWithTheConfiguredIterations() {
        try (Pooler pooler = setup.emptyPooler()
                .set("auth_type", "scram-sha-256")
                .set("scram_iterations", "5000")
                .userList("\"plain\" \"open sesame\"\n")
                .database(setup.postgres(), "user=postgres")
                .start()) {
            assertThat(challenge(pooler, "plain")).endsWith(",i=5000");
            assertThat(challenge(pooler, "stranger")).endsWith(",i=5000");
            works(pooler, "plain", "open sesame");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "md5", "scram-sha-256"})
    void noWrongPasswordIsAnsweredAtOnce(String authType) {
        try (Pooler pooler = pooler(authType)) {
            for (String user : new String[] {"plain", "md5", "scram", "stranger"}) {
                long began = System.nanoTime();
                isRefused(pooler, user, "close sesame", "28P01", "authentication failed");
                assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofMillis(99));
            }
        }
    }
}

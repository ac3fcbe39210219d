package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgweir.proxy.Pooler;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.Ports;
import org.pgweir.testkit.WireClient;
import org.pgweir.testkit.WireError;

/** How the pooler proves who it is to a PostgreSQL that wants to know. */
@EveryTransport
final class ServerLoginTest {
    private static EmbeddedPostgres postgres;

    private final Setup setup;

    ServerLoginTest(Setup setup) {
        this.setup = setup;
    }

    /** One role for each method. */
    @BeforeAll
    static void start() {
        postgres = EmbeddedPostgres.builder()
                .hba(
                        "host all password_role all password",
                        "host all md5_role all md5",
                        "host all scram_role all scram-sha-256",
                        "host all rejected_role all reject")
                .start();
        postgres.execute("SET password_encryption = 'md5'; CREATE ROLE md5_role LOGIN PASSWORD 'sesame';"
                + "SET password_encryption = 'scram-sha-256'; CREATE ROLE password_role LOGIN PASSWORD 'sesame';"
                + "CREATE ROLE scram_role LOGIN PASSWORD 'sesame'; CREATE ROLE rejected_role LOGIN");
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    private Pooler pooler(String userList, String furtherKeys) {
        return setup.emptyPooler()
                .userList(userList)
                .database(postgres, furtherKeys)
                .start();
    }

    private static void works(Pooler pooler, String user) {
        try (WireClient client = pooler.client(user, "", postgres.database())) {
            assertThat(client.query("SELECT current_user")).containsExactly(List.of(user));
        }
    }

    private static void isRefused(Pooler pooler, String user, String sqlstate, String message) {
        assertThatThrownBy(() -> pooler.client(user, "", postgres.database()))
                .isInstanceOfSatisfying(WireError.class, error -> {
                    assertThat(error.severity()).isEqualTo("FATAL");
                    assertThat(error.sqlstate()).isEqualTo(sqlstate);
                    assertThat(error.fields().message()).contains(message);
                });
    }

    @ParameterizedTest
    @ValueSource(strings = {"password_role", "md5_role", "scram_role"})
    void withThePasswordOfTheUserList(String role) {
        try (Pooler pooler = pooler("\"" + role + "\" \"sesame\"\n", "")) {
            works(pooler, role);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"password_role", "md5_role", "scram_role"})
    void withThePasswordOfTheDatabaseEntry(String role) {
        try (Pooler pooler = pooler("\"somebody\" \"\"\n", "user=" + role + " password=sesame");
                WireClient client = pooler.client("somebody", "", postgres.database())) {
            assertThat(client.query("SELECT current_user")).containsExactly(List.of(role));
        }
    }

    @Test
    void thePasswordOfTheDatabaseEntryWins() {
        try (Pooler pooler = pooler("\"scram_role\" \"wrong sesame\"\n", "password=sesame")) {
            works(pooler, "scram_role");
        }
    }

    @Test
    void withAnMd5Secret() {
        String secret = postgres.query("SELECT rolpassword FROM pg_authid WHERE rolname = 'md5_role'")
                .get(0)
                .get(0);
        try (Pooler pooler = pooler("\"md5_role\" \"" + secret + "\"\n", "")) {
            works(pooler, "md5_role");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"password_role", "md5_role", "scram_role"})
    void aWrongPasswordIsReportedInTheServersWords(String role) {
        try (Pooler pooler = pooler("\"" + role + "\" \"wrong sesame\"\n", "")) {
            isRefused(pooler, role, "28P01", "password authentication failed for user \"" + role + "\"");
            // and again at once, without asking PostgreSQL
            isRefused(pooler, role, "28P01", "password authentication failed for user \"" + role + "\"");
        }
    }

    @Test
    void aRoleThatMayNotConnect() {
        try (Pooler pooler = pooler("\"rejected_role\" \"\"\n", "")) {
            isRefused(pooler, "rejected_role", "28000", "pg_hba.conf rejects connection");
        }
    }

    @Test
    void noPasswordAtHand() {
        try (Pooler pooler = pooler("\"scram_role\" \"\"\n\"md5_role\" \"\"\n", "")) {
            assertThatThrownBy(() -> pooler.client("scram_role", "", postgres.database()))
                    .isInstanceOfSatisfying(
                            WireError.class,
                            error -> assertThat(error.severity()).isEqualTo("FATAL"));
        }
    }

    @Test
    void aHostThatCannotBeReached() {
        String nowhere = "host=127.0.0.1 port=" + Ports.free();
        try (Pooler pooler = setup.emptyPooler()
                .userList("\"postgres\" \"\"\n")
                .database("closed", nowhere)
                .database("missing", "host=/nonexistent")
                .start()) {
            isRefused(pooler, "closed", "connect failed: Connection refused");
            isRefused(pooler, "missing", "connect failed: No such file or directory");
        }
    }

    private static void isRefused(Pooler pooler, String database, String reason) {
        assertThatThrownBy(() -> pooler.client("postgres", "", database))
                .isInstanceOfSatisfying(WireError.class, error -> {
                    assertThat(error.sqlstate()).isEqualTo("08006");
                    assertThat(error.fields().message())
                            .isEqualTo(
                                    "server login has been failing, cached error: " + reason + " (server_login_retry)");
                });
    }

    @Test
    void oneUsersTroubleIsNotTheOthers() {
        try (Pooler pooler = pooler("\"scram_role\" \"wrong sesame\"\n\"md5_role\" \"sesame\"\n", "")) {
            isRefused(pooler, "scram_role", "28P01", "password authentication failed");
            works(pooler, "md5_role");
        }
    }

    @Test
    void aPasswordThatWasSetRightIsTriedAfterAReload() {
        try (Pooler pooler = pooler("\"scram_role\" \"wrong sesame\"\n\"postgres\" \"\"\n", "")) {
            isRefused(pooler, "scram_role", "28P01", "password authentication failed");
            // when the operator mends it
            pooler.rewrite(setup.emptyPooler()
                    .set("listen_port", Integer.toString(pooler.port()))
                    .userList("\"scram_role\" \"sesame\"\n\"postgres\" \"\"\n")
                    .database(postgres, ""));
            pooler.console("RELOAD");
            // then it is used at once
            works(pooler, "scram_role");
        }
    }
}

package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgweir.proxy.Pooler;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.WireClient;
import org.pgweir.testkit.WireError;

/**
 * Every cell of the matrix of docs/authentication.md: what the client gives, what pgweir holds, what the server asks. One role for
 * each cell of the last two, so that nothing is known of it from another test.
 */
final class SecretsTest {
    private static final String PASSWORD = "open sesame";
    private static final List<String> GIVEN = List.of("trust", "plain", "md5", "scram-sha-256", "cert", "peer", "ldap");
    private static final List<String> HELD = List.of("plain", "md5", "scram-sha-256");
    private static final List<String> ASKED = List.of("trust", "password", "md5", "scram-sha-256");

    private static final Map<String, String> STORED = new HashMap<>();

    @TempDir
    static Path folder;

    private static EmbeddedPostgres postgres;
    private static TlsFiles files;
    private static OpenLdap ldap;

    @BeforeAll
    static void start() throws Exception {
        files = TlsFiles.in(folder);
        if (OpenLdap.isInstalled()) {
            List<String> people = new ArrayList<>();
            ASKED.forEach(asked -> HELD.forEach(held -> people.add(role(held, asked))));
            ldap = OpenLdap.start(folder, "localhost", people.toArray(String[]::new));
        }
        List<String> hba = new ArrayList<>();
        for (String asked : ASKED) {
            for (String held : HELD) {
                hba.add("host all \"" + role(held, asked) + "\" all " + asked);
            }
        }
        hba.add("host all bob,carol,dave,erin,frank all scram-sha-256");
        postgres = EmbeddedPostgres.builder()
                .database("test")
                .hba(hba.toArray(String[]::new))
                .start();
        for (String asked : ASKED) {
            for (String held : HELD) {
                create(role(held, asked), asked.equals("md5") ? "md5" : "scram-sha-256", held);
            }
        }
        create("bob", "scram-sha-256", "scram-sha-256");
    }

    @AfterAll
    static void stop() {
        if (ldap != null) {
            ldap.close();
        }
        postgres.close();
    }

    private static String role(String held, String asked) {
        return "with " + held + " for " + asked;
    }

    /** PostgreSQL stores the secret in one form; pgweir holds it in the same one or another, which PostgreSQL computes as well. */
    private static void create(String role, String stored, String held) {
        postgres.execute("SET password_encryption = '" + stored + "'; CREATE ROLE \"" + role + "\" LOGIN PASSWORD '"
                + PASSWORD + "'");
        STORED.put(role, held.equals("plain") ? PASSWORD : held.equals(stored) ? secretOf(role) : other(role, held));
    }

    private static String secretOf(String role) {
        return postgres.query("SELECT rolpassword FROM pg_authid WHERE rolname = '" + role + "'")
                .get(0)
                .get(0);
    }

    private static String other(String role, String form) {
        return postgres.query("BEGIN; SET LOCAL password_encryption = '" + form + "'; ALTER ROLE \"" + role
                        + "\" PASSWORD '" + PASSWORD + "'; SELECT rolpassword FROM pg_authid WHERE rolname = '" + role
                        + "'; ROLLBACK")
                .get(0)
                .get(0);
    }

    private static String userList(String... roles) {
        StringBuilder text = new StringBuilder();
        for (String role : roles) {
            text.append('"')
                    .append(role)
                    .append("\" \"")
                    .append(STORED.get(role))
                    .append("\"\n");
        }
        return text.append("\"postgres\" \"\"\n").toString();
    }

    private static Pooler.Builder pooler(String authType, String... roles) {
        return Pooler.builder()
                .set("auth_type", authType)
                // Each server is used once, and the next one has to log in.
                .set("server_lifetime", "0")
                .userList(userList(roles))
                .database(postgres, "");
    }

    private static String whoIs(Pooler pooler, String user, String database) {
        try (WireClient client = pooler.client(user, PASSWORD, database)) {
            return client.query("SELECT current_user").get(0).get(0);
        }
    }

    static List<Arguments> cells() {
        List<Arguments> cells = new ArrayList<>();
        for (String given : GIVEN) {
            for (String held : HELD) {
                for (String asked : ASKED) {
                    cells.add(Arguments.of(given, held, asked));
                }
            }
        }
        return cells;
    }

    /** The rows of the matrix, in the words of docs/authentication.md. */
    private static String expected(String given, String held, String asked) {
        if (given.equals("scram-sha-256") && held.equals("md5")) {
            return "SASL authentication failed";
        }
        boolean keyIsLearnt = given.equals("plain") || given.equals("scram-sha-256") || given.equals("md5");
        boolean works = switch (asked) {
            case "trust" -> true;
            case "password" -> held.equals("plain");
            case "md5" -> !held.equals("scram-sha-256");
            default -> held.equals("plain") || held.equals("scram-sha-256") && keyIsLearnt;
        };
        return works ? null : "the server asks user";
    }

    @ParameterizedTest(name = "client gives {0}, held is {1}, server asks {2}")
    @MethodSource("cells")
    void theMatrix(String given, String held, String asked) {
        assumeTrue(!given.equals("ldap") || ldap != null, "there is no slapd");
        String role = role(held, asked);
        try (Pooler pooler = by(given, pooler(given, role)).start()) {
            String refusal = expected(given, held, asked);
            if (refusal == null) {
                try (WireClient client = coming(pooler, given, role)) {
                    assertThat(client.login(role, PASSWORD, postgres.database()).query("SELECT current_user"))
                            .containsExactly(List.of(role));
                }
            } else {
                try (WireClient client = coming(pooler, given, role)) {
                    isRefused(client, role, refusal);
                }
            }
        }
    }

    private static void isRefused(WireClient client, String user, String message) {
        assertThatThrownBy(() -> client.login(user, PASSWORD, postgres.database()))
                .isInstanceOfSatisfying(
                        WireError.class,
                        error -> assertThat(error.fields().message()).contains(message));
    }

    /** What the ways need that are no passwords. */
    private static Pooler.Builder by(String given, Pooler.Builder builder) {
        return switch (given) {
            case "cert" ->
                builder.set("client_tls_sslmode", "require")
                        .set("client_tls_cert_file", files.path("server.crt").toString())
                        .set("client_tls_key_file", files.path("server.key").toString())
                        .set("client_tls_ca_file", files.path("ca.crt").toString());
            case "peer" ->
                builder.set("auth_type", "hba")
                        .set("unix_socket_dir", folder.toString())
                        .set(
                                "auth_hba_file",
                                files.write("hba.conf", "local all all peer map=m\n")
                                        .toString())
                        .set(
                                "auth_ident_file",
                                files.write("ident.conf", "m " + System.getProperty("user.name") + " all\n")
                                        .toString());
            case "ldap" ->
                builder.set(
                        "auth_ldap_options",
                        "ldapserver=127.0.0.1 ldapport=" + ldap.port + " ldapprefix=\"uid=\" ldapsuffix=\",ou=people,"
                                + OpenLdap.BASE + "\"");
            default -> builder;
        };
    }

    private static WireClient coming(Pooler pooler, String given, String role) {
        return switch (given) {
            case "cert" -> {
                WireClient client = pooler.connect();
                assertThat(client.requestSsl()).isEqualTo('S');
                yield client.startTls(files.showing(files.authority().forClient(role)));
            }
            case "peer" -> WireClient.connect(folder.resolve(".s.PGSQL." + pooler.port()));
            default -> pooler.connect();
        };
    }

    private static String host(String keys) {
        return "host=127.0.0.1 port=" + postgres.port() + " dbname=" + postgres.database() + " " + keys;
    }

    @Test
    void aForcedUserKeepsItsOwnCredentials() {
        String app = role("plain", "scram-sha-256");
        try (Pooler pooler = pooler("scram-sha-256", "bob")
                .database("forced", host("user='" + app + "' password='" + PASSWORD + "'"))
                .start()) {
            for (int round = 0; round < 3; round++) {
                assertThat(whoIs(pooler, "bob", "forced")).isEqualTo(app);
                assertThat(whoIs(pooler, "bob", postgres.database())).isEqualTo("bob");
            }
        }
    }

    @Test
    void aForcedUserWithAStoredSecretIsNotServedByTheKeyOfAnother() {
        String app = role("scram-sha-256", "scram-sha-256");
        try (Pooler pooler = pooler("scram-sha-256", "bob", app)
                .set("server_login_retry", "600")
                .database("forced", host("user='" + app + "'"))
                .start()) {
            // given: bob's key is known, the forced user's is not
            assertThat(whoIs(pooler, "bob", postgres.database())).isEqualTo("bob");
            assertThatThrownBy(() -> whoIs(pooler, "bob", "forced"))
                    .isInstanceOfSatisfying(
                            WireError.class,
                            error -> assertThat(error.fields().message()).contains("once a client has logged in"));
            // when the forced user has come
            assertThat(whoIs(pooler, app, postgres.database())).isEqualTo(app);
            // then nobody waits for server_login_retry
            assertThat(whoIs(pooler, "bob", "forced")).isEqualTo(app);
        }
    }

    @Test
    void aSecretThatHasChangedOnBothSidesIsLearntAnew() {
        create("carol", "scram-sha-256", "scram-sha-256");
        Pooler.Builder builder = pooler("scram-sha-256", "carol");
        try (Pooler pooler = builder.start()) {
            assertThat(whoIs(pooler, "carol", postgres.database())).isEqualTo("carol");
            // when
            postgres.execute("ALTER ROLE carol PASSWORD '" + PASSWORD + "'");
            // then the old key is of no use any more, and the operator learns why
            try (WireClient client = pooler.client("carol", PASSWORD, postgres.database())) {
                client.send(Frames.query("SELECT 1"));
                assertThat(client.read().asError().message()).contains("copy it from pg_authid");
            }
            // when pgweir gets the new secret
            STORED.put("carol", secretOf("carol"));
            pooler.rewrite(builder.userList(userList("carol")));
            reload(pooler);
            // then
            assertThat(whoIs(pooler, "carol", postgres.database())).isEqualTo("carol");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "md5", "scram-sha-256"})
    void anOldAndANewPasswordAreGoodAtTheSameTime(String authType) {
        postgres.execute("CREATE ROLE dave LOGIN PASSWORD 'old sesame'");
        STORED.put("dave", "old sesame");
        try (Pooler pooler = pooler(authType, "dave")
                .userList("\"dave\" \"old sesame\"\n\"dave\" \"new sesame\"\n")
                .start()) {
            for (int round = 0; round < 2; round++) {
                for (String password : List.of("old sesame", "new sesame")) {
                    try (WireClient client = pooler.client("dave", password, postgres.database())) {
                        assertThat(client.query("SELECT current_user")).containsExactly(List.of("dave"));
                    }
                }
                assertThatThrownBy(() -> pooler.client("dave", "other sesame", postgres.database()))
                        .isInstanceOf(WireError.class);
                // when the password changes in PostgreSQL, then pgweir needs no reload
                postgres.execute("ALTER ROLE dave PASSWORD 'new sesame'");
            }
        } finally {
            postgres.execute("DROP ROLE dave");
        }
    }

    /** The server that is left will serve nobody else: to wait for it would end in the same error, only later. */
    @Test
    void whoWaitsBehindAReconnectIsToldThatTheNewPasswordIsMissing() {
        postgres.execute("CREATE ROLE erin LOGIN PASSWORD 'old sesame'");
        try (Pooler pooler = pooler("trust")
                        .userList("\"erin\" \"old sesame\"\n\"postgres\" \"\"\n")
                        .set("default_pool_size", "2")
                        .start();
                WireClient busy = pooler.client("erin", "", postgres.database());
                WireClient next = pooler.client("erin", "", postgres.database())) {
            busy.query("BEGIN");
            postgres.execute("ALTER ROLE erin PASSWORD 'new sesame'");
            pooler.console("RECONNECT");
            next.send(Frames.query("SELECT 1"));
            assertThat(Ending.of(next).message()).isEqualTo("password authentication failed for user \"erin\"");
            assertThat(busy.query("COMMIT")).isEmpty();
        } finally {
            postgres.execute("DROP ROLE erin");
        }
    }

    @Test
    void noneOfSeveralSecretsIsTriedForEver() {
        postgres.execute("CREATE ROLE erin LOGIN PASSWORD 'another sesame'");
        try (Pooler pooler = pooler("trust")
                .userList("\"erin\" \"old sesame\"\n\"erin\" \"new sesame\"\n")
                .start()) {
            isRefused(pooler.connect(), "erin", "password authentication failed for user \"erin\"");
            isRefused(pooler.connect(), "erin", "cached error");
        } finally {
            postgres.execute("DROP ROLE erin");
        }
    }

    @Test
    void aStoredSecretAndANewPasswordAreGoodAtTheSameTime() {
        create("frank", "scram-sha-256", "scram-sha-256");
        try (Pooler pooler = pooler("scram-sha-256")
                .userList("\"frank\" \"" + STORED.get("frank") + "\"\n\"frank\" \"new sesame\"\n")
                .start()) {
            for (String password : List.of(PASSWORD, "new sesame")) {
                try (WireClient client = pooler.client("frank", password, postgres.database())) {
                    assertThat(client.query("SELECT current_user")).containsExactly(List.of("frank"));
                }
            }
        }
    }

    @Test
    void aNewUserListDropsNobody() {
        Pooler.Builder builder = Pooler.builder()
                .set("auth_type", "scram-sha-256")
                .userList("\"gina\" \"old sesame\"\n")
                .database("forced", host("user='" + role("plain", "trust") + "'"));
        try (Pooler pooler = builder.start();
                WireClient client = pooler.client("gina", "old sesame", "forced")) {
            // when
            pooler.rewrite(builder.userList("\"gina\" \"new sesame\"\n"));
            reload(pooler);
            // then
            assertThat(client.query("SELECT 1")).containsExactly(List.of("1"));
            pooler.client("gina", "new sesame", "forced").close();
            assertThatThrownBy(() -> pooler.client("gina", "old sesame", "forced"))
                    .isInstanceOf(WireError.class);
            assertThat(client.query("SELECT 1")).containsExactly(List.of("1"));
        }
    }

    private static void reload(Pooler pooler) {
        try {
            pooler.pgweir().reload();
        } catch (org.pgweir.config.ConfigurationException e) {
            throw new AssertionError(e);
        }
    }
}

package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgweir.config.ConfigurationException;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.Sees;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.WireClient;
import org.pgweir.testkit.WireError;

/** Secrets that are looked up in PostgreSQL, which wants passwords from everybody. */
@EveryTransport
final class AuthQueryTest {
    private static final String PASSWORD = "open sesame";
    private static final String GUARD = "\"guard\" \"sesame of the guard\"\n";
    private static EmbeddedPostgres postgres;

    @TempDir
    static Path folder;

    private final Setup setup;

    AuthQueryTest(Setup setup) {
        this.setup = setup;
    }

    @BeforeAll
    static void start() {
        postgres = EmbeddedPostgres.builder()
                .database("test")
                .hba(
                        "host all with_md5 all md5",
                        "host all expired,no_password all trust",
                        "host all all all scram-sha-256")
                .start();
        postgres.execute("CREATE ROLE guard LOGIN SUPERUSER PASSWORD 'sesame of the guard';"
                + "CREATE ROLE with_scram LOGIN PASSWORD '" + PASSWORD + "';"
                + "CREATE ROLE \"Ünder'odd\" LOGIN PASSWORD '" + PASSWORD + "';"
                + "CREATE ROLE expired LOGIN PASSWORD '" + PASSWORD + "' VALID UNTIL 'yesterday';"
                + "CREATE ROLE no_password LOGIN; CREATE ROLE no_login PASSWORD '" + PASSWORD + "';"
                + "SET password_encryption = 'md5'; CREATE ROLE with_md5 LOGIN PASSWORD '" + PASSWORD + "'");
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    private Pooler.Builder builder(String authType) {
        return setup.emptyPooler()
                .set("auth_type", authType)
                .set("auth_user", "guard")
                .userList(GUARD)
                .database(postgres, "");
    }

    private static String host(String keys) {
        return "host=127.0.0.1 port=" + postgres.port() + " dbname=" + postgres.database() + " " + keys;
    }

    private static String whoIs(Pooler pooler, String user, String database) {
        try (WireClient client = pooler.client(user, PASSWORD, database)) {
            return client.query("SELECT current_user").get(0).get(0);
        }
    }

    private static String whoIs(Pooler pooler, String user) {
        return whoIs(pooler, user, postgres.database());
    }

    private static void isRefused(Pooler pooler, String user, String password, String database, String message) {
        assertThatThrownBy(() -> pooler.client(user, password, database).close())
                .as(user)
                .isInstanceOfSatisfying(
                        WireError.class,
                        error -> assertThat(error.fields().message()).contains(message));
    }

    private static void isRefused(Pooler pooler, String user, String message) {
        isRefused(pooler, user, PASSWORD, postgres.database(), message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "md5", "scram-sha-256"})
    void usersOfPostgresGetInAndGoOnAsThemselves(String authType) {
        try (Pooler pooler = builder(authType).start()) {
            assertThat(whoIs(pooler, "with_scram")).isEqualTo("with_scram");
            if (!authType.startsWith("scram")) {
                assertThat(whoIs(pooler, "with_md5")).isEqualTo("with_md5");
            }
            isRefused(pooler, "with_scram", "close sesame", postgres.database(), "authentication failed");
        }
    }

    @Test
    void namesAreSentAsParameters() {
        try (Pooler pooler = builder("scram-sha-256").start()) {
            assertThat(whoIs(pooler, "Ünder'odd")).isEqualTo("Ünder'odd");
            isRefused(pooler, "x' OR rolname='with_scram", "SASL authentication failed");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "md5", "scram-sha-256"})
    void whoHasNoValidPasswordDoesNotGetIn(String authType) {
        try (Pooler pooler = builder(authType).start()) {
            for (String user : List.of("expired", "no_password", "no_login", "stranger")) {
                isRefused(pooler, user, "authentication failed");
                String empty = authType.equals("plain") ? "empty password" : "authentication failed";
                isRefused(pooler, user, "", postgres.database(), empty);
            }
        }
    }

    /** As for PostgreSQL, whose roles for certificates have none. */
    @Test
    void whoNeedsNoPasswordGetsInWithoutOne() {
        try (Pooler pooler = builder("trust").start()) {
            for (String user : List.of("expired", "no_password")) {
                assertThat(whoIs(pooler, user)).isEqualTo(user);
            }
            for (String user : List.of("no_login", "stranger")) {
                isRefused(pooler, user, "no such user");
            }
        }
    }

    /** What PgBouncer does, too: the secret is not asked of the client, but it is good for the server. */
    @Test
    void whoComesByCertificateOrSocketLogsInToServersWithTheSecret() throws Exception {
        TlsFiles files = TlsFiles.in(folder);
        String me = System.getProperty("user.name");
        Path rules = files.write("hba.conf", "local all all peer map=m\nhostssl all all all cert map=m\n");
        Path maps = files.write("ident.conf", "m " + me + " all\nm CN all\n");
        try (Pooler pooler = builder("hba")
                .set("auth_hba_file", rules.toString())
                .set("auth_ident_file", maps.toString())
                .set("unix_socket_dir", folder.toString())
                .set("client_tls_sslmode", "allow")
                .set("client_tls_cert_file", files.path("server.crt").toString())
                .set("client_tls_key_file", files.path("server.key").toString())
                .set("client_tls_ca_file", files.path("ca.crt").toString())
                .start()) {
            SSLContext certificate = files.showing(files.authority().forClient("CN"));
            Path socket = folder.resolve(".s.PGSQL." + pooler.port());
            comesIn(() -> tls(pooler, certificate), "with_md5");
            comesIn(() -> WireClient.connect(socket), "with_md5");
            comesIn(() -> tls(pooler, certificate), "no_password");
            comesIn(() -> WireClient.connect(socket), "expired");
            for (String user : List.of("no_login", "stranger")) {
                staysOut(() -> tls(pooler, certificate), user, "no such user");
                staysOut(() -> WireClient.connect(socket), user, "no such user");
            }
            // Only a client's own SCRAM login could have told the key.
            staysOut(() -> WireClient.connect(socket), "with_scram", "wrong password type: the server asks");
        }
    }

    private static WireClient tls(Pooler pooler, SSLContext context) {
        WireClient client = pooler.connect();
        assertThat(client.requestSsl()).isEqualTo('S');
        return client.startTls(context);
    }

    private static void comesIn(Supplier<WireClient> connection, String user) {
        try (WireClient client = connection.get()) {
            client.login(user, "", postgres.database());
            assertThat(client.query("SELECT current_user")).containsExactly(List.of(user));
        }
    }

    private static void staysOut(Supplier<WireClient> connection, String user, String message) {
        try (WireClient client = connection.get()) {
            assertThatThrownBy(() -> client.login(user, "", postgres.database()))
                    .as(user)
                    .hasMessageContaining(message);
        }
    }

    @Test
    void aUserOfTheUserListIsNotLookedUp() {
        try (Pooler pooler = builder("scram-sha-256")
                .userList(GUARD + "\"with_scram\" \"another sesame\"\n")
                .database(postgres, "user=guard")
                .start()) {
            isRefused(pooler, "with_scram", "SASL authentication failed");
            try (WireClient client = pooler.client("with_scram", "another sesame", postgres.database())) {
                assertThat(client.query("SELECT current_user")).containsExactly(List.of("guard"));
            }
        }
    }

    @Test
    void aChangedPasswordCounts() {
        postgres.execute("CREATE ROLE carol LOGIN PASSWORD '" + PASSWORD + "'");
        try (Pooler pooler =
                builder("scram-sha-256").set("server_lifetime", "0").start()) {
            assertThat(whoIs(pooler, "carol")).isEqualTo("carol");
            // when
            postgres.execute("ALTER ROLE carol PASSWORD 'changed sesame'");
            // then: an answer of less than a second ago may be used for one more login, which fails
            Await.until("the new password to count", () -> {
                try (WireClient client = pooler.client("carol", "changed sesame", postgres.database())) {
                    return client.query("SELECT current_user").equals(List.of(List.of("carol")));
                } catch (WireError old) {
                    return false;
                }
            });
            isRefused(pooler, "carol", "SASL authentication failed");
            // when
            postgres.execute("ALTER ROLE carol VALID UNTIL 'yesterday'");
            // then
            Await.until("the password to have expired", () -> {
                try {
                    pooler.client("carol", "changed sesame", postgres.database())
                            .close();
                    return false;
                } catch (WireError expired) {
                    return true;
                }
            });
        } finally {
            postgres.execute("DROP ROLE carol");
        }
    }

    /** Nobody has to log in anew for that. */
    @Test
    void aSecretThatPostgresRefusesIsLookedUpAgain() {
        try (Pooler pooler = builder("md5").set("server_lifetime", "0").start();
                WireClient client = pooler.client("with_md5", PASSWORD, postgres.database())) {
            postgres.execute("SET password_encryption = 'md5'; ALTER ROLE with_md5 PASSWORD 'changed sesame'");
            assertThat(client.query("SELECT current_user")).containsExactly(List.of("with_md5"));
        } finally {
            postgres.execute("SET password_encryption = 'md5'; ALTER ROLE with_md5 PASSWORD '" + PASSWORD + "'");
        }
    }

    @Test
    void aSecretThatIsWrongForPostgresIsNotTriedWithoutEnd() {
        try (Pooler pooler = builder("plain")
                .set("auth_query", "SELECT $1::pg_catalog.text, 'wrong sesame'::pg_catalog.text")
                .start()) {
            isRefused(
                    pooler,
                    "with_md5",
                    "wrong sesame",
                    postgres.database(),
                    "password authentication failed for user \"with_md5\"");
        }
    }

    @Test
    @Sees({"auth_dbname", "auth_query", "auth_user"})
    void anotherDatabaseMayHaveTheSecrets() {
        postgres.execute("postgres", "CREATE DATABASE users");
        postgres.execute(
                "users",
                "CREATE TABLE public.accounts (name text, secret text);"
                        + "INSERT INTO accounts VALUES ('with_scram', '" + PASSWORD
                        + "'), ('twice', 'one'), ('twice', '"
                        + PASSWORD + "')");
        try (Pooler pooler = builder("scram-sha-256")
                .set("auth_dbname", "users")
                .set("auth_query", "SELECT name, secret FROM public.accounts WHERE name = $1")
                .set("admin_users", "twice")
                .database("users", "host=127.0.0.1 port=" + postgres.port())
                .database("forced", host("user=guard"))
                .start()) {
            assertThat(whoIs(pooler, "with_scram")).isEqualTo("with_scram");
            assertThat(whoIs(pooler, "with_scram", "forced")).isEqualTo("guard");
            // several rows are several secrets
            assertThat(whoIs(pooler, "twice", "forced")).isEqualTo("guard");
            // the console has the same users
            pooler.client("twice", PASSWORD, "pgbouncer").close();
            isRefused(pooler, "with_scram", PASSWORD, "pgbouncer", "not allowed");
            // a database that does not exist is told of only to who has proved a password
            isRefused(pooler, "stranger", PASSWORD, "nowhere", "SASL authentication failed");
            isRefused(pooler, "with_scram", PASSWORD, "nowhere", "no such database");
        } finally {
            postgres.execute("postgres", "DROP DATABASE users WITH (FORCE)");
        }
    }

    @Test
    @Sees({"database.auth_query", "database.auth_user", "database.auth_dbname"})
    void eachDatabaseMayHaveItsOwnQuery() {
        try (Pooler pooler = setup.emptyPooler()
                .set("auth_type", "plain")
                .userList(GUARD)
                .database(
                        "one",
                        host("user=guard auth_user=guard"
                                + " auth_query='SELECT $1::pg_catalog.text, ''first sesame''::pg_catalog.text'"))
                .database("two", host("user=guard auth_user=guard auth_query='SELECT $1::text, ''second sesame'''"))
                .database("three", host("user=guard"))
                .database("elsewhere", "host=127.0.0.1 dbname=postgres port=" + postgres.port())
                .database(
                        "four",
                        host("user=guard auth_user=guard auth_dbname=elsewhere"
                                + " auth_query='SELECT $1::text, ''sesame of '' || current_database()'"))
                .start()) {
            pooler.client("anybody", "first sesame", "one").close();
            pooler.client("anybody", "second sesame", "two").close();
            isRefused(pooler, "anybody", "first sesame", "two", "password authentication failed");
            isRefused(pooler, "anybody", "first sesame", "three", "password authentication failed");
            pooler.client("anybody", "sesame of postgres", "four").close();
            isRefused(pooler, "anybody", "sesame of " + postgres.database(), "four", "password authentication failed");
        }
    }

    @Test
    @Sees({"database.user", "database.password"})
    void aForcedUserIsNotAskedForTheSecrets() {
        postgres.execute("CREATE ROLE app LOGIN PASSWORD 'sesame of the app'");
        try (Pooler pooler = builder("scram-sha-256")
                .database("forced", host("user=app password='sesame of the app'"))
                .start()) {
            assertThat(whoIs(pooler, "with_scram", "forced")).isEqualTo("app");
            // and again after a reload, which keeps the pool of auth_user
            reload(pooler);
            assertThat(whoIs(pooler, "with_scram", "forced")).isEqualTo("app");
        } finally {
            postgres.execute("DROP ROLE app");
        }
    }

    private static void reload(Pooler pooler) {
        try {
            pooler.pgweir().reload();
        } catch (ConfigurationException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aQueryMayCallAFunctionWithoutItsSchema() {
        // The example of PgBouncer's documentation.
        postgres.execute("CREATE FUNCTION public.user_search(uname text) RETURNS TABLE (usename name, passwd text) AS"
                + " $$SELECT usename, passwd FROM pg_shadow WHERE usename=$1$$ LANGUAGE sql SECURITY DEFINER");
        try (Pooler pooler = builder("scram-sha-256")
                .set("auth_query", "SELECT usename, passwd FROM user_search($1)")
                .start()) {
            assertThat(whoIs(pooler, "with_scram")).isEqualTo("with_scram");
            assertThat(whoIs(pooler, "with_scram")).isEqualTo("with_scram");
            isRefused(pooler, "stranger", "SASL authentication failed");
        } finally {
            postgres.execute("DROP FUNCTION public.user_search(text)");
        }
    }

    @Test
    void nobodyBendsTheQueryByASearchPath() {
        // given: whoever may create something in public makes a table that answers for all users
        postgres.execute(
                "CREATE TABLE public.pg_authid AS SELECT 'with_scram'::name AS rolname, 'guessed sesame' AS rolpassword,"
                        + " NULL::timestamptz AS rolvaliduntil, true AS rolcanlogin;"
                        + "ALTER ROLE guard SET search_path = public, pg_catalog");
        try (Pooler pooler = builder("plain").start()) {
            // and a client of auth_user leaves such a path
            try (WireClient client = pooler.client("guard", "sesame of the guard", postgres.database())) {
                client.query("SET search_path = public, pg_catalog");
                client.query("SELECT 1");
            }
            isRefused(pooler, "with_scram", "guessed sesame", postgres.database(), "password authentication failed");
            assertThat(whoIs(pooler, "with_scram")).isEqualTo("with_scram");
            // and the path of the client is what it was
            try (WireClient client = pooler.client("guard", "sesame of the guard", postgres.database())) {
                assertThat(client.query("SHOW search_path")).containsExactly(List.of("public, pg_catalog"));
            }
        } finally {
            postgres.execute("ALTER ROLE guard RESET search_path; DROP TABLE public.pg_authid");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT rolname FROM pg_authid WHERE rolname = $1",
                "SELECT rolname, rolpassword, 1 FROM pg_authid WHERE rolname = $1",
                "SELECT 'postgres', rolpassword FROM pg_authid WHERE rolname = $1",
                "SELECT NULL, rolpassword FROM pg_authid WHERE rolname = $1",
                "SELECT $1::text, 'SCRAM-SHA-256$broken'",
                "SELECT $1::text, 'x' FROM generate_series(1, 100)",
                "SELECT nothing",
                "SELECT 1 FROM nowhere",
                "SELECT $1::text, ''; SELECT 1",
                "BEGIN"
            })
    void aQueryThatMakesNoSenseIsTheOperatorsProblem(String query) {
        try (Pooler pooler = builder("plain").set("auth_query", query).start()) {
            isRefused(pooler, "with_scram", "bouncer config error");
            // and auth_user's pool is as good as before
            try (WireClient client = pooler.client("guard", "sesame of the guard", postgres.database())) {
                assertThat(client.query("SELECT 1")).containsExactly(List.of("1"));
            }
        }
    }

    @Test
    void anAuthUserWhoCannotLogInIsTheOperatorsProblem() {
        try (Pooler pooler = builder("scram-sha-256")
                .userList("\"guard\" \"wrong sesame\"\n")
                .start()) {
            isRefused(pooler, "with_scram", "bouncer config error");
        }
    }

    @Test
    void aMissingAuthDbnameIsTheOperatorsProblem() {
        try (Pooler pooler =
                builder("scram-sha-256").set("auth_dbname", "nowhere").start()) {
            isRefused(pooler, "with_scram", "bouncer config error");
        }
    }

    /** Its name is not for clients, unlike that of the database which they ask for. */
    @Test
    void anAuthDbnameThatPostgresDoesNotHaveIsNotTold() {
        String elsewhere = "host=127.0.0.1 port=" + postgres.port();
        try (Pooler pooler = builder("scram-sha-256")
                .database("*", elsewhere)
                .database("other", host("auth_dbname=gone"))
                .start()) {
            isRefused(pooler, "with_scram", PASSWORD, "other", "bouncer config error");
        }
    }

    @Test
    void aDisabledDatabaseIsNotAsked() {
        try (Pooler pooler = builder("trust")
                .userList(GUARD + "\"postgres\" \"\"\n")
                .database("secrets", host(""))
                .database("main", host("auth_dbname=secrets"))
                .start()) {
            pooler.console("DISABLE secrets");
            isRefused(pooler, "no_password", PASSWORD, "main", "authentication database \"secrets\" is disabled");
            pooler.console("ENABLE secrets");
            assertThat(whoIs(pooler, "no_password", "main")).isEqualTo("no_password");
        }
    }

    @Test
    void aServerThatIsDownIsTold() {
        try (Pooler pooler = setup.emptyPooler()
                .set("auth_type", "scram-sha-256")
                .set("auth_user", "guard")
                .userList(GUARD)
                .database("down", "host=127.0.0.1 port=1")
                .start()) {
            isRefused(pooler, "with_scram", PASSWORD, "down", "connect failed");
        }
    }

    @Test
    void strangersLeaveNoDatabasesBehind() {
        try (Pooler pooler = builder("scram-sha-256")
                .set("admin_users", "guard")
                .database("*", "host=127.0.0.1 port=" + postgres.port())
                .start()) {
            for (int i = 0; i < 10; i++) {
                isRefused(pooler, "with_scram", PASSWORD, "made_up_" + i, "does not exist");
            }
            try (WireClient console = pooler.client("guard", "sesame of the guard", "pgbouncer")) {
                assertThat(console.query("SHOW DATABASES"))
                        .noneMatch(row -> row.get(0).startsWith("made_up"));
            }
        }
    }

    @Test
    void manyAtOnce() throws Exception {
        try (Pooler pooler =
                builder("scram-sha-256").set("max_client_conn", "500").start()) {
            List<CompletableFuture<String>> logins = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                String user = i % 3 == 0 ? "stranger" + i : "with_scram";
                logins.add(CompletableFuture.supplyAsync(() -> {
                    try {
                        return whoIs(pooler, user);
                    } catch (WireError refused) {
                        return "refused";
                    }
                }));
            }
            for (int i = 0; i < 60; i++) {
                assertThat(logins.get(i).get(60, TimeUnit.SECONDS)).isEqualTo(i % 3 == 0 ? "refused" : "with_scram");
            }
        }
    }
}

package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgweir.config.ConfigurationException;
import org.pgweir.proxy.Pooler;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.WireClient;
import org.pgweir.testkit.WireClosed;
import org.pgweir.testkit.WireError;

/** Logins of all kinds, good and bad, with a log that tells everything: no secret is in it, nor in what clients and the console read. */
final class SecrecyTest {
    private static final String STORED_PASSWORD = "stored-Zq7-sesame";
    private static final String TYPED_PASSWORD = "typed-Xw9-sesame";
    private static final String ENTRY_PASSWORD = "entry-Kv3-sesame";
    private static final String GUARD_PASSWORD = "guard-Pm5-sesame";

    private static final Logger ROOT = Logger.getLogger("");

    private final StringBuffer seen = new StringBuffer();
    private final List<String> secrets =
            new ArrayList<>(List.of(STORED_PASSWORD, TYPED_PASSWORD, ENTRY_PASSWORD, GUARD_PASSWORD));
    private final Handler everything = new Handler() {
        @Override
        public void publish(LogRecord event) {
            seen.append(new SimpleFormatter().format(event)).append('\n');
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };
    private Level levelBefore;

    @BeforeEach
    void listen() {
        levelBefore = ROOT.getLevel();
        everything.setLevel(Level.ALL);
        ROOT.setLevel(Level.ALL);
        ROOT.addHandler(everything);
    }

    @AfterEach
    void stopListening() {
        ROOT.removeHandler(everything);
        ROOT.setLevel(levelBefore);
    }

    private void saw(Throwable failure) {
        StringWriter text = new StringWriter();
        failure.printStackTrace(new PrintWriter(text));
        seen.append(text).append('\n');
    }

    /** Logs in, or not, and asks for something; what is said to the client is noted. */
    private void tryLogin(Pooler pooler, String user, String password, String database) {
        try (WireClient client = pooler.client(user, password, database)) {
            seen.append(client.query(database.equals("pgbouncer") ? "SHOW CONFIG" : "SELECT current_user"));
        } catch (WireError | WireClosed refused) {
            saw(refused);
        }
    }

    private void assertNoSecretWasSeen() {
        assertThat(seen.toString()).contains("login failed").contains("login attempt");
        for (String secret : secrets) {
            assertThat(seen.indexOf(secret)).as(secret.substring(0, 5) + "...").isNegative();
        }
    }

    private String stored(EmbeddedPostgres postgres, String encryption, String user) {
        postgres.execute("SET password_encryption = '" + encryption + "'; CREATE ROLE " + user + " LOGIN PASSWORD '"
                + STORED_PASSWORD + "'");
        String secret = postgres.query("SELECT rolpassword FROM pg_authid WHERE rolname = '" + user + "'")
                .get(0)
                .get(0);
        // The parts that must not show: the hash, or salt, StoredKey and ServerKey.
        for (String part : secret.substring(3).split("[$:]")) {
            if (part.length() > 20) {
                secrets.add(part);
            }
        }
        return secret;
    }

    private static EmbeddedPostgres postgres(String method) {
        EmbeddedPostgres postgres = EmbeddedPostgres.builder()
                .database("test")
                .hba("host all with_md5 all md5", "host all all all " + method)
                .start();
        postgres.execute("CREATE ROLE guard LOGIN SUPERUSER PASSWORD '" + GUARD_PASSWORD + "';"
                + "CREATE ROLE looked_up LOGIN PASSWORD '" + STORED_PASSWORD + "';"
                + "CREATE ROLE app LOGIN PASSWORD '" + ENTRY_PASSWORD + "'");
        return postgres;
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "md5", "scram-sha-256"})
    void noLoginShowsASecret(String authType) {
        try (EmbeddedPostgres postgres = postgres(authType.equals("plain") ? "password" : "scram-sha-256")) {
            String at = "host=127.0.0.1 port=" + postgres.port() + " dbname=test ";
            String users = "\"plain\" \"" + STORED_PASSWORD + "\"\n\"plain\" \"another " + STORED_PASSWORD + "\"\n"
                    + "\"with_md5\" \"" + stored(postgres, "md5", "with_md5") + "\"\n"
                    + "\"with_scram\" \"" + stored(postgres, "scram-sha-256", "with_scram") + "\"\n"
                    + "\"guard\" \"" + GUARD_PASSWORD + "\"\n";
            Pooler.Builder builder = Pooler.builder()
                    .set("auth_type", authType)
                    .set("auth_user", "guard")
                    .set("admin_users", "guard")
                    .set("verbose", "3")
                    .set("server_lifetime", "0")
                    .userList(users)
                    .database(postgres, "")
                    .database("forced", at + "user=app password=" + ENTRY_PASSWORD)
                    .database("refused", at + "user=app password=wrong" + ENTRY_PASSWORD)
                    .database("broken", at + "auth_query='SELECT $1::text, ''SCRAM-SHA-256$" + STORED_PASSWORD + "'''");
            try (Pooler pooler = builder.start()) {
                for (String user : List.of("plain", "with_md5", "with_scram", "looked_up", "stranger")) {
                    for (String database : List.of("test", "forced", "refused", "broken", "nowhere", "pgbouncer")) {
                        tryLogin(pooler, user, STORED_PASSWORD, database);
                        tryLogin(pooler, user, TYPED_PASSWORD, database);
                    }
                }
                tryLogin(pooler, "guard", GUARD_PASSWORD, "pgbouncer");
                console(pooler);
                breakTheFiles(pooler, builder, users);
            }
            assertNoSecretWasSeen();
        }
    }

    private void console(Pooler pooler) {
        for (String table : List.of(
                "CONFIG",
                "CLIENTS",
                "SERVERS",
                "SOCKETS",
                "POOLS",
                "DATABASES",
                "USERS",
                "LISTS",
                "FDS",
                "MEM",
                "STATS")) {
            try (WireClient console = pooler.client("guard", GUARD_PASSWORD, "pgbouncer")) {
                seen.append(console.query("SHOW " + table));
            } catch (WireError | WireClosed notThereYet) {
                saw(notThereYet);
            }
        }
    }

    /** Errors in the files that hold secrets name file and line, and nothing of what stands there. */
    private void breakTheFiles(Pooler pooler, Pooler.Builder builder, String users) {
        for (String broken : List.of(
                "\"plain\" \"SCRAM-SHA-256$" + STORED_PASSWORD + "\"\n",
                "\"plain\" \"" + STORED_PASSWORD + "\n",
                "\"plain\" " + STORED_PASSWORD + "\n")) {
            pooler.rewrite(builder.userList(users + broken));
            reload(pooler);
        }
        builder.userList(users);
        for (String broken : List.of("host=127.0.0.1 pasword=" + ENTRY_PASSWORD, "password='" + ENTRY_PASSWORD)) {
            pooler.rewrite(builder.database("typo", broken));
            reload(pooler);
        }
    }

    private void reload(Pooler pooler) {
        try {
            pooler.pgweir().reload();
        } catch (ConfigurationException broken) {
            saw(broken);
        }
    }

    @Test
    void theTestHearsWhatIsSaidQuietly() {
        Logger.getLogger("org.pgweir.proxy.client.Client").finest("a whisper");
        assertThat(seen.toString()).contains("a whisper");
    }
}

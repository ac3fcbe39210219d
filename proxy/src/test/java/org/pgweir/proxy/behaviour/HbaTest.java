package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgweir.config.ConfigurationException;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.Sees;
import org.pgweir.testkit.WireClient;
import org.pgweir.testkit.WireError;

/** auth_type = hba: how somebody has to log in depends on who comes, from where and to what. */
@EveryTransport
final class HbaTest {
    private final Setup setup;

    @TempDir
    Path folder;

    HbaTest(Setup setup) {
        this.setup = setup;
    }

    private Pooler pooler(String... rules) throws IOException {
        rules(rules);
        return setup.emptyPooler()
                .set("auth_type", "hba")
                .set("auth_hba_file", folder.resolve("hba.conf").toString())
                .userList("\"postgres\" \"sesame\" +admins\n\"alice\" \"open sesame\"\n")
                .database("app", target())
                .database("other", target())
                .start();
    }

    private String target() {
        return "host=" + setup.postgres().host() + " port=" + setup.postgres().port() + " user=postgres dbname="
                + setup.postgres().database();
    }

    private void rules(String... rules) throws IOException {
        Files.writeString(folder.resolve("hba.conf"), String.join("\n", rules) + "\n");
    }

    private static void works(Pooler pooler, String user, String password, String database) {
        try (WireClient client = pooler.client(user, password, database)) {
            assertThat(client.query("SELECT 1")).containsExactly(List.of("1"));
        }
    }

    private static void isRefused(Pooler pooler, String user, String database, String sqlstate, String message) {
        assertThatThrownBy(() -> pooler.client(user, "wrong sesame", database))
                .isInstanceOfSatisfying(WireError.class, error -> {
                    assertThat(error.severity()).isEqualTo("FATAL");
                    assertThat(error.sqlstate()).isEqualTo(sqlstate);
                    assertThat(error.fields().message()).isEqualTo(message);
                });
    }

    @Test
    @Sees("auth_hba_file")
    void eachMethodAsksForItsProof() throws IOException {
        try (Pooler pooler = pooler(
                "host app /^trusted all trust",
                "host app postgres 127.0.0.0/8 trust",
                "host app alice 10.0.0.0/8 reject",
                "host app alice 127.0.0.1/32 scram-sha-256",
                "host other alice samehost md5",
                "host other postgres all password",
                "host all mallory all reject",
                "local all all trust")) {
            works(pooler, "postgres", "", "app");
            isRefused(pooler, "trusted-but-unknown", "app", "28000", "\"trust\" authentication failed");
            works(pooler, "alice", "open sesame", "app");
            isRefused(pooler, "alice", "app", "28P01", "SASL authentication failed");
            works(pooler, "alice", "open sesame", "other");
            isRefused(pooler, "alice", "other", "28P01", "password authentication failed");
            works(pooler, "postgres", "sesame", "other");
            isRefused(pooler, "postgres", "other", "28P01", "password authentication failed");
            isRefused(pooler, "mallory", "app", "28000", "login rejected");
            isRefused(pooler, "bob", "app", "28000", "no authentication method is found");
        }
    }

    @Test
    void theLogSaysWhichRuleDecided() throws IOException {
        try (LogLines log = new LogLines();
                Pooler pooler = pooler("# nobody else", "host all alice all scram-sha-256")) {
            isRefused(pooler, "alice", "app", "28P01", "SASL authentication failed");
            isRefused(pooler, "bob", "app", "28000", "no authentication method is found");

            assertThat(log.lines())
                    .anyMatch(line -> line.contains("app/alice@127.0.0.1")
                            && line.endsWith("login failed: wrong password, by HBA rule " + folder.resolve("hba.conf")
                                    + ":2 (scram-sha-256)"))
                    .anyMatch(line -> line.contains("app/bob@127.0.0.1")
                            && line.endsWith("login failed: no rule of auth_hba_file is for this client"))
                    .noneMatch(line -> line.contains("open sesame") || line.contains("wrong\""));
        }
    }

    @Test
    void theConsoleHasNoWayAroundTheRules() throws IOException {
        try (Pooler pooler = pooler("host pgbouncer +admins all password", "host all all all trust")) {
            try (WireClient console = pooler.client("postgres", "sesame", "pgbouncer")) {
                assertThat(console.query("SHOW VERSION")).hasSize(1);
            }
            isRefused(pooler, "postgres", "pgbouncer", "28P01", "password authentication failed");
            isRefused(pooler, "alice", "pgbouncer", "28000", "not allowed");
        }
    }

    @Test
    void changedRulesTakeEffectAtReloadAndBrokenOnesNever() throws Exception {
        try (Pooler pooler = pooler("host all all all trust");
                WireClient before = pooler.client("alice", "", "app")) {
            rules("host all alice all reject");
            works(pooler, "alice", "", "app");
            pooler.pgweir().reload();
            isRefused(pooler, "alice", "app", "28000", "login rejected");

            rules("host all alice all trust", "host all mallory all rejet");
            assertThatThrownBy(() -> pooler.pgweir().reload())
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("hba.conf:2: unknown method \"rejet\"");
            isRefused(pooler, "alice", "app", "28000", "login rejected");

            Files.delete(folder.resolve("hba.conf"));
            assertThatThrownBy(() -> pooler.pgweir().reload()).isInstanceOf(ConfigurationException.class);
            isRefused(pooler, "alice", "app", "28000", "login rejected");
            assertThat(before.query("SELECT 1")).hasSize(1);
        }
    }

    @Test
    void rulesThatAreSetOnTheConsoleHoldUntilTheNextReload() throws IOException {
        try (Pooler pooler = pooler("host all all all trust");
                WireClient console = pooler.client("postgres", "", "pgbouncer")) {
            Path others = Files.writeString(folder.resolve("others.conf"), "host all alice all reject\n");
            console.query("SET auth_hba_file = '" + others + "'");
            isRefused(pooler, "alice", "app", "28000", "login rejected");

            Files.writeString(folder.resolve("broken.conf"), "host all all all rejet\n");
            for (String name : List.of("broken.conf", "missing.conf")) {
                assertThatThrownBy(() -> console.query("SET auth_hba_file = '" + folder.resolve(name) + "'"))
                        .isInstanceOfSatisfying(WireError.class, error -> {
                            assertThat(error.fields().message()).isEqualTo("SET failed");
                            assertThat(error.fields().detail()).contains(name);
                        });
                isRefused(pooler, "alice", "app", "28000", "login rejected");
            }

            console.query("RELOAD");
            works(pooler, "alice", "", "app");
        }
    }

    @Test
    void namesOfHostsAreLookedUpWithoutHoldingUpOthers() throws Exception {
        try (Pooler pooler = pooler(
                "host app alice no-such-host.invalid trust", "host app alice all reject", "host all all all trust")) {
            isRefused(pooler, "alice", "app", "28000", "login rejected");
            works(pooler, "postgres", "", "app");
        }
    }
}

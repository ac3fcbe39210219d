package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.Sees;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.WireClient;

/** Databases that only the entry {@code *} knows. */
@EveryTransport
final class FallbackDatabaseTest {
    private final Setup setup;

    FallbackDatabaseTest(Setup setup) {
        this.setup = setup;
    }

    private static List<String> names(Pooler pooler) {
        return ConsoleRows.all(pooler, "SHOW DATABASES").stream()
                .map(row -> row.get("name"))
                .sorted()
                .toList();
    }

    private static List<Map<String, String>> pools(Pooler pooler) {
        return ConsoleRows.all(pooler, "SHOW POOLS").stream()
                .filter(row -> !row.get("database").equals("pgbouncer"))
                .toList();
    }

    @Test
    @Sees({"autodb_idle_timeout", "database.host"})
    void whatNobodyUsesForAutodbIdleTimeoutIsForgottenAndComesAgain() {
        EmbeddedPostgres postgres = setup.postgres();
        try (Pooler pooler = setup.emptyPooler()
                .database("*", "host=" + postgres.host() + " port=" + postgres.port())
                .set("autodb_idle_timeout", "1")
                .set("server_idle_timeout", "1")
                .start()) {
            assertThat(names(pooler)).containsExactly("pgbouncer");
            try (WireClient client = pooler.client("postgres", "", "postgres")) {
                assertThat(client.query("SELECT current_database()")).containsExactly(List.of("postgres"));
                try (WireClient other = pooler.client(postgres)) {
                    other.query("SELECT 1");
                    assertThat(names(pooler)).containsExactly("pgbouncer", "postgres", "test");
                }
                Await.until("the other is forgotten", () -> names(pooler).equals(List.of("pgbouncer", "postgres")));
                assertThat(client.query("SELECT 1")).containsExactly(List.of("1"));
            }
            Await.until("both are forgotten", () -> names(pooler).equals(List.of("pgbouncer")));
            assertThat(pools(pooler)).isEmpty();
            try (WireClient again = pooler.client("postgres", "", "postgres")) {
                assertThat(again.query("SELECT current_database()")).containsExactly(List.of("postgres"));
            }
        }
    }
}

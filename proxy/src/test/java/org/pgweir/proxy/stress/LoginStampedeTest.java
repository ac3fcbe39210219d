package org.pgweir.proxy.stress;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.pgweir.proxy.Pooler;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.WireClient;

/** Many clients log in before the first server is there. */
class LoginStampedeTest {
    private static final int CLIENTS = 1500;

    @Test
    void givenNoServerYetWhenManyClientsLogInThenAllGetInOnceItIsThere() {
        try (EmbeddedPostgres postgres =
                EmbeddedPostgres.builder().database("test").start()) {
            postgres.pause();
            try (Pooler pooler = Pooler.builder()
                    .set("event_loops", "1")
                    .set("max_client_conn", "5000")
                    .set("log_connections", "0")
                    .set("log_disconnections", "0")
                    .database(postgres, "pool_size=1")
                    .start()) {
                List<WireClient> clients = new ArrayList<>();
                for (int i = 0; i < CLIENTS; i++) {
                    WireClient client = pooler.connect();
                    client.send(Frames.startup(Map.of("user", "postgres", "database", postgres.database())));
                    clients.add(client);
                }
                Await.until("all to wait", () -> waiting(pooler) == CLIENTS);
                postgres.resume();

                for (WireClient client : clients) {
                    assertThat(client.readUntil('Z')).isNotEmpty();
                }
                clients.forEach(WireClient::close);
            }
        }
    }

    private static int waiting(Pooler pooler) {
        return pooler.console("SHOW POOLS").stream()
                .filter(pool -> pool.get(0).equals("test"))
                .mapToInt(pool -> Integer.parseInt(pool.get(3)))
                .sum();
    }
}

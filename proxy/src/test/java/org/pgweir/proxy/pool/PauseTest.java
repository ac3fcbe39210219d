package org.pgweir.proxy.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.SharedPostgres;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.Message;
import org.pgweir.testkit.WireClient;

class PauseTest {
    private final EmbeddedPostgres postgres = SharedPostgres.current();

    @Test
    void givenAClientThatParkedDuringAPauseWhenItIsResumedAtOnceThenTheClientIsServed() {
        try (Pooler pooler = Pooler.builder()
                        .set("event_loops", "1")
                        .database(postgres, "pool_size=1")
                        .start();
                WireClient admin = pooler.client("postgres", "", "pgbouncer");
                WireClient client = pooler.client(postgres)) {
            client.query("SELECT 1");

            // when, faster than the idle server can be closed
            admin.send(Frames.query("PAUSE"));
            client.send(Frames.query("SELECT 2"));
            try (WireClient other = pooler.client("postgres", "", "pgbouncer")) {
                other.query("RESUME");
            }

            // then
            List<Message> answer = client.readUntil('Z');
            assertThat(answer.get(1).row()).containsExactly("2");
            admin.readUntil('Z');
        }
    }

    @Test
    void givenAPauseOfAllWhenADatabaseIsFirstAskedForThenItIsPausedToo() {
        String anywhere = "host=" + postgres.host() + " port=" + postgres.port();
        try (Pooler pooler = Pooler.builder().database("*", anywhere).start();
                WireClient client = pooler.connect()) {
            pooler.console("PAUSE");

            client.send(Frames.startup(java.util.Map.of("user", "postgres", "database", postgres.database())));
            assertThat(client.isQuietFor(java.time.Duration.ofMillis(100))).isTrue();
            pooler.console("RESUME");

            client.readUntil('Z');
        }
    }
}

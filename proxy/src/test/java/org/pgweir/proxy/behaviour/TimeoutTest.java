package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.pgweir.proxy.Pooler;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.ErrorFields;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.WireClient;

/** What ends after its time, and what does not. */
@EveryTransport
final class TimeoutTest {
    private static final String SHORT = "0.2";

    private final Setup setup;

    TimeoutTest(Setup setup) {
        this.setup = setup;
    }

    private Pooler with(String setting, String value) {
        return setup.pooler().set("default_pool_size", "1").set(setting, value).start();
    }

    private static void assertEndsWith(WireClient client, String message) {
        ErrorFields error = Ending.of(client);
        assertThat(error.message()).isEqualTo(message);
        assertThat(error.sqlstate()).isEqualTo("08P01");
    }

    @Test
    void waitingForAServer() {
        try (Pooler pooler = with("query_wait_timeout", SHORT);
                WireClient holder = pooler.client(setup.postgres());
                WireClient waiting = pooler.client(setup.postgres())) {
            holder.query("BEGIN");
            waiting.send(Frames.query("SELECT 1"));
            assertEndsWith(waiting, "query_wait_timeout");
            assertThat(holder.query("SELECT 1")).hasSize(1);
        }
    }

    @Test
    void idleInATransaction() {
        try (Pooler pooler = with("idle_transaction_timeout", SHORT);
                WireClient idle = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres())) {
            int backend = Backends.of(idle);
            idle.query("BEGIN; CREATE TABLE never (a int)");
            assertEndsWith(idle, "idle transaction timeout");
            // and its server is clean
            assertThat(Backends.of(other)).isEqualTo(backend);
            assertThat(other.query("SELECT to_regclass('never') IS NULL")).containsExactly(List.of("t"));
        }
    }

    @Test
    void aLongQueryInATransactionIsNotIdle() {
        try (Pooler pooler = with("idle_transaction_timeout", "0.1");
                WireClient busy = pooler.client(setup.postgres())) {
            busy.send(Frames.query("BEGIN; SELECT pg_sleep(0.6)"));
            busy.expect("C T D C Z");
        }
    }

    @Test
    void idleOutsideOfATransaction() {
        try (Pooler pooler = with("client_idle_timeout", "0.4");
                WireClient idle = pooler.client(setup.postgres());
                WireClient busy = pooler.client(setup.postgres())) {
            idle.query("SELECT 1");
            busy.send(Frames.query("SELECT pg_sleep(0.9)"));
            assertEndsWith(idle, "client_idle_timeout");
            busy.expect("T D C Z");
        }
    }

    @Test
    void idleTimeoutOfOneUserIsNotTheOthers() {
        setup.postgres().execute("DROP ROLE IF EXISTS stats; CREATE ROLE stats LOGIN");
        try (Pooler pooler =
                        setup.pooler().user("stats", "client_idle_timeout=0.1").start();
                WireClient patient = pooler.client(setup.postgres());
                WireClient idle = pooler.client("stats", "", setup.postgres().database())) {
            patient.query("SELECT 1");
            assertEndsWith(idle, "client_idle_timeout");
            assertThat(patient.query("SELECT 1")).hasSize(1);
        } finally {
            setup.postgres().execute("DROP ROLE stats");
        }
    }

    @Test
    void aLoginThatNeverEnds() {
        try (Pooler pooler = with("client_login_timeout", SHORT);
                WireClient silent = pooler.connect();
                WireClient slow = pooler.connect()) {
            slow.send(new byte[] {0, 0});
            assertEndsWith(silent, "client_login_timeout");
            assertEndsWith(slow, "client_login_timeout");
        }
    }

    @Test
    void aServerThatNobodyUses() {
        try (Pooler pooler = with("server_idle_timeout", SHORT);
                WireClient client = pooler.client(setup.postgres())) {
            int backend = Backends.of(client);
            Await.until("the idle server to go", () -> Backends.count(setup.postgres()) == 0);
            assertThat(Backends.of(client)).isNotEqualTo(backend);
        }
    }

    @Test
    void aServerThatIsOld() {
        try (Pooler pooler = with("server_lifetime", "0.4");
                WireClient client = pooler.client(setup.postgres())) {
            // A busy server is replaced, too, without its clients noticing.
            Set<Integer> backends = new HashSet<>();
            Await.until("three servers", () -> {
                client.query("BEGIN");
                backends.add(Backends.of(client));
                client.query("COMMIT");
                return backends.size() == 3;
            });
        }
    }

    @Test
    void aLifetimeOfZeroMeansOneUse() {
        try (Pooler pooler = with("server_lifetime", "0");
                WireClient client = pooler.client(setup.postgres())) {
            client.query("BEGIN");
            int backend = Backends.of(client);
            assertThat(Backends.of(client)).isEqualTo(backend);
            client.query("COMMIT");
            assertThat(Backends.of(client)).isNotEqualTo(backend);
        }
    }

    @Test
    void aHostThatDoesNotAnswer() {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.builder().start();
                Pooler pooler = setup.emptyPooler()
                        .database(postgres, "")
                        .set("server_connect_timeout", "0.3")
                        .start();
                WireClient client = pooler.connect()) {
            postgres.pause();
            try {
                client.startup(Map.of("user", "postgres", "database", "postgres"));
                assertThat(Ending.of(client).message()).contains("server_login_retry");
            } finally {
                postgres.resume();
            }
        }
    }

    @Test
    void aCancelThatPostgresDoesNotTake() {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.builder().start();
                Pooler pooler = setup.emptyPooler()
                        .database(postgres, "pool_size=1")
                        .set("cancel_wait_timeout", SHORT)
                        .start();
                WireClient client = pooler.client(postgres)) {
            int backend = Backends.of(client);
            HeldQuery held = HeldQuery.begin(postgres, client);
            postgres.pause();
            try {
                // when the canceller is let go although the signal may still come
                WireClient.cancel("127.0.0.1", pooler.port(), client.backendPid(), client.backendSecret());
            } finally {
                postgres.resume();
            }
            // then that server serves nobody behind this client
            held.release();
            client.readUntil('Z');
            assertThat(Backends.of(client)).isNotEqualTo(backend);
            assertThat(client.isQuietFor(Duration.ofMillis(20))).isTrue();
        }
    }
}

package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.Sees;
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
    @Sees("query_wait_timeout")
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
    @Sees("idle_transaction_timeout")
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

    /** It would keep what has come of it, and no server. */
    @Test
    void aMessageThatNeverEnds() {
        try (Pooler pooler = with("query_timeout", SHORT);
                WireClient stops = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres())) {
            byte[] parse = Frames.parse("s", "SELECT 1");
            stops.send(Arrays.copyOf(parse, parse.length - 1));
            assertThat(other.query("SELECT 1")).hasSize(1);
            assertEndsWith(stops, "query timeout");
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
    @Sees("client_idle_timeout")
    void idleOutsideOfATransaction() {
        // one loop, which looks at both in the same moment
        try (Pooler pooler = setup.pooler().set("event_loops", "1").start();
                WireClient busy = pooler.client(setup.postgres());
                WireClient idle = pooler.client(setup.postgres())) {
            HeldQuery held = HeldQuery.begin(setup.postgres(), busy);
            idle.query("SELECT 1");
            // when it begins to count only now, however long all that has taken
            pooler.console("SET client_idle_timeout = 0.2");
            assertEndsWith(idle, "client_idle_timeout");
            // then whoever has been waiting for an answer for longer still gets it
            held.endsWell();
        }
    }

    @Test
    @Sees({"user.client_idle_timeout", "user.idle_transaction_timeout"})
    void idleTimeoutsOfOneUserAreNotTheOthers() {
        setup.postgres().execute("DROP ROLE IF EXISTS stats; CREATE ROLE stats LOGIN");
        String database = setup.postgres().database();
        try (Pooler pooler = setup.pooler()
                        .user("stats", "client_idle_timeout=0.6 idle_transaction_timeout=0.2")
                        .start();
                WireClient patient = pooler.client(setup.postgres());
                WireClient inTransaction = pooler.client(setup.postgres());
                WireClient idleInTransaction = pooler.client("stats", "", database)) {
            idleInTransaction.query("BEGIN");
            inTransaction.query("BEGIN");
            patient.query("SELECT 1");
            try (WireClient idle = pooler.client("stats", "", database)) {
                assertEndsWith(idleInTransaction, "idle transaction timeout");
                assertEndsWith(idle, "client_idle_timeout");
            }
            assertThat(patient.query("SELECT 1")).hasSize(1);
            assertThat(inTransaction.query("SELECT 1")).hasSize(1);
        } finally {
            setup.postgres().execute("DROP ROLE stats");
        }
    }

    @Test
    @Sees("client_login_timeout")
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
    @Sees("server_idle_timeout")
    void aServerThatNobodyUses() {
        try (Pooler pooler = with("server_idle_timeout", SHORT);
                WireClient client = pooler.client(setup.postgres())) {
            int backend = Backends.of(client);
            Await.until("the idle server to go", () -> Backends.count(setup.postgres()) == 0);
            assertThat(Backends.of(client)).isNotEqualTo(backend);
        }
    }

    @Test
    @Sees("server_lifetime")
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
    @Sees({"database.query_wait_timeout", "user.query_wait_timeout"})
    void waitingForAServerWithATimeoutOfTheDatabaseOrTheUser() {
        assertStatsGivesUpFirst(setup.emptyPooler()
                .database(setup.postgres(), "user=postgres pool_size=1 query_wait_timeout=100")
                .user("stats", "query_wait_timeout=0.2")
                .set("query_wait_timeout", "0.1"));
    }

    @Test
    void aUserMayWaitForEver() {
        assertStatsGivesUpFirst(setup.emptyPooler()
                .database(setup.postgres(), "user=postgres pool_size=1 query_wait_timeout=0.2")
                .user("postgres", "query_wait_timeout=0"));
    }

    /** The client's user counts, not the one whom its servers are logged in as. */
    private void assertStatsGivesUpFirst(Pooler.Builder builder) {
        try (Pooler pooler = builder.start();
                WireClient holder = pooler.client(setup.postgres());
                WireClient patient = pooler.client(setup.postgres());
                WireClient impatient =
                        pooler.client("stats", "", setup.postgres().database())) {
            holder.query("BEGIN");
            patient.send(Frames.query("SELECT 1"));
            impatient.send(Frames.query("SELECT 1"));
            assertEndsWith(impatient, "query_wait_timeout");
            holder.query("COMMIT");
            patient.expect("T D C Z");
        }
    }

    @Test
    @Sees("query_wait_notify")
    void whoWaitsLongIsToldSoOnce() {
        try (Pooler pooler = with("query_wait_notify", SHORT);
                WireClient holder = pooler.client(setup.postgres());
                WireClient waiting = pooler.client(setup.postgres())) {
            // less than the default of query_wait_notify
            waiting.timeout(Duration.ofSeconds(4));
            holder.query("BEGIN");
            waiting.send(Frames.query("SELECT 1"));
            ErrorFields notice = waiting.readUntil('N').get(0).asError();
            assertThat(notice.severity()).isEqualTo("NOTICE");
            assertThat(notice.message())
                    .isEqualTo("No server connection available in postgres backend, client being queued");
            // later ticks do not repeat it
            assertThat(waiting.isQuietFor(Duration.ofMillis(500))).isTrue();
            holder.query("COMMIT");
            waiting.expect("T D C Z");
            // the next wait is told of again
            holder.query("BEGIN");
            waiting.send(Frames.query("SELECT 1"));
            waiting.expect("N");
            holder.query("COMMIT");
            waiting.expect("T D C Z");
        }
    }

    @Test
    @Sees("query_timeout")
    void aQueryThatTakesTooLong() {
        try (Pooler pooler = with("query_timeout", "0.5");
                WireClient slow = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres())) {
            int backend = Backends.of(slow);
            HeldQuery held = HeldQuery.begin(setup.postgres(), slow);
            assertEndsWith(slow, "query timeout");
            // PostgreSQL has stopped it, although what it waited for is still held; and the server is good for others
            assertThat(Backends.of(other)).isEqualTo(backend);
            held.release();
        }
    }

    @Test
    void aQueryWaitsForAServerForLongerThanItMayTake() {
        try (Pooler pooler = with("query_timeout", "0.3");
                WireClient holder = pooler.client(setup.postgres());
                WireClient waiting = pooler.client(setup.postgres())) {
            holder.query("BEGIN");
            waiting.send(Frames.query("SELECT 1"));
            assertEndsWith(waiting, "query_timeout");
            // between its queries the time of the holder does not run
            assertThat(holder.query("SELECT 1")).hasSize(1);
        }
    }

    @Test
    @Sees("transaction_timeout")
    void aTransactionThatTakesTooLong() {
        try (Pooler pooler = with("transaction_timeout", "1");
                WireClient busy = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres())) {
            int backend = Backends.of(busy);
            busy.query("BEGIN; CREATE TABLE never (a int)");
            // when it is not idle for long, but has been open for long
            HeldQuery held = HeldQuery.begin(setup.postgres(), busy);
            assertEndsWith(busy, "transaction timeout");
            assertThat(Backends.of(other)).isEqualTo(backend);
            assertThat(other.query("SELECT to_regclass('never') IS NULL")).containsExactly(List.of("t"));
            held.release();
        }
    }

    @Test
    @Sees({"user.transaction_timeout", "user.query_timeout"})
    void timeoutsOfAUserAreNotTheOthers() {
        setup.postgres().execute("DROP ROLE IF EXISTS stats; CREATE ROLE stats LOGIN");
        try (Pooler pooler = setup.pooler()
                        .user("stats", "transaction_timeout=0.6 query_timeout=0.2")
                        .start();
                WireClient patient = pooler.client(setup.postgres());
                WireClient idle = pooler.client("stats", "", setup.postgres().database());
                WireClient busy = pooler.client("stats", "", setup.postgres().database())) {
            HeldQuery patients = HeldQuery.begin(setup.postgres(), patient);
            idle.query("BEGIN");
            busy.send(Frames.query("SELECT pg_sleep(60)"));
            assertEndsWith(busy, "query timeout");
            assertEndsWith(idle, "transaction timeout");
            patients.endsWell();
        } finally {
            setup.postgres().execute("DROP ROLE stats");
        }
    }

    @Test
    @Sees("server_fast_close")
    void aSessionEndsWhenItsServerMustNotBeUsedAnyMore() {
        Pooler.Builder builder = setup.emptyPooler().set("pool_mode", "session");
        try (Pooler pooler = builder.database(setup.postgres(), "").start();
                WireClient session = pooler.client(setup.postgres());
                WireClient busy = pooler.client(setup.postgres())) {
            session.query("SELECT 1");
            busy.query("BEGIN");
            // when a reload changes how servers connect
            pooler.rewrite(builder.database(setup.postgres(), "application_name=changed"));
            pooler.console("RELOAD");
            // then nothing happens, until it is asked for; and transactions come to their end
            assertThat(session.query("SELECT 1")).hasSize(1);
            pooler.rewrite(builder.set("server_fast_close", "1"));
            pooler.console("RELOAD");
            assertEndsWith(session, "database configuration changed");
            busy.query("SELECT 1");
            busy.query("COMMIT");
            assertEndsWith(busy, "database configuration changed");
        }
    }

    @Test
    @Sees("pool_idle_timeout")
    void aPoolThatNobodyUses() {
        try (Pooler pooler = setup.pooler()
                .set("pool_idle_timeout", "1")
                .set("server_idle_timeout", "1")
                .start()) {
            try (WireClient client = pooler.client(setup.postgres())) {
                client.query("SELECT 1");
                Await.until("the server to go", () -> Backends.count(setup.postgres()) == 0);
                assertThat(ConsoleRows.pool(pooler, setup.postgres().database()))
                        .isNotEmpty();
            }
            Await.until(
                    "the pool to go",
                    () -> ConsoleRows.all(pooler, "SHOW POOLS").stream()
                            .noneMatch(row ->
                                    row.get("database").equals(setup.postgres().database())));
            try (WireClient again = pooler.client(setup.postgres())) {
                assertThat(again.query("SELECT 1")).hasSize(1);
            }
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
    @Sees("server_connect_timeout")
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
    @Sees("server_login_retry")
    void aRefusedLoginIsTriedAgainAfterItsTime() {
        setup.postgres().execute("DROP ROLE IF EXISTS newcomer");
        try (Pooler pooler = setup.emptyPooler()
                        .database(setup.postgres(), "user=newcomer")
                        .set("server_login_retry", SHORT)
                        .start();
                WireClient refused = pooler.connect()) {
            refused.startup(
                    Map.of("user", "postgres", "database", setup.postgres().database()));
            assertThat(Ending.of(refused).message()).isEqualTo("role \"newcomer\" does not exist");
            setup.postgres().execute("CREATE ROLE newcomer LOGIN");
            Await.until("a login before the default is over", () -> {
                try (WireClient client = pooler.client(setup.postgres())) {
                    return client.query("SELECT current_user").equals(List.of(List.of("newcomer")));
                }
            });
        } finally {
            setup.postgres().execute("DROP ROLE IF EXISTS newcomer");
        }
    }

    @Test
    @Sees("cancel_wait_timeout")
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

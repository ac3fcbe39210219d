package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.pgweir.proxy.Pooler;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.BackendFrames;
import org.pgweir.testkit.FaultProxy;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.Message;
import org.pgweir.testkit.ScriptedServer;
import org.pgweir.testkit.WireClient;

/** A cancel request ends what its client runs, and nothing else, whatever servers change hands meanwhile. */
@EverySetup
final class CancelTest {
    private static final byte[] LONG_QUERY = Frames.query("SELECT pg_sleep(20)");
    private static final int RACING_CLIENTS = 4;
    private static final Duration RACE = Duration.ofMillis(300);

    /** A busy machine may need it until the first cancel hits. */
    private static final Duration LONGEST_RACE = Duration.ofSeconds(10);

    private final Setup setup;

    CancelTest(Setup setup) {
        this.setup = setup;
    }

    private Pooler pooler(int poolSize) {
        return setup.pooler()
                .set("default_pool_size", Integer.toString(poolSize))
                .start();
    }

    /** A cancel request that does not arrive stays for long. */
    private Pooler behind(FaultProxy line) {
        return setup.pooler()
                .database("line", "host=127.0.0.1 dbname=" + setup.postgres().database() + " port=" + line.port())
                .set("cancel_wait_timeout", "60")
                .start();
    }

    private static void cancel(Pooler pooler, WireClient client) {
        WireClient.cancel("127.0.0.1", pooler.port(), client.backendPid(), client.backendSecret());
    }

    private void awaitRunning(String query) {
        Await.until(
                "the query to run",
                () -> !setup.postgres()
                        .query("SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query = '" + query + "'")
                        .isEmpty());
    }

    private static void assertCanceled(WireClient client) {
        List<Message> answer = client.readUntil('Z');
        assertThat(answer)
                .filteredOn(message -> message.type() == 'E')
                .singleElement()
                .satisfies(message -> assertThat(message.asError().sqlstate()).isEqualTo("57014"));
    }

    @Test
    void cancelsTheQueryOfItsClient() {
        try (Pooler pooler = pooler(3);
                WireClient client = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres())) {
            HeldQuery held = HeldQuery.begin(setup.postgres(), other);
            client.send(LONG_QUERY);
            awaitRunning("SELECT pg_sleep(20)");
            cancel(pooler, client);
            assertCanceled(client);
            assertThat(client.transactionStatus()).isEqualTo('I');
            held.endsWell();
            assertThat(client.query("SELECT 1")).hasSize(1);
        }
    }

    @Test
    void cancelsWithTheLongKeysOfProtocol32() {
        try (Pooler pooler = pooler(1);
                WireClient client = pooler.connect()) {
            client.login(Frames.PROTOCOL_3_2, "postgres", "", setup.postgres().database(), Map.of());
            client.send(LONG_QUERY);
            awaitRunning("SELECT pg_sleep(20)");
            cancel(pooler, client);
            assertCanceled(client);
        }
    }

    @Test
    void cancelsInsideATransaction() {
        try (Pooler pooler = pooler(1);
                WireClient client = pooler.client(setup.postgres())) {
            client.query("BEGIN");
            client.send(
                    Frames.parse("", "SELECT pg_sleep(20)"), Frames.bind("", ""), Frames.execute(""), Frames.sync());
            awaitRunning("SELECT pg_sleep(20)");
            cancel(pooler, client);
            assertCanceled(client);
            assertThat(client.transactionStatus()).isEqualTo('E');
            client.query("ROLLBACK");
        }
    }

    /** What a name stands for is in doubt until its Parse is answered; meanwhile the rest of the pipeline waits. */
    @Test
    void cancelsWhatRunsWhileTheRestOfAPipelineWaits() {
        try (Pooler pooler = pooler(1);
                WireClient client = pooler.client(setup.postgres())) {
            client.send(
                    Frames.parse("s", "SELECT 1"),
                    Frames.sync(),
                    LONG_QUERY,
                    Frames.bind("", "s"),
                    Frames.execute(""),
                    Frames.sync());
            client.expect("1 Z");
            awaitRunning("SELECT pg_sleep(20)");
            cancel(pooler, client);
            assertCanceled(client);
            client.expect("2 D C Z");
        }
    }

    @Test
    void aWrongSecretDoesNothing() {
        try (Pooler pooler = pooler(1);
                WireClient client = pooler.client(setup.postgres())) {
            HeldQuery held = HeldQuery.begin(setup.postgres(), client);
            byte[] wrong = client.backendSecret();
            wrong[3] ^= 1;
            WireClient.cancel("127.0.0.1", pooler.port(), client.backendPid(), wrong);
            WireClient.cancel("127.0.0.1", pooler.port(), client.backendPid(), new byte[32]);
            held.endsWell();
        }
    }

    @Test
    void anIdleClientsCancelDoesNothing() {
        try (Pooler pooler = pooler(1);
                WireClient client = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres())) {
            client.query("SELECT 1");
            HeldQuery held = HeldQuery.begin(setup.postgres(), other);
            cancel(pooler, client);
            held.endsWell();
            // nor between the statements of a transaction
            client.query("BEGIN");
            cancel(pooler, client);
            assertThat(client.query("SELECT 1")).hasSize(1);
            client.query("COMMIT");
        }
    }

    @Test
    void aParkedClientIsToldAtOnce() {
        try (Pooler pooler = pooler(1);
                WireClient holder = pooler.client(setup.postgres());
                WireClient parked = pooler.client(setup.postgres())) {
            holder.query("BEGIN");
            parked.send(Frames.query("SELECT 1"));
            Await.until(
                    "the client to be parked",
                    () -> ConsoleRows.pool(pooler, setup.postgres().database())
                            .get("cl_waiting")
                            .equals("1"));
            cancel(pooler, parked);
            assertCanceled(parked);
            // and goes on as usual
            holder.query("COMMIT");
            assertThat(parked.query("SELECT 1")).hasSize(1);
            assertThat(holder.query("SELECT 1")).hasSize(1);
        }
    }

    @Test
    void aParkedPipelineIsNotTornApart() {
        try (Pooler pooler = pooler(1);
                WireClient holder = pooler.client(setup.postgres());
                WireClient parked = pooler.client(setup.postgres())) {
            holder.query("BEGIN");
            parked.send(Frames.query("SELECT 1"), Frames.query("SELECT 2"));
            Await.until(
                    "the client to be parked",
                    () -> ConsoleRows.pool(pooler, setup.postgres().database())
                            .get("cl_waiting")
                            .equals("1"));
            cancel(pooler, parked);
            holder.query("COMMIT");
            // Canceled or not: each query gets its own answer.
            assertThat(parked.readUntil('Z').get(0).type()).isIn('T', 'E');
            assertThat(parked.readUntil('Z').get(0).type()).isIn('T', 'E');
            assertThat(parked.query("SELECT 3")).containsExactly(List.of("3"));
        }
    }

    @Test
    void cancelsNeverHitOthers() {
        // given many clients with short queries on few servers, each with a thread of its own
        ExecutorService threads = Executors.newCachedThreadPool();
        try (Pooler pooler = pooler(2);
                WireClient target = pooler.client(setup.postgres())) {
            AtomicBoolean over = new AtomicBoolean();
            List<CompletableFuture<Integer>> others = new ArrayList<>();
            for (int i = 0; i < RACING_CLIENTS; i++) {
                String answer = "" + i;
                others.add(CompletableFuture.supplyAsync(() -> queryUntil(over, pooler, answer), threads));
            }
            // when cancels fly for one of them, who has the same servers in turn
            CompletableFuture<Void> canceller = CompletableFuture.runAsync(
                    () -> {
                        while (!over.get()) {
                            cancel(pooler, target);
                        }
                    },
                    threads);
            int canceled = 0;
            long began = System.nanoTime();
            while (System.nanoTime() - began < (canceled > 0 ? RACE : LONGEST_RACE).toNanos()) {
                target.send(Frames.query("SELECT pg_sleep(0.002)"));
                List<Message> answer = target.readUntil('Z');
                canceled += (int)
                        answer.stream().filter(message -> message.type() == 'E').count();
            }
            over.set(true);
            canceller.join();
            // then only that one was ever hit, and all answers fitted their queries
            assertThat(canceled).isPositive();
            assertThat(others).allSatisfy(other -> assertThat(other.join()).isPositive());
        } finally {
            threads.shutdownNow();
        }
    }

    /** Fails at the first answer that is not to this query. */
    private int queryUntil(AtomicBoolean over, Pooler pooler, String text) {
        int answered = 0;
        try (WireClient client = pooler.client(setup.postgres())) {
            while (!over.get()) {
                client.send(Frames.query("SELECT '" + text + "'"));
                assertThat(client.expect("T D C Z").get(1).row()).containsExactly(text);
                answered++;
            }
            assertThat(client.isQuietFor(Duration.ofMillis(10))).isTrue();
        }
        return answered;
    }

    @Test
    void theCancellerIsClosedWhenTheSignalIsDelivered() {
        try (Pooler pooler = pooler(1);
                WireClient client = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres())) {
            for (int i = 0; i < 4; i++) {
                client.send(LONG_QUERY);
                awaitRunning("SELECT pg_sleep(20)");
                cancel(pooler, client);
                // whoever comes next is safe at once
                assertThat(other.query("SELECT 1")).hasSize(1);
                assertCanceled(client);
            }
        }
    }

    /** The signal would meet what pgweir asks the server behind a COPY of the extended protocol that has failed. */
    @Test
    void nothingIsAskedWhileASignalIsUnderWay() throws Exception {
        CountDownLatch requested = new CountDownLatch(1);
        CountDownLatch delivered = new CountDownLatch(1);
        AtomicInteger connections = new AtomicInteger();
        try (ScriptedServer server = ScriptedServer.start(session -> {
                    if (connections.incrementAndGet() > 1) {
                        session.readStartup();
                        requested.countDown();
                        delivered.await();
                        return;
                    }
                    session.acceptLogin();
                    session.readUntil('S');
                    session.send(
                            BackendFrames.parseComplete(),
                            BackendFrames.bindComplete(),
                            BackendFrames.copyInResponse(1));
                    session.readUntil('S');
                    requested.await();
                    session.send(
                            BackendFrames.errorResponse("ERROR", "57014", "canceling statement due to user request"),
                            BackendFrames.readyForQuery('I'));
                    assertThat(session.read().type()).isEqualTo('C');
                    assertThat(delivered.getCount()).isZero();
                    session.readUntil('S');
                    session.send(BackendFrames.closeComplete(), BackendFrames.readyForQuery('I'));
                    session.readUntil('Q');
                    session.send(BackendFrames.commandComplete("SELECT 1"), BackendFrames.readyForQuery('I'));
                    session.drain();
                });
                Pooler pooler = setup.pooler()
                        .database("scripted", "host=127.0.0.1 port=" + server.port())
                        .start();
                WireClient client = pooler.client("postgres", "", "scripted")) {
            client.send(
                            Frames.parse("", "COPY some FROM STDIN"),
                            Frames.bind("", ""),
                            Frames.execute(""),
                            Frames.sync())
                    .expect("1 2 G");
            client.send(Frames.copyData("x"), Frames.copyDone(), Frames.sync());
            CompletableFuture<Void> request = CompletableFuture.runAsync(() -> cancel(pooler, client));
            // when the client goes on before the signal is known to be delivered
            client.expect("E Z");
            client.send(Frames.query("SELECT 1"));
            pooler.console("SHOW VERSION");
            delivered.countDown();
            // then it is answered
            client.expect("C Z");
            request.get(10, TimeUnit.SECONDS);
        }
    }

    /** The signal would meet what pgweir asks the server about the session. */
    @Test
    void theSessionIsAskedForBehindTheSignal() throws Exception {
        CountDownLatch requested = new CountDownLatch(1);
        CountDownLatch delivered = new CountDownLatch(1);
        AtomicInteger connections = new AtomicInteger();
        try (ScriptedServer server = ScriptedServer.start(session -> {
                    if (connections.incrementAndGet() > 1) {
                        session.readStartup();
                        requested.countDown();
                        delivered.await();
                        return;
                    }
                    session.acceptLogin();
                    session.readUntil('Q');
                    requested.await();
                    session.send(
                            BackendFrames.errorResponse("ERROR", "57014", "canceling statement due to user request"),
                            BackendFrames.readyForQuery('I'));
                    session.readUntil('Q');
                    assertThat(delivered.getCount()).isZero();
                    session.send(
                            BackendFrames.errorResponse("ERROR", "XX000", "no answer to the question"),
                            BackendFrames.readyForQuery('I'));
                    session.readUntil('Q');
                    session.send(BackendFrames.commandComplete("SELECT 1"), BackendFrames.readyForQuery('I'));
                    session.drain();
                });
                Pooler pooler = setup.pooler()
                        .database("scripted", "host=127.0.0.1 port=" + server.port())
                        .start();
                WireClient client = pooler.client("postgres", "", "scripted")) {
            client.send(Frames.query("DO 'BEGIN PERFORM pg_sleep(20); END'"));
            CompletableFuture<Void> request = CompletableFuture.runAsync(() -> cancel(pooler, client));
            // when the statement is over before the signal is known to be delivered
            client.expect("E Z");
            client.send(Frames.query("SELECT 1"));
            pooler.console("SHOW VERSION");
            delivered.countDown();
            // then what the client says next is answered
            client.expect("C Z");
            request.get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void theConsoleShowsARequestThatIsUnderWay() throws Exception {
        try (FaultProxy line = FaultProxy.to(setup.postgres());
                Pooler pooler = behind(line);
                WireClient client = pooler.client("postgres", "", "line");
                WireClient console = pooler.client("postgres", "", "pgbouncer")) {
            client.send(LONG_QUERY);
            awaitRunning("SELECT pg_sleep(20)");
            // given a network that swallows it
            line.blackHole();
            CompletableFuture<Void> request = CompletableFuture.runAsync(() -> cancel(pooler, client));
            Await.until(
                    "the request is a client",
                    () -> rows(console, "SHOW CLIENTS", "active_cancel_req").size() == 1);
            assertThat(rows(console, "SHOW CLIENTS", "active_cancel_req").get(0))
                    .containsEntry("type", "C")
                    .containsEntry("user", "(nouser)")
                    .containsEntry("database", "line");
            assertThat(rows(console, "SHOW SERVERS", "active_cancel").get(0))
                    .containsEntry("database", "line")
                    .containsEntry("addr", "127.0.0.1")
                    .containsEntry("port", "" + line.port());
            assertThat(rows(console, "SHOW SOCKETS", "sv_active_cancel")).hasSize(1);
            assertThat(rows(console, "SHOW SOCKETS", "cl_active_cancel_req")).hasSize(1);
            assertThat(ConsoleRows.pool(pooler, "line"))
                    .containsEntry("cl_active_cancel_req", "1")
                    .containsEntry("sv_active_cancel", "1");
            // when the network is well again, then it is delivered
            line.heal();
            assertCanceled(client);
            request.get(10, TimeUnit.SECONDS);
            Await.until(
                    "nothing to show",
                    () -> rows(console, "SHOW CLIENTS", "active_cancel_req").isEmpty());
            assertThat(rows(console, "SHOW SERVERS", "active_cancel")).isEmpty();
        }
    }

    @Test
    void anAdministratorEndsARequestThatDoesNotArrive() throws Exception {
        try (FaultProxy line = FaultProxy.to(setup.postgres());
                Pooler pooler = behind(line);
                WireClient client = pooler.client("postgres", "", "line");
                WireClient console = pooler.client("postgres", "", "pgbouncer");
                WireClient canceller = pooler.connect()) {
            client.send(LONG_QUERY);
            awaitRunning("SELECT pg_sleep(20)");
            line.blackHole();
            canceller.send(Frames.cancelRequest(client.backendPid(), client.backendSecret()));
            Await.until(
                    "the request is a client",
                    () -> rows(console, "SHOW CLIENTS", "active_cancel_req").size() == 1);
            console.query("KILL_CLIENT "
                    + rows(console, "SHOW CLIENTS", "active_cancel_req").get(0).get("id"));
            assertThat(Ending.of(canceller).message()).isEqualTo("admin forced disconnect");
            assertThat(rows(console, "SHOW CLIENTS", "active_cancel_req")).isEmpty();
            // whose query it is stays, and what is on its way arrives when it can
            line.heal();
            assertCanceled(client);
            assertThat(client.query("SELECT 1")).hasSize(1);
        }
    }

    private static List<Map<String, String>> rows(WireClient console, String command, String state) {
        return ConsoleRows.all(console, command).stream()
                .filter(row -> state.equals(row.get("state")))
                .toList();
    }

    @Test
    void aClientMayCancelAndLeave() {
        try (Pooler pooler = pooler(1);
                WireClient other = pooler.client(setup.postgres())) {
            try (WireClient client = pooler.client(setup.postgres())) {
                client.send(LONG_QUERY);
                awaitRunning("SELECT pg_sleep(20)");
                cancel(pooler, client);
                client.abort();
            }
            assertThat(other.query("SELECT 1")).hasSize(1);
        }
    }
}

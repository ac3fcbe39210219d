package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.pgweir.proxy.Pooler;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.WireClient;

/** Clients that leave, politely or not, wherever they stand. Whoever comes next must not notice. */
@EverySetup
final class ClientEndTest {
    private static EmbeddedPostgres postgres;
    private static Pooler pooler;

    private WireClient next;
    private int backend;

    /** The setup is used where the pooler starts. */
    ClientEndTest(@SuppressWarnings("unused") Setup setup) {}

    @BeforeParameterizedClassInvocation
    static void start(Setup setup) {
        postgres = setup.postgres();
        pooler = setup.pooler().set("default_pool_size", "1").start();
        postgres.execute("DROP TABLE IF EXISTS ends; CREATE TABLE ends (a int)");
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        pooler.close();
        postgres.execute("DROP TABLE ends");
    }

    @BeforeEach
    void connect() {
        postgres.execute("TRUNCATE ends");
        next = pooler.client(postgres);
        backend = Backends.of(next);
    }

    @AfterEach
    void disconnect() {
        next.close();
    }

    /** Lets a client do something, once with an orderly end of its stream and once with a reset; the server must survive both. */
    private void leaveAfter(Consumer<WireClient> deed) {
        leave(deed, false);
        assertServerIsSafe();
        leave(deed, true);
        assertServerIsSafe();
    }

    private static void leave(Consumer<WireClient> deed, boolean reset) {
        try (WireClient client = pooler.client(postgres)) {
            deed.accept(client);
            if (reset) {
                client.abort();
            }
        }
    }

    private void assertServerIsSafe() {
        assertThat(Backends.of(next)).isEqualTo(backend);
        assertSessionIsClean();
    }

    private void assertSessionIsClean() {
        assertThat(next.transactionStatus()).isEqualTo('I');
        assertThat(next.query("SELECT count(*) FROM ends")).containsExactly(List.of("0"));
        assertThat(next.query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"))
                .containsExactly(List.of("0"));
    }

    @Test
    void beforeAnyQuery() {
        leaveAfter(client -> {});
    }

    @Test
    void politely() {
        leaveAfter(client -> client.send(Frames.query("SELECT 1"), Frames.terminate()));
    }

    @Test
    void politelyInATransaction() {
        leaveAfter(client -> client.send(Frames.query("BEGIN; INSERT INTO ends VALUES (1)"), Frames.terminate()));
    }

    @Test
    void inATransaction() {
        leaveAfter(client -> client.query("BEGIN; INSERT INTO ends VALUES (1); SELECT pg_advisory_xact_lock(7)"));
    }

    @Test
    void inAFailedTransaction() {
        leaveAfter(client -> {
            client.query("BEGIN");
            client.send(Frames.query("SELECT 1/0"));
            client.expect("E Z");
        });
    }

    @Test
    void withoutWaitingForTheAnswer() {
        leaveAfter(client -> client.send(Frames.query("BEGIN; INSERT INTO ends VALUES (1)")));
    }

    @Test
    void inTheMiddleOfAnAnswer() {
        leaveAfter(client -> {
            client.send(Frames.query("SELECT repeat('x', 1000) FROM generate_series(1, 5000)"));
            client.readUntil('D');
        });
    }

    @Test
    void inTheMiddleOfAMessageOfTheServer() {
        leaveAfter(client -> {
            client.send(Frames.query("SELECT repeat('x', 5000000)"));
            client.readUntil('T');
            client.readHeader();
            client.skip(1000);
        });
    }

    @Test
    void inABatchWithoutSync() {
        leaveAfter(client -> {
            client.send(Frames.parse("", "INSERT INTO ends VALUES (1)"), Frames.bind("", ""), Frames.execute(""));
            client.send(Frames.flush());
            client.expect("1 2 C");
        });
    }

    @Test
    void inABatchThatFailed() {
        leaveAfter(client -> {
            client.send(Frames.parse("", "SELEKT"), Frames.flush());
            client.expect("E");
        });
    }

    @Test
    void inAPipeline() {
        byte[][] queries = new byte[300][];
        Arrays.fill(queries, Frames.query("SELECT 1"));
        queries[7] = Frames.query("BEGIN; INSERT INTO ends VALUES (1)");
        leaveAfter(client -> {
            client.send(queries);
            client.readUntil('Z');
        });
    }

    @Test
    void inACopyIn() {
        leaveAfter(client -> {
            client.send(Frames.query("COPY ends FROM STDIN"));
            client.expect("G");
            client.send(Frames.copyData("1\n"));
        });
    }

    @Test
    void inACopyInOfTheExtendedProtocol() {
        leaveAfter(client -> {
            beginCopyExtended(client);
            client.send(Frames.copyData("1\n"));
        });
    }

    @Test
    void inACopyInOfTheExtendedProtocolThatFailed() {
        leaveAfter(client -> {
            beginCopyExtended(client);
            client.send(Frames.copyData("x\n"));
            client.expect("E");
        });
    }

    @Test
    void withoutWaitingForTheAnswerToACopyInOfTheExtendedProtocolThatFails() {
        leaveAfter(client -> {
            beginCopyExtended(client);
            client.send(Frames.copyData("x\n"), Frames.copyDone(), Frames.sync());
        });
    }

    private static void beginCopyExtended(WireClient client) {
        client.send(Frames.parse("", "COPY ends FROM STDIN"), Frames.bind("", ""), Frames.execute(""), Frames.sync());
        client.expect("1 2 G");
    }

    @Test
    void inACopyInBeforeItBegan() {
        leaveAfter(client -> client.send(Frames.query("COPY ends FROM STDIN")));
    }

    @Test
    void inACopyOut() {
        leaveAfter(client -> {
            client.send(Frames.query("COPY (SELECT repeat('x', 1000) FROM generate_series(1, 5000)) TO STDOUT"));
            client.readUntil('d');
        });
    }

    @Test
    void inAMessageThatNobodyHasSeenYet() {
        byte[] query = Frames.query("SELECT 1");
        leaveAfter(client -> client.send(Arrays.copyOf(query, 3)));
    }

    @Test
    void whileItWaitsForAServer() {
        next.query("BEGIN");
        for (boolean reset : new boolean[] {false, true}) {
            leave(
                    client -> {
                        client.send(Frames.query("INSERT INTO ends VALUES (1)"));
                        awaitParked(1);
                    },
                    reset);
            awaitParked(0);
        }
        next.query("COMMIT");
        assertServerIsSafe();
    }

    private static void awaitParked(int count) {
        Await.until(
                count + " parked",
                () -> ConsoleRows.pool(pooler, postgres.database())
                        .get("cl_waiting")
                        .equals("" + count));
    }

    @Test
    void inTheMiddleOfAMessageTheServerCannotBeSaved() {
        // PostgreSQL waits for the rest of that message: only its end can help.
        byte[] query = Frames.query("INSERT INTO ends VALUES (1)");
        leave(client -> client.send(Arrays.copyOf(query, query.length - 1)), false);
        assertSessionIsClean();
        leave(client -> client.send(Arrays.copyOf(query, query.length - 1)), true);
        assertSessionIsClean();
    }

    @Test
    void inTheMiddleOfCopyData() {
        byte[] row = Frames.copyData("1\n2\n3\n");
        leave(
                client -> {
                    client.send(Frames.query("COPY ends FROM STDIN"));
                    client.expect("G");
                    client.send(Arrays.copyOf(row, row.length - 2));
                },
                false);
        assertSessionIsClean();
    }
}

package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.net.Transport;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.FaultProxy;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.WireClient;
import org.pgweir.testkit.WireClosed;

/**
 * The protocol in transaction mode, compared with PostgreSQL itself byte for byte. All of it goes over a single server, which must be
 * free behind each test, and still the same.
 */
@ParameterizedClass(name = "{0}, {1}")
@MethodSource("arguments")
@ExtendWith(NoComplaints.class)
final class WireTest {
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private static EmbeddedPostgres postgres;
    private static FaultProxy line;
    private static Pooler pooler;
    private static WireClient watcher;
    private static String backend;

    private final Delivery delivery;
    private WireClient direct;
    private WireClient pooled;

    WireTest(Setup setup, Delivery delivery) {
        this.delivery = delivery;
    }

    /** Every setup as it is, and the transports of Linux with broken deliveries. */
    static Stream<Arguments> arguments() {
        Stream<Arguments> whole = Setup.all().stream().map(setup -> Arguments.of(setup, Delivery.WHOLE));
        Stream<Arguments> broken = Setup.transports().stream()
                .filter(setup -> setup.transport() != Transport.NIO)
                .flatMap(setup -> Delivery.broken().map(delivery -> Arguments.of(setup, delivery)));
        return Stream.concat(whole, broken);
    }

    @BeforeParameterizedClassInvocation
    static void start(Setup setup, Delivery delivery) {
        postgres = setup.postgres();
        line = FaultProxy.to(postgres);
        delivery.applyTo(line);
        pooler = setup.emptyPooler()
                .database(postgres.database(), "host=" + line.host() + " port=" + line.port())
                .set("default_pool_size", "1")
                .set("query_wait_timeout", "4")
                .start();
        postgres.execute("DROP TABLE IF EXISTS wire; CREATE TABLE wire (a int CHECK (a < 1000), b text)");
        unwritable("unwritable", 0);
        unwritable("unwritable_after_a_while", 0.1);
        watcher = pooler.client(postgres);
        backend = backendOf(watcher);
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        watcher.close();
        pooler.close();
        line.close();
        postgres.execute("DROP TABLE wire, unwritable, unwritable_after_a_while");
    }

    /** COPY into it begins, and fails before it reads anything. */
    private static void unwritable(String name, double seconds) {
        postgres.execute("DROP TABLE IF EXISTS " + name + "; CREATE TABLE " + name + " (a int)");
        postgres.execute("CREATE OR REPLACE FUNCTION " + name + "() RETURNS trigger LANGUAGE plpgsql AS"
                + " $$ BEGIN PERFORM pg_sleep(" + seconds + "); RAISE 'not this table'; END $$");
        postgres.execute("CREATE TRIGGER no BEFORE INSERT ON " + name + " EXECUTE FUNCTION " + name + "()");
    }

    private static String backendOf(WireClient client) {
        return client.query("SELECT pg_backend_pid()").get(0).get(0);
    }

    @BeforeEach
    void connect() {
        direct = postgres.client().timeout(PATIENCE);
        pooled = pooler.client(postgres).timeout(PATIENCE);
    }

    @AfterEach
    void theServerIsFreeAndTheSame() {
        String before = backend;
        try {
            backend = backendOf(watcher);
        } catch (WireClosed gaveUp) {
            watcher = pooler.client(postgres);
            throw gaveUp;
        } finally {
            direct.close();
            pooled.close();
        }
        assertThat(backend).isEqualTo(before);
    }

    private void same(Consumer<Talk> talk) {
        Talk.assertSame(direct, pooled, delivery.isSlowFromClient(), talk);
    }

    private int many() {
        return delivery.isWhole() ? 1000 : 50;
    }

    // Simple query

    @Test
    void simpleQuery() {
        same(talk -> talk.say(Frames.query("SELECT 1 AS one, 'x' AS letter, NULL AS nothing"))
                .hear("T D C Z"));
    }

    @Test
    void severalStatementsInOneQuery() {
        same(talk -> talk.say(Frames.query("SELECT 1; SELECT 2, 3; SET LOCAL work_mem = '1MB'; SELECT 4"))
                .hearUntil('Z'));
    }

    @Test
    void severalStatementsWithAnErrorInTheMiddle() {
        same(talk -> talk.say(Frames.query("SELECT 1; SELECT 1/0; SELECT 2")).hear("T D C E Z"));
    }

    @Test
    void emptyQuery() {
        same(talk ->
                talk.say(Frames.query("")).hear("I Z").say(Frames.query(" ; ")).hear("I Z"));
    }

    @Test
    void syntaxErrorWithPosition() {
        same(talk -> talk.say(Frames.query("SELEKT 1")).hear("E Z"));
    }

    @Test
    void noticesInOrder() {
        same(talk -> talk.say(Frames.query("DO $$ BEGIN RAISE NOTICE 'one'; RAISE WARNING 'two'; END $$"))
                .hear("N N C Z"));
    }

    @Test
    void manyRows() {
        same(talk -> talk.say(Frames.query("SELECT g, repeat('x', g % 50) FROM generate_series(1, " + many() + ") g"))
                .hearUntil('Z'));
    }

    @Test
    void wideRow() {
        int length = delivery.isWhole() ? 700_000 : 3000;
        same(talk ->
                talk.say(Frames.query("SELECT repeat('abc', " + length + ")")).hear("T D C Z"));
    }

    @Test
    void longQuery() {
        int length = delivery.isWhole() ? 500_000 : 1000;
        same(talk -> talk.say(Frames.query("SELECT length('" + "q".repeat(length) + "')"))
                .hear("T D C Z"));
    }

    @Test
    void transaction() {
        same(talk -> talk.say(Frames.query("BEGIN"))
                .hear("C Z")
                .say(Frames.query("SELECT 1"))
                .hear("T D C Z")
                .say(Frames.query("COMMIT"))
                .hear("C Z"));
    }

    @Test
    void failedTransaction() {
        same(talk -> talk.say(Frames.query("BEGIN"))
                .hear("C Z")
                .say(Frames.query("SELECT 1/0"))
                .hear("E Z")
                .say(Frames.query("SELECT 1"))
                .hear("E Z")
                .say(Frames.query("ROLLBACK"))
                .hear("C Z"));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10, 1000})
    void pipelineOfSimpleQueries(int depth) {
        byte[][] queries = new byte[Math.min(depth, many())][];
        for (int i = 0; i < queries.length; i++) {
            queries[i] = Frames.query(i % 7 == 3 ? "SELECT 1/0" : "SELECT " + i);
        }
        same(talk -> {
            talk.say(queries);
            for (int i = 0; i < queries.length; i++) {
                talk.hearUntil('Z');
            }
        });
    }

    // Extended query

    @Test
    void extendedQuery() {
        same(talk -> talk.say(
                        Frames.parse("", "SELECT $1::int + 1, $2::text"),
                        Frames.bind("", "", "41", null),
                        Frames.describePortal(""),
                        Frames.execute(""),
                        Frames.sync())
                .hear("1 2 T D C Z"));
    }

    @Test
    void binaryParametersAndResults() {
        byte[][] parameters = {{0, 0, 0, 7}};
        same(talk -> talk.say(
                        Frames.parse("", "SELECT $1 * 6", 23),
                        Frames.bind("", "", new int[] {1}, parameters, new int[] {1}),
                        Frames.execute(""),
                        Frames.sync())
                .hear("1 2 D C Z"));
    }

    @Test
    void emptyStatement() {
        same(talk -> talk.say(
                        Frames.parse("", ""),
                        Frames.bind("", ""),
                        Frames.describePortal(""),
                        Frames.execute(""),
                        Frames.sync())
                .hear("1 2 n I Z"));
    }

    @Test
    void describeOfAStatement() {
        same(talk -> talk.say(Frames.parse("", "SELECT $1::int, $2::text"), Frames.describeStatement(""), Frames.sync())
                .hear("1 t T Z"));
    }

    @Test
    void flushBringsAnswersBeforeSync() {
        same(talk -> talk.say(Frames.parse("", "SELECT 1"), Frames.flush())
                .hear("1")
                .say(Frames.bind("", ""), Frames.flush())
                .hear("2")
                .say(Frames.execute(""), Frames.flush())
                .hear("D C")
                .say(Frames.sync())
                .hear("Z"));
    }

    @Test
    void flushAloneIsHarmless() {
        same(talk -> talk.say(Frames.flush(), Frames.flush())
                .say(Frames.query("SELECT 1"))
                .hear("T D C Z"));
    }

    @Test
    void manySyncs() {
        byte[][] syncs = new byte[many()][];
        Arrays.fill(syncs, Frames.sync());
        same(talk -> {
            talk.say(syncs);
            for (int i = 0; i < syncs.length; i++) {
                talk.hear("Z");
            }
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10, 1000})
    void pipelineWithOneSync(int depth) {
        int count = Math.min(depth, many());
        byte[][] frames = new byte[count + 1][];
        for (int i = 0; i < count; i++) {
            frames[i] =
                    Frames.concat(Frames.parse("", "SELECT $1::int"), Frames.bind("", "", "" + i), Frames.execute(""));
        }
        frames[count] = Frames.sync();
        same(talk -> talk.say(frames).hearUntil('Z'));
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 1000})
    void pipelineWithManySyncsAndErrors(int depth) {
        int count = Math.min(depth, many());
        byte[][] frames = new byte[count][];
        for (int i = 0; i < count; i++) {
            frames[i] = Frames.concat(
                    Frames.parse("", "SELECT 10 / $1::int"),
                    Frames.bind("", "", "" + i % 5),
                    Frames.execute(""),
                    Frames.sync());
        }
        same(talk -> {
            talk.say(frames);
            for (int i = 0; i < count; i++) {
                talk.hearUntil('Z');
            }
        });
    }

    @Test
    void errorInTheMiddleSkipsToTheSync() {
        same(talk -> talk.say(
                        Frames.parse("", "SELECT 1"),
                        Frames.bind("", ""),
                        Frames.execute(""),
                        Frames.parse("", "SELECT no_such_column"),
                        Frames.bind("", ""),
                        Frames.execute(""),
                        Frames.parse("", "SELECT 2"),
                        Frames.sync(),
                        Frames.parse("", "SELECT 3"),
                        Frames.bind("", ""),
                        Frames.execute(""),
                        Frames.sync())
                .hear("1 2 D C E Z 1 2 D C Z"));
    }

    @Test
    void errorBeforeTheSyncIsSent() {
        same(talk -> talk.say(Frames.parse("", "SELEKT"), Frames.flush())
                .hear("E")
                .say(Frames.bind("", ""), Frames.execute(""))
                .say(Frames.sync())
                .hear("Z"));
    }

    @Test
    void portalsWithRowLimits() {
        same(talk -> talk.say(Frames.query("BEGIN"))
                .hear("C Z")
                .say(
                        Frames.parse("", "SELECT generate_series(1, 10)"),
                        Frames.bind("portal", ""),
                        Frames.execute("portal", 3),
                        Frames.sync())
                .hear("1 2 D D D s Z")
                .say(Frames.execute("portal", 3), Frames.flush())
                .hear("D D D s")
                .say(Frames.execute("portal", 0), Frames.closePortal("portal"), Frames.sync())
                .hear("D D D D C 3 Z")
                .say(Frames.query("COMMIT"))
                .hear("C Z"));
    }

    @Test
    void simpleQueriesBetweenExtendedOnes() {
        same(talk -> talk.say(
                        Frames.query("SELECT 1"),
                        Frames.parse("", "SELECT 2"),
                        Frames.bind("", ""),
                        Frames.execute(""),
                        Frames.sync(),
                        Frames.query("SELECT 3"))
                .hear("T D C Z 1 2 D C Z T D C Z"));
    }

    @Test
    void pipelineOverWholeTransactions() {
        same(talk -> talk.say(
                        Frames.query("BEGIN"),
                        Frames.query("SELECT 1"),
                        Frames.query("COMMIT"),
                        Frames.query("BEGIN"),
                        Frames.query("SELECT 1/0"),
                        Frames.query("ROLLBACK"),
                        Frames.query("SELECT 2"))
                .hear("C Z T D C Z C Z C Z E Z C Z T D C Z"));
    }

    @Test
    void functionCall() {
        int abs = Integer.parseInt(postgres.query("SELECT 'pg_catalog.abs(int4)'::regprocedure::oid::text")
                .get(0)
                .get(0));
        same(talk -> talk.say(Frames.functionCall(abs, "-5"))
                .hear("V Z")
                .say(Frames.functionCall(abs, "no number"), Frames.functionCall(abs, "6"))
                .hear("E Z V Z"));
    }

    // COPY

    @Test
    void copyIn() {
        same(talk -> talk.say(Frames.query("COPY wire FROM STDIN"))
                .hear("G")
                .say(Frames.copyData("1\tone\n2\ttw"), Frames.copyData("o\n"), Frames.copyDone())
                .hear("C Z"));
    }

    @Test
    void copyInWithoutWaiting() {
        same(talk -> talk.say(
                        Frames.query("COPY wire FROM STDIN"),
                        Frames.copyData("1\tone\n"),
                        Frames.copyDone(),
                        Frames.query("SELECT 1"))
                .hear("G C Z T D C Z"));
    }

    @Test
    void copyInOfManyRows() {
        byte[][] rows = new byte[many()][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = Frames.copyData((i % 1000) + "\t" + "x".repeat(i % 100) + "\n");
        }
        same(talk -> talk.say(Frames.query("COPY wire FROM STDIN"))
                .hear("G")
                .say(rows)
                .say(Frames.copyDone())
                .hear("C Z"));
    }

    @Test
    void copyInThatTheClientEnds() {
        same(talk -> talk.say(Frames.query("COPY wire FROM STDIN"))
                .hear("G")
                .say(Frames.copyData("1\tone\n"), Frames.copyFail("changed my mind"))
                .hear("E Z"));
    }

    @Test
    void copyInWithABadRow() {
        same(talk -> talk.say(Frames.query("COPY wire FROM STDIN"))
                .hear("G")
                .say(Frames.copyData("no number\tone\n"))
                .say(Frames.copyDone())
                .hear("E Z"));
    }

    @Test
    void copyDataThatComesAfterTheFailure() {
        same(talk -> talk.say(Frames.query("COPY wire FROM STDIN"))
                .hear("G")
                .say(Frames.copyData("1\t2\t3\n"), Frames.copyData("too\tmany\n"), Frames.copyDone())
                .hear("E Z")
                .say(Frames.copyData("late\n"), Frames.copyData("later\n"), Frames.copyDone())
                .say(Frames.query("SELECT 1"))
                .hear("T D C Z"));
    }

    @Test
    void syncInsideACopyIsIgnored() {
        same(talk -> talk.say(Frames.query("COPY wire FROM STDIN"))
                .hear("G")
                .say(Frames.copyData("1\tone\n"), Frames.sync(), Frames.flush(), Frames.copyDone())
                .hear("C Z"));
    }

    @Test
    void copyInOfTheExtendedProtocol() {
        same(talk -> talk.say(
                        Frames.parse("", "COPY wire FROM STDIN"),
                        Frames.bind("", ""),
                        Frames.execute(""),
                        Frames.sync())
                .hear("1 2 G")
                .say(Frames.copyData("1\tone\n"), Frames.copyDone(), Frames.sync())
                .hear("C Z"));
    }

    @Test
    void copyInOfTheExtendedProtocolWithFlush() {
        same(talk -> talk.say(
                        Frames.parse("", "COPY wire FROM STDIN"),
                        Frames.bind("", ""),
                        Frames.execute(""),
                        Frames.flush())
                .hear("1 2 G")
                .say(Frames.copyData("1\tone\n"), Frames.copyDone(), Frames.sync())
                .hear("C Z"));
    }

    @Test
    void copyInOfTheExtendedProtocolWithABadRow() {
        same(talk -> talk.say(
                        Frames.parse("", "COPY wire FROM STDIN"),
                        Frames.bind("", ""),
                        Frames.execute(""),
                        Frames.sync())
                .hear("1 2 G")
                .say(Frames.copyData("x\tone\n"), Frames.copyData("2\ttwo\n"), Frames.copyDone(), Frames.sync())
                .hear("E Z")
                .say(Frames.query("SELECT 1"))
                .hear("T D C Z"));
    }

    @Test
    void copyInOfTheExtendedProtocolThatTheClientEnds() {
        same(talk -> talk.say(
                        Frames.parse("", "COPY wire FROM STDIN"),
                        Frames.bind("", ""),
                        Frames.execute(""),
                        Frames.sync())
                .hear("1 2 G")
                .say(Frames.copyFail("no"), Frames.sync())
                .hear("E Z"));
    }

    @Test
    void copyInOfTheExtendedProtocolThatFailsInATransaction() {
        same(talk -> talk.say(Frames.query("BEGIN"))
                .hear("C Z")
                .say(Frames.parse("", "COPY wire FROM STDIN"), Frames.bind("", ""), Frames.execute(""), Frames.sync())
                .hear("1 2 G")
                .say(Frames.copyData("x\tone\n"), Frames.copyDone(), Frames.sync())
                .hear("E Z")
                .say(Frames.query("SELECT 1"))
                .hear("E Z")
                .say(Frames.query("ROLLBACK"))
                .hear("C Z")
                .say(Frames.query("SELECT 1"))
                .hear("T D C Z"));
    }

    @Test
    void copyInOfTheExtendedProtocolThatFailsBeforeItReadsAnything() {
        same(talk -> talk.say(
                        Frames.parse("", "COPY unwritable FROM STDIN"),
                        Frames.bind("", ""),
                        Frames.execute(""),
                        Frames.sync())
                .hear("1 2 G E Z")
                .say(Frames.copyData("1\n"), Frames.copyDone(), Frames.sync())
                .hear("Z")
                .say(Frames.query("SELECT 1"))
                .hear("T D C Z"));
    }

    /** So does who sends its data before it has read of the failure: both Syncs are answered. */
    @Test
    void copyInOfTheExtendedProtocolThatFailsWhileTheDataIsOnItsWay() {
        same(talk -> talk.say(
                        Frames.parse("", "COPY unwritable_after_a_while FROM STDIN"),
                        Frames.bind("", ""),
                        Frames.execute(""),
                        Frames.sync())
                .hear("1 2 G")
                .say(Frames.copyData("1\n"), Frames.copyDone(), Frames.sync())
                .hear("E Z Z")
                .say(Frames.query("SELECT 1"))
                .hear("T D C Z"));
    }

    @Test
    void copyOut() {
        same(talk -> talk.say(
                        Frames.query("COPY (SELECT g, 'row' FROM generate_series(1, " + many() + ") g) TO STDOUT"))
                .hear("H d+ c C Z"));
    }

    @Test
    void copyOutThatFails() {
        same(talk -> talk.say(Frames.query("COPY (SELECT 10 / (5 - g) FROM generate_series(1, 10) g) TO STDOUT"))
                .hear("H d+ E Z"));
    }

    @Test
    void copyInsideATransaction() {
        same(talk -> talk.say(Frames.query("BEGIN"))
                .hear("C Z")
                .say(Frames.query("COPY wire FROM STDIN"))
                .hear("G")
                .say(Frames.copyData("7\tseven\n"), Frames.copyDone())
                .hear("C Z")
                .say(Frames.query("SELECT count(*) FROM wire WHERE a = 7; ROLLBACK"))
                .hear("T D C C Z"));
    }

    @Test
    void twoCopiesInOneQuery() {
        same(talk -> talk.say(Frames.query("COPY wire FROM STDIN; COPY wire FROM STDIN; SELECT 1"))
                .hear("G")
                .say(Frames.copyData("1\tone\n"), Frames.copyDone())
                .hear("C G")
                .say(Frames.copyData("2\ttwo\n"), Frames.copyDone())
                .hear("C T D C Z"));
    }
}

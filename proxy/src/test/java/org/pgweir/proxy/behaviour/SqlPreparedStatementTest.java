package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.pgweir.proxy.Pooler;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.Message;
import org.pgweir.testkit.WireClient;

/** PREPARE, EXECUTE and DEALLOCATE of SQL where servers are shared; held with PostgreSQL, too. */
@EveryTransport
final class SqlPreparedStatementTest {
    private final Setup setup;

    SqlPreparedStatementTest(Setup setup) {
        this.setup = setup;
    }

    private void inEveryPool(Consumer<Twins> talk) {
        hold("statement", 1, 100, talk);
        inTransactionMode(talk);
    }

    private void inTransactionMode(Consumer<Twins> talk) {
        hold("transaction", 1, 100, talk);
        hold("transaction", 2, 100, talk);
    }

    private void hold(String mode, int size, int keep, Consumer<Twins> talk) {
        try (Pooler pooler = setup.pooler()
                        .set("pool_mode", mode)
                        .set("default_pool_size", Integer.toString(size))
                        .set("max_prepared_statements", Integer.toString(keep))
                        .start();
                Twins twins = new Twins(setup.postgres(), pooler, 3)) {
            talk.accept(twins);
        }
    }

    /** Client 0 and client 1 find themselves on different servers from step to step. */
    private void onTwoServers(Consumer<Twins> talk) {
        hold("transaction", 2, 100, twins -> {
            twins.query(1, "BEGIN").query(2, "BEGIN").query(1, "COMMIT");
            talk.accept(twins);
        });
    }

    private static void swap(Twins twins) {
        twins.query(1, "BEGIN").query(2, "COMMIT").query(2, "SELECT 1").query(0, "BEGIN");
        twins.query(1, "COMMIT").query(2, "BEGIN").query(0, "COMMIT");
    }

    private static byte[][] run(String statement, String... parameters) {
        return new byte[][] {Frames.bind("", statement, parameters), Frames.execute(""), Frames.sync()};
    }

    private static byte[][] use(String statement, String... parameters) {
        return new byte[][] {Frames.bind("", statement, parameters), Frames.execute("")};
    }

    private static byte[][] runInBatch(String sql) {
        return new byte[][] {Frames.parse("", sql), Frames.bind("", ""), Frames.execute("")};
    }

    private static byte[][] batch(byte[]... frames) {
        return frames;
    }

    private static byte[][] sync() {
        return batch(Frames.sync());
    }

    private static byte[][] join(byte[][]... batches) {
        return Stream.of(batches).flatMap(Stream::of).toArray(byte[][]::new);
    }

    private static byte[][] runUnnamed(String sql, String... parameters) {
        return new byte[][] {Frames.parse("", sql), Frames.bind("", "", parameters), Frames.execute(""), Frames.sync()};
    }

    @Test
    void aStatementOfSqlIsItsClientsOwn() {
        inEveryPool(twins -> {
            for (int client = 0; client < 3; client++) {
                twins.query(client, "PREPARE s AS SELECT " + client);
            }
            for (int client = 0; client < 3; client++) {
                twins.query(client, "EXECUTE s").query(client, "EXECUTE S").query(client, "PREPARE s AS SELECT 9");
            }
            twins.query(1, "DEALLOCATE s")
                    .query(1, "EXECUTE s")
                    .query(0, "EXECUTE s")
                    .query(2, "EXECUTE s");
            twins.query(1, "DEALLOCATE s").query(1, "PREPARE s AS SELECT 'new'").query(1, "EXECUTE s");
        });
    }

    @Test
    void aStatementOfSqlIsThereOnEveryServer() {
        onTwoServers(twins -> {
            twins.query(0, "PREPARE s(int) AS SELECT $1 + 1");
            swap(twins);
            twins.query(0, "EXECUTE s(1)");
            swap(twins);
            twins.say(0, run("s", "2"));
            swap(twins);
            twins.say(0, Frames.describeStatement("s"), Frames.sync());
            swap(twins);
            twins.say(0, runUnnamed("EXECUTE s(4)"));
            swap(twins);
            twins.query(0, "DEALLOCATE s");
            swap(twins);
            twins.query(0, "EXECUTE s(5)").query(0, "PREPARE s AS SELECT 'other'");
            swap(twins);
            twins.query(0, "EXECUTE s");
            swap(twins);
            twins.query(0, "PREPARE s AS SELECT 'again'").query(0, "EXECUTE s");
        });
    }

    @Test
    void aStatementOfSqlIsThereInTheMiddleOfABatch() {
        onTwoServers(twins -> {
            twins.query(0, "PREPARE s(int) AS SELECT $1 + 1, pg_typeof($1)").query(0, "PREPARE u AS SELECT 'u'");
            twins.say(0, Frames.parse("p", "SELECT 'p'"), Frames.sync());
            // behind other messages, and more than once
            swap(twins);
            twins.say(0, join(use("p"), use("s", "1"), use("u"), use("s", "2"), use("p"), sync()));
            twins.query(0, "DEALLOCATE ALL; PREPARE s(int) AS SELECT $1 + 2; PREPARE u AS SELECT 'new'");
            // as the first message
            swap(twins);
            twins.say(0, join(use("s", "1"), use("u"), sync()));
            twins.query(0, "DEALLOCATE s; PREPARE s(int) AS SELECT $1 + 3");
            swap(twins);
            twins.say(0, join(runInBatch("SELECT 1"), batch(Frames.describeStatement("s")), use("s", "3"), sync()));
            // and where the name is only spoken of
            twins.query(0, "DEALLOCATE s; PREPARE s(int) AS SELECT $1 + 4");
            swap(twins);
            twins.say(0, join(runInBatch("SELECT 2"), runInBatch("EXECUTE s(4)"), sync()));
            twins.query(0, "DEALLOCATE s; PREPARE s(int) AS SELECT $1 + 5");
            swap(twins);
            twins.say(0, join(runInBatch("SELECT 3"), batch(Frames.parse("s", "SELECT 'taken'")), sync()));
            twins.say(0, Frames.describeStatement("u"), Frames.sync());
            // the portals and the unnamed statement stay
            twins.query(0, "DEALLOCATE s; PREPARE s(int) AS SELECT $1 + 6");
            swap(twins);
            twins.say(
                    0,
                    join(
                            batch(
                                    Frames.parse("", "SELECT generate_series(1, 5)"),
                                    Frames.bind("portal", ""),
                                    Frames.execute("portal", 2)),
                            use("s", "6"),
                            batch(Frames.execute("portal", 2), Frames.bind("", ""), Frames.execute("")),
                            sync()));
        });
    }

    @Test
    void aStatementOfSqlInABatchThatFails() {
        onTwoServers(twins -> {
            twins.prepare("CREATE TABLE IF NOT EXISTS gone_soon (a int)");
            twins.query(0, "PREPARE s AS SELECT 's'").query(0, "PREPARE g AS SELECT * FROM gone_soon");
            swap(twins);
            // before it
            twins.say(0, join(runInBatch("SELECT 1 / 0"), use("s"), sync())).say(0, run("s"));
            // behind it
            twins.query(0, "DEALLOCATE s; PREPARE s AS SELECT 's2'");
            swap(twins);
            twins.say(0, join(runInBatch("SELECT 1"), use("s"), runInBatch("SELECT 1 / 0"), sync()))
                    .say(0, run("s"));
            // in a transaction, also one that has failed
            twins.query(0, "DEALLOCATE s; PREPARE s AS SELECT 's3'");
            swap(twins);
            twins.query(0, "BEGIN")
                    .say(0, join(runInBatch("SELECT 1"), use("s"), sync()))
                    .query(0, "ROLLBACK");
            twins.query(0, "EXECUTE s").query(0, "DEALLOCATE s; PREPARE s AS SELECT 's4'");
            swap(twins);
            twins.query(0, "BEGIN").query(0, "SELECT 1 / 0").say(0, join(runInBatch("SELECT 1"), use("s"), sync()));
            twins.query(0, "ROLLBACK").say(0, run("s"));
            // because of what it speaks of
            twins.prepare("DROP TABLE gone_soon");
            swap(twins);
            assertFails(twins, "42P01", join(runInBatch("SELECT 1"), use("g"), runInBatch("SELECT 2"), sync()));
            twins.query(0, "SELECT 3").query(0, "DEALLOCATE g").query(0, "EXECUTE g");
        });
    }

    @Test
    void aStatementOfSqlThatCannotBePreparedAgain() {
        onTwoServers(twins -> {
            twins.prepare("DROP TABLE IF EXISTS gone_soon; CREATE TABLE gone_soon (a int)");
            for (String name : new String[] {"a", "b", "c", "d"}) {
                twins.query(0, "PREPARE " + name + " AS SELECT * FROM gone_soon");
            }
            twins.say(0, Frames.parse("e", "SELECT * FROM gone_soon"), Frames.sync());
            swap(twins);
            twins.prepare("DROP TABLE gone_soon");
            assertFails(twins, "42P01", Frames.query("EXECUTE a"));
            assertFails(twins, "42P01", Frames.query("EXECUTE a"));
            twins.query(0, "BEGIN");
            assertFails(twins, "42P01", Frames.query("EXECUTE a"));
            twins.query(0, "SELECT 1").query(0, "ROLLBACK");
            // whose name can be given up, and cannot be taken
            twins.query(0, "DEALLOCATE a").query(0, "EXECUTE a").query(0, "PREPARE b AS SELECT 1");
            assertFails(twins, "42P01", Frames.query("EXECUTE b"));
            twins.say(0, runUnnamed("DEALLOCATE c")).query(0, "EXECUTE c").query(0, "DEALLOCATE d; SELECT 'd'");
            twins.query(0, "DEALLOCATE e").query(0, "EXECUTE e");
            // and which is as it was where that did not happen
            twins.prepare("CREATE TABLE gone_soon (a int)");
            twins.query(0, "PREPARE b AS SELECT 1").query(0, "EXECUTE b").query(0, "SELECT 1 / 0; DEALLOCATE b");
            twins.query(0, "EXECUTE b");
            twins.prepare("DROP TABLE gone_soon");
        });
    }

    /** PostgreSQL tells another position, in the text of the PREPARE. */
    private static void assertFails(Twins twins, String state, byte[]... frames) {
        for (WireClient client : new WireClient[] {twins.direct(0), twins.pooled(0)}) {
            List<Message> answer = client.send(frames).readUntil('Z');
            assertThat(answer.stream()
                            .filter(message -> message.type() == 'E')
                            .map(message -> message.asError().sqlstate()))
                    .containsExactly(state);
        }
    }

    @Test
    void quotedNamesAreOthers() {
        inEveryPool(twins -> {
            twins.query(0, "PREPARE \"S t\" AS SELECT 1", "PREPARE \"S\" AS SELECT 2", "PREPARE s AS SELECT 3");
            twins.query(0, "PREPARE \"a\"\"b\" AS SELECT 4", "PREPARE U&\"\\0061\" AS SELECT 5");
            twins.query(1, "SELECT 1");
            twins.query(0, "EXECUTE \"S t\"", "EXECUTE \"S\"", "EXECUTE S", "EXECUTE \"a\"\"b\"", "EXECUTE a");
            twins.say(0, run("S t"))
                    .say(0, run("S"))
                    .say(0, run("s"))
                    .say(0, run("a\"b"))
                    .say(0, run("a"));
            twins.query(0, "DEALLOCATE \"S\"", "EXECUTE s", "EXECUTE \"S\"", "DEALLOCATE PREPARE \"S t\"");
            twins.query(0, "EXECUTE \"S t\"", "DEALLOCATE \"nope\"", "EXECUTE \"no pe\"");
        });
    }

    @Test
    void longNames() {
        String name = "n".repeat(63);
        inEveryPool(twins -> {
            twins.query(0, "PREPARE " + name + " AS SELECT 1").query(1, "SELECT 1");
            twins.query(0, "EXECUTE " + name).say(0, run(name)).query(0, "DEALLOCATE " + name);
            twins.query(0, "EXECUTE " + name);
        });
    }

    @Test
    void sqlAndProtocolShareTheirNames() {
        inEveryPool(twins -> {
            twins.say(0, Frames.parse("p", "SELECT $1::int"), Frames.sync()).query(1, "SELECT 1");
            twins.query(0, "EXECUTE p(1)")
                    .query(0, "PREPARE p AS SELECT 2")
                    .query(0, "EXPLAIN (COSTS OFF) EXECUTE p(1)");
            twins.query(1, "EXECUTE p(1)").query(0, "DEALLOCATE p").say(0, run("p", "1"));
            twins.query(0, "PREPARE q(int) AS SELECT $1").say(0, run("q", "1"));
            twins.say(0, Frames.closeStatement("q"), Frames.sync()).query(0, "EXECUTE q(1)");
            twins.say(0, run("q", "1")).query(0, "PREPARE q AS SELECT 'new'").say(0, run("q"));
            twins.query(0, "DEALLOCATE q").say(0, Frames.parse("q", "SELECT 'parsed'"), Frames.sync());
            twins.query(1, "SELECT 1").query(0, "EXECUTE q").say(0, run("q"));
        });
    }

    @Test
    void aNameThatProtocolAndSqlBothWantIsTaken() {
        inEveryPool(twins -> {
            twins.query(0, "PREPARE s AS SELECT 1");
            twins.say(0, Frames.parse("s", "SELECT 2"), Frames.sync()).query(0, "EXECUTE s");
            twins.say(0, Frames.parse("t", "SELECT 3"), Frames.sync()).query(0, "PREPARE t AS SELECT 4");
            twins.query(1, "SELECT 1").query(0, "EXECUTE t").say(0, run("s"));
        });
    }

    @Test
    void deallocateAllAndDiscardTakeWhatIsTheClients() {
        inEveryPool(twins -> {
            for (String all : new String[] {"DEALLOCATE ALL", "DEALLOCATE PREPARE ALL", "DISCARD ALL"}) {
                for (int client = 0; client < 2; client++) {
                    twins.query(client, "PREPARE s AS SELECT " + client);
                    twins.say(client, Frames.parse("p", "SELECT 10 + " + client), Frames.sync());
                }
                twins.query(0, all).query(0, "EXECUTE s").say(0, run("p"));
                twins.query(1, "EXECUTE s").say(1, run("p"));
                twins.query(0, "PREPARE s AS SELECT 'new'").query(0, "EXECUTE s");
                twins.query(1, all).query(0, "EXECUTE s").query(1, "EXECUTE s").query(0, all);
            }
            twins.query(0, "PREPARE s AS SELECT 1").query(0, "DISCARD PLANS").query(0, "EXECUTE s");
        });
    }

    @Test
    void deallocateAllInABatchOfTheProtocol() {
        inEveryPool(twins -> {
            twins.say(0, Frames.parse("p", "SELECT 1"), Frames.sync())
                    .say(1, Frames.parse("p", "SELECT 2"), Frames.sync());
            twins.say(0, runUnnamed("DEALLOCATE ALL")).say(0, run("p")).say(1, run("p"));
            twins.say(0, Frames.parse("p", "SELECT 3"), Frames.sync()).say(0, run("p"));
            twins.say(0, runUnnamed("DEALLOCATE p")).say(0, run("p")).say(1, run("p"));
            twins.say(0, Frames.parse("d", "DEALLOCATE p"), Frames.sync());
            twins.say(0, Frames.parse("p", "SELECT 4"), Frames.sync())
                    .say(0, run("d"))
                    .say(0, run("p"));
            twins.say(0, runUnnamed("DISCARD ALL")).say(0, run("d")).say(1, run("p"));
        });
    }

    @Test
    void prepareAndExecuteByTheProtocol() {
        inEveryPool(twins -> {
            twins.say(0, runUnnamed("PREPARE s(int) AS SELECT $1")).query(1, "SELECT 1");
            twins.say(0, runUnnamed("EXECUTE s(1)")).query(0, "EXECUTE s(2)");
            twins.say(0, Frames.parse("e", "EXECUTE s(3)"), Frames.sync())
                    .query(1, "SELECT 1")
                    .say(0, run("e"));
            twins.query(0, "DEALLOCATE s").say(0, run("e"));
            twins.query(0, "PREPARE s(int) AS SELECT $1 * 10").say(0, run("e"));
        });
    }

    @Test
    void executeInAFailedTransaction() {
        onTwoServers(twins -> {
            twins.query(0, "PREPARE s AS SELECT 1");
            swap(twins);
            twins.query(0, "BEGIN")
                    .query(0, "SELECT 1 / 0")
                    .query(0, "EXECUTE s")
                    .query(0, "ROLLBACK")
                    .query(0, "EXECUTE s");
        });
    }

    @Test
    void executeInsideOtherStatements() {
        inEveryPool(twins -> {
            twins.query(0, "PREPARE s(int) AS SELECT $1 AS a").query(1, "SELECT 1");
            twins.query(0, "EXPLAIN (COSTS OFF) EXECUTE s(1)").query(1, "EXPLAIN EXECUTE s(1)");
            twins.query(0, "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, BUFFERS OFF) EXECUTE s(1)");
            twins.query(0, "CREATE TABLE made_by_execute AS EXECUTE s(7)").query(1, "SELECT 1");
            twins.query(0, "SELECT * FROM made_by_execute", "DROP TABLE made_by_execute");
        });
    }

    @Test
    void severalStatementsInOneQuery() {
        inEveryPool(twins -> {
            twins.query(0, "PREPARE a AS SELECT 'a'; PREPARE b AS SELECT 'b'; EXECUTE a; EXECUTE b")
                    .query(1, "SELECT 1");
            twins.query(0, "EXECUTE b; EXECUTE a; DEALLOCATE a; EXECUTE b");
            twins.query(0, "EXECUTE a").query(0, "DEALLOCATE b; PREPARE b AS SELECT 'new b'; EXECUTE b");
            twins.query(1, "SELECT 1").query(0, "EXECUTE b");
            twins.query(0, "PREPARE c AS SELECT 'c'; DEALLOCATE c; EXECUTE c").query(0, "EXECUTE c");
        });
    }

    private Pooler whereTwoStatementsAreKept() {
        return setup.pooler()
                .set("pool_mode", "transaction")
                .set("default_pool_size", "1")
                .set("max_prepared_statements", "2")
                .start();
    }

    /** The client has a and b, the second of which reads a table, and the server has neither. */
    private static void prepareAndGiveWay(WireClient client, String table, WireClient other) {
        client.send(Frames.parse("a", "SELECT $1::int"), Frames.sync()).expect("1 Z");
        client.send(Frames.parse("b", "SELECT * FROM " + table), Frames.sync()).expect("1 Z");
        for (String name : List.of("c", "d")) {
            other.send(Frames.parse(name, "SELECT '" + name + "'"), Frames.sync())
                    .expect("1 Z");
            other.send(run(name)).expect("2 D C Z");
        }
    }

    /** A client of PostgreSQL itself, with a table of this name. */
    private WireClient ownerOf(String table) {
        setup.postgres().execute("DROP TABLE IF EXISTS " + table + "; CREATE TABLE " + table + " (a int)");
        WireClient owner =
                WireClient.connect(setup.postgres().host(), setup.postgres().port());
        owner.login("postgres", "", setup.postgres().database());
        return owner;
    }

    @Test
    void whatOnlyStandsInForAStatementIsNeverExecuted() {
        try (Pooler pooler = whereTwoStatementsAreKept();
                WireClient client = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres());
                WireClient owner = ownerOf("going")) {
            for (String ending : List.of("DEALLOCATE a", "PREPARE a AS SELECT 2")) {
                prepareAndGiveWay(client, "going", other);
                // when the server gets what stands in for the first, and not the second
                owner.query("ALTER TABLE going RENAME TO gone");
                assertThatThrownBy(() -> client.query(ending + "; EXECUTE b")).hasMessageContaining("42P01");
                owner.query("ALTER TABLE gone RENAME TO going");
                // then the first is what it was
                assertThat(client.query("EXECUTE a(5)")).containsExactly(List.of("5"));
                client.send(run("a", "6")).expect("2 D C Z");
                client.query("DEALLOCATE ALL");
                other.query("DEALLOCATE ALL");
            }
        }
    }

    @Test
    void whatStoodInForAStatementOfAClientThatLeftIsNoStatement() {
        try (Pooler pooler = whereTwoStatementsAreKept();
                WireClient other = pooler.client(setup.postgres());
                WireClient owner = ownerOf("locked")) {
            try (WireClient leaves = pooler.client(setup.postgres())) {
                prepareAndGiveWay(leaves, "locked", other);
                owner.query("BEGIN; LOCK TABLE locked");
                leaves.send(Frames.query("DEALLOCATE a; EXECUTE b"));
                Await.until(
                        "the lock is waited for",
                        () -> !setup.postgres()
                                .query("SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'locked'::regclass")
                                .isEmpty());
            }
            owner.query("COMMIT");
            other.send(Frames.parse("a", "SELECT $1::int"), Frames.sync()).expect("1 Z");
            other.send(run("a", "7")).expect("2 D C Z");
        }
    }

    @Test
    void whatAnErrorCutOffWasNotPrepared() {
        inEveryPool(twins -> {
            twins.query(0, "PREPARE a AS SELECT 'a'; SELECT 1 / 0; PREPARE b AS SELECT 'b'");
            twins.query(0, "EXECUTE a")
                    .query(0, "EXECUTE b")
                    .query(0, "PREPARE b AS SELECT 'b2'")
                    .query(0, "EXECUTE b");
            twins.query(0, "PREPARE a AS SELECT 'a2'").query(0, "EXECUTE a");
            twins.query(0, "PREPARE w AS DELETE FROM pg_views")
                    .query(0, "EXECUTE w")
                    .query(0, "PREPARE w AS DELETE FROM pg_views");
            twins.query(0, "EXECUTE w")
                    .query(0, "PREPARE w AS SELECT 'w'")
                    .query(1, "SELECT 1")
                    .query(0, "EXECUTE w");
            twins.query(0, "DEALLOCATE w; SELECT 1 / 0").query(0, "EXECUTE w");
        });
    }

    @Test
    void transactionsDoNotTakePreparedStatementsBack() {
        inTransactionMode(twins -> {
            twins.query(0, "BEGIN", "PREPARE s AS SELECT 's'", "ROLLBACK")
                    .query(1, "SELECT 1")
                    .query(0, "EXECUTE s");
            twins.query(0, "BEGIN", "DEALLOCATE s", "ROLLBACK")
                    .query(1, "SELECT 1")
                    .query(0, "EXECUTE s");
            twins.query(0, "BEGIN")
                    .query(0, "PREPARE t AS SELECT 't'")
                    .query(0, "SELECT 1 / 0")
                    .query(0, "EXECUTE t");
            twins.query(0, "DEALLOCATE t").query(0, "ROLLBACK");
            twins.query(1, "SELECT 1").query(0, "EXECUTE t").query(0, "BEGIN; EXECUTE t; COMMIT");
        });
    }

    @Test
    void aPipelineOfQueries() {
        inEveryPool(twins -> {
            twins.query(0, "PREPARE s AS SELECT 1", "EXECUTE s", "DEALLOCATE s", "EXECUTE s", "PREPARE s AS SELECT 2");
            twins.query(1, "SELECT 1");
            twins.query(0, "EXECUTE s", "PREPARE s AS SELECT 3", "EXECUTE s", "DEALLOCATE ALL", "EXECUTE s");
            twins.query(0, "PREPARE s AS DELETE FROM pg_views", "PREPARE s AS SELECT 4", "EXECUTE s");
        });
    }

    @Test
    void wordsThatOnlyLookLikeIt() {
        inEveryPool(twins -> {
            twins.query(0, "PREPARE s AS SELECT 1").query(1, "SELECT 1");
            twins.query(
                    0,
                    "SELECT 'EXECUTE s'",
                    "/* EXECUTE x */ EXECUTE /* s */ s -- EXECUTE y",
                    "SELECT $$DEALLOCATE ALL$$");
            twins.query(0, "EXECUTE s")
                    .query(0, "PREPARE tx AS SELECT 1; SELECT 'DEALLOCATE tx'")
                    .query(0, "EXECUTE tx");
            twins.query(0, "PREPARE", "EXECUTE", "DEALLOCATE", "EXECUTE 1", "DEALLOCATE 'x'");
        });
    }

    @Test
    void anErrorTellsItsPositionInTheClientsText() {
        inEveryPool(twins -> {
            twins.query(0, "PREPARE s AS SELECT 1").query(0, "EXECUTE s s").query(0, "PREPARE x");
            twins.query(0, "PREPARE \"Gr\u00f6\u00dfe\" AS SELECT $1 + nothing")
                    .query(0, "SELECT '\u00e4' AS EXECUTE s s");
            twins.query(0, "EXECUTE s; EXECUTE \"Gr\u00f6\u00dfe\" (1); EXECUTE \u00e4; EXECUTE s +");
            twins.query(0, "PREPARE one (int) AS SELECT $1; EXECUTE one (x)").query(0, "EXECUTE one (\u00fc, nowhere)");
            twins.query(0, "PREPARE a_name_that_is_longer_than_those_on_servers (int) AS SELECT $1")
                    .query(0, "EXECUTE a_name_that_is_longer_than_those_on_servers (x)");
            twins.say(0, Frames.parse("", "EXECUTE s s"), Frames.sync());
            twins.say(0, Frames.parse("", "EXECUTE s"), Frames.parse("", "SELECT nothing"), Frames.sync());
        });
    }
}

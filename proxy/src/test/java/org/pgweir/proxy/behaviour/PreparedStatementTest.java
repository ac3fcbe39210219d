package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.Sees;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.ErrorFields;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.Message;
import org.pgweir.testkit.WireClient;

/**
 * Prepared statements of the protocol where servers are shared: nothing tells a client that it has no server of its own. Every
 * conversation is held with PostgreSQL, too.
 */
@EverySetup
final class PreparedStatementTest {
    private static final int INT4 = 23;
    private static final int TEXT = 25;
    private static final int[] TEXT_FORMAT = {0};
    private static final int[] BINARY = {1};

    private final Setup setup;

    PreparedStatementTest(Setup setup) {
        this.setup = setup;
    }

    private Pooler.Builder pooler(String mode, int size) {
        return setup.pooler().set("pool_mode", mode).set("default_pool_size", Integer.toString(size));
    }

    /** Holds a conversation of three clients through pools of several kinds. */
    private void inEveryPool(Consumer<Twins> talk) {
        hold(pooler("statement", 1), talk);
        inTransactionMode(talk);
    }

    private void inTransactionMode(Consumer<Twins> talk) {
        hold(pooler("transaction", 1), talk);
        hold(pooler("transaction", 2), talk);
        hold(pooler("transaction", 1).set("max_prepared_statements", "1"), talk);
        hold(pooler("transaction", 1).set("max_prepared_statements", "2"), talk);
    }

    private void hold(Pooler.Builder builder, Consumer<Twins> talk) {
        try (Pooler pooler = builder.start();
                Twins twins = new Twins(setup.postgres(), pooler, 3)) {
            talk.accept(twins);
        }
    }

    /** Two servers, one of which is held by client 2 inside a transaction until {@link #swap}. */
    private void onTwoServers(Consumer<Twins> talk) {
        hold(pooler("transaction", 2), twins -> {
            twins.query(1, "BEGIN").query(2, "BEGIN").query(1, "COMMIT");
            talk.accept(twins);
        });
    }

    /** Clients 0 and 1 find themselves on the other server, which client 2 had. */
    private static void swap(Twins twins) {
        twins.query(1, "BEGIN").query(2, "COMMIT").query(2, "SELECT 1").query(0, "BEGIN");
        twins.query(1, "COMMIT").query(2, "BEGIN").query(0, "COMMIT");
    }

    private static byte[][] batch(byte[]... frames) {
        return frames;
    }

    private static byte[][] join(byte[][]... batches) {
        return Stream.of(batches).flatMap(Stream::of).toArray(byte[][]::new);
    }

    private static byte[][] run(String statement, String... parameters) {
        return join(use(statement, parameters), batch(Frames.sync()));
    }

    private static byte[][] use(String statement, String... parameters) {
        return batch(Frames.bind("", statement, parameters), Frames.execute(""));
    }

    private static byte[][] runUnnamed(String sql, String... parameters) {
        return join(batch(Frames.parse("", sql)), run("", parameters));
    }

    // ---------------------------------------------------------------- across transactions and servers

    @Test
    void aNamedStatementOutlivesItsTransaction() {
        inEveryPool(twins -> {
            twins.say(0, Frames.parse("s", "SELECT $1::int + 1"), Frames.sync());
            for (int i = 0; i < 3; i++) {
                twins.query(1, "SELECT 1");
                twins.say(0, run("s", "" + i));
                twins.say(
                        0,
                        Frames.describeStatement("s"),
                        Frames.bind("", "s", "5"),
                        Frames.describePortal(""),
                        Frames.execute(""),
                        Frames.sync());
            }
            twins.say(0, Frames.closeStatement("s"), Frames.sync()).say(0, run("s", "1"));
        });
    }

    @Test
    void aStatementIsThereOnEveryServer() {
        onTwoServers(twins -> {
            twins.say(0, Frames.parse("s", "SELECT $1::int, 'zero'"), Frames.sync());
            swap(twins);
            twins.say(0, run("s", "1"));
            swap(twins);
            twins.say(0, Frames.describeStatement("s"), Frames.sync()).say(0, run("s", "2"));
            swap(twins);
            twins.say(0, Frames.closeStatement("s"), Frames.sync());
            swap(twins);
            twins.say(0, run("s", "3"));
            twins.say(0, Frames.parse("s", "SELECT $1::text, 'other'"), Frames.sync())
                    .say(0, run("s", "4"));
            swap(twins);
            twins.say(0, run("s", "5"));
        });
    }

    @Test
    void theSameNameMeansAnotherStatementToEachClient() {
        inEveryPool(twins -> {
            for (int client = 0; client < 3; client++) {
                twins.say(client, Frames.parse("s", "SELECT " + client + ", $1::int"), Frames.sync());
            }
            for (int round = 0; round < 3; round++) {
                for (int client = 0; client < 3; client++) {
                    twins.say(client, run("s", "" + round));
                }
            }
            twins.say(1, Frames.closeStatement("s"), Frames.sync());
            for (int client = 0; client < 3; client++) {
                twins.say(client, run("s", "9"));
            }
        });
    }

    @Test
    void theSameTextWithOtherParameterTypesIsAnotherStatement() {
        inEveryPool(twins -> {
            twins.say(0, Frames.parse("s", "SELECT $1", INT4), Frames.describeStatement("s"), Frames.sync());
            twins.say(1, Frames.parse("s", "SELECT $1", TEXT), Frames.describeStatement("s"), Frames.sync());
            twins.say(2, Frames.parse("s", "SELECT $1"), Frames.describeStatement("s"), Frames.sync());
            for (int client = 0; client < 3; client++) {
                twins.say(client, run("s", "7"));
            }
            twins.say(0, run("s", "x")).say(1, run("s", "x"));
        });
    }

    @Test
    void namesAreTakenLiterally() {
        inEveryPool(twins -> {
            List<String> names = List.of("S", "s", "a b", "\"q\"", "pgweir_1", "pgweir_missing", "a'b", "x".repeat(63));
            for (String name : names) {
                twins.say(0, Frames.parse(name, "SELECT '" + name.replace("'", "") + "'"), Frames.sync());
            }
            for (String name : names) {
                twins.say(0, run(name)).say(1, run(name));
            }
            for (String name : names) {
                twins.say(0, Frames.parse(name, "SELECT 1"), Frames.sync());
            }
        });
    }

    @Test
    void aLongNameIsToldInFull() {
        inEveryPool(twins -> {
            String name = "x".repeat(200);
            twins.say(0, Frames.parse(name, "SELECT 1"), Frames.sync())
                    .say(0, run(name))
                    .say(1, run(name));
        });
    }

    /** One byte more than pgweir tells names apart by. */
    @Test
    void namesOfAThousandBytesAreNames() {
        String name = "n".repeat(1_025);
        inTransactionMode(twins -> {
            twins.say(0, Frames.query("BEGIN"))
                    .say(
                            0,
                            Frames.parse(name, "SELECT $1::text"),
                            Frames.describeStatement(name),
                            Frames.bind(name, name, "x"),
                            Frames.describePortal(name),
                            Frames.execute(name),
                            Frames.closePortal(name),
                            Frames.sync())
                    .query(0, "COMMIT")
                    .say(0, run(name, "y"))
                    .say(1, Frames.parse(name, "SELECT 1"), Frames.sync())
                    .say(1, run(name))
                    .say(0, run(name, "z"))
                    .say(0, Frames.closeStatement(name), Frames.sync());
        });
    }

    @Test
    void namesWithoutAnEndAreRefusedAsByPostgres() {
        hold(pooler("transaction", 1), twins -> {
            twins.say(0, Frames.parse("s", "SELECT 's'"), Frames.sync());
            for (char type : new char[] {'P', 'B', 'D', 'C', 'E'}) {
                for (String body : new String[] {"", "S", "S" + "n".repeat(1_025), "s\0SELECT"}) {
                    twins.say(0, Frames.message(type, body.getBytes(StandardCharsets.US_ASCII)), Frames.sync())
                            .say(0, run("s"));
                }
            }
        });
    }

    @Test
    void everyStatementOfManyIsFoundAgain() {
        inEveryPool(twins -> {
            for (int i = 0; i < 20; i++) {
                twins.say(0, Frames.parse("s" + i, "SELECT " + i), Frames.sync());
            }
            for (int i = 0; i < 20; i++) {
                twins.say(0, run("s" + i * 7 % 20)).say(1, run("s" + i));
            }
            // all in one batch
            byte[][] all = new byte[41][];
            for (int i = 0; i < 20; i++) {
                all[2 * i] = Frames.bind("", "s" + i);
                all[2 * i + 1] = Frames.execute("");
            }
            all[40] = Frames.sync();
            twins.say(0, all);
        });
    }

    // ---------------------------------------------------------------- names that are taken, or are not there

    @Test
    void aNameCanBePreparedOnlyOnce() {
        inEveryPool(twins -> {
            byte[] parse = Frames.parse("s", "SELECT 1");
            byte[] other = Frames.parse("s", "SELECT 2");
            twins.say(0, parse, Frames.sync()).say(0, parse, Frames.sync()).say(0, other, Frames.sync());
            twins.query(1, "SELECT 1").say(0, other, Frames.sync()).say(0, run("s"));
            // twice in a batch: the first is done, for a prepared statement knows no rollback
            twins.say(1, parse, other, Frames.sync()).say(1, run("s"));
            twins.say(2, parse, parse, Frames.describeStatement("s"), Frames.sync(), other, Frames.sync());
            twins.say(2, run("s"));
            twins.say(2, Frames.closeStatement("s"), other, Frames.sync()).say(2, run("s"));
        });
    }

    @Test
    void anErrorTellsTheNameThatWasUsed() {
        inEveryPool(twins -> {
            for (String name : List.of("a", "b", "c")) {
                twins.say(0, Frames.parse(name, "SELECT $1::int"), Frames.sync());
            }
            for (String name : List.of("a", "b", "c")) {
                twins.say(0, run(name));
            }
        });
    }

    @Test
    void aSyntaxErrorLeavesTheNameFree() {
        inEveryPool(twins -> {
            byte[] wrong = Frames.parse("s", "SELEKT 1");
            twins.say(0, wrong, Frames.sync()).say(0, wrong, Frames.sync()).say(0, run("s"));
            twins.say(0, Frames.parse("s", "SELECT 3"), Frames.sync()).say(0, run("s"));
            twins.say(1, wrong, Frames.parse("s", "SELECT 4"), Frames.sync()).say(1, run("s"));
        });
    }

    @Test
    void aNameThatIsTakenIsNoticedAfterTheText() {
        inEveryPool(twins -> {
            twins.say(0, Frames.parse("s", "SELECT 3"), Frames.sync());
            twins.say(0, Frames.parse("s", "SELEKT 1"), Frames.sync()).say(0, run("s"));
            twins.say(0, Frames.parse("s", "SELECT * FROM nowhere"), Frames.sync());
            twins.say(0, run("s"));
        });
    }

    @Test
    void whatIsNotThereIsMissedAsByPostgres() {
        inEveryPool(twins -> {
            twins.say(0, run("none")).say(0, Frames.describeStatement("none"), Frames.sync());
            twins.say(0, Frames.describePortal("none"), Frames.sync()).say(0, Frames.execute("none"), Frames.sync());
            twins.say(0, run("")).say(0, Frames.describeStatement(""), Frames.sync());
            twins.say(0, Frames.closeStatement("none"), Frames.closePortal("none"), Frames.sync());
            twins.say(0, Frames.closeStatement(""), Frames.closePortal(""), Frames.sync());
            twins.say(0, Frames.parse("s", "SELECT 1"), Frames.sync())
                    .say(1, run("s"))
                    .say(0, run("s"));
            twins.say(0, join(run("none"), run("s"), run("other")));
        });
    }

    // ---------------------------------------------------------------- errors in the middle

    @Test
    void whatCameBeforeAnErrorIsDoneAndWhatCameBehindItIsNot() {
        inEveryPool(twins -> {
            byte[] before = Frames.parse("before", "SELECT 'before'");
            byte[] behind = Frames.parse("behind", "SELECT 'behind'");
            twins.say(0, join(batch(before), runUnnamed("SELECT 1 / 0"), batch(behind, Frames.sync())));
            twins.say(0, run("before")).say(0, run("behind"));
            twins.say(0, before, Frames.sync()).say(0, behind, Frames.sync());
            // within one batch
            byte[] failing = Frames.parse("", "SELECT 1 / $1::int");
            twins.say(
                    1,
                    join(
                            batch(before, failing),
                            use("", "0"),
                            batch(behind, Frames.closeStatement("before")),
                            run("x")));
            twins.say(1, run("before")).say(1, run("behind"));
            twins.say(1, join(use("before"), batch(behind), use("behind"), use("before"), batch(Frames.sync())));
        });
    }

    @Test
    void aCloseThatWasSkippedDidNotHappen() {
        inEveryPool(twins -> {
            twins.say(0, Frames.parse("s", "SELECT 's'"), Frames.sync());
            twins.say(0, Frames.bind("", "none"), Frames.closeStatement("s"), Frames.sync())
                    .say(0, run("s"));
            // a close that was done, and then an error
            twins.say(0, Frames.closeStatement("s"), Frames.bind("", "none"), Frames.sync())
                    .say(0, run("s"));
        });
    }

    @Test
    void twoNamesOfTheSameTextAreToldApartAfterACloseThatWasSkipped() {
        byte[][] skipped = batch(Frames.describeStatement("none"), Frames.closeStatement("b"), Frames.sync());
        inTransactionMode(twins -> {
            twins.say(0, Frames.parse("b", "SELECT $1::int"), Frames.sync());
            twins.say(0, join(skipped, batch(Frames.parse("c", "SELECT $1::int"), Frames.sync())));
            twins.say(0, run("b")).say(0, run("c")).say(0, run("b", "1")).say(0, run("c", "2"));
        });
    }

    @Test
    void aCloseAndAParseThatWereSkippedDidNotHappen() {
        inEveryPool(twins -> {
            twins.say(0, Frames.parse("s", "SELECT 's'"), Frames.sync());
            twins.say(
                    0,
                    Frames.bind("", "none"),
                    Frames.closeStatement("s"),
                    Frames.parse("s", "SELECT 'new'"),
                    Frames.sync());
            twins.say(0, run("s"));
            // closed and prepared anew, then an error, and the other way round
            twins.say(0, Frames.closeStatement("s"), Frames.parse("s", "SELECT 1"), Frames.sync());
            twins.say(
                    0,
                    Frames.closeStatement("s"),
                    Frames.parse("s", "SELECT 2"),
                    Frames.bind("", "none"),
                    Frames.closeStatement("s"),
                    Frames.parse("s", "SELECT 3"),
                    Frames.sync());
            twins.say(0, run("s"));
        });
    }

    @Test
    void aSyntaxErrorLeavesTheNameFreeForTheNextBatchOfThePipeline() {
        inEveryPool(twins -> {
            twins.say(0, Frames.parse("s", "SELEKT 1"), Frames.sync(), Frames.parse("s", "SELECT 4"), Frames.sync());
            twins.say(0, run("s"));
        });
    }

    @Test
    void eachBatchOfAPipelineFailsAlone() {
        inEveryPool(twins -> {
            twins.say(
                    0,
                    join(
                            batch(Frames.parse("a", "SELECT 'a'"), Frames.sync()),
                            batch(Frames.parse("a", "SELECT 'again'"), Frames.parse("b", "SELECT 'b'"), Frames.sync()),
                            run("b"),
                            run("a"),
                            batch(Frames.parse("b", "SELECT 'b2'"), Frames.parse("a", "SELECT 1"), Frames.sync()),
                            run("b"),
                            batch(Frames.closeStatement("a"), Frames.parse("a", "SELECT 'a2'"), Frames.sync()),
                            run("a")));
            twins.query(1, "SELECT 1").say(0, run("a")).say(0, run("b"));
        });
    }

    @Test
    void aFailedTransactionRefusesAllButItsEnd() {
        inTransactionMode(twins -> {
            twins.say(0, Frames.parse("s", "SELECT 's'"), Frames.sync());
            for (String end : List.of("ROLLBACK", "COMMIT")) {
                twins.say(0, Frames.parse(end, end), Frames.sync()).query(1, "SELECT 1");
                twins.query(0, "BEGIN").query(0, "SELECT 1 / 0");
                twins.say(0, run("s")).say(0, Frames.parse("x", "SELECT 1"), Frames.sync());
                twins.say(0, Frames.describeStatement("s"), Frames.sync()).say(0, run("none"));
                twins.say(0, Frames.closeStatement("none"), Frames.sync());
                twins.say(0, run(end)).say(0, run("x"));
                assertThat(twins.status(0)).isEqualTo('I');
            }
        });
    }

    @Test
    void aParseInAFailedTransactionFailsThoughTheServerHasIt() {
        inTransactionMode(twins -> {
            twins.say(0, Frames.parse("a", "SELECT 1"), Frames.sync())
                    .query(1, "BEGIN")
                    .query(1, "SELECT 1 / 0");
            twins.say(1, Frames.parse("b", "SELECT 1"), Frames.sync())
                    .query(1, "ROLLBACK")
                    .say(1, run("b"));
        });
    }

    @Test
    void theEndOfAFailedTransactionWorksOnAServerThatLacksIt() {
        onTwoServers(twins -> {
            twins.say(0, Frames.parse("r", "ROLLBACK"), Frames.sync())
                    .say(0, Frames.parse("c", "COMMIT"), Frames.sync());
            for (String end : List.of("r", "c")) {
                swap(twins);
                twins.say(0, runUnnamed("BEGIN"))
                        .say(0, runUnnamed("SELECT 1 / 0"))
                        .say(0, run(end));
                assertThat(twins.status(0)).isEqualTo('I');
                twins.say(0, Frames.parse("b" + end, "BEGIN"), Frames.sync()).say(0, run("b" + end));
                twins.say(0, run("none")).say(0, run(end));
                assertThat(twins.status(0)).isEqualTo('I');
            }
        });
    }

    @Test
    void theEndOfAFailedTransactionWorksWhereAnotherStatementHasToLeaveForIt() {
        hold(pooler("transaction", 1).set("max_prepared_statements", "1"), twins -> {
            twins.say(0, Frames.parse("r", "ROLLBACK"), Frames.sync());
            twins.say(1, Frames.parse("x", "SELECT 1"), Frames.sync());
            twins.query(0, "BEGIN").query(0, "SELECT 1 / 0").say(0, run("r"));
            assertThat(twins.status(0)).isEqualTo('I');
            twins.say(1, run("x")).say(0, join(runUnnamed("BEGIN"), runUnnamed("SELECT 1 / 0"), run("r")));
            assertThat(twins.status(0)).isEqualTo('I');
            twins.say(1, run("x")).say(0, run("r"));
        });
    }

    @Test
    void aFailedTransactionRefusesWhatItsServerLacksAsWhatItHas() {
        inTransactionMode(twins -> {
            byte[][] prepared = {
                Frames.parse("rows", "SELECT 1, $1::int, $2"),
                Frames.parse("typed", "SELECT $1", INT4, INT4),
                Frames.parse("plain", "SET application_name = 'x'"),
                Frames.parse("begin", "BEGIN"),
                Frames.parse("empty", "/* nothing */"),
                Frames.parse("commit", "COMMIT"),
                Frames.parse("back", "ROLLBACK TO p")
            };
            twins.say(0, join(prepared, batch(Frames.sync())));
            twins.query(0, "PREPARE sql(int, numeric(3, 1)) AS SELECT $1 + 1, $2", "PREPARE plus AS SELECT $1::int");
            for (String name : List.of("rows", "typed", "plain", "begin", "empty", "back", "sql", "plus", "none")) {
                twins.query(1, "SELECT 1").query(0, "BEGIN; SAVEPOINT p", "SELECT 1 / 0");
                for (String[] parameters : new String[][] {{}, {"1"}, {"1", "2"}}) {
                    twins.say(0, Frames.bind("", name, parameters), Frames.sync());
                }
                twins.say(0, Frames.describeStatement(name), Frames.sync());
                for (String sql :
                        List.of("SELECT 1", "SELEKT", "COMMIT", "", "SELECT 1; SELECT 2", "SELECT * FROM t")) {
                    twins.say(0, Frames.parse(name, sql), Frames.sync());
                }
                twins.say(0, Frames.closeStatement("none"), Frames.sync()).say(0, run("commit"));
                twins.say(0, run(name, "1", "2")).say(0, run(name)).query(0, "ROLLBACK");
            }
            // the unnamed one
            for (String sql : List.of("SELECT $1::int, $2::int", "BEGIN", "COMMIT", "")) {
                twins.query(0, "PREPARE begin2 AS SELECT 1").say(0, Frames.parse("", sql), Frames.sync());
                twins.say(1, runUnnamed("SELECT 1")).say(0, run("begin"));
                twins.say(0, run("typed")).say(0, Frames.describeStatement(""), Frames.sync());
                twins.say(0, run("")).say(0, run("", "1", "2")).query(0, "ROLLBACK");
            }
        });
    }

    @Test
    void whatFollowsTheEndOfAFailedTransactionIsRun() {
        inTransactionMode(twins -> {
            for (String name : List.of("begin", "commit", "one", "two")) {
                String sql = name.length() > 3 ? name : "SELECT '" + name + "'";
                twins.say(0, Frames.parse(name, sql), Frames.sync());
            }
            byte[] sync = Frames.sync();
            byte[][] fail = batch(Frames.bind("", "none"), sync);
            twins.say(0, run("begin")).say(0, fail).say(0, join(use("commit"), use("one"), run("two")));
            twins.say(0, join(run("begin"), fail, use("commit"), use("one"), run("two"), run("begin")));
            twins.say(0, join(fail, batch(Frames.query("ROLLBACK")), run("one"), run("begin"), fail, run("two", "x")));
            twins.say(0, Frames.bind("p", "commit"), sync).say(0, join(batch(Frames.execute("p")), run("one")));
            twins.say(0, run("two", "x")).say(0, run("two"));
        });
    }

    @Test
    void anErrorTellsTheNameThatItsStatementHadThen() {
        inEveryPool(twins -> {
            byte[] close = Frames.closeStatement("a");
            byte[] other = Frames.parse("b", "SELECT 1");
            byte[] sync = Frames.sync();
            twins.say(0, Frames.parse("a", "SELECT 1"), sync);
            twins.say(0, Frames.parse("a", "SELECT 2"), close, other, sync);
            twins.say(0, Frames.bind("", "a", "x"), close, other, sync);
            twins.say(0, Frames.bind("", "a", "x"), sync, close, other, sync);
            // neither is there what was closed and never made
            byte[] bad = Frames.parse("c", "SELEKT");
            twins.say(0, bad, Frames.closeStatement("c"), sync, Frames.parse("d", "SELEKT"), sync)
                    .say(0, run("c"));
        });
    }

    @Test
    void aRollbackTakesNoPreparedStatementBack() {
        inTransactionMode(twins -> {
            twins.query(0, "BEGIN").say(0, Frames.parse("s", "SELECT 's'"), Frames.sync());
            twins.query(0, "SAVEPOINT p").say(0, Frames.parse("t", "SELECT 't'"), Frames.sync());
            twins.query(0, "ROLLBACK TO p").say(0, run("t")).query(0, "ROLLBACK");
            twins.query(1, "SELECT 1").say(0, run("s")).say(0, run("t"));
            twins.query(0, "BEGIN")
                    .say(0, Frames.closeStatement("s"), Frames.sync())
                    .query(0, "ROLLBACK");
            twins.say(0, run("s"));
        });
    }

    // ---------------------------------------------------------------- the unnamed statement

    @Test
    void theUnnamedStatementIsEachClientsOwn() {
        inEveryPool(twins -> {
            for (int client = 0; client < 3; client++) {
                twins.say(client, Frames.parse("", "SELECT " + client + ", $1::int"), Frames.sync());
            }
            for (int client = 0; client < 3; client++) {
                twins.say(client, run("", "1")).say(client, run("", "2"));
                twins.say(client, Frames.describeStatement(""), Frames.sync());
            }
            twins.say(0, Frames.closeStatement(""), Frames.sync())
                    .say(0, run(""))
                    .say(1, run("", "3"));
        });
    }

    @Test
    void theUnnamedStatementGoesWithItsClientToAnotherServer() {
        onTwoServers(twins -> {
            twins.say(0, Frames.parse("begin", "BEGIN"), Frames.parse("commit", "COMMIT"), Frames.sync());
            twins.say(0, Frames.parse("", "SELECT $1::int"), Frames.sync());
            swapWithoutQuery(twins);
            twins.say(0, run("", "1"));
            swapWithoutQuery(twins);
            twins.say(0, Frames.describeStatement(""), Frames.sync());
            swapWithoutQuery(twins);
            twins.say(0, run("", "x")).say(0, run("", "2"));
        });
    }

    /** As {@link #swap}; a Query would drop client 0's unnamed statement. */
    private static void swapWithoutQuery(Twins twins) {
        twins.query(1, "BEGIN").query(2, "COMMIT").query(2, "SELECT 1").say(0, run("begin"));
        twins.query(1, "COMMIT").query(2, "BEGIN").say(0, run("commit"));
    }

    @Test
    void aQueryDropsTheUnnamedStatement() {
        inEveryPool(twins -> {
            twins.say(0, Frames.parse("", "SELECT 1"), Frames.sync())
                    .query(0, "SELECT 2")
                    .say(0, run(""));
            twins.say(0, Frames.parse("", "SELECT 1"), Frames.sync())
                    .query(0, "")
                    .say(0, run(""));
            twins.say(0, Frames.parse("", "SELECT 1"), Frames.sync())
                    .query(0, "SELEKT")
                    .say(0, run(""));
            twins.say(0, Frames.parse("", "SELECT 1"), Frames.sync())
                    .query(1, "SELECT 2")
                    .say(0, run(""));
            twins.say(0, join(batch(Frames.parse("", "SELECT 1"), Frames.query("SELECT 2")), run("")));
        });
    }

    @Test
    void aFailedParseDropsTheUnnamedStatement() {
        inEveryPool(twins -> {
            twins.say(0, Frames.parse("", "SELECT 1"), Frames.sync());
            twins.say(0, Frames.parse("", "SELEKT"), Frames.sync()).say(0, run(""));
            twins.say(0, Frames.parse("", "SELECT 1"), Frames.sync());
            twins.say(0, Frames.parse("", "SELECT * FROM nowhere"), Frames.sync())
                    .say(0, run(""));
        });
    }

    @Test
    void anUnnamedParseThatWasSkippedDropsNothing() {
        inEveryPool(twins -> {
            twins.say(0, Frames.parse("", "SELECT 1"), Frames.sync());
            twins.say(0, Frames.bind("", "none"), Frames.parse("", "SELECT 2"), Frames.sync())
                    .say(0, run(""));
            twins.query(1, "SELECT 1").say(0, run(""));
            twins.say(0, Frames.bind("", "none"), Frames.closeStatement(""), Frames.sync())
                    .say(0, run(""));
            // It was not skipped, but failed.
            twins.say(0, Frames.bind("", ""), Frames.parse("", "SELEKT"), Frames.sync())
                    .say(0, run(""));
            twins.say(0, Frames.parse("", "SELECT 3"), Frames.sync());
            twins.say(0, Frames.bind("", ""), Frames.parse("", "SELECT 4"), Frames.bind("", "x"), Frames.sync())
                    .say(0, run(""));
            twins.say(0, Frames.bind("", ""), Frames.closeStatement(""), Frames.bind("", "x"), Frames.sync())
                    .say(0, run(""));
            twins.say(0, Frames.parse("", "SELECT 5"), Frames.sync());
            twins.say(0, Frames.parse("", "SELECT 8"), Frames.bind("", "x"), Frames.closeStatement(""), Frames.sync())
                    .say(0, run(""));
            // Several are skipped, and the next batch does not wait to learn of it.
            byte[][] failing = {
                Frames.bind("", "none"), Frames.parse("", "SELECT 6"), Frames.parse("", "SELECT 7"), Frames.sync()
            };
            twins.say(0, failing).say(0, run("")).say(0, join(failing, run("")));
            failing =
                    batch(Frames.bind("", "none"), Frames.closeStatement(""), Frames.closeStatement(""), Frames.sync());
            twins.say(0, failing).say(0, run("")).say(0, join(failing, run("")));
        });
    }

    @Test
    void ofSeveralUnnamedStatementsInABatchTheLastOneBeforeAnErrorStays() {
        inEveryPool(twins -> {
            byte[] one = Frames.parse("", "SELECT 1");
            byte[] two = Frames.parse("", "SELECT 2");
            byte[] three = Frames.parse("", "SELECT 3");
            byte[] bad = Frames.bind("", "none");
            byte[] close = Frames.closeStatement("");
            byte[][][] batches = {
                {one, bad, two},
                {one, two, bad, three},
                {one, two, three, bad, close},
                {one, close, bad, two},
                {one, bad, close, two},
                {one, Frames.parse("", "SELEKT"), two},
                {close, one, two, Frames.parse("", "SELEKT"), three}
            };
            for (byte[][] batch : batches) {
                twins.say(0, join(batch, batch(Frames.sync()))).say(0, run(""));
                twins.say(1, join(batch, batch(Frames.sync()), run("")));
                twins.say(1, runUnnamed("SELECT 'another'")).say(0, run(""));
            }
        });
    }

    @Test
    void whereAnUnnamedParseWasSkippedThereIsNoneOfAnotherClient() {
        inEveryPool(twins -> {
            byte[][] skipped = {Frames.bind("", "none"), Frames.parse("", "SELECT 2"), Frames.sync()};
            twins.say(0, runUnnamed("SELECT 'secret'")).say(1, join(skipped, run("")));
            twins.say(0, runUnnamed("SELECT 'secret'")).say(2, join(skipped, skipped, run("")));
        });
    }

    // ---------------------------------------------------------------- Describe, Flush, formats, portals

    @Test
    void whichUnnamedStatementThereIsDependsOnTheBatchesBefore() {
        inTransactionMode(twins -> {
            // pgweir prepares it again for the first batch, where that is skipped
            twins.say(0, Frames.parse("", "SELECT 'kept'"), Frames.sync())
                    .say(0, Frames.parse("a", "SELECT 1"), Frames.sync());
            twins.say(1, runUnnamed("SELECT 'another'"));
            twins.say(0, join(batch(Frames.parse("a", "SELECT 2")), run(""), run("c"), run("")));
            // several replace it, and the last ones are skipped
            twins.say(
                    0,
                    join(
                            use("a"),
                            batch(Frames.parse("", "SELECT 'new'"), Frames.sync(), Frames.describeStatement("none")),
                            batch(Frames.closeStatement(""), Frames.closeStatement(""), Frames.sync()),
                            run("")));
            twins.say(
                    0,
                    join(
                            use("a"),
                            batch(Frames.parse("", "SELECT 'newer'"), Frames.sync(), Frames.describeStatement("none")),
                            batch(Frames.parse("", "SELECT 'skipped'"), Frames.sync()),
                            run("")));
        });
    }

    @Test
    void describeTellsOfStatementsAndPortals() {
        inEveryPool(twins -> {
            twins.say(
                    0,
                    Frames.parse("s", "SELECT $1::int AS a, $2::text AS b"),
                    Frames.parse("n", "SET application_name = 'x'"),
                    Frames.describeStatement("s"),
                    Frames.describeStatement("n"),
                    Frames.sync());
            twins.query(1, "SELECT 1");
            twins.say(0, Frames.describeStatement("s"), Frames.sync());
            twins.say(0, Frames.describeStatement("n"), Frames.sync());
            twins.say(
                    0,
                    Frames.bind("p", "s", "1", "x"),
                    Frames.describePortal("p"),
                    Frames.execute("p"),
                    Frames.closePortal("p"),
                    Frames.describePortal("p"),
                    Frames.sync());
        });
    }

    @Test
    void flushBringsAnswersBeforeSync() {
        inEveryPool(twins -> {
            twins.sayUntil(0, "1", Frames.parse("s", "SELECT $1::int"), Frames.flush());
            twins.sayUntil(0, "T", Frames.describeStatement("s"), Frames.flush());
            twins.sayUntil(0, "C", join(use("s", "1"), batch(Frames.flush())));
            twins.sayUntil(0, "E", join(use("s", "x"), batch(Frames.flush())));
            twins.say(0, Frames.sync()).query(1, "SELECT 1");
            twins.sayUntil(0, "C", join(use("s", "1"), batch(Frames.flush())));
            twins.sayUntil(0, "3", Frames.closeStatement("s"), Frames.flush()).say(0, Frames.sync());
            twins.sayUntil(0, "E", Frames.bind("", "s", "1"), Frames.flush()).say(0, Frames.sync());
        });
    }

    @Test
    void resultsComeInTheFormatsThatWereAskedFor() {
        inEveryPool(twins -> {
            twins.say(0, Frames.parse("s", "SELECT $1::int, $2::text, $3::bytea"), Frames.sync());
            byte[][] values = {{0, 0, 1, 0}, "text".getBytes(StandardCharsets.UTF_8), {1, 2, 0, 3}};
            for (int[] formats : new int[][] {TEXT_FORMAT, BINARY, {0, 1, 0}, {}}) {
                twins.query(1, "SELECT 1");
                twins.say(
                        0,
                        Frames.bind("", "s", BINARY, values, formats),
                        Frames.describePortal(""),
                        Frames.execute(""),
                        Frames.sync());
            }
            twins.say(0, Frames.bind("", "s", BINARY, values, new int[] {1, 0}), Frames.sync());
        });
    }

    @Test
    void portalsAreReadInPieces() {
        inEveryPool(twins -> {
            twins.say(0, Frames.parse("s", "SELECT generate_series(1, $1::int)"), Frames.sync());
            twins.query(1, "SELECT 1");
            twins.say(
                    0,
                    Frames.bind("p", "s", "5"),
                    Frames.bind("q", "s", "3"),
                    Frames.execute("p", 2),
                    Frames.execute("q", 2),
                    Frames.execute("p", 2),
                    Frames.execute("q", 2),
                    Frames.execute("p", 2),
                    Frames.sync());
            twins.say(0, Frames.execute("p"), Frames.sync());
        });
        inTransactionMode(twins -> {
            twins.query(0, "BEGIN").say(0, Frames.parse("s", "SELECT generate_series(1, $1::int)"), Frames.sync());
            twins.say(0, Frames.bind("p", "s", "5"), Frames.execute("p", 2), Frames.sync());
            // what a portal is made of may go
            twins.say(0, Frames.closeStatement("s"), Frames.sync());
            twins.say(0, Frames.execute("p", 2), Frames.sync()).say(0, Frames.execute("p", 2), Frames.sync());
            twins.query(0, "COMMIT").say(0, Frames.execute("p", 2), Frames.sync());
        });
    }

    @Test
    void anEvictedStatementsPortalGoesOn() {
        hold(pooler("transaction", 1).set("max_prepared_statements", "1"), twins -> {
            twins.say(0, Frames.parse("a", "SELECT generate_series(1, 5)"), Frames.sync());
            twins.say(0, Frames.parse("b", "SELECT 'b'"), Frames.sync());
            twins.query(0, "BEGIN").say(0, Frames.bind("p", "a"), Frames.execute("p", 2), Frames.sync());
            twins.say(0, run("b")).say(0, Frames.execute("p", 2), Frames.sync());
            twins.say(0, run("a")).say(0, Frames.execute("p", 2), Frames.sync()).query(0, "COMMIT");
        });
    }

    // ---------------------------------------------------------------- how many, and how much

    @Test
    @Sees("max_prepared_statements")
    void aServerKeepsNoMoreStatementsThanAllowed() {
        try (Pooler pooler = pooler("transaction", 1)
                        .set("max_prepared_statements", "2")
                        .start();
                WireClient client = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres())) {
            for (int i = 0; i < 6; i++) {
                client.send(Frames.parse("s" + i, "SELECT " + i), Frames.sync()).expect("1 Z");
                other.send(Frames.parse("s", "SELECT 10 + " + i), Frames.sync()).expect("1 Z");
                other.send(Frames.closeStatement("s"), Frames.sync()).expect("3 Z");
            }
            // then the last two that were used are there
            client.send(run("s1")).expect("2 D C Z");
            client.send(run("s4")).expect("2 D C Z");
            assertThat(client.query("SELECT statement FROM pg_prepared_statements ORDER BY 1"))
                    .containsExactly(List.of("SELECT 1"), List.of("SELECT 4"));
            client.send(run("s1")).expect("2 D C Z");
            client.send(run("s5")).expect("2 D C Z");
            assertThat(client.query("SELECT statement FROM pg_prepared_statements ORDER BY 1"))
                    .containsExactly(List.of("SELECT 1"), List.of("SELECT 5"));
        }
    }

    @Test
    void clientsShareWhatHasTheSameText() {
        try (Pooler pooler = pooler("transaction", 1).start();
                WireClient client = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres())) {
            client.send(Frames.parse("mine", "SELECT 1"), Frames.sync()).expect("1 Z");
            other.send(Frames.parse("yours", "SELECT 1"), Frames.sync()).expect("1 Z");
            client.send(Frames.closeStatement("mine"), Frames.sync()).expect("3 Z");
            other.send(run("yours")).expect("2 D C Z");
            assertThat(other.query("SELECT count(*) FROM pg_prepared_statements"))
                    .containsExactly(List.of("1"));
        }
    }

    @Test
    @Sees("max_prepared_statement_memory")
    void withoutMemoryForAnotherStatementItsClientIsTurnedAway() {
        try (Pooler pooler = pooler("transaction", 1)
                        .set("max_prepared_statement_memory", "64")
                        .start();
                WireClient greedy = pooler.client(setup.postgres());
                WireClient modest = pooler.client(setup.postgres())) {
            modest.send(Frames.parse("s", "SELECT 1"), Frames.sync()).expect("1 Z");
            String text = "SELECT '" + "x".repeat(20_000) + "'";
            greedy.send(Frames.parse("a", text + "a"), Frames.sync()).expect("1 Z");
            greedy.send(Frames.parse("b", text + "b"), Frames.sync()).expect("1 Z");
            greedy.send(Frames.parse("c", text + "c"), Frames.sync()).expect("1 Z");
            // when one more does not fit
            greedy.send(Frames.parse("d", text + "d"), Frames.sync());
            ErrorFields error = Ending.of(greedy);
            // then others go on, and the next one finds its room
            assertThat(error.sqlstate()).isEqualTo("53200");
            assertThat(error.severity()).isEqualTo("FATAL");
            modest.send(run("s")).expect("2 D C Z");
            try (WireClient next = pooler.client(setup.postgres())) {
                for (String name : List.of("a", "b", "c")) {
                    next.send(Frames.parse(name, text + name), Frames.sync()).expect("1 Z");
                    next.send(run(name)).expect("2 D C Z");
                }
            }
        }
    }

    /** All but a few kB of the room for statements is taken. */
    private void withLittleRoom(BiConsumer<WireClient, WireClient> talk) {
        try (Pooler pooler = pooler("transaction", 1)
                        .set("max_prepared_statement_memory", "64")
                        .start();
                WireClient greedy = pooler.client(setup.postgres());
                WireClient modest = pooler.client(setup.postgres());
                WireClient late = pooler.client(setup.postgres())) {
            modest.send(Frames.parse("s", "SELECT 1"), Frames.sync()).expect("1 Z");
            late.send(Frames.parse("s", "SELECT 1"), Frames.sync()).expect("1 Z");
            String text = "SELECT '" + "x".repeat(20_000) + "'";
            for (String name : List.of("a", "b", "c")) {
                greedy.send(Frames.parse(name, text + name), Frames.sync()).expect("1 Z");
            }
            talk.accept(late, modest);
        }
    }

    @Test
    void withoutMemoryForAStatementOfSqlItsClientIsTurnedAway() {
        String text = "PREPARE new AS SELECT '" + "x".repeat(8_000) + "'";
        String half = "PREPARE new AS SELECT '" + "x".repeat(2_500) + "'";
        List<byte[][]> ways = List.of(
                batch(Frames.query(text)),
                batch(Frames.query("PREPARE p AS SELECT 1; " + text)),
                runUnnamed(text),
                runUnnamed(half),
                join(batch(Frames.parse("p", half)), run("p")));
        for (byte[][] way : ways) {
            withLittleRoom((late, modest) -> {
                late.send(way);
                assertThat(Ending.of(late).sqlstate()).isEqualTo("53200");
                // then nobody has met what could not be kept
                assertThatThrownBy(() -> modest.query("EXECUTE new")).hasMessageContaining("26000");
                assertThatThrownBy(() -> modest.query("EXECUTE unknown")).hasMessageContaining("26000");
                modest.send(Frames.parse("t", "SELECT 2"), Frames.sync()).expect("1 Z");
                modest.send(join(use("s"), run("t"))).expect("2 D C 2 D C Z");
            });
        }
    }

    @Test
    void aNameThatIsTakenNeedsNoMemoryToBeRefused() {
        String text = "SELECT '" + "x".repeat(8_000) + "'";
        withLittleRoom((late, modest) -> {
            assertThatThrownBy(() -> late.query("PREPARE s AS " + text)).hasMessageContaining("42P05");
            late.send(Frames.parse("s", text), Frames.sync());
            assertThat(late.expect("E Z").get(0).asError().sqlstate()).isEqualTo("42P05");
            late.send(run("s")).expect("2 D C Z");
        });
    }

    @Test
    void withoutMemoryForAnUnnamedStatementNothingIsLeftBehind() {
        String long8k = " /* " + "x".repeat(8_000) + " */";
        List<byte[][]> ways = List.of(
                batch(Frames.parse("", "EXECUTE s" + long8k)),
                batch(Frames.parse("", "EXECUTE unknown" + long8k)),
                batch(Frames.parse("", "DEALLOCATE s" + long8k)),
                batch(Frames.parse("", "DEALLOCATE s" + long8k), Frames.sync()),
                join(use("s"), batch(Frames.parse("", "DEALLOCATE s" + long8k), Frames.sync())),
                join(use("s"), batch(Frames.parse("", "SELECT 1" + long8k), Frames.sync())));
        for (byte[][] way : ways) {
            withLittleRoom((late, modest) -> {
                late.send(Frames.parse("", "SELECT 0"), Frames.sync()).expect("1 Z");
                late.send(way);
                assertThat(Ending.of(late).sqlstate()).isEqualTo("53200");
                modest.send(Frames.parse("t", "SELECT 2"), Frames.sync()).expect("1 Z");
                modest.send(join(use("s"), run("t"))).expect("2 D C 2 D C Z");
                modest.send(runUnnamed("DEALLOCATE s")).expect("1 2 C Z");
            });
        }
    }

    // ---------------------------------------------------------------- what a text means, and to whom

    /** A server on which somebody has had temporary objects before. */
    private void whereThereWereTemporaryObjects(Consumer<Twins> talk) {
        inTransactionMode(twins -> {
            twins.prepare("DROP TABLE IF EXISTS shadowed; CREATE TABLE shadowed AS SELECT 'permanent' AS a");
            twins.query(2, "CREATE TEMP TABLE first (a int) ON COMMIT DROP");
            talk.accept(twins);
        });
    }

    private static final String SHADOWED = "SELECT a FROM shadowed";

    @Test
    void aTemporaryTableIsReadByThoseWhoHaveIt() {
        whereThereWereTemporaryObjects(twins -> {
            String columns = " AS SELECT 'temporary' AS a";
            for (String creation : List.of(
                    "CREATE TEMP TABLE shadowed ON COMMIT DROP" + columns,
                    "CREATE TEMP TABLE shadowed" + columns,
                    "CREATE TABLE pg_temp.shadowed" + columns,
                    "SELECT 'temporary' AS a INTO TEMP shadowed",
                    "DO $$BEGIN CREATE TEMP TABLE shadowed" + columns + "; END$$")) {
                twins.say(0, Frames.parse("s", SHADOWED), Frames.sync()).say(0, run("s"));
                twins.query(1, "BEGIN").query(1, creation).say(1, Frames.parse("s", SHADOWED), Frames.sync());
                twins.say(1, run("s")).query(1, "COMMIT");
                twins.say(1, Frames.parse("t", SHADOWED), Frames.sync());
                twins.say(1, join(use("t"), run("s")));
                twins.query(1, "DROP TABLE IF EXISTS pg_temp.shadowed");
                twins.say(1, join(use("t"), run("s"))).say(0, run("s"));
                for (int client = 0; client <= 1; client++) {
                    twins.query(client, "DEALLOCATE ALL");
                }
            }
        });
    }

    @Test
    void aTableThatATemporaryOneHidesIsStillReadByTheOthers() {
        whereThereWereTemporaryObjects(twins -> {
            twins.query(1, "CREATE TEMP TABLE shadowed AS SELECT 'temporary' AS a");
            twins.say(1, Frames.parse("s", SHADOWED), Frames.sync()).say(1, run("s"));
            twins.query(1, "DROP TABLE pg_temp.shadowed");
            twins.say(0, Frames.parse("s", SHADOWED), Frames.sync()).say(0, run("s"));
            twins.say(1, run("s"));
        });
    }

    @Test
    void whatWasPreparedBeforeTheFirstTemporaryTableReadsIt() {
        whereThereWereTemporaryObjects(twins -> {
            for (int client : new int[] {0, twins.connect(Map.of())}) {
                twins.say(client, Frames.parse("s", SHADOWED), Frames.sync()).say(client, run("s"));
            }
            twins.query(0, "CREATE TEMP TABLE shadowed AS SELECT 'temporary' AS a");
            twins.say(0, run("s")).say(0, run("s"));
            twins.query(0, "DROP TABLE pg_temp.shadowed").say(0, run("s"));
            twins.query(3, "BEGIN", "CREATE TEMP TABLE shadowed ON COMMIT DROP AS SELECT 'temporary' AS a");
            twins.say(3, run("s")).query(3, "COMMIT");
            twins.say(3, run("s")).say(0, run("s"));
        });
    }

    @Test
    void aStatementOfATransactionOfItsOwnIsSharedAgainLater() {
        try (Pooler pooler = pooler("transaction", 1)
                        .set("max_prepared_statements", "1")
                        .start();
                WireClient client = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres())) {
            client.send(Frames.parse("s", "SELECT 'mine'"), Frames.sync()).expect("1 Z");
            other.send(Frames.parse("x", "SELECT 'x'"), Frames.sync()).expect("1 Z");
            client.query("BEGIN; SET LOCAL search_path = pg_catalog");
            client.send(run("s")).expect("2 D C Z");
            client.query("COMMIT");
            // when the server lacks it in a transaction of the usual kind
            other.send(run("x")).expect("2 D C Z");
            client.send(run("s")).expect("2 D C Z");
            List<List<String>> name = client.query("SELECT name FROM pg_prepared_statements");
            // then it is what the other gets
            other.send(Frames.parse("s", "SELECT 'mine'"), Frames.sync()).expect("1 Z");
            assertThat(other.query("SELECT name FROM pg_prepared_statements")).isEqualTo(name);
        }
    }

    @Test
    void aSkippedParseThatNamesAStatementLeavesTheUnnamedOne() {
        inTransactionMode(twins -> {
            twins.query(0, "PREPARE x AS SELECT 'x'");
            for (String text : List.of("EXECUTE x", "EXECUTE unknown", "DEALLOCATE x", "PREPARE y AS SELECT 1")) {
                twins.say(0, Frames.parse("", "SELECT 'kept'"), Frames.sync());
                twins.say(0, Frames.parse("bad", "SELECT nothing"), Frames.parse("", text), Frames.sync());
                twins.say(0, run(""));
            }
            twins.query(0, "EXECUTE x");
        });
    }

    @Test
    void longStatementsAndParameters() {
        String text = "SELECT length($1::text), '" + "y".repeat(200_000) + "' = $1";
        String value = "z".repeat(1_000_000);
        hold(pooler("transaction", 1), twins -> {
            twins.say(0, Frames.parse("s", text), Frames.sync())
                    .say(1, Frames.parse("s", "SELECT $1::text"), Frames.sync());
            twins.say(0, run("s", value)).say(0, run("s", "y")).say(1, run("s", value));
            twins.say(0, join(use("s", value), run("s", value)));
            twins.say(0, Frames.parse("", text), Frames.sync())
                    .say(1, run("s", "1"))
                    .say(0, run("", value));
        });
    }

    @Test
    void aNamedStatementOfMegabytesIsAStatementAsOthers() {
        String text = "SELECT length('" + "y".repeat(3_000_000) + "'), $1::int, set_config('work_mem', '5MB', false)";
        onTwoServers(twins -> {
            twins.say(0, Frames.parse("s", text), Frames.sync()).say(0, run("s", "1"));
            twins.say(1, Frames.parse("s", text), Frames.sync(), Frames.bind("", "s", "x"), Frames.sync());
            swap(twins);
            twins.say(0, run("s", "2")).query(1, "SHOW work_mem").query(0, "SHOW work_mem");
            twins.say(0, Frames.parse("s", text), Frames.sync()).say(0, Frames.closeStatement("s"), Frames.sync());
            twins.say(0, run("s", "2"));
        });
    }

    private static final byte[] LONG_PARSE = Frames.parse("s", "SELECT '" + "y".repeat(1_500_000) + "'");

    private Pooler.Builder withRoomForOneLongStatement() {
        return pooler("transaction", 1)
                .set("max_prepared_statement_memory", "2048")
                .set("event_loops", "1");
    }

    @Test
    void whatIsOnlyAnnouncedTakesNoRoom() {
        try (Pooler pooler = withRoomForOneLongStatement().start();
                WireClient announces = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres());
                WireClient console = pooler.client("postgres", "", "pgbouncer")) {
            announces.send(Arrays.copyOf(LONG_PARSE, 1000));
            comeRound(console);
            other.send(LONG_PARSE, Frames.sync()).expect("1 Z");
            other.send(run("s")).expect("2 D C Z");
        }
    }

    @Test
    void aStatementForWhichThereIsNoRoomIsNotGathered() {
        try (Pooler pooler = withRoomForOneLongStatement().start();
                WireClient greedy = pooler.client(setup.postgres());
                WireClient modest = pooler.client(setup.postgres())) {
            byte[] parse = Frames.parse("s", "SELECT '" + "y".repeat(3_000_000) + "'");
            // when more has come than there is room for
            greedy.send(Arrays.copyOf(parse, 2_500_000));
            assertThat(Ending.of(greedy).sqlstate()).isEqualTo("53200");
            // then half of that fits, also behind one that has left in the middle
            int clients = pooler.console("SHOW CLIENTS").size();
            try (WireClient leaves = pooler.client(setup.postgres())) {
                leaves.send(Arrays.copyOf(LONG_PARSE, 1_200_000));
            }
            Await.until("room", () -> pooler.console("SHOW CLIENTS").size() == clients);
            modest.send(LONG_PARSE, Frames.sync()).expect("1 Z");
            modest.send(run("s")).expect("2 D C Z");
        }
    }

    private static long roomTaken(WireClient console) {
        return ConsoleRows.all(console, "SHOW MEM").stream()
                .filter(row -> row.get("name").equals("server_prepared_statement_cache"))
                .mapToLong(row -> Long.parseLong(row.get("memtotal")))
                .sum();
    }

    private static final int OF_A_MESSAGE = 900_000;

    /** All but the end of each; those for which there is room are kept, and the next one goes on. */
    private void stopTheMessages(byte[] message, Consumer<List<WireClient>> then) {
        try (Pooler pooler = withRoomForOneLongStatement().start();
                WireClient first = pooler.client(setup.postgres());
                WireClient second = pooler.client(setup.postgres());
                WireClient third = pooler.client(setup.postgres());
                WireClient console = pooler.client("postgres", "", "pgbouncer")) {
            long before = roomTaken(console);
            List<WireClient> clients = List.of(first, second);
            for (int i = 0; i < clients.size(); i++) {
                clients.get(i).send(Arrays.copyOf(message, OF_A_MESSAGE));
                long taken = before + (i + 1) * OF_A_MESSAGE;
                Await.until("the room to be taken", () -> Math.abs(roomTaken(console) - taken) < 100);
            }
            third.send(Arrays.copyOf(message, OF_A_MESSAGE));
            then.accept(List.of(third, first, second));
            List.of(first, second, third).forEach(WireClient::close);
            Await.until("the room to be free", () -> roomTaken(console) < before + 10_000);
        }
    }

    @Test
    void sqlThatStopsHalfWayTakesRoomAndGoesOnUnreadWithout() {
        String text = "SELECT length('" + "y".repeat(1_000_000) + "')";
        for (byte[] message : List.of(
                Frames.query(text),
                Frames.concat(Frames.parse("", text), Frames.bind("", ""), Frames.execute(""), Frames.sync()))) {
            stopTheMessages(message, clients -> {
                for (WireClient client : clients) {
                    client.send(Arrays.copyOfRange(message, OF_A_MESSAGE, message.length));
                    assertThat(client.readUntil('Z').stream().filter(answer -> answer.type() == 'D'))
                            .singleElement()
                            .satisfies(row -> assertThat(row.row()).containsExactly("1000000"));
                }
            });
        }
    }

    @Test
    void namesThatStopHalfWayTakeRoomAndAreRefusedWithout() {
        String name = "n".repeat(1_000_000);
        for (byte[] message : List.of(
                Frames.bind("", name),
                Frames.describeStatement(name),
                Frames.closeStatement(name),
                Frames.parse(name, "SELECT 1"))) {
            stopTheMessages(
                    message,
                    clients -> assertThat(Ending.of(clients.get(0)).sqlstate()).isEqualTo("53200"));
        }
    }

    @Test
    void aMessageThatMustBeGatheredNeedsNoServerUntilItIsWhole() {
        List<byte[]> messages = List.of(
                LONG_PARSE,
                Frames.parse("short", "SELECT 1"),
                Frames.query("SELECT 1"),
                Frames.bind("", "s"),
                Frames.describeStatement("s"),
                Frames.closeStatement("s"));
        try (Pooler pooler = withRoomForOneLongStatement().start();
                WireClient client = pooler.client(setup.postgres());
                WireClient console = pooler.client("postgres", "", "pgbouncer")) {
            for (byte[] message : messages) {
                long before = assignments(console);
                int from = 0;
                for (int to : new int[] {5, 6, message[0] == 'B' ? 7 : message.length - 1}) {
                    client.send(Arrays.copyOfRange(message, from, to));
                    comeRound(console);
                    from = to;
                }
                assertThat(assignments(console)).isEqualTo(before);
                client.send(Arrays.copyOfRange(message, from, message.length));
                client.send(message[0] == 'Q' ? new byte[0] : Frames.sync()).readUntil('Z');
                assertThat(assignments(console)).isEqualTo(before + 1);
            }
        }
    }

    private static long assignments(WireClient console) {
        return ConsoleRows.all(console, "SHOW STATS_TOTALS").stream()
                .mapToLong(row -> Long.parseLong(row.get("server_assignment_count")))
                .sum();
    }

    @Test
    void aServerThatEndsWhileAStatementIsGatheredTakesOnlyItsTransactionWithIt() {
        try (Pooler pooler = withRoomForOneLongStatement().start();
                WireClient rests = pooler.client(setup.postgres());
                WireClient works = pooler.client(setup.postgres());
                WireClient console = pooler.client("postgres", "", "pgbouncer")) {
            rests.send(Arrays.copyOf(LONG_PARSE, 100_000));
            works.query("BEGIN");
            int backend = Backends.of(works);
            works.send(Arrays.copyOf(LONG_PARSE, 1_200_000));
            comeRound(console);
            // when
            Backends.terminate(setup.postgres(), backend);
            // then
            assertThat(Ending.of(works).sqlstate()).isEqualTo("57P01");
            rests.send(Arrays.copyOfRange(LONG_PARSE, 100_000, LONG_PARSE.length), Frames.sync());
            rests.expect("1 Z");
            rests.send(run("s")).expect("2 D C Z");
        }
    }

    @Test
    void anUnnamedStatementOfMegabytesPassesThrough() {
        String text = "SELECT length('" + "y".repeat(3_000_000) + "'), $1::int";
        hold(pooler("transaction", 1), twins -> {
            twins.say(0, runUnnamed(text, "1")).say(0, runUnnamed("SELECT 1")).query(0, text.replace("$1", "2"));
            twins.query(1, "SELECT 1");
        });
    }

    // ---------------------------------------------------------------- without a server

    @Test
    void whatIsKnownToBeGoodIsPreparedThoughAllServersAreTaken() {
        try (Pooler pooler = pooler("transaction", 1).start();
                WireClient holds = pooler.client(setup.postgres());
                WireClient waits = pooler.client(setup.postgres())) {
            // given a client that keeps the only server
            holds.send(Frames.parse("s", "SELECT $1::int + 1"), Frames.sync()).expect("1 Z");
            holds.send(Frames.parse("other", "SELECT $1::int + 2"), Frames.sync())
                    .expect("1 Z");
            holds.query("BEGIN");
            // then another one can prepare the same, as a thread of pgbench does for one client after the other
            waits.send(Frames.parse("t", "SELECT $1::int + 1"), Frames.sync()).expect("1 Z");
            // also when its request comes in pieces
            waits.send(Frames.parse("pieces", "SELECT $1::int + 2"));
            untilOneWaits(pooler);
            waits.send(Frames.sync()).expect("1 Z");
            // but not what no server has seen, and not under a name that it has
            waits.send(Frames.parse("t", "SELECT $1::int + 1"), Frames.sync());
            untilOneWaits(pooler);
            holds.query("COMMIT");
            assertThat(waits.expect("E Z").get(0).asError().sqlstate()).isEqualTo("42P05");
            holds.query("BEGIN");
            waits.send(Frames.parse("u", "SELEKT"), Frames.sync());
            untilOneWaits(pooler);
            holds.query("COMMIT");
            assertThat(waits.expect("E Z").get(0).asError().sqlstate()).isEqualTo("42601");
            // and it can be run, and closed
            assertThat(waits.send(run("t", "6")).expect("2 D C Z").get(1).row()).containsExactly("7");
            waits.send(Frames.closeStatement("t"), Frames.sync()).expect("3 Z");
            waits.send(run("t", "6")).expect("E Z");
            assertThat(holds.send(run("s", "1")).expect("2 D C Z").get(1).row()).containsExactly("2");
        }
    }

    private void untilOneWaits(Pooler pooler) {
        Await.until(
                "a client to wait for a server",
                () -> ConsoleRows.pool(pooler, setup.postgres().database())
                        .get("cl_waiting")
                        .equals("1"));
    }

    @Test
    void whatIsKnownToBeGoodIsSoUnderTheSameSettingsOnly() {
        String text = "SELECT count(*) FROM known_here";
        setup.postgres().execute("DROP TABLE IF EXISTS known_here; CREATE TABLE known_here ()");
        try (Pooler pooler = pooler("transaction", 1).start();
                WireClient holds = pooler.client(setup.postgres());
                WireClient waits = pooler.client(setup.postgres())) {
            // given one for whom the table is not there
            waits.query("SET search_path = pg_catalog");
            holds.send(Frames.parse("s", text), Frames.sync()).expect("1 Z");
            holds.query("BEGIN");
            // then it hears so at its Parse
            assertWaits(pooler, waits, Frames.parse("s", text), Frames.sync());
            holds.query("COMMIT");
            assertThat(waits.expect("E Z").get(0).asError().sqlstate()).isEqualTo("42P01");
            // and once it has the settings of the other one, it need not wait
            waits.query("RESET search_path");
            holds.query("BEGIN");
            waits.send(Frames.parse("s", text), Frames.sync()).expect("1 Z");
            holds.query("COMMIT");
        }
        // nor is anything known of what was prepared under settings of a transaction
        try (Pooler pooler = pooler("transaction", 1).start();
                WireClient holds = pooler.client(setup.postgres());
                WireClient waits = pooler.client(setup.postgres())) {
            for (String set : new String[] {"SET", "SET LOCAL"}) {
                String one = "SELECT 1 FROM pg_class /* " + set + " */";
                holds.query("BEGIN");
                holds.query(set + " search_path = pg_catalog");
                holds.send(Frames.parse(set, one), Frames.sync()).expect("1 Z");
                assertWaits(pooler, waits, Frames.parse(set, one), Frames.sync());
                holds.query("COMMIT");
                waits.expect("1 Z");
            }
        }
        setup.postgres().execute("DROP TABLE known_here");
    }

    private void assertWaits(Pooler pooler, WireClient client, byte[]... frames) {
        client.send(frames);
        Await.until(
                "the client to wait",
                () -> ConsoleRows.pool(pooler, setup.postgres().database())
                        .get("cl_waiting")
                        .equals("1"));
    }

    @Test
    void theSameBytesInAnotherEncodingAreAnotherStatement() {
        hold(pooler("transaction", 1), twins -> {
            int latin = twins.connect(Map.of("client_encoding", "LATIN1"));
            // Java does not know these two.
            int celtic = twins.connect(Map.of("client_encoding", "LATIN8"));
            int nordic = twins.connect(Map.of("client_encoding", "LATIN6"));
            int old =
                    twins.connect(Map.of("options", "-c standard_conforming_strings=off -c escape_string_warning=off"));
            for (int client : new int[] {latin, 0, celtic, nordic, old}) {
                twins.say(
                        client, Frames.parse("s", "SELECT length('é'), ascii(substr('é', 2)), '\\\\'"), Frames.sync());
            }
            for (int client : new int[] {old, nordic, celtic, latin, 0}) {
                twins.say(client, run("s"));
            }
        });
    }

    @Test
    void theSameTextIsUnderstoodAsEachClientsSettingsSay() {
        String text = "SELECT date '01/02/2026', timestamptz '2026-11-21 12:00' = '2026-11-21 12:00 UTC'";
        inTransactionMode(twins -> {
            int german = twins.connect(Map.of("DateStyle", "SQL, DMY", "TimeZone", "Asia/Tokyo"));
            twins.say(0, Frames.parse("s", text), Frames.sync()).say(german, Frames.parse("s", text), Frames.sync());
            twins.say(0, run("s")).say(german, run("s")).say(0, run("s"));
            // and when the settings have changed
            twins.query(1, "SET TimeZone = 'Asia/Tokyo'").say(1, Frames.parse("s", text), Frames.sync());
            twins.say(1, run("s")).query(1, "RESET TimeZone").say(0, run("s")).say(german, run("s"));
            // also in the transaction that has set it
            twins.query(2, "BEGIN; SET LOCAL TimeZone = 'America/Lima'").say(2, Frames.parse("s", text), Frames.sync());
            twins.say(2, run("s")).query(2, "COMMIT");
            twins.say(0, run("s")).say(german, run("s"));
        });
    }

    @Test
    void theSameTextMeansTheTablesOfEachClientsSearchPath() {
        String text = "SELECT * FROM meant";
        inTransactionMode(twins -> {
            twins.prepare("DROP SCHEMA IF EXISTS one, two CASCADE; CREATE SCHEMA one; CREATE SCHEMA two;"
                    + "CREATE TABLE one.meant AS SELECT 1 AS a; CREATE TABLE two.meant AS SELECT 'x'::text AS b");
            twins.query(0, "SET search_path = one").query(1, "SET search_path = two");
            twins.say(0, Frames.parse("s", text), Frames.sync()).say(1, Frames.parse("s", text), Frames.sync());
            twins.say(2, Frames.parse("s", text), Frames.sync());
            for (int client : new int[] {0, 1, 0, 1}) {
                twins.query(client, "BEGIN")
                        .say(client, Frames.describeStatement("s"), Frames.sync())
                        .say(client, run("s"))
                        .query(client, "COMMIT");
            }
            for (String schema : new String[] {"one", "two"}) {
                twins.query(2, "BEGIN; SET LOCAL search_path = " + schema);
                twins.say(2, Frames.parse("s" + schema, text), Frames.sync()).say(2, run("s" + schema));
                twins.query(2, "COMMIT");
            }
        });
        setup.postgres().execute("DROP SCHEMA one, two CASCADE");
    }

    @Test
    void aStatementIsNotPreparedAgainInAnotherEncoding() {
        try (Pooler pooler = pooler("transaction", 1).start();
                WireClient client = pooler.client(setup.postgres())) {
            client.send(Frames.parse("s", "SELECT length('é')"), Frames.sync()).expect("1 Z");
            client.send(Frames.parse("ascii", "SELECT length('e')"), Frames.sync())
                    .expect("1 Z");
            client.send(Frames.parse("latin", "SET client_encoding = 'LATIN1'"), Frames.sync())
                    .expect("1 Z");
            client.query("PREPARE p AS SELECT length('é')");
            int backend = Backends.of(client);
            client.send(Frames.parse("", "SELECT length('é')"), Frames.sync()).expect("1 Z");
            client.send(run("latin")).readUntil('Z');
            // given the server that has them
            assertThat(client.send(run("s")).expect("2 D C Z").get(1).row()).containsExactly("1");
            // when there is another one
            Backends.terminate(setup.postgres(), backend);
            Await.until(
                    "the pooler to notice",
                    () -> ConsoleRows.all(pooler, "SHOW SERVERS").isEmpty());
            // then what means something else there is refused, whoever uses it
            assertReadOtherwise(client, run(""));
            assertReadOtherwise(client, run("s"));
            assertReadOtherwise(client, batch(Frames.describeStatement("s"), Frames.sync()));
            assertReadOtherwise(client, batch(Frames.query("EXECUTE p")));
            assertReadOtherwise(client, runUnnamed("EXECUTE p"));
            assertReadOtherwise(client, run("p"));
            client.send(join(use("ascii"), run("s"))).expect("2 D C E Z");
            // and is as it was when the encoding is
            client.query("SET client_encoding = 'UTF8'");
            assertThat(client.send(run("s")).expect("2 D C Z").get(1).row()).containsExactly("1");
            assertThat(client.query("EXECUTE p")).containsExactly(List.of("1"));
        }
    }

    private static void assertReadOtherwise(WireClient client, byte[][] frames) {
        ErrorFields error = client.send(frames).expect("E Z").get(0).asError();
        assertThat(error.sqlstate()).isEqualTo("0A000");
        assertThat(error.message()).contains("client_encoding");
    }

    // ---------------------------------------------------------------- plans that went stale

    @Test
    void aPlanThatWentStaleIsRepairedUnseen() {
        try (Pooler pooler = pooler("transaction", 1).start();
                WireClient client = pooler.client(setup.postgres())) {
            setup.postgres()
                    .execute("DROP TABLE IF EXISTS stale; CREATE TABLE stale (a int); INSERT INTO stale VALUES (1)");
            client.send(Frames.parse("s", "SELECT * FROM stale"), Frames.sync()).expect("1 Z");
            client.send(run("s")).expect("2 D C Z");
            // when the table has another column
            setup.postgres().execute("ALTER TABLE stale ADD b int DEFAULT 2");
            List<Message> answer = client.send(
                            Frames.bind("", "s"), Frames.describePortal(""), Frames.execute(""), Frames.sync())
                    .expect("2 T D C Z");
            // then a client that asks what columns there are gets it
            assertThat(answer.get(2).row()).containsExactly("1", "2");
            setup.postgres().execute("ALTER TABLE stale ADD c int DEFAULT 3");
            // and one that does not, since it was told once, the truth
            List<Message> truth = client.send(run("s")).expect("E Z");
            assertThat(truth.get(0).asError().message()).isEqualTo("cached plan must not change result type");
            assertThat(truth.get(0).asError().get('R')).isEqualTo("RevalidateCachedQuery");
            client.send(Frames.parse("t", "SELECT * FROM stale"), Frames.sync()).expect("1 Z");
            assertThat(client.send(run("t")).expect("2 D C Z").get(1).row()).containsExactly("1", "2", "3");
            // and in the middle of a pipeline the truth, since what was answered cannot be taken back
            setup.postgres().execute("ALTER TABLE stale ADD d int DEFAULT 4");
            client.query("BEGIN");
            client.send(run("t"));
            assertThat(client.expect("E Z").get(0).asError().message())
                    .isEqualTo("cached plan must not change result type");
            client.query("ROLLBACK");
            answer = client.send(run("t")).expect("2 D C Z");
            assertThat(answer.get(1).row()).containsExactly("1", "2", "3", "4");
            setup.postgres().execute("DROP TABLE stale");
        }
    }

    /** As asyncpg, which names a format for each column and prepares again by itself; and as pgjdbc, which names none. */
    @Test
    void whoIsNotToldTheNewColumnsHearsOfTheStalePlan() {
        try (Pooler pooler = pooler("transaction", 1).start();
                Twins twins = new Twins(setup.postgres(), pooler, 4)) {
            twins.query(0, "DROP TABLE IF EXISTS wider", "CREATE TABLE wider (a int, b int)");
            twins.query(0, "INSERT INTO wider VALUES (1, 2)");
            byte[][] prepare = {Frames.parse("s", "SELECT * FROM wider"), Frames.describeStatement("s"), Frames.sync()};
            byte[][] asPgjdbc = run("s");
            byte[][] asAsyncpg = batch(
                    Frames.bind("", "s", new int[] {}, new byte[][] {}, new int[] {1, 1}),
                    Frames.execute(""),
                    Frames.sync());
            twins.say(1, prepare).say(2, prepare).say(3, prepare);
            twins.say(1, asPgjdbc).say(2, asAsyncpg).say(3, asPgjdbc);
            // when
            twins.query(0, "ALTER TABLE wider ADD c int DEFAULT 3");
            // then all hear what they would from PostgreSQL: one from a server that knows the plan, the others since it
            // is known now
            twins.say(1, asPgjdbc).say(2, asAsyncpg).say(3, asPgjdbc).say(3, asPgjdbc);
            // and what they prepare anew is right
            byte[][] anew = {Frames.parse("t", "SELECT * FROM wider"), Frames.describeStatement("t"), Frames.sync()};
            twins.say(1, anew).say(1, run("t")).say(2, anew).say(2, run("t"));
            // and a server that never knew the plan finds that a Bind does not fit
            byte[][] narrow = batch(
                    Frames.bind("", "t", new int[] {}, new byte[][] {}, new int[] {1, 1, 1}),
                    Frames.execute(""),
                    Frames.sync());
            twins.query(0, "ALTER TABLE wider ADD d int DEFAULT 4");
            pooler.console("RECONNECT");
            twins.say(2, narrow).say(1, run("t"));
            // and a Bind that was wrong from the start is told so
            twins.say(
                    2,
                    Frames.parse("wrong", "SELECT 1"),
                    Frames.bind("", "wrong", new int[] {}, new byte[][] {}, new int[] {1, 1}),
                    Frames.sync());
            twins.query(0, "DROP TABLE wider");
        }
    }

    /** In a transaction nothing could be repaired, and behind a Flush neither: so asyncpg prepares. */
    @Test
    void whoPreparesAnewReadsTheTableThatThereIsNow() {
        try (Pooler pooler = pooler("transaction", 1).start();
                Twins twins = new Twins(setup.postgres(), pooler, 1)) {
            for (String columns : List.of("a int", "a text, b int", "c date")) {
                twins.query(0, "DROP TABLE IF EXISTS anew", "CREATE TABLE anew (" + columns + ")");
                int client = twins.connect(Map.of());
                byte[][] prepare = {Frames.parse("s", "SELECT * FROM anew"), Frames.describeStatement("s")};
                twins.query(client, "BEGIN").say(client, join(prepare, new byte[][] {Frames.sync()}));
                twins.say(client, run("s")).query(client, "COMMIT");
                int other = twins.connect(Map.of());
                twins.sayUntil(other, "1tT", join(prepare, new byte[][] {Frames.flush()}));
                twins.say(other, run("s"));
            }
            twins.query(0, "DROP TABLE anew");
        }
    }

    @Test
    void aTypeThatWasMadeAnewIsFoundUnseen() {
        String make = "DROP TYPE IF EXISTS shade; CREATE TYPE shade AS ENUM ('dark')";
        setup.postgres().execute(make);
        try (Pooler pooler = pooler("transaction", 1).start();
                WireClient client = pooler.client(setup.postgres())) {
            client.send(Frames.parse("s", "SELECT 'dark'::shade"), Frames.sync())
                    .expect("1 Z");
            client.send(run("s")).expect("2 D C Z");
            setup.postgres().execute(make);
            assertThat(client.send(run("s")).expect("2 D C Z").get(1).row()).containsExactly("dark");
        } finally {
            setup.postgres().execute("DROP TYPE shade");
        }
    }

    @Test
    void aBatchBehindWhichAnotherCameIsNotRepaired() {
        try (Pooler pooler = pooler("transaction", 1).start();
                WireClient client = pooler.client(setup.postgres());
                WireClient alters = setup.postgres().client()) {
            alters.query("DROP TABLE IF EXISTS altered; CREATE TABLE altered (a int); INSERT INTO altered VALUES (1)");
            client.send(Frames.parse("s", "SELECT * FROM altered"), Frames.sync())
                    .expect("1 Z");
            client.send(run("s")).expect("2 D C Z");
            // given a batch that waits for a lock, under which its plan goes stale
            alters.query("BEGIN; ALTER TABLE altered ADD COLUMN b int");
            client.send(run("s"));
            Await.until(
                    "the batch to wait",
                    () -> !setup.postgres()
                            .query("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
                            .isEmpty());
            // when another one follows
            client.send(Frames.parse("", "SELECT 'next'"), Frames.bind("", ""), Frames.execute(""), Frames.sync());
            alters.query("COMMIT");
            // then each has its own answer
            List<Message> answers = client.readUntil('Z');
            assertThat(answers.get(0).asError().sqlstate()).isEqualTo("0A000");
            assertThat(client.expect("1 2 D C Z").get(2).row()).containsExactly("next");
            client.send(run("s")).expect("2 D C Z");
            alters.query("DROP TABLE altered");
        }
    }

    @Test
    void aBatchThatIsRepairedRunsOnce() {
        try (Pooler pooler = pooler("transaction", 1).start();
                WireClient client = pooler.client(setup.postgres())) {
            setup.postgres().execute("DROP TABLE IF EXISTS once; CREATE TABLE once (a int)");
            client.send(Frames.parse("all", "SELECT * FROM once"), Frames.parse("add", "INSERT INTO once VALUES (1)"));
            client.send(Frames.sync()).expect("1 1 Z");
            client.send(join(use("all"), run("add"))).expect("2 C 2 C Z");
            setup.postgres().execute("ALTER TABLE once ADD b int");
            // when the first or the second statement of a batch is stale
            client.send(
                            Frames.bind("", "all"),
                            Frames.describePortal(""),
                            Frames.execute(""),
                            Frames.bind("", "add"),
                            Frames.describePortal(""),
                            Frames.execute(""),
                            Frames.sync())
                    .expect("2 T D C 2 n C Z");
            setup.postgres().execute("ALTER TABLE once ADD c int");
            client.send(join(use("add"), run("all")));
            List<Message> answer = client.readUntil('Z');
            // then the insert was done once, or not at all with an error
            boolean failed = answer.stream().anyMatch(message -> message.type() == 'E');
            assertThat(setup.postgres().query("SELECT count(*) FROM once"))
                    .containsExactly(List.of(failed ? "2" : "3"));
            setup.postgres().execute("DROP TABLE once");
        }
    }

    @Test
    void statementsThatAnotherHandDroppedArePreparedAgain() {
        try (Pooler pooler = pooler("transaction", 1)
                        .set("server_reset_query", "DEALLOCATE ALL")
                        .set("server_reset_query_always", "1")
                        .start();
                WireClient client = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres())) {
            client.send(Frames.parse("s", "SELECT 's'"), Frames.sync()).expect("1 Z");
            for (int i = 0; i < 3; i++) {
                other.query("SELECT 1");
                client.send(run("s")).expect("2 D C Z");
            }
        }
    }

    // ---------------------------------------------------------------- how bytes come, and clients that go

    @Test
    void bytesMayBeCutAnywhere() {
        byte[][] pipeline = join(
                batch(Frames.parse("s", "SELECT $1::int"), Frames.describeStatement("s")),
                run("s", "1"),
                batch(Frames.bind("p", "named", "x"), Frames.execute("p"), Frames.closeStatement("s")),
                run("s", "2"),
                batch(Frames.closeStatement("none"), Frames.parse("", "SELECT 'é'")),
                run(""));
        try (Pooler pooler = pooler("transaction", 1).set("event_loops", "1").start();
                Twins twins = new Twins(setup.postgres(), pooler, 1);
                WireClient console = pooler.client("postgres", "", "pgbouncer")) {
            twins.say(0, Frames.parse("named", "SELECT $1::text"), Frames.sync());
            int length = Frames.concat(pipeline).length;
            for (int cut = 1; cut < length; cut++) {
                // What another client is answered tells that the loop has come round.
                twins.sayCut(0, cut, () -> comeRound(console), pipeline);
            }
        }
    }

    private static void comeRound(WireClient console) {
        console.query("SHOW VERSION");
        console.query("SHOW VERSION");
    }

    @Test
    void aClientThatLeavesInTheMiddleLeavesNothingBehind() {
        try (Pooler pooler = pooler("transaction", 1).start();
                WireClient stays = pooler.client(setup.postgres())) {
            stays.send(Frames.parse("s", "SELECT 'mine'"), Frames.sync()).expect("1 Z");
            List<byte[][]> beginnings = List.of(
                    batch(Frames.parse("s", "SELECT 'leaves'")),
                    batch(Frames.parse("s", "SELECT 'leaves'"), Frames.flush()),
                    batch(Frames.parse("s", "SELECT 'leaves'"), Frames.bind("p", "s"), Frames.execute("p")),
                    batch(Frames.parse("", "SELECT 'leaves'"), Frames.sync()),
                    batch(Frames.parse("s", "SELECT 1 / 0"), Frames.bind("p", "s"), Frames.execute("p")),
                    batch(Frames.parse("", "SELEKT"), Frames.flush()),
                    batch(Frames.query("BEGIN"), Frames.parse("s", "SELECT 'mine'"), Frames.sync()),
                    batch(Frames.query("BEGIN; SELECT 1 / 0"), Frames.bind("", "s"), Frames.closeStatement("s")));
            for (byte[][] beginning : beginnings) {
                try (WireClient leaves = pooler.client(setup.postgres())) {
                    leaves.send(beginning);
                }
                assertThat(stays.send(run("s")).expect("2 D C Z").get(1).row()).containsExactly("mine");
                stays.send(run("")).expect("E Z");
            }
            Await.until(
                    "all others to be gone",
                    () -> ConsoleRows.pool(pooler, setup.postgres().database())
                            .get("cl_active")
                            .equals("1"));
        }
    }

    @Test
    void aServerThatWasLostHadNothingThatAnotherLacks() {
        try (Pooler pooler = pooler("transaction", 1).start();
                WireClient client = pooler.client(setup.postgres())) {
            client.send(Frames.parse("s", "SELECT 's'"), Frames.sync()).expect("1 Z");
            int backend = Backends.of(client);
            Backends.terminate(setup.postgres(), backend);
            Await.until(
                    "the pooler to notice",
                    () -> ConsoleRows.all(pooler, "SHOW SERVERS").isEmpty());
            client.send(run("s")).expect("2 D C Z");
        }
    }

    // ---------------------------------------------------------------- what is followed otherwise

    @Test
    void withoutStatementsToKeepEachClientsNamesAreTheServers() {
        try (Pooler pooler = pooler("transaction", 1)
                        .set("max_prepared_statements", "0")
                        .start();
                WireClient client = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres())) {
            client.send(Frames.parse("s", "SELECT 's'"), Frames.sync()).expect("1 Z");
            other.send(run("s")).expect("2 D C Z");
            other.send(Frames.closeStatement("s"), Frames.sync()).expect("3 Z");
            client.send(run("s")).expect("E Z");
        }
    }

    @Test
    void aNameOfAPreparedStatementMayBeInAnyEncoding() {
        hold(pooler("transaction", 1), twins -> {
            int latin = twins.connect(Map.of("client_encoding", "LATIN1"));
            twins.say(latin, Frames.parse("é", "SELECT 'é'"), Frames.sync())
                    .say(0, run("é"))
                    .say(latin, run("é"));
            twins.say(latin, run("ü")).say(0, run("ü"));
        });
    }
}

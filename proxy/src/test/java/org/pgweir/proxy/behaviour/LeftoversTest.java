package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.Sees;
import org.pgweir.proxy.net.Transport;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.PostgresVersion;
import org.pgweir.testkit.WireClient;

/** What functions, which pgweir does not see, leave on servers: no other client makes it its own. */
@ParameterizedClass(name = "{0}")
@MethodSource("setups")
@ExtendWith(NoComplaints.class)
final class LeftoversTest {
    private static final String SEEN =
            "SELECT nullif(current_setting('app.tenant', true), ''), current_setting('lock_timeout'), current_user";

    private static final List<List<String>> NOTHING = List.of(Arrays.asList(null, "0", "postgres"));

    private final Setup setup;

    static List<Setup> setups() {
        return List.of(
                new Setup(Transport.EPOLL, 1, PostgresVersion.OLD),
                new Setup(Transport.EPOLL, 1, PostgresVersion.CURRENT));
    }

    LeftoversTest(Setup setup) {
        this.setup = setup;
    }

    @BeforeEach
    void makeCode() {
        setup.postgres().execute("""
                CREATE ROLE leftovers;
                CREATE FUNCTION become(t text) RETURNS text LANGUAGE plpgsql AS $$BEGIN
                    PERFORM set_config('lock_timeout', ascii(t)::text, false);
                    RETURN set_config('app.tenant', t, false); END$$;
                CREATE PROCEDURE become_by_call(t text) LANGUAGE plpgsql AS $$BEGIN PERFORM become(t); END$$;
                CREATE FUNCTION be_leftovers() RETURNS void LANGUAGE plpgsql AS $$BEGIN SET ROLE leftovers; END$$;
                CREATE FUNCTION take_much() RETURNS void LANGUAGE plpgsql AS $$BEGIN
                    PERFORM pg_advisory_lock(771);
                    CREATE TEMP TABLE much (a int);
                    EXECUTE 'DECLARE much CURSOR WITH HOLD FOR SELECT 1';
                    LISTEN much; END$$;
                CREATE PROCEDURE do_nothing() LANGUAGE plpgsql AS $$BEGIN NULL; END$$;
                CREATE VIEW becoming AS SELECT become('A'), set_config('role', 'leftovers', false);
                CREATE VIEW becoming_b AS SELECT become('B');
                GRANT SELECT ON becoming, becoming_b TO leftovers""");
    }

    @AfterEach
    void dropCode() {
        setup.postgres()
                .execute(
                        "DROP VIEW becoming, becoming_b; DROP PROCEDURE do_nothing(); DROP PROCEDURE become_by_call(text);"
                                + " DROP FUNCTION become(text), be_leftovers(), take_much(); DROP ROLE leftovers");
    }

    private static byte[][] batch(String... statements) {
        byte[][] frames = new byte[statements.length * 3 + 1][];
        for (int i = 0; i < statements.length; i++) {
            frames[3 * i] = Frames.parse("", statements[i]);
            frames[3 * i + 1] = Frames.bind("", "");
            frames[3 * i + 2] = Frames.execute("");
        }
        frames[frames.length - 1] = Frames.sync();
        return frames;
    }

    /** The ways in which a client can run a statement that may change the session. */
    private static Map<String, Consumer<WireClient>> ways(String sql) {
        Map<String, Consumer<WireClient>> ways = new LinkedHashMap<>();
        ways.put("alone", client -> client.query(sql));
        ways.put("in a transaction", client -> {
            client.query("BEGIN");
            client.query(sql);
            client.query("COMMIT");
        });
        ways.put("later in a transaction", client -> {
            client.query("BEGIN");
            client.query("SELECT 1");
            client.query("SET application_name = 'x'");
            client.query(sql);
            client.query("COMMIT");
        });
        ways.put("by the extended protocol", client -> answer(client, 1, batch(sql)));
        ways.put("in a batch", client -> answer(client, 1, batch("BEGIN", sql, "COMMIT")));
        ways.put("behind a query", client -> answer(client, 2, Frames.query("SELECT 1"), Frames.query(sql)));
        ways.put("prepared", client -> {
            answer(client, 1, Frames.parse("s", sql), Frames.sync());
            client.query("SELECT 1");
            answer(client, 1, Frames.bind("", "s"), Frames.execute(""), Frames.sync());
        });
        return ways;
    }

    private static void answer(WireClient client, int times, byte[]... frames) {
        client.send(frames);
        for (int i = 0; i < times; i++) {
            client.readUntil('Z');
        }
    }

    /** What the function of one client has left, behind a view where the text does not show it, while another one changes little. */
    @Test
    void noClientMakesItsOwnWhatAnotherHasLeft() {
        for (String sql :
                List.of("CALL do_nothing()", "DO $$ BEGIN NULL; END $$", "SET work_mem = '5MB'", "RESET ALL")) {
            try (Pooler pooler = onOneServer();
                    WireClient first = pooler.client(setup.postgres())) {
                first.query("SET app.tenant = 'first'");
                first.query("RESET app.tenant");
                ways(sql).forEach((way, run) -> {
                    first.query("SELECT * FROM becoming");
                    try (WireClient other = pooler.client(setup.postgres())) {
                        run.accept(other);
                        // The server holds nothing then, so that the other one gets what is taken for its own.
                        first.query("DISCARD ALL");
                        assertThat(other.query(SEEN)).as(sql + ", " + way).isEqualTo(NOTHING);
                    }
                });
            }
        }
    }

    /** Though somebody else has left another value on the server, and the same function did it. */
    @Test
    void whatCodeSetsIsItsClients() {
        for (String sql : List.of("CALL become_by_call('B')", "DO $$ BEGIN PERFORM become('B'); END $$")) {
            try (Pooler pooler = onOneServer();
                    WireClient first = pooler.client(setup.postgres())) {
                first.query("SET app.tenant = 'first'");
                first.query("RESET app.tenant");
                ways(sql).forEach((way, run) -> {
                    // In a transaction the same value of somebody else cannot be told from it, and is taken back.
                    for (String left : way.contains("transaction") ? List.of("A") : List.of("A", "B")) {
                        first.query("SELECT * FROM becoming" + (left.equals("A") ? "" : "_b"));
                        try (WireClient other = pooler.client(setup.postgres())) {
                            run.accept(other);
                            first.query("DISCARD ALL");
                            assertThat(other.query(SEEN))
                                    .as(sql + ", " + way + ", behind " + left)
                                    .containsExactly(List.of("B", "66ms", "postgres"));
                        }
                    }
                });
            }
        }
    }

    /** The ways to call a function by its name. */
    private Map<String, Consumer<WireClient>> calls() {
        Map<String, Consumer<WireClient>> calls = ways("SELECT become('A')");
        calls.put("as an insert", client -> client.query("BEGIN; CREATE TABLE t (a) AS SELECT become('A'); ROLLBACK"));
        calls.put("with an unusual name", client -> client.query("SELECT public . \"become\" ('A')"));
        calls.put("by number", client -> {
            int oid = Integer.parseInt(setup.postgres()
                    .query("SELECT 'become(text)'::regprocedure::oid")
                    .get(0)
                    .get(0));
            answer(client, 1, Frames.functionCall(oid, "A"));
        });
        calls.put("prepared by SQL", client -> {
            client.query("PREPARE p AS SELECT become('A')");
            client.query("SELECT 1");
            client.query("EXECUTE p");
            client.query("DEALLOCATE p");
        });
        return calls;
    }

    @Test
    void nobodyMeetsWhatTheFunctionOfAnotherHasLeft() {
        try (Pooler pooler = onOneServer();
                WireClient first = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres())) {
            calls().forEach((way, run) -> {
                other.query("SELECT 1");
                run.accept(first);
                assertThat(other.query(SEEN)).as(way).isEqualTo(NOTHING);
            });
            first.query("SELECT be_leftovers()");
            assertThat(other.query(SEEN)).isEqualTo(NOTHING);
        }
    }

    @Test
    void whatAFunctionLeavesStaysUntilSomebodyElseComes() {
        try (Pooler pooler = onOneServer();
                WireClient first = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres())) {
            first.query("SET work_mem = '5MB'");
            first.query("SELECT become('A')");
            assertThat(first.query(SEEN)).containsExactly(List.of("A", "65ms", "postgres"));
            other.query("SET work_mem = '6MB'");
            assertThat(first.query(SEEN)).isEqualTo(NOTHING);
            assertThat(first.query("SHOW work_mem")).containsExactly(List.of("5MB"));
            assertThat(other.query("SHOW work_mem")).containsExactly(List.of("6MB"));
        }
    }

    @Test
    void locksAndTablesAndCursorsOfFunctionsGoToo() {
        try (Pooler pooler = onOneServer();
                WireClient first = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres())) {
            first.query("SELECT take_much()");
            assertThat(other.query("SELECT (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'),"
                            + " to_regclass('pg_temp.much'), (SELECT count(*) FROM pg_cursors WHERE is_holdable),"
                            + " (SELECT count(*) FROM pg_listening_channels())"))
                    .containsExactly(Arrays.asList("0", null, "0", "0"));
        }
    }

    @Test
    @Sees("database.connect_query")
    void whatConnectQueryHasSetIsThereAgain() {
        try (Pooler pooler = setup.emptyPooler()
                        .set("default_pool_size", "1")
                        .database(setup.postgres(), "connect_query='SET work_mem = 7168'")
                        .start();
                WireClient first = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres())) {
            first.query("SELECT become('A')");
            assertThat(other.query(SEEN)).isEqualTo(NOTHING);
            first.query("CALL become_by_call('B')");
            assertThat(other.query("SHOW work_mem")).containsExactly(List.of("7MB"));
        }
    }

    @Test
    void functionsMayBeIgnored() {
        try (Pooler pooler = setup.pooler()
                        .set("default_pool_size", "1")
                        .set("session_features", "functions=ignore")
                        .start();
                WireClient first = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres())) {
            first.query("SELECT become('A')");
            assertThat(other.query(SEEN)).containsExactly(List.of("A", "65ms", "postgres"));
        }
    }

    /** The way for those who hide functions behind views and triggers. */
    @Test
    void aResetQueryTakesBackWhatNoTextTells() {
        for (String query : List.of("DISCARD ALL", "RESET ALL; RESET ROLE")) {
            try (Pooler pooler = setup.pooler()
                            .set("default_pool_size", "1")
                            .set("server_reset_query_always", "1")
                            .set("server_reset_query", query)
                            .start();
                    WireClient first = pooler.client(setup.postgres());
                    WireClient other = pooler.client(setup.postgres())) {
                first.query("SET work_mem = '5MB'; SET ROLE leftovers");
                first.query("SELECT * FROM becoming");
                assertThat(other.query(SEEN)).as(query).isEqualTo(NOTHING);
                assertThat(first.query("SELECT current_setting('work_mem'), current_user"))
                        .containsExactly(List.of("5MB", "leftovers"));
                assertThat(other.query(SEEN)).as(query).isEqualTo(NOTHING);
            }
        }
    }

    private Pooler onOneServer() {
        return setup.pooler().set("default_pool_size", "1").start();
    }
}

package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.Sees;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.ErrorFields;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.Message;
import org.pgweir.testkit.WireClient;
import org.pgweir.testkit.WireError;

/** What a client has set, and what keeps it on its server, where servers are shared; settings are compared with PostgreSQL. */
@EverySetup
final class SessionStateTest {
    private final Setup setup;

    SessionStateTest(Setup setup) {
        this.setup = setup;
    }

    @BeforeEach
    void makeRoles() {
        setup.postgres()
                .execute("DROP ROLE IF EXISTS alice; DROP ROLE IF EXISTS bob; CREATE ROLE alice LOGIN;"
                        + " CREATE ROLE bob; GRANT bob TO alice");
    }

    @AfterEach
    void dropRoles() {
        setup.postgres().execute("DROP ROLE IF EXISTS alice; DROP ROLE IF EXISTS bob");
    }

    private Pooler.Builder pooler(int size) {
        return setup.pooler().set("default_pool_size", Integer.toString(size));
    }

    /** Holds a conversation of three clients over one server, and over two. */
    private void compare(Consumer<Twins> talk) {
        for (int size = 1; size <= 2; size++) {
            try (Pooler pooler = pooler(size).start();
                    Twins twins = new Twins(setup.postgres(), pooler, 3)) {
                talk.accept(twins);
            }
        }
    }

    private static byte[][] runUnnamed(String sql, String... parameters) {
        return new byte[][] {Frames.parse("", sql), Frames.bind("", "", parameters), Frames.execute(""), Frames.sync()};
    }

    /** What each client has, asked in turns. */
    private static void show(Twins twins, String... settings) {
        for (int round = 0; round < 2; round++) {
            for (int client = 0; client < 3; client++) {
                for (String setting : settings) {
                    twins.query(client, "SHOW " + setting);
                }
            }
        }
    }

    // ---------------------------------------------------------------- settings

    @Test
    void eachClientHasItsSettings() {
        compare(twins -> {
            for (int client = 0; client < 2; client++) {
                twins.query(client, "SET work_mem = '" + (5 + client) + "MB'");
                twins.query(client, "SET search_path TO pg_catalog, \"a b\", public" + client);
                twins.query(client, "SET SESSION statement_timeout TO " + 10_000 * (1 + client));
                twins.query(client, "SET TIME ZONE " + (client == 0 ? "'Asia/Tokyo'" : "-3"));
                twins.query(client, "SET NAMES 'LATIN" + (1 + client) + "'").query(client, "SET DateStyle = 'German'");
            }
            show(
                    twins,
                    "work_mem",
                    "search_path",
                    "statement_timeout",
                    "TimeZone",
                    "client_encoding",
                    "DateStyle",
                    "application_name");
        });
    }

    @Test
    void valuesOfAllKindsArriveAsTheyWere() {
        compare(twins -> {
            twins.query(0, "SET my.quote = 'it''s \\ \"quoted\"; SELECT 1 -- '").query(1, "SHOW work_mem");
            twins.query(0, "SHOW my.quote")
                    .query(0, "SET my.quote = E'line\\nbreak\\ttab'")
                    .query(1, "SELECT 1");
            twins.query(0, "SELECT current_setting('my.quote')")
                    .query(0, "SET my.quote = ''")
                    .query(1, "SELECT 1");
            twins.query(0, "SHOW my.quote")
                    .query(0, "SET my.quote = 'h\u00e9 \u20ac \ud83d\ude00'")
                    .query(1, "SELECT 1");
            twins.query(0, "SHOW my.quote").query(0, "SET search_path = ''").query(1, "SELECT 1");
            twins.query(0, "SHOW search_path")
                    .query(0, "SET search_path = \"it's\", '$user'")
                    .query(1, "SELECT 1");
            twins.query(0, "SHOW search_path")
                    .query(0, "SET extra_float_digits = 0")
                    .query(1, "SELECT 1");
            twins.query(0, "SELECT 0.1::float8 * 3").query(1, "SELECT 0.1::float8 * 3");
            twins.query(0, "SET TIME ZONE INTERVAL '+02:30' HOUR TO MINUTE")
                    .query(1, "SELECT 1")
                    .query(0, "SHOW TimeZone");
            twins.query(0, "SET default_transaction_isolation = 'serializable'").query(1, "SELECT 1");
            twins.query(0, "SHOW transaction_isolation").query(1, "SHOW transaction_isolation");
            twins.query(0, "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY, ISOLATION LEVEL REPEATABLE READ");
            twins.query(1, "SHOW transaction_read_only").query(0, "SHOW transaction_read_only");
            twins.query(0, "SHOW transaction_isolation")
                    .query(0, "SET lock_timeout = '1.5s'")
                    .query(1, "SELECT 1");
            twins.query(0, "SHOW lock_timeout");
        });
    }

    /** What pgweir takes from the text, and what it asks the server for. */
    @Test
    void valuesAreTheSameHoweverTheyAreWritten() {
        Map<String, List<String>> values = Map.of(
                "work_mem",
                List.of("5000", "'6 MB'", "'0x2000'", "DEFAULT", "\"7MB\"", "E'8MB'", "'9' \n '999'"),
                "search_path",
                List.of(
                        "a",
                        "A, \"B c\"",
                        "'a, b'",
                        "\"$user\", public",
                        "''",
                        "'user', table_, \"select\"",
                        "'it''s'"),
                "enable_seqscan",
                List.of("off", "ON", "'false'", "1", "fAlse", "tru"),
                "random_page_cost",
                List.of("1.5", "2", "'3e0'", "4e0", "0.5", "'.25'", "-1"),
                "lock_timeout",
                List.of("'1.5s'", "0010", "'010'", "'1min'", "-0"),
                "my.x",
                List.of("Word", "'Str ing'", "5.50", "007", "-3", "\"Na'me\"", "a, 'b'", "$$d$$", "''"),
                "temp_tablespaces",
                List.of("''", "pg_default", "\"pg_default\""),
                "default_text_search_config",
                List.of("'english'", "'pg_catalog.simple'"),
                "xmloption",
                List.of("DOCUMENT", "content"));
        compare(twins -> values.forEach((setting, all) -> {
            for (String value : all) {
                twins.query(0, "SET " + setting + " = " + value)
                        .query(1, "SELECT 1")
                        .query(0, "SHOW " + setting);
                twins.query(1, "SHOW work_mem").say(0, runUnnamed("SET SESSION " + setting + " TO " + value));
                twins.query(1, "SELECT 1").query(0, "SHOW " + setting);
            }
            twins.query(0, "RESET " + setting).query(1, "SELECT 1").query(0, "SHOW " + setting);
        }));
    }

    /** The bytes of a value are characters of its client's encoding. */
    @Test
    void clientsOfSeveralEncodings() {
        compare(twins -> {
            int latin = twins.connect(Map.of("client_encoding", "LATIN1"));
            for (int client : new int[] {latin, 0, 1}) {
                twins.query(client, "SET my.x = 'h\u00e9 " + client + "'")
                        .query(2, "SELECT 1")
                        .query(client, "SELECT current_setting('my.x'), '\u00fc'");
            }
            for (int client : new int[] {latin, 0, latin, 1}) {
                twins.query(client, "SELECT current_setting('my.x'), '\u00fc'");
                twins.say(client, runUnnamed("SELECT '\u00fc'"));
            }
        });
    }

    @Test
    void stringsAreReadAsTheClientWantsThem() {
        compare(twins -> {
            twins.query(0, "SET standard_conforming_strings = off").query(0, "SET escape_string_warning = off");
            twins.query(1, "SELECT 'a\\\\b'").query(0, "SELECT 'a\\\\b'");
            twins.query(0, "SET my.x = 'a\\\\b\\'; c'").query(1, "SELECT 1").query(0, "SHOW my.x");
            twins.query(0, "SET my.y = 'plain'")
                    .query(1, "SELECT 1")
                    .query(0, "SHOW my.x")
                    .query(0, "SHOW my.y");
        });
    }

    @Test
    void whatIsRolledBackIsNotSet() {
        compare(twins -> {
            twins.query(0, "SET work_mem = '5MB'").query(0, "BEGIN").query(0, "SET work_mem = '6MB'");
            twins.query(0, "SHOW work_mem").query(0, "ROLLBACK");
            show(twins, "work_mem");
            twins.query(0, "BEGIN; SET work_mem = '7MB'; SELECT 1 / 0");
            twins.query(0, "SHOW work_mem").query(0, "COMMIT");
            show(twins, "work_mem");
            twins.query(0, "SET work_mem = '8MB'; SELECT 1 / 0");
            show(twins, "work_mem");
            twins.query(0, "BEGIN", "SET work_mem = '9MB'", "COMMIT");
            show(twins, "work_mem");
            twins.query(0, "SET work_mem = 'nonsense'").query(0, "SET no_such_setting = 1");
            show(twins, "work_mem");
        });
    }

    @Test
    void savepointsTakeBackWhatWasSetSince() {
        compare(twins -> {
            twins.query(0, "BEGIN", "SET work_mem = '5MB'", "SAVEPOINT a", "SET work_mem = '6MB'");
            twins.query(0, "SET my.x = 'inner'", "ROLLBACK TO a", "SET lock_timeout = 100", "RELEASE a", "COMMIT");
            show(twins, "work_mem", "lock_timeout");
            twins.query(0, "SELECT current_setting('my.x', true)");
            twins.query(0, "BEGIN; SAVEPOINT a; SET work_mem = '7MB'; RELEASE a; ROLLBACK");
            show(twins, "work_mem");
        });
    }

    @Test
    void whatIsLocalEndsWithItsTransaction() {
        compare(twins -> {
            twins.query(0, "SET work_mem = '5MB'").query(0, "BEGIN", "SET LOCAL work_mem = '6MB'", "SHOW work_mem");
            twins.query(0, "COMMIT");
            show(twins, "work_mem");
            twins.query(0, "BEGIN; SET LOCAL work_mem = '7MB'; SET work_mem = '8MB'; COMMIT");
            show(twins, "work_mem");
            twins.query(0, "BEGIN; SET work_mem = '9MB'; SET LOCAL work_mem = '10MB'; COMMIT");
            show(twins, "work_mem");
            twins.query(0, "SET LOCAL work_mem = '11MB'").query(0, "SELECT set_config('work_mem', '12MB', true)");
            show(twins, "work_mem");
        });
    }

    @Test
    void setConfigAndCodeAreSeen() {
        compare(twins -> {
            twins.query(0, "SELECT set_config('work_mem', '5MB', false), set_config('lock_timeout', '5', false)");
            show(twins, "work_mem");
            twins.query(0, "DO $$ BEGIN SET work_mem = '6MB'; PERFORM set_config('lock_timeout', '77', false); END $$");
            show(twins, "work_mem", "lock_timeout");
            twins.say(0, Frames.parse("s", "SET work_mem = '9MB'"), Frames.sync());
            show(twins, "work_mem");
            twins.say(0, Frames.bind("", "s"), Frames.execute(""), Frames.sync());
            show(twins, "work_mem");
        });
    }

    @Test
    void aSettingWithoutANamePins() {
        try (Pooler pooler = pooler(1).start();
                WireClient client = pooler.client(setup.postgres())) {
            client.query("SELECT set_config('my.' || 'x', 'y', false)");
            assertPinned(pooler, "settings");
            assertThat(client.query("SHOW my.x")).containsExactly(List.of("y"));
            client.query("DISCARD ALL");
            assertPinned(pooler);
        }
    }

    /** Whoever has not set it sees NULL or, where somebody else has used it on that server, an empty string. */
    @Test
    void customSettingsOfSetConfigAndCode() {
        compare(twins -> {
            String others =
                    "SELECT nullif(current_setting('my.x', true), ''), nullif(current_setting('my.y', true), '')";
            twins.query(0, "SELECT set_config('my.x', 'y', false)").query(1, others);
            twins.query(0, "SHOW my.x").query(0, "DO $$ BEGIN SET my.y = 'z'; END $$");
            twins.query(1, others).query(0, "SHOW my.y").query(0, "SHOW my.x");
            twins.query(0, "DO LANGUAGE plpgsql 'BEGIN PERFORM set_config(''My.Y'', ''z2'', false); END'");
            twins.query(1, others).query(0, "SHOW my.y");
            twins.query(0, "DO $$ BEGIN SET SESSION \"my\".y TO 'z3'; PERFORM 1 / 0; END $$");
            twins.query(1, others).query(0, "SHOW my.y");
        });
    }

    /** Before PL/pgSQL is loaded, this is a setting of which PostgreSQL knows nothing; later an empty value is a wrong one. */
    @Test
    void aSettingThatAnExtensionDefinesIsTakenBack() {
        for (String reset : List.of("RESET plpgsql.variable_conflict", "RESET ALL", "DISCARD ALL")) {
            try (Pooler pooler = pooler(1).start();
                    WireClient client = pooler.client(setup.postgres());
                    WireClient other = pooler.client(setup.postgres())) {
                client.query("SET plpgsql.variable_conflict = use_column");
                client.query(reset);
                other.query("DO $$ BEGIN END $$");
                assertThat(client.query("SHOW plpgsql.variable_conflict")).containsExactly(List.of("error"));
                client.query("SET plpgsql.variable_conflict = use_variable");
                other.query("SHOW plpgsql.variable_conflict");
                assertThat(client.query("SHOW plpgsql.variable_conflict")).containsExactly(List.of("use_variable"));
            }
        }
    }

    @Test
    void customSettingsOfCodeThatNobodySees() {
        String procedure =
                "CREATE OR REPLACE PROCEDURE be_tenant(t text) LANGUAGE plpgsql AS $$BEGIN PERFORM set_config('app.tenant',"
                        + " t, false); PERFORM set_config('app.unheard', t, false); END$$";
        compare(twins -> {
            twins.prepare(procedure);
            // one client has told what such a setting is called
            twins.query(2, "SET app.tenant = 'two'");
            twins.query(0, "CALL be_tenant('zero')").query(1, "CALL be_tenant('one')");
            for (int round = 0; round < 2; round++) {
                for (int client = 0; client < 3; client++) {
                    twins.query(client, "SHOW app.tenant");
                }
            }
            twins.query(0, "BEGIN; CALL be_tenant('lost')").query(0, "ROLLBACK").query(1, "SELECT 1");
            twins.query(0, "SHOW app.tenant").query(0, "SET work_mem = '5MB'").query(1, "SHOW app.tenant");
            twins.query(0, "SHOW app.tenant").query(0, "DISCARD ALL").query(1, "SHOW app.tenant");
        });
        // what nobody has told is at least nobody else's
        try (Pooler pooler = pooler(1).start();
                WireClient one = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres())) {
            one.query("CALL be_tenant('one')");
            assertThat(other.query("SELECT current_setting('app.unheard', true)"))
                    .containsExactly(List.of(""));
        }
        setup.postgres().execute("DROP PROCEDURE be_tenant");
    }

    @Test
    void whatEndsWithATransactionIsNotKept() {
        compare(twins -> {
            twins.query(0, "BEGIN", "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY", "SET work_mem = '5MB'");
            twins.query(0, "COMMIT").query(1, "SHOW transaction_read_only").query(0, "SHOW transaction_isolation");
            show(twins, "work_mem");
        });
    }

    @Test
    void aResetOfOneSettingLeavesTheOthers() {
        compare(twins -> {
            int client = twins.connect(Map.of("TimeZone", "Asia/Tokyo"));
            String serversOwn = twins.pooled(0).parameterStatus("TimeZone");
            twins.query(client, "SET TimeZone = '" + serversOwn + "'").query(client, "RESET ROLE");
            twins.query(0, "SELECT 1").query(client, "SHOW TimeZone");
        });
    }

    @Test
    void aCustomSettingOfTheStartComesBack() {
        compare(twins -> {
            int client = twins.connect(Map.of("options", "-c my.x=started"));
            twins.query(client, "SET my.x = 'later'").query(0, "SELECT 1").query(client, "SHOW my.x");
            twins.query(client, "RESET ALL").query(0, "SELECT 1").query(client, "SHOW my.x");
            twins.query(client, "SET my.x = 'later'")
                    .query(client, "DISCARD ALL")
                    .query(client, "SHOW my.x");
        });
    }

    @Test
    void aPinnedClientResets() {
        try (Pooler pooler = pooler(1).start();
                Twins twins = new Twins(setup.postgres(), pooler, 0)) {
            twins.connect(Map.of("application_name", "start", "options", "-c work_mem=8MB"));
            twins.query(0, "CREATE TEMP TABLE t (a int)", "SET work_mem = '9MB'", "SET application_name = 'now'");
            twins.query(0, "RESET ALL").query(0, "SHOW application_name").query(0, "SHOW work_mem");
            twins.query(0, "SET work_mem = '9MB'").query(0, "RESET work_mem").query(0, "SHOW work_mem");
            twins.query(0, "DISCARD ALL").query(0, "SHOW work_mem");
        }
    }

    @Test
    void aSearchPathOfTheStartIsReported() {
        compare(twins -> twins.query(twins.connect(Map.of("options", "-c search_path=pg_catalog")), "SELECT 1"));
    }

    @Test
    void aDateStyleWithoutAnOrder() {
        compare(twins -> {
            for (String style : List.of("German", "SQL", "ISO", "Postgres", "European")) {
                twins.query(twins.connect(Map.of("DateStyle", style)), "SHOW DateStyle");
            }
        });
    }

    /** Client 2 connects with these. */
    private static final Map<String, String> STARTED = Map.of(
            "application_name",
            "start",
            "options",
            "-c work_mem=5MB -c my.x=one -c search_path=pg_catalog,\\ \"A\\ b\"");

    @Test
    void aResetInsideATransaction() {
        compare(twins -> {
            int client = twins.connect(STARTED);
            for (String end : List.of("ROLLBACK", "COMMIT")) {
                twins.query(client, "SET work_mem = '6MB'", "SET my.x = 'two'", "SET search_path = public");
                twins.query(client, "SET application_name = 'now'", "BEGIN", "RESET ALL", "SHOW work_mem");
                twins.query(client, "SHOW my.x").query(client, "SHOW search_path");
                twins.query(client, "SHOW application_name", end);
                show(twins, "work_mem", "application_name");
                twins.query(client, "SHOW work_mem").query(client, "SHOW my.x").query(client, "SHOW search_path");
            }
            twins.query(client, "SET application_name = 'now'", "BEGIN", "RESET application_name");
            twins.query(client, "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "SHOW application_name", "COMMIT");
            twins.query(0, "SELECT 1").query(client, "SHOW application_name");
        });
    }

    @Test
    void aResetAmongOtherStatements() {
        compare(twins -> {
            int client = twins.connect(STARTED);
            twins.query(client, "SET work_mem = '6MB'").query(client, "RESET work_mem; SHOW work_mem");
            twins.query(client, "SET work_mem = '7MB'; RESET work_mem; SET lock_timeout = 5; RESET lock_timeout");
            show(twins, "work_mem", "lock_timeout");
            twins.query(client, "SET work_mem = '6MB'; SET work_mem TO DEFAULT; SHOW work_mem /* ; */ ; ");
            twins.query(client, "SET my.x = 'two'; RESET -- of\n my.x; SHOW my.x; RESET ALL");
            twins.query(client, "BEGIN; SET work_mem = '8MB'; SAVEPOINT a; RESET ALL; SHOW work_mem; ROLLBACK TO a");
            twins.query(client, "SHOW work_mem; COMMIT; SHOW work_mem");
            twins.query(client, "BEGIN; RESET work_mem; SELECT 1 / 0; RESET ALL")
                    .query(client, "ROLLBACK");
            twins.query(client, "RESET TRANSACTION ISOLATION LEVEL; RESET work_mem; SELEKT");
            twins.query(
                    client, "PREPARE s AS SELECT 1; RESET work_mem; EXECUTE s; RESET application_name; DEALLOCATE s");
            twins.query(client, "RESET nothing; SHOW work_mem").query(client, "SHOW work_mem");
            twins.query(
                    client, "RESET ALL", "SHOW work_mem", "SET work_mem = '9MB'", "RESET work_mem", "SHOW work_mem");
            for (String reset : List.of("DISCARD ALL", "RESET ALL", "RESET search_path")) {
                twins.query(client, "SET search_path = public")
                        .query(client, reset)
                        .query(client, "SHOW search_path");
                twins.query(0, "SELECT 1").query(client, "SHOW search_path");
            }
            show(twins, "work_mem", "application_name");
        });
    }

    @Test
    void aResetByTheExtendedProtocol() {
        compare(twins -> {
            int client = twins.connect(STARTED);
            for (String end : List.of("ROLLBACK", "COMMIT")) {
                for (String reset : List.of("RESET work_mem", "RESET ALL", "SET work_mem TO DEFAULT")) {
                    twins.query(client, "SET work_mem = '6MB'", "SET application_name = 'now'", "BEGIN", "SAVEPOINT a");
                    twins.say(client, runUnnamed(reset)).say(client, runUnnamed("SHOW work_mem"));
                    twins.say(client, runUnnamed("SHOW application_name")).query(client, end);
                    show(twins, "work_mem", "application_name");
                    twins.query(client, "SHOW work_mem").query(client, "SHOW application_name");
                }
            }
            // As JDBC does it: the transaction begins with it.
            twins.query(client, "SET work_mem = '6MB'");
            twins.say(
                    client,
                    Frames.concat(Frames.parse("", "BEGIN"), Frames.bind("", ""), Frames.execute("")),
                    Frames.concat(runUnnamed("RESET work_mem")));
            twins.say(client, runUnnamed("SHOW work_mem")).say(client, runUnnamed("ROLLBACK"));
            twins.query(0, "SELECT 1").query(client, "SHOW work_mem");
            twins.say(client, Frames.parse("r", "RESET work_mem"), Frames.sync())
                    .query(client, "BEGIN");
            twins.say(client, Frames.bind("", "r"), Frames.execute(""), Frames.bind("", "none"), Frames.sync());
            twins.say(client, runUnnamed("SHOW work_mem")).query(client, "ROLLBACK", "SHOW work_mem");
        });
    }

    @Test
    void resetBringsBackWhatTheSessionBeganWith() {
        for (int size = 1; size <= 2; size++) {
            try (Pooler pooler = pooler(size).start();
                    Twins twins = new Twins(setup.postgres(), pooler, 1)) {
                twins.connect(Map.of("TimeZone", "Asia/Tokyo", "application_name", "start", "DateStyle", "SQL, DMY"));
                twins.connect(Map.of("options", "-c work_mem=5MB -c my.x=started"));
                String[] settings = {
                    "work_mem", "TimeZone", "application_name", "DateStyle", "search_path", "IntervalStyle"
                };
                show(twins, settings);
                for (String reset : List.of("RESET ALL", "DISCARD ALL", "RESET TimeZone; RESET work_mem; RESET my.x")) {
                    for (int client = 0; client < 3; client++) {
                        twins.query(client, "SET work_mem = '9MB'", "SET TimeZone = 'America/Lima'");
                        twins.query(client, "SET application_name = 'x'", "SET my.x = 'later'");
                    }
                    show(twins, settings);
                    for (int client = 0; client < 3; client++) {
                        // DISCARD ALL does not go with others in one Query
                        twins.query(client, reset);
                    }
                    show(twins, settings);
                }
                twins.query(1, "SET TimeZone TO DEFAULT", "SET application_name = DEFAULT", "SET TIME ZONE LOCAL");
                show(twins, settings);
            }
        }
    }

    /** Drivers believe what they are told; libpq reads text in the encoding that was reported last. */
    @Test
    void aResetIsNotReportedAsTheServersOwnStartValue() {
        try (Pooler pooler = pooler(1).start();
                WireClient client = pooler.connect();
                WireClient other = pooler.client(setup.postgres())) {
            client.login(
                    "postgres",
                    "",
                    setup.postgres().database(),
                    Map.of("application_name", "start", "client_encoding", "LATIN1", "TimeZone", "Asia/Tokyo"));
            byte[][] discard = {Frames.query("DISCARD ALL")};
            for (byte[][] reset : List.of(discard, runUnnamed("RESET ALL"), runUnnamed("DISCARD ALL"))) {
                client.query("SET TimeZone = 'America/Lima'");
                other.query("SELECT 1");
                client.send(reset);
                for (Message told : client.readUntil('Z')) {
                    if (told.type() == 'S') {
                        assertThat(told.cstring(told.endOfCstring(0))).isEqualTo("Asia/Tokyo");
                    }
                }
                assertThat(client.parameterStatus())
                        .containsEntry("application_name", "start")
                        .containsEntry("client_encoding", "LATIN1")
                        .containsEntry("TimeZone", "Asia/Tokyo");
                assertThat(client.query("SHOW TimeZone")).containsExactly(List.of("Asia/Tokyo"));
            }
        }
    }

    @Test
    void aResetThatIsRolledBackDidNotHappen() {
        try (Pooler pooler = pooler(1).start();
                Twins twins = new Twins(setup.postgres(), pooler, 2)) {
            twins.connect(Map.of("application_name", "start", "options", "-c work_mem=5MB"));
            twins.query(2, "SET application_name = 'now'", "SET work_mem = '6MB'");
            twins.query(2, "BEGIN", "RESET ALL", "ROLLBACK");
            show(twins, "work_mem", "application_name");
            twins.query(2, "BEGIN", "RESET ALL", "COMMIT");
            show(twins, "work_mem", "application_name");
        }
    }

    @Test
    void rolesAreTheirClients() {
        compare(twins -> {
            String who = "SELECT current_user, session_user, current_setting('role')";
            twins.query(0, "SET ROLE alice").query(1, who).query(0, who);
            twins.query(1, "SET SESSION AUTHORIZATION alice")
                    .query(0, who)
                    .query(1, who)
                    .query(2, who);
            twins.query(1, "SET ROLE bob")
                    .query(0, who)
                    .query(1, who)
                    .query(2, who)
                    .query(1, who);
            twins.query(1, "SET work_mem = '5MB'")
                    .query(0, "SHOW work_mem")
                    .query(1, "SHOW work_mem")
                    .query(1, who);
            twins.query(0, "RESET ROLE").query(1, who).query(0, who);
            twins.query(1, "RESET ROLE").query(0, who).query(1, who);
            twins.query(1, "RESET SESSION AUTHORIZATION").query(0, who).query(1, who);
            twins.query(0, "BEGIN; SET LOCAL ROLE bob")
                    .query(0, who)
                    .query(0, "COMMIT")
                    .query(0, who)
                    .query(1, who);
            twins.query(0, "BEGIN; SET ROLE bob; ROLLBACK").query(0, who).query(1, who);
            twins.query(0, "SET ROLE bob").query(0, "DISCARD ALL").query(0, who).query(1, who);
        });
    }

    /** Not even the user who logged in may change these while somebody else's role is set. */
    @Test
    void whatOnlyASuperuserMaySetIsCarriedToClientsWithARole() {
        compare(twins -> {
            twins.query(0, "SET log_min_duration_statement = 12345", "SET ROLE alice");
            twins.query(1, "SET ROLE alice").query(2, "SET SESSION AUTHORIZATION alice");
            show(twins, "log_min_duration_statement", "role");
            twins.query(1, "RESET ROLE", "SET log_min_duration_statement = 54321", "SET ROLE alice");
            show(twins, "log_min_duration_statement", "role");
        });
    }

    /** PostgreSQL fixes it for the rest of a session at its first temporary table, which here may have been somebody else's. */
    @Test
    void buffersOfTemporaryTablesAreNotChangedWhereTheyAreFixed() {
        try (Pooler pooler = pooler(1).start();
                WireClient one = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres());
                WireClient started = pooler.connect()) {
            started.login("postgres", "", setup.postgres().database(), Map.of("options", "-c temp_buffers=2MB"));
            assertThat(started.query("SHOW temp_buffers")).containsExactly(List.of("2MB"));
            one.query("SET temp_buffers = '1MB'");
            other.query("CREATE TEMP TABLE fixes AS SELECT 1 AS a");
            other.query("DROP TABLE fixes");
            assertThat(one.query("SELECT 1")).containsExactly(List.of("1"));
            assertThat(started.query("SELECT 1")).containsExactly(List.of("1"));
            assertThat(other.query("SHOW temp_buffers")).containsExactly(List.of("8MB"));
        }
    }

    @Test
    void nothingRunsUnderSettingsThatFail() {
        setup.postgres().execute("DROP TABLE IF EXISTS done; CREATE TABLE done (a int); GRANT ALL ON done TO public");
        String insert = "INSERT INTO done VALUES (1)";
        byte[][] batch = runUnnamed(insert);
        byte[][] pipeline = {Frames.concat(batch), Frames.query(insert), Frames.query("COMMIT"), Frames.query(insert)};
        List<byte[][]> requests = List.of(
                new byte[][] {Frames.query(insert)},
                batch,
                new byte[][] {Frames.query(insert), Frames.query("COMMIT"), Frames.query(insert), Frames.sync()},
                pipeline,
                new byte[][] {Frames.parse("", insert), Frames.bind("", ""), Frames.execute(""), Frames.flush()});
        try (Pooler pooler = pooler(1).start();
                WireClient other = pooler.client(setup.postgres())) {
            int backend = Backends.of(other);
            for (byte[][] request : requests) {
                for (String set : List.of("SET ROLE carol", "SET SESSION AUTHORIZATION carol")) {
                    setup.postgres().execute("CREATE ROLE carol; GRANT carol TO alice");
                    try (WireClient client = pooler.client(setup.postgres())) {
                        client.query(set);
                        // then the server is somebody else's, and the role gone
                        other.query("SELECT 1");
                        setup.postgres().execute("DROP ROLE carol");
                        client.send(request);
                        ErrorFields error = Ending.of(client);
                        assertThat(error.severity()).isEqualTo("FATAL");
                        assertThat(error.message()).contains("carol");
                    }
                    assertThat(other.query("SELECT count(*) FROM done")).containsExactly(List.of("0"));
                }
            }
            // and the server is still the same
            assertThat(Backends.of(other)).isEqualTo(backend);
        } finally {
            setup.postgres().execute("DROP TABLE IF EXISTS done; DROP ROLE IF EXISTS carol");
        }
    }

    @Test
    void whatMustNotBeInATransactionIsNot() {
        compare(twins -> {
            twins.query(0, "SET work_mem = '5MB'").query(1, "SELECT 1").query(0, "VACUUM pg_catalog.pg_class");
            twins.query(1, "SELECT 1").say(0, runUnnamed("VACUUM pg_catalog.pg_class"));
            twins.query(1, "SELECT 1")
                    .query(0, "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; SHOW transaction_isolation");
            twins.query(1, "SELECT 1")
                    .query(0, "SAVEPOINT a")
                    .query(1, "SELECT 1")
                    .query(0, "BEGIN", "SAVEPOINT a");
            twins.query(0, "COMMIT").query(1, "SELECT 1").query(0, "SHOW work_mem");
        });
    }

    @Test
    void statementsAreProvidedBehindNewSettings() {
        compare(twins -> {
            for (int client = 0; client < 3; client++) {
                twins.query(client, "SET work_mem = '" + (5 + client) + "MB'")
                        .query(client, "PREPARE q AS SELECT current_setting('work_mem')");
                twins.say(client, Frames.parse("s", "SELECT " + client), Frames.sync());
            }
            twins.query(1, "DISCARD PLANS");
            for (int round = 0; round < 2; round++) {
                for (int client = 0; client < 3; client++) {
                    twins.query(client, "EXECUTE q").query(client, "EXECUTE q", "SELECT 1", "EXECUTE q");
                    twins.say(client, Frames.bind("", "s"), Frames.execute(""), Frames.sync());
                }
                twins.query(2, "DEALLOCATE ALL").query(2, "PREPARE q AS SELECT current_setting('work_mem')");
                twins.say(2, Frames.parse("s", "SELECT 2"), Frames.sync());
            }
        });
    }

    @Test
    void aQueryBehindNewSettingsIsCancelled() {
        compare(twins -> {
            twins.query(0, "SET work_mem = '5MB'").query(1, "SELECT 1");
            twins.cancelled(0, Frames.query("SELECT pg_sleep(30)"));
            twins.query(1, "SHOW work_mem").query(0, "SHOW work_mem");
        });
    }

    @Test
    void aPipelineOfManyBatchesBehindNewSettings() {
        compare(twins -> {
            twins.query(0, "SET work_mem = '5MB'").query(0, "SET ROLE alice");
            byte[] batch = Frames.concat(runUnnamed("SHOW work_mem"));
            byte[] fails = Frames.concat(runUnnamed("SELECT 1 / 0"));
            for (int round = 0; round < 3; round++) {
                twins.query(1, "SHOW work_mem");
                twins.sayUntil(
                        0,
                        "Z".repeat(6),
                        Frames.query("SELECT current_user"),
                        batch,
                        fails,
                        batch,
                        Frames.query("SHOW work_mem"),
                        batch);
            }
        });
    }

    @Test
    void anErrorInAStatementLeavesTheRest() {
        compare(twins -> {
            twins.query(0, "SET work_mem = '5MB'", "SELECT 1 / 0", "SET lock_timeout = 5", "SELEKT", "RESET work_mem");
            show(twins, "work_mem", "lock_timeout");
            twins.query(0, "SET work_mem = '6MB'; RESET lock_timeout; SET my.x = '1'; SHOW my.x; SHOW work_mem");
            show(twins, "work_mem", "lock_timeout");
        });
    }

    @Test
    void settingsInABatch() {
        compare(twins -> {
            twins.say(
                    0,
                    Frames.parse("", "SET work_mem = '5MB'"),
                    Frames.bind("", ""),
                    Frames.execute(""),
                    Frames.parse("", "SHOW work_mem"),
                    Frames.bind("", ""),
                    Frames.execute(""),
                    Frames.sync());
            show(twins, "work_mem");
            // an error behind it takes it back
            twins.say(
                    0,
                    Frames.parse("", "SET work_mem = '6MB'"),
                    Frames.bind("", ""),
                    Frames.execute(""),
                    Frames.parse("", "SELECT 1 / 0"),
                    Frames.bind("", ""),
                    Frames.execute(""),
                    Frames.sync());
            show(twins, "work_mem");
        });
    }

    @Test
    void aClientThatLeavesTakesItsSettingsAlong() {
        try (Pooler pooler = pooler(1).start();
                WireClient stays = pooler.client(setup.postgres())) {
            List<List<String>> before = stays.query("SHOW work_mem");
            for (String last : List.of("SELECT 1", "BEGIN", "BEGIN; SELECT 1 / 0", "SELECT pg_sleep(0.01)")) {
                try (WireClient leaves = pooler.client(setup.postgres())) {
                    leaves.query(
                            "SET work_mem = '5MB'; SET ROLE alice; SET TimeZone = 'Asia/Tokyo'; SET my.x = 'left'");
                    leaves.send(Frames.query("SET lock_timeout = 1"), Frames.query(last));
                }
                assertThat(stays.query("SHOW work_mem")).isEqualTo(before);
                assertThat(stays.query("SELECT current_user, current_setting('lock_timeout')"))
                        .containsExactly(List.of("postgres", "0"));
                assertThat(stays.query("SELECT coalesce(current_setting('my.x', true), '')"))
                        .containsExactly(List.of(""));
            }
        }
    }

    // ---------------------------------------------------------------- pins

    private void assertPinned(Pooler pooler, String... reasons) {
        // The server is asked behind the answer.
        Await.until(
                "pins " + String.join(",", reasons),
                () -> ConsoleRows.all(pooler, "SHOW PINS").stream()
                        .map(row -> row.get("reason"))
                        .toList()
                        .equals(List.of(reasons)));
    }

    /** Something that pins, and what ends that. */
    private record Pinning(String reason, String begin, String end) {}

    private static final List<Pinning> PINNINGS = List.of(
            new Pinning("temporary_tables", "CREATE TEMP TABLE t (a int)", "DROP TABLE t"),
            new Pinning("temporary_tables", "CREATE TABLE pg_temp.t (a int)", "DISCARD TEMP"),
            new Pinning("temporary_tables", "SELECT 1 AS a INTO TEMP t", "DISCARD ALL"),
            new Pinning("temporary_tables", "CREATE TEMP TABLE t AS SELECT 1", "DROP TABLE t; SELECT 1"),
            new Pinning("temporary_tables", "CREATE TEMP SEQUENCE t", "DROP SEQUENCE t"),
            new Pinning("temporary_tables", "CREATE TEMP VIEW t AS SELECT 1", "DROP VIEW t"),
            new Pinning("temporary_tables", "DO $$ BEGIN CREATE TEMP TABLE t (a int); END $$", "DROP TABLE t"),
            new Pinning(
                    "temporary_tables", "BEGIN; CREATE TEMP TABLE t (a int); COMMIT", "BEGIN; DROP TABLE t; COMMIT"),
            new Pinning("advisory_locks", "SELECT pg_advisory_lock(77)", "SELECT pg_advisory_unlock(77)"),
            new Pinning("advisory_locks", "SELECT pg_try_advisory_lock(77, 1)", "SELECT pg_advisory_unlock_all()"),
            new Pinning("advisory_locks", "SELECT pg_advisory_lock_shared(77)", "DISCARD ALL"),
            new Pinning("hold_cursors", "DECLARE c CURSOR WITH HOLD FOR SELECT 1", "CLOSE c"),
            new Pinning("hold_cursors", "DECLARE c CURSOR WITH HOLD FOR SELECT 1", "CLOSE ALL"),
            new Pinning("hold_cursors", "BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT 1; COMMIT", "DISCARD ALL"));

    @Test
    void whatCannotBeCarriedPinsUntilItIsGone() {
        try (Pooler pooler = pooler(2).start();
                WireClient client = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres())) {
            for (Pinning pinning : PINNINGS) {
                client.query(pinning.begin);
                assertPinned(pooler, pinning.reason);
                int backend = Backends.of(client);
                // then the others have the other server, and it stays its own
                int elsewhere = Backends.of(other);
                assertThat(elsewhere).as(pinning.begin).isNotEqualTo(backend);
                assertThat(Backends.of(other)).isEqualTo(elsewhere);
                assertThat(Backends.of(client)).isEqualTo(backend);
                // when it is gone
                client.query(pinning.end);
                // then so is the pin
                assertPinned(pooler);
            }
        }
    }

    @Test
    void whatPinsByTheExtendedProtocol() {
        try (Pooler pooler = pooler(1).start();
                WireClient client = pooler.client(setup.postgres())) {
            for (Pinning pinning : PINNINGS) {
                if (pinning.begin.contains(";") && !pinning.begin.startsWith("DO") || pinning.end.contains(";")) {
                    continue;
                }
                client.queryExtended(pinning.begin);
                assertPinned(pooler, pinning.reason);
                client.send(Frames.parse("end", pinning.end), Frames.sync()).expect("1 Z");
                assertPinned(pooler, pinning.reason);
                client.send(Frames.bind("", "end"), Frames.execute(""), Frames.sync())
                        .readUntil('Z');
                assertPinned(pooler);
                client.send(Frames.closeStatement("end"), Frames.sync()).expect("3 Z");
            }
        }
    }

    @Test
    void theFirstPinOfAClientIsLogged() {
        try (LogLines log = new LogLines();
                Pooler pooler = pooler(1).start();
                WireClient client = pooler.client(setup.postgres())) {
            client.query("CREATE TEMP TABLE t (a int)");
            assertPinned(pooler, "temporary_tables");
            client.query("DROP TABLE t");
            assertPinned(pooler);
            client.query("SELECT pg_advisory_lock(77)");
            assertPinned(pooler, "advisory_locks");
            assertThat(log.lines().stream().filter(line -> line.contains(" keeps S-")))
                    .singleElement()
                    .asString()
                    .contains("TEMPORARY_TABLES");
        }
    }

    @Test
    void whatIsRolledBackPinsNobody() {
        try (Pooler pooler = pooler(1).start();
                WireClient client = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres())) {
            for (String sql : List.of(
                    "BEGIN; CREATE TEMP TABLE t (a int); ROLLBACK",
                    "CREATE TEMP TABLE t (a int) ON COMMIT DROP",
                    "BEGIN; CREATE TEMP TABLE t (a int) ON COMMIT DROP; COMMIT",
                    "BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT 1; ROLLBACK",
                    "BEGIN; DECLARE c CURSOR FOR SELECT 1; COMMIT",
                    "SELECT pg_advisory_xact_lock(77)",
                    "SELECT pg_advisory_lock(77), pg_advisory_unlock(77)",
                    "SELECT 'CREATE TEMP TABLE t (a int)'")) {
                client.query(sql);
                assertThat(other.query("SELECT 1")).as(sql).hasSize(1);
                assertPinned(pooler);
            }
        }
    }

    @Test
    void severalReasonsAreAllShown() {
        try (Pooler pooler = pooler(1).start();
                WireClient client = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres())) {
            client.query("CREATE TEMP TABLE t (a int); SELECT pg_advisory_lock(77)");
            client.query("DECLARE c CURSOR WITH HOLD FOR SELECT 1");
            assertPinned(pooler, "temporary_tables", "advisory_locks", "hold_cursors");
            client.query("SELECT pg_advisory_unlock(77)");
            assertPinned(pooler, "temporary_tables", "hold_cursors");
            client.query("DROP TABLE t");
            assertPinned(pooler, "hold_cursors");
            client.query("CLOSE c");
            assertThat(other.query("SELECT 1")).hasSize(1);
        }
    }

    private static final List<String> LEFT = List.of(
            "CREATE TEMP TABLE t (a int)",
            "SELECT pg_advisory_lock(77)",
            "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
            "LOAD 'plpgsql'",
            "SET work_mem = '5MB'; CREATE TEMP TABLE t (a int); SET ROLE alice; SET my.x = 'left'");

    @Test
    void aPinnedClientThatLeavesLeavesNothingBehind() {
        try (Pooler pooler = pooler(1).start();
                WireClient stays = pooler.client(setup.postgres())) {
            for (String sql : LEFT) {
                for (String last : List.of("SELECT 1", "BEGIN", "BEGIN; SELECT 1 / 0")) {
                    try (WireClient leaves = pooler.client(setup.postgres())) {
                        leaves.query(sql);
                        leaves.send(Frames.query(last));
                    }
                    assertNothingLeft(stays, sql);
                    assertPinned(pooler);
                }
            }
        }
    }

    @Test
    void aPinnedClientThatLeavesBeforeItsAnswerLeavesNothingBehind() {
        try (Pooler pooler = pooler(1).start();
                WireClient stays = pooler.client(setup.postgres())) {
            for (String sql : LEFT) {
                for (String last : List.of("SELECT 1", "BEGIN", "BEGIN; SELECT 1 / 0")) {
                    try (WireClient leaves = pooler.client(setup.postgres())) {
                        leaves.send(Frames.query(sql), Frames.query(last));
                    }
                    assertNothingLeft(stays, sql);
                }
            }
        }
    }

    private static void assertNothingLeft(WireClient client, String sql) {
        assertThat(client.query("SELECT to_regclass('pg_temp.t')")).as(sql).containsExactly(NULL_ROW);
        assertThat(client.query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"))
                .as(sql)
                .containsExactly(List.of("0"));
        assertThat(client.query("SELECT count(*) FROM pg_cursors WHERE is_holdable"))
                .as(sql)
                .containsExactly(List.of("0"));
        assertThat(client.query("SELECT current_user, current_setting('work_mem'), current_setting('my.x', true)"))
                .as(sql)
                .allSatisfy(row -> assertThat(row.subList(0, 2)).containsExactly("postgres", "4MB"))
                .allSatisfy(row -> assertThat(row.get(2)).isIn(null, ""));
    }

    private static final List<String> NULL_ROW = java.util.Collections.singletonList(null);

    @Test
    void aPinnedServerThatIsLostTakesThePinAlong() {
        try (Pooler pooler = pooler(1).start();
                WireClient other = pooler.client(setup.postgres());
                WireClient client = pooler.client(setup.postgres())) {
            client.query("CREATE TEMP TABLE t (a int)");
            Backends.terminate(setup.postgres(), Backends.of(client));
            assertThat(Ending.of(client).severity()).isEqualTo("FATAL");
            assertThat(other.query("SELECT 1")).hasSize(1);
            assertPinned(pooler);
        }
    }

    // ---------------------------------------------------------------- what the operator wants

    private static ErrorFields errorOf(WireClient client, byte[]... frames) {
        List<Message> answer = client.send(frames).readUntil('Z');
        return answer.stream()
                .filter(message -> message.type() == 'E')
                .findFirst()
                .orElseThrow(() -> new AssertionError("no error, but " + answer))
                .asError();
    }

    private static final Map<String, String> SQL_BY_FEATURE = Map.of(
            "settings", "SET work_mem = '5MB'",
            "listen", "LISTEN news",
            "temporary_tables", "CREATE TEMP TABLE t (a int)",
            "advisory_locks", "SELECT pg_advisory_lock(77)",
            "hold_cursors", "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
            "load", "LOAD 'plpgsql'",
            "code", "DO $$ BEGIN NULL; END $$");

    @Test
    void whatIsRejectedFailsClearly() {
        SQL_BY_FEATURE.forEach((feature, sql) -> {
            try (Pooler pooler = pooler(1)
                            .set("session_features", feature + "=reject")
                            .start();
                    WireClient client = pooler.client(setup.postgres())) {
                for (byte[][] frames : List.of(
                        new byte[][] {Frames.query(sql)},
                        runUnnamed(sql),
                        new byte[][] {Frames.parse("named", sql), Frames.sync()},
                        new byte[][] {Frames.query("SELECT 1; " + sql)})) {
                    ErrorFields error = errorOf(client, frames);
                    assertThat(error.sqlstate()).as(sql).isEqualTo("0A000");
                    assertThat(error.severity()).isEqualTo("ERROR");
                    assertThat(error.message()).isNotEmpty().doesNotContain("pgweir_");
                    assertThat(error.hint()).isNotEmpty();
                    assertThat(client.transactionStatus()).isEqualTo('I');
                    assertThat(client.query("SELECT 1")).hasSize(1);
                }
                // inside a transaction it fails as any other statement does
                client.query("BEGIN");
                assertThat(errorOf(client, Frames.query(sql)).sqlstate()).isEqualTo("0A000");
                assertThat(client.transactionStatus()).isEqualTo('E');
                assertThat(errorOf(client, Frames.query("SELECT 1")).sqlstate()).isEqualTo("25P02");
                client.query("ROLLBACK");
                // and all else goes on
                SQL_BY_FEATURE.forEach((otherFeature, other) -> {
                    if (!otherFeature.equals(feature)) {
                        client.query(other);
                    }
                });
                client.query("SELECT 1");
            }
        });
    }

    @Test
    void preparedStatementsCanOnlyBeTrackedOrIgnored() {
        for (String policy : List.of("reject", "pin")) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> pooler(1)
                            .set("session_features", "prepared_statements=" + policy)
                            .start());
        }
    }

    @Test
    @Sees("session_features")
    void whatIsIgnoredStaysWithTheServer() {
        try (Pooler pooler = pooler(1).set("session_features", "ignore").start();
                WireClient client = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres())) {
            client.query("SET work_mem = '5MB'; CREATE TEMP TABLE t (a int)");
            assertThat(other.query("SHOW work_mem")).containsExactly(List.of("5MB"));
            assertThat(other.query("SELECT * FROM t")).isEmpty();
            assertPinned(pooler);
        }
    }

    @Test
    void whatIsPinnedKeepsItsServer() {
        try (Pooler pooler = pooler(2)
                        .set("session_features", "settings=pin, listen=pin")
                        .start();
                WireClient client = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres())) {
            client.query("SET work_mem = '5MB'");
            assertPinned(pooler, "settings");
            int backend = Backends.of(client);
            assertThat(Backends.of(other)).isNotEqualTo(backend);
            client.query("RESET work_mem");
            assertPinned(pooler);
            client.query("LISTEN news");
            assertPinned(pooler, "listen");
            other.query("NOTIFY news, 'it rains'");
            assertThat(client.read().type()).isEqualTo('A');
            client.query("UNLISTEN *");
            assertPinned(pooler);
        }
    }

    @Test
    @Sees({"database.session_features", "user.session_features"})
    void theUsersWishBeatsTheDatabasesAndThatTheGlobalOne() {
        try (Pooler pooler = setup.emptyPooler()
                .set("default_pool_size", "1")
                .set("session_features", "temporary_tables=reject")
                .database(setup.postgres(), "session_features='advisory_locks=reject'")
                .user("stats", "session_features=settings=reject")
                .start()) {
            setup.postgres().execute("DROP ROLE IF EXISTS stats; CREATE ROLE stats LOGIN");
            try (WireClient ofDatabase = pooler.client(setup.postgres());
                    WireClient ofUser =
                            pooler.client("stats", "", setup.postgres().database())) {
                ofDatabase.query("CREATE TEMP TABLE t (a int); DROP TABLE t; SET work_mem = '5MB'");
                WireError error = assertThrows(WireError.class, () -> ofDatabase.query("SELECT pg_advisory_lock(77)"));
                assertThat(error.fields().sqlstate()).isEqualTo("0A000");
                ofUser.query("SELECT pg_advisory_lock(77); SELECT pg_advisory_unlock(77)");
                error = assertThrows(WireError.class, () -> ofUser.query("SET work_mem = '5MB'"));
                assertThat(error.fields().sqlstate()).isEqualTo("0A000");
            }
        } finally {
            setup.postgres().execute("DROP ROLE IF EXISTS stats");
        }
    }
}

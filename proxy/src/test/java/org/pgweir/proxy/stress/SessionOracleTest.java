package org.pgweir.proxy.stress;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.SharedPostgres;
import org.pgweir.proxy.behaviour.Twins;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.Frames;

/**
 * Fifty clients with all sorts of session state share five servers, with errors, cancels, rollbacks, and connections that end in the
 * middle. Each has a twin that talks to PostgreSQL itself, and must hear the same. {@code -Dpgweir.oracle.seed} repeats a run as far
 * as threads can be repeated, {@code -Dpgweir.oracle.steps} makes it longer.
 */
class SessionOracleTest {
    private static final long SEED = Long.getLong("pgweir.oracle.seed", 20_261_121);
    private static final int STEPS = Integer.getInteger("pgweir.oracle.steps", 200);
    private static final int CLIENTS = 50;
    private static final int SERVERS = 5;
    private static final int LONGEST_MINUTES = 60;

    private static final String[] SETTINGS = {
        "work_mem", "lock_timeout", "search_path", "application_name", "TimeZone", "DateStyle", "IntervalStyle", "my.x"
    };
    private static final Map<String, String[]> VALUES = Map.of(
            "work_mem", new String[] {"'5MB'", "'6MB'", "7000", "'nonsense'"},
            "lock_timeout", new String[] {"'20s'", "30000", "DEFAULT"},
            "search_path", new String[] {"public", "pg_catalog, \"$user\"", "''", "\"a b\", 'c''d'"},
            "application_name", new String[] {"'one'", "'two''s'", "''", "DEFAULT"},
            "TimeZone", new String[] {"'Asia/Tokyo'", "'UTC'", "-3", "'Nowhere/Land'"},
            "DateStyle", new String[] {"'German'", "'SQL, DMY'", "'ISO'"},
            "IntervalStyle", new String[] {"'iso_8601'", "'sql_standard'"},
            "my.x", new String[] {"'mine'", "'it''s'", "''", "E'a\\\\b'"});

    private static final List<Map<String, String>> STARTUPS = List.of(
            Map.of(),
            Map.of("application_name", "started"),
            Map.of("TimeZone", "America/Lima", "DateStyle", "SQL, DMY"),
            Map.of("options", "-c work_mem=8MB -c my.x=started -c search_path=pg_catalog"),
            Map.of("IntervalStyle", "postgres_verbose", "TimeZone", "Asia/Tokyo"));

    @Test
    void givenFewServersWhenSessionsAreFullOfStateThenEachClientHearsWhatPostgresSays() throws Exception {
        EmbeddedPostgres postgres = SharedPostgres.current();
        Twins.makeDatabase(postgres);
        postgres.execute("DROP ROLE IF EXISTS oracle_role; CREATE ROLE oracle_role");
        try (Pooler pooler = Pooler.builder()
                .database(postgres, "pool_size=" + SERVERS)
                .set("event_loops", "2")
                .set("max_prepared_statements", "10")
                .set("log_connections", "0")
                .set("log_disconnections", "0")
                .start()) {
            ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
            try {
                List<Future<Void>> clients = new ArrayList<>();
                for (int i = 0; i < CLIENTS; i++) {
                    clients.add(threads.submit(script(postgres, pooler, i)));
                }
                AssertionError all = null;
                for (Future<Void> client : clients) {
                    try {
                        client.get(LONGEST_MINUTES, TimeUnit.MINUTES);
                    } catch (ExecutionException e) {
                        if (all == null) {
                            all = new AssertionError("some clients heard something else");
                        }
                        all.addSuppressed(e.getCause());
                    }
                }
                if (all != null) {
                    throw all;
                }
            } finally {
                threads.shutdownNow();
                threads.awaitTermination(1, TimeUnit.MINUTES);
            }
            // and nothing is left on any server
            try (Twins last = new Twins(postgres, pooler, SERVERS)) {
                for (int i = 0; i < SERVERS; i++) {
                    last.query(i, "BEGIN");
                }
                for (int i = 0; i < SERVERS; i++) {
                    for (String setting : List.of("work_mem", "lock_timeout", "search_path", "TimeZone", "DateStyle")) {
                        last.query(i, "SHOW " + setting);
                    }
                    last.query(i, "SELECT current_user, to_regclass('pg_temp.t')");
                    last.query(i, "SELECT count(*) FROM pg_cursors WHERE is_holdable");
                    last.query(i, "COMMIT");
                }
            }
            assertThat(pooler.console("SHOW PINS")).isEmpty();
        } finally {
            postgres.execute("DROP ROLE IF EXISTS oracle_role");
        }
    }

    private static Callable<Void> script(EmbeddedPostgres postgres, Pooler pooler, int client) {
        return () -> {
            Random random = new Random(SEED + client);
            try (Twins twins = new Twins(postgres, pooler, 0)) {
                twins.connect(pick(STARTUPS, random));
                for (int step = 0; step < STEPS; step++) {
                    step(twins, client, random);
                }
                twins.query(0, "ROLLBACK")
                        .query(0, "SELECT pg_advisory_unlock_all()")
                        .query(0, "DISCARD ALL");
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("client " + client + ", -Dpgweir.oracle.seed=" + SEED, e);
            }
            return null;
        };
    }

    private static void step(Twins twins, int client, Random random) {
        int dice = random.nextInt(100);
        if (dice < 22) {
            twins.query(0, change(random, twins.status(0)));
        } else if (dice < 44) {
            twins.query(0, show(random));
        } else if (dice < 62) {
            twins.query(0, transaction(random));
        } else if (dice < 74) {
            pin(twins, client, random);
        } else if (dice < 92) {
            prepared(twins, random);
        } else if (dice < 95) {
            twins.query(0, "SELECT 1 / " + random.nextInt(2), "SELECT '" + random.nextInt() + "'");
        } else if (dice < 97) {
            twins.cancelled(0, Frames.query("SELECT pg_sleep(30)"));
        } else {
            byte[][] lastWords = {Frames.query(change(random, 'T')), Frames.query("BEGIN; SELECT pg_sleep(0.01)")};
            twins.comeBack(0, pick(STARTUPS, random), random.nextBoolean() ? lastWords : new byte[0][]);
        }
    }

    private static String change(Random random, char status) {
        String setting = pick(List.of(SETTINGS), random);
        String value = pick(List.of(VALUES.get(setting)), random);
        String set = "SET " + (random.nextInt(4) == 0 ? "LOCAL " : "") + setting + " = " + value;
        return switch (random.nextInt(12)) {
            case 0 -> "RESET " + setting;
            case 1 ->
                random.nextBoolean()
                        ? "RESET ALL"
                        : "RESET " + setting + "; " + set + "; RESET work_mem; SHOW work_mem";
            case 2 -> status == 'I' ? "DISCARD ALL" : "SELECT 1";
            case 3 -> "SET ROLE oracle_role";
            case 4 -> "RESET ROLE";
            case 5 -> "SELECT set_config('work_mem', '9MB', " + random.nextBoolean() + ")";
            case 6 -> "DO $$ BEGIN SET lock_timeout = 25000; END $$";
            case 7 -> set + "; SELECT 1 / " + random.nextInt(2);
            default -> set;
        };
    }

    private static String[] show(Random random) {
        return new String[] {
            "SELECT current_user, coalesce(nullif(current_setting('my.x', true), ''), 'none')",
            "SHOW " + SETTINGS[random.nextInt(SETTINGS.length - 1)],
            "SELECT timestamptz '2026-11-21 12:00 UTC', date '2026-11-21', interval '1 day 2 hours'",
            "SHOW work_mem"
        };
    }

    private static String[] transaction(Random random) {
        String[] all = {"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT p", "ROLLBACK TO p", "RELEASE p", "COMMIT", "ROLLBACK"
        };
        return new String[] {pick(List.of(all), random)};
    }

    private static void pin(Twins twins, int client, Random random) {
        String key = Integer.toString(client);
        String[] all = {
            "CREATE TEMP TABLE IF NOT EXISTS t (a int)",
            "INSERT INTO t VALUES (1)",
            "SELECT count(*) FROM t",
            "DROP TABLE IF EXISTS t",
            "DROP TABLE t",
            "SELECT pg_advisory_lock(" + key + ")",
            "SELECT pg_advisory_unlock(" + key + ")",
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
            "SELECT pg_advisory_unlock_all()",
            "DECLARE c CURSOR WITH HOLD FOR SELECT generate_series(1, 3)",
            "FETCH c",
            "CLOSE ALL"
        };
        twins.query(0, pick(List.of(all), random));
    }

    private static void prepared(Twins twins, Random random) {
        String name = "s" + random.nextInt(3);
        int number = random.nextInt(4);
        if (twins.status(0) == 'E' && random.nextBoolean()) {
            twins.query(0, "ROLLBACK");
            return;
        }
        switch (random.nextInt(8)) {
            case 0 ->
                twins.say(0, Frames.parse(name, "SELECT " + number + ", $1::int /* " + name + " */"), Frames.sync());
            case 1, 2 -> twins.say(0, Frames.bind("", name, "" + number), Frames.execute(""), Frames.sync());
            case 3 -> twins.say(0, Frames.closeStatement(name), Frames.sync());
            case 4 -> twins.query(0, "PREPARE q" + name + " AS SELECT " + number);
            case 5, 6 -> twins.query(0, "EXECUTE q" + name);
            default -> twins.query(0, "DEALLOCATE q" + name);
        }
    }

    private static <T> T pick(List<T> all, Random random) {
        return all.get(random.nextInt(all.size()));
    }
}

package org.pgweir.proxy.stress;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.SharedPostgres;
import org.pgweir.proxy.behaviour.Twins;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.Frames;

/**
 * Clients that share few servers send random batches of the extended protocol, with errors, transactions and statements of SQL's
 * PREPARE in between; each must hear what PostgreSQL itself would have said. Some runs are the same every time, the others random; the
 * name of a run has its seed. {@code -Dpgweir.oracle.seed} repeats runs, {@code -Dpgweir.oracle.steps} makes them longer, {@code
 * -Dpgweir.oracle.rounds} more.
 */
class PipelineOracleTest {
    private static final Long SEED = Long.getLong("pgweir.oracle.seed");
    private static final long USUAL_SEED = 20_261_121;
    private static final int ROUNDS = Integer.getInteger("pgweir.oracle.rounds", 8);
    private static final int STEPS = Integer.getInteger("pgweir.oracle.steps", 100);
    private static final int CLIENTS = 4;
    private static final int[] KEEP = {1, 2, 100};

    private static final String[] GOOD = {
        "SELECT 'a'",
        "SELECT 'b', $1::int",
        "SELECT $1::int",
        "SELECT $1::text",
        "SELECT 1 / $1::int",
        "SELECT generate_series(1, 3)",
        "SELECT 1 / nullif(1, 1)",
        ""
    };

    private static final String[] BAD = {"SELEKT", "SELECT * FROM nowhere", "SELECT 'a'; SELECT 'b'"};

    private static final String[] TRANSACTIONS = {
        "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT p", "ROLLBACK TO p", "SELECT 1 / nullif(1, 1)"
    };
    private static final String[] NAMES = {"", "a", "b", "c"};
    private static final String[] SQL_NAMES = {"a", "b", "c"};
    private static final String[] PORTALS = {"", "", "p"};
    private static final String[] VALUES = {"0", "1", "x"};

    /** What a run is made of. */
    enum Kind {
        /** The protocol's statements, a batch at a time. */
        PROTOCOL,
        /** Several batches at a time. */
        PIPELINES,
        /** With statements of SQL, of the same names. */
        SQL
    }

    record Run(Kind kind, int poolSize, int keep, long seed) {}

    record Step(int who, byte[][] frames) {}

    static List<Run> runs() {
        List<Run> runs = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            for (int poolSize = 1; poolSize <= 2; poolSize++) {
                for (int keep : KEEP) {
                    runs.add(new Run(kind, poolSize, keep, SEED == null ? USUAL_SEED + runs.size() : SEED));
                }
            }
        }
        for (int round = 0; round < ROUNDS && SEED == null; round++) {
            Random random = new Random();
            for (Kind kind : Kind.values()) {
                int keep = KEEP[random.nextInt(KEEP.length)];
                runs.add(new Run(kind, 1 + random.nextInt(2), keep, random.nextInt(Integer.MAX_VALUE)));
            }
        }
        return runs;
    }

    @ParameterizedTest
    @MethodSource("runs")
    void givenFewServersWhenManyBatchesAreSentThenEachClientHearsWhatPostgresSays(Run run) {
        EmbeddedPostgres postgres = SharedPostgres.current();
        Random random = new Random(run.seed);
        try (Pooler pooler = Pooler.builder()
                        .database(postgres, "pool_size=" + run.poolSize)
                        .set("max_prepared_statements", Integer.toString(run.keep))
                        .start();
                Twins twins = new Twins(postgres, pooler, CLIENTS)) {
            for (int step = 0; step < STEPS; step++) {
                Step next = step(twins, run, random);
                twins.say(next.who(), next.frames());
                if (twins.isClosed(next.who())) {
                    twins.comeBack(next.who(), Map.of());
                }
            }
        }
    }

    static Step step(Twins twins, Run run, Random random) {
        int who = whoMayTalk(twins, run, random);
        return new Step(who, batches(run.kind, random));
    }

    /** Someone for whom there is a server: whoever is in a transaction has one. */
    private static int whoMayTalk(Twins twins, Run run, Random random) {
        List<Integer> holders = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            if (twins.status(i) != 'I') {
                holders.add(i);
            }
        }
        return holders.size() < run.poolSize ? random.nextInt(CLIENTS) : holders.get(random.nextInt(holders.size()));
    }

    private static byte[][] batches(Kind kind, Random random) {
        List<byte[]> frames = new ArrayList<>();
        int batches = kind == Kind.PIPELINES ? 1 + random.nextInt(3) : 1;
        for (int i = 0; i < batches; i++) {
            if (kind == Kind.SQL && random.nextInt(3) == 0) {
                frames.add(Frames.query(sql(random)));
            } else {
                batch(frames, kind, random);
            }
        }
        return frames.toArray(byte[][]::new);
    }

    private static void batch(List<byte[]> frames, Kind kind, Random random) {
        int messages = 1 + random.nextInt(4);
        for (int i = 1; i <= messages; i++) {
            message(frames, kind, random);
        }
        frames.add(Frames.sync());
    }

    private static String sql(Random random) {
        String name = pick(SQL_NAMES, random);
        return switch (random.nextInt(9)) {
            case 0, 1 -> "PREPARE " + name + " AS SELECT 'sql " + random.nextInt(3) + "'";
            case 2 -> "PREPARE " + name + "(int) AS SELECT $1 + 1";
            case 3 -> "EXECUTE " + name;
            case 4 -> "EXECUTE " + name + "(2)";
            case 5 -> "DEALLOCATE " + name;
            case 6 -> random.nextInt(4) == 0 ? "DEALLOCATE ALL" : "SELECT 1";
            default -> pick(TRANSACTIONS, random);
        };
    }

    private static void message(List<byte[]> frames, Kind kind, Random random) {
        String name = pick(NAMES, random);
        String portal = pick(PORTALS, random);
        switch (random.nextInt(12)) {
            case 0, 1, 2, 3 -> {
                String sql = random.nextInt(4) == 0 ? pick(TRANSACTIONS, random) : any(random);
                frames.add(Frames.parse(name, sql));
            }
            case 4, 5, 6, 7 -> {
                if (kind == Kind.SQL && random.nextInt(3) == 0) {
                    name = pick(SQL_NAMES, random);
                }
                String[] values = random.nextInt(4) < 3 ? new String[0] : new String[] {pick(VALUES, random)};
                frames.add(Frames.bind(portal, name, values));
                if (random.nextInt(3) == 0) {
                    frames.add(Frames.describePortal(portal));
                }
                frames.add(Frames.execute(portal, random.nextInt(3)));
            }
            case 8 -> frames.add(Frames.describeStatement(name));
            case 9 -> frames.add(Frames.closeStatement(name));
            case 10 -> frames.add(Frames.closePortal(portal));
            default -> frames.add(Frames.flush());
        }
    }

    private static String any(Random random) {
        return random.nextInt(3) == 0 ? pick(BAD, random) : pick(GOOD, random);
    }

    private static String pick(String[] all, Random random) {
        return all[random.nextInt(all.length)];
    }
}

package org.pgweir.bench.compare;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.pgweir.bench.LoadGenerator;
import org.pgweir.bench.LoadSample;
import org.pgweir.bench.Transaction;

/**
 * Carries a plan out: for each case all contenders in turn, round after round; then what would have disturbed that. A step that goes
 * wrong is reported, and the others are done all the same.
 */
final class Comparison {
    /** How much longer the first warm-up of a process is: Java has all its compiling before it. */
    private static final int FIRST_WARM_UP = 3;

    private static final int CONNECTIONS_PER_SECOND = 200;

    private static final double START_SECONDS = 1;
    private static final double IDLE_SECONDS = 32;

    /** By then a JVM has given back what it took for compiling, and what is left is the clients'. */
    private static final long SETTLE_SECONDS = 12;

    private static final double STORM_SECONDS = 10;

    private static final int QUERYING_CLIENTS = 8;
    private static final int STORMING_CLIENTS = 1_000;

    /** Before those that count. Java compiles what is used often. */
    private static final int UNSEEN_STORMS = 4;

    private static final int STORMS = 4;

    /** pgbench connects, and its log is read. */
    private static final double RUN_OVERHEAD_SECONDS = 0.5;

    private static final double BYTES_OF_MEGABYTE = 1 << 20;

    /** Something to be done by and by. */
    private record Step(String what, double seconds, Action action) {}

    @FunctionalInterface
    private interface Action {
        void run() throws IOException, InterruptedException;
    }

    private final Plan plan;
    private final Stage stage;
    private final SystemCalls.Counter counter;
    private final Results results;
    private final List<String> failures = new ArrayList<>();
    private final List<Step> steps = new ArrayList<>();
    private final Map<Contender, Pooler> poolers = new HashMap<>();

    Comparison(Plan plan, Stage stage, SystemCalls.Counter counter) {
        this.plan = plan;
        this.stage = stage;
        this.counter = counter;
        this.results =
                new Results(plan.contenders().contains(Contender.PGBOUNCER) ? Contender.PGBOUNCER : Contender.DIRECT);
        plan.loads().forEach(this::planLoads);
        plan.of(Scenario.START).forEach(measured -> planRounds(measured, START_SECONDS, this::measureStart));
        plan.of(Scenario.IDLE).forEach(measured -> planRounds(measured, IDLE_SECONDS, this::measureIdle));
        for (Scenario storm : List.of(Scenario.STORM, Scenario.STORM_PLAIN)) {
            plan.of(storm).forEach(measured -> planRounds(measured, STORM_SECONDS, this::measureStorm));
        }
    }

    Results results() {
        return results;
    }

    /** What went wrong; empty if nothing did. */
    List<String> failures() {
        return failures;
    }

    /** @param afterStep what was found until then may be written */
    void run(Runnable afterStep) throws InterruptedException {
        Progress progress = new Progress(
                System.err,
                steps.size(),
                steps.stream().mapToDouble(Step::seconds).sum());
        for (Step step : steps) {
            progress.next(step.what(), step.seconds());
            try {
                step.action().run();
            } catch (IOException | RuntimeException | AssertionError e) {
                if (stage.isClosed()) {
                    throw new InterruptedException("the stage has been closed");
                }
                failures.add(step.what() + ": " + e.getMessage());
                System.err.println("FAILED: " + e.getMessage());
            }
            afterStep.run();
        }
    }

    // The plan

    private void planLoads(Profile profile, List<Case> cases) {
        for (Contender contender : plan.contenders()) {
            if (contender.isPooler()) {
                steps.add(new Step(
                        "starting " + contender.title(), START_SECONDS, () -> startPooler(contender, profile)));
            }
        }
        for (Case measured : cases) {
            for (Contender contender : plan.contenders(measured)) {
                boolean first = cases.stream()
                        .filter(earlier -> plan.contenders(earlier).contains(contender))
                        .findFirst()
                        .equals(Optional.of(measured));
                planWarmUp(measured, contender, first || measured.scenario().isSlow() ? FIRST_WARM_UP : 1);
            }
            planRounds(measured, plan.seconds() + RUN_OVERHEAD_SECONDS, this::record);
        }
        if (plan.probeSeconds() > 0) {
            for (Case measured : cases) {
                for (Contender contender : plan.contenders(measured)) {
                    if (contender.isPooler()) {
                        plan(measured, contender, "probe", plan.probeSeconds(), () -> probe(measured, contender));
                    }
                }
            }
        }
        steps.add(new Step("ending these poolers", 0, this::endPoolers));
    }

    private void planWarmUp(Case measured, Contender contender, int factor) {
        int seconds = switch (contender.kind()) {
            case DIRECT -> 0;
            // Enough for it to open its servers.
            case PGBOUNCER -> Math.min(plan.warmUpSeconds(), 1);
            case PGWEIR -> factor * plan.warmUpSeconds();
        };
        if (seconds > 0) {
            plan(measured, contender, "warm-up", seconds, () -> load(measured, contender, seconds));
        }
    }

    /** One turn of a contender. */
    @FunctionalInterface
    private interface Turn {
        void run(Case measured, Contender contender) throws IOException, InterruptedException;
    }

    private void planRounds(Case measured, double seconds, Turn turn) {
        for (int round = 1; round <= plan.rounds(); round++) {
            for (Contender contender : plan.contenders(measured)) {
                String what = "round " + round + " of " + plan.rounds();
                plan(measured, contender, what, seconds, () -> turn.run(measured, contender));
            }
        }
    }

    private void plan(Case measured, Contender contender, String what, double seconds, Action action) {
        steps.add(new Step(measured.title() + ", " + contender.title() + ", " + what, seconds, action));
    }

    // Busy clients

    private void startPooler(Contender contender, Profile profile) throws IOException {
        poolers.put(contender, Pooler.start(stage, contender, profile, plan.poolSize(profile)));
    }

    private void endPoolers() {
        poolers.values().forEach(Pooler::close);
        poolers.clear();
    }

    private void record(Case measured, Contender contender) throws IOException, InterruptedException {
        Pooler pooler = poolers.get(contender);
        ProcessUsage before = pooler == null ? null : pooler.usage();
        Run run = load(measured, contender, plan.seconds());
        Map<Metric, Double> values = new EnumMap<>(Metric.class);
        double megabytes = measured.scenario().bytes() / BYTES_OF_MEGABYTE;
        values.put(Metric.TRANSACTIONS, run.perSecond());
        if (megabytes > 0) {
            values.put(Metric.MEGABYTES, run.perSecond() * megabytes);
        }
        values.put(Metric.P50, run.micros().getValueAtPercentile(50) / 1e3);
        values.put(Metric.P99, run.micros().getValueAtPercentile(99) / 1e3);
        values.put(Metric.P999, run.micros().getValueAtPercentile(99.9) / 1e3);
        if (pooler != null) {
            ProcessUsage used = pooler.usage().since(before);
            double transactions = run.transactions();
            values.put(Metric.CPU, used.totalMicros() / transactions);
            values.put(Metric.USER_CPU, used.userMicros() / transactions);
            values.put(Metric.SYSTEM_CPU, used.systemMicros() / transactions);
            if (megabytes > 0) {
                values.put(Metric.CPU_PER_MEGABYTE, used.totalMicros() / transactions / megabytes);
            }
            values.put(Metric.RESIDENT, pooler.residentBytes() / BYTES_OF_MEGABYTE);
        }
        Series series = results.of(measured, contender);
        values.forEach(series::add);
        series.addLatencies(run.micros());
    }

    /** What would disturb the rounds. */
    private void probe(Case measured, Contender contender) throws IOException, InterruptedException {
        Series series = results.of(measured, contender);
        long pid = running(contender).pid();
        Optional<LoopHeap> heap = contender.kind() == Contender.Kind.PGWEIR ? LoopHeap.attach(pid) : Optional.empty();
        Optional<SystemCalls> calls = SystemCalls.begin(counter, stage, pid);
        try {
            long allocated = heap.map(LoopHeap::allocatedBytes).orElse(0L);
            double transactions = load(measured, contender, plan.probeSeconds()).transactions();
            heap.ifPresent(loops -> series.add(Metric.HEAP, (loops.allocatedBytes() - allocated) / transactions));
            if (calls.isPresent()) {
                calls.get().end().ifPresent(count -> series.add(Metric.SYSTEM_CALLS, count / transactions));
            }
        } finally {
            if (calls.isPresent()) {
                calls.get().close();
            }
            if (heap.isPresent()) {
                heap.get().close();
            }
        }
    }

    private Run load(Case measured, Contender contender, int seconds) throws IOException, InterruptedException {
        Scenario scenario = measured.scenario();
        int port = contender.isPooler() ? running(contender).port() : stage.postgresPort();
        // pgbench connects within its time, and each connection is a process to be started if there is no pooler.
        int connecting = contender.isPooler() ? 0 : measured.clients() / CONNECTIONS_PER_SECOND;
        try {
            Run run = scenario.load().run(stage, port, scenario.profile(), measured.clients(), seconds + connecting);
            if (run.failed() > 0 || run.transactions() == 0) {
                throw new IOException(run.failed() + " transactions failed, " + run.transactions() + " did not");
            }
            return run;
        } catch (IOException e) {
            String log = contender.isPooler()
                    ? running(contender).lastLog()
                    : stage.postgres().log();
            throw new IOException(e.getMessage() + "\nThe end of the log of " + contender.title() + ":\n" + log, e);
        }
    }

    private Pooler running(Contender contender) throws IOException {
        Pooler pooler = poolers.get(contender);
        if (pooler == null || !pooler.isAlive()) {
            throw new IOException(contender.title() + " is not running");
        }
        return pooler;
    }

    // Clients that are not busy

    private void measureStart(Case measured, Contender contender) throws IOException {
        try (Pooler pooler = Pooler.start(stage, contender, measured.scenario().profile(), Plan.POOL_SIZE)) {
            Series series = results.of(measured, contender);
            series.add(Metric.LOGIN, pooler.nanosToLogin() / 1e6);
            series.add(Metric.RESIDENT, pooler.residentBytes() / BYTES_OF_MEGABYTE);
        }
    }

    private void measureIdle(Case measured, Contender contender) throws IOException, InterruptedException {
        Profile profile = measured.scenario().profile();
        try (Pooler pooler = Pooler.start(stage, contender, profile, Plan.POOL_SIZE)) {
            TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
            long before = pooler.residentBytes();
            Transaction nothing = Transaction.of(";");
            try (LoadGenerator idle = LoadGenerator.connect(
                    stage.target(pooler.port(), profile), measured.clients(), 1, random -> nothing)) {
                TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
                long with = pooler.residentBytes();
                Series series = results.of(measured, contender);
                series.add(Metric.PER_CLIENT, (with - before) / (double) idle.connected());
                series.add(Metric.RESIDENT, with / BYTES_OF_MEGABYTE);
            }
        }
    }

    private void measureStorm(Case measured, Contender contender) throws IOException, InterruptedException {
        Profile profile = measured.scenario().profile();
        Transaction query = Transaction.of("SELECT 1");
        try (Pooler pooler = Pooler.start(stage, contender, profile, Plan.POOL_SIZE)) {
            LoadGenerator.Target target = stage.target(pooler.port(), profile);
            try (LoadGenerator queries = LoadGenerator.connect(target, QUERYING_CLIENTS, 1, random -> query)) {
                queries.start();
                LoadSample calm = LoadSample.empty();
                LoadSample stormy = LoadSample.empty();
                int logins = 0;
                for (int i = 0; i < UNSEEN_STORMS + STORMS; i++) {
                    if (i == UNSEEN_STORMS) {
                        calm = LoadSample.empty();
                        stormy = LoadSample.empty();
                        logins = 0;
                    }
                    queries.sample();
                    TimeUnit.SECONDS.sleep(1);
                    calm = calm.plus(queries.sample());
                    try (LoadGenerator storm = LoadGenerator.connect(target, STORMING_CLIENTS, 1, random -> query)) {
                        stormy = stormy.plus(queries.sample());
                        logins += storm.connected();
                    }
                }
                if (queries.firstError() != null) {
                    throw new IOException("a query failed: " + queries.firstError());
                }
                Series series = results.of(measured, contender);
                series.add(Metric.LOGINS, logins * 1e9 / stormy.nanos());
                series.add(Metric.CALM_P99, calm.millisAt(99));
                series.add(Metric.STORM_P99, stormy.millisAt(99));
                series.add(Metric.STORM_FACTOR, stormy.millisAt(99) / calm.millisAt(99));
            }
        }
    }
}

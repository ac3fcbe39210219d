package org.pgweir.bench.compare;

import java.io.IOException;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Carries a plan out: for each case all contenders in turn, round after round. */
final class Comparison {
    private final Plan plan;
    private final Stage stage;
    private final Progress progress;
    private final Results results = new Results();
    private final Map<Contender, Pooler> poolers = new LinkedHashMap<>();

    Comparison(Plan plan, Stage stage, Progress progress) {
        this.plan = plan;
        this.stage = stage;
        this.progress = progress;
    }

    Results results() {
        return results;
    }

    static int runs(Plan plan) {
        return plan.cases().stream()
                .mapToInt(measured ->
                        plan.contenders(measured).size() * (plan.rounds() + (plan.warmUpSeconds() > 0 ? 1 : 0)))
                .sum();
    }

    static long seconds(Plan plan) {
        return plan.cases().stream()
                .mapToLong(measured -> (long) plan.contenders(measured).size()
                        * (plan.rounds() * plan.seconds() + plan.warmUpSeconds()))
                .sum();
    }

    void run() throws IOException, InterruptedException {
        for (Map.Entry<Profile, List<Case>> group : plan.byProfile().entrySet()) {
            Profile profile = group.getKey();
            try {
                startPoolers(profile);
                for (Case measured : group.getValue()) {
                    measure(measured);
                }
            } finally {
                poolers.values().forEach(Pooler::close);
                poolers.clear();
            }
        }
    }

    private void startPoolers(Profile profile) throws IOException {
        for (Contender contender : plan.contenders()) {
            if (contender.isPooler()) {
                poolers.put(contender, Pooler.start(stage, contender, profile, plan.poolSize(profile)));
            }
        }
    }

    private void measure(Case measured) throws IOException, InterruptedException {
        List<Contender> contenders = plan.contenders(measured);
        if (plan.warmUpSeconds() > 0) {
            for (Contender contender : contenders) {
                progress.next(measured.title() + ", " + contender.title() + ", warm-up", plan.warmUpSeconds());
                load(measured, contender, plan.warmUpSeconds());
            }
        }
        for (int round = 1; round <= plan.rounds(); round++) {
            for (Contender contender : contenders) {
                progress.next(
                        measured.title() + ", " + contender.title() + ", round " + round + " of " + plan.rounds(),
                        plan.seconds());
                record(measured, contender);
            }
        }
    }

    private void record(Case measured, Contender contender) throws IOException, InterruptedException {
        Pooler pooler = poolers.get(contender);
        ProcessUsage before = pooler == null ? null : ProcessUsage.of(pooler.pid());
        PgbenchRun run = load(measured, contender, plan.seconds());
        Map<Metric, Double> values = new EnumMap<>(Metric.class);
        values.put(Metric.TRANSACTIONS, run.perSecond());
        values.put(Metric.P50, run.micros().getValueAtPercentile(50) / 1e3);
        values.put(Metric.P99, run.micros().getValueAtPercentile(99) / 1e3);
        values.put(Metric.P999, run.micros().getValueAtPercentile(99.9) / 1e3);
        if (pooler != null) {
            ProcessUsage used = ProcessUsage.of(pooler.pid()).since(before);
            double transactions = Math.max(1, run.transactions());
            values.put(Metric.CPU, used.totalMicros() / transactions);
            values.put(Metric.USER_CPU, used.userMicros() / transactions);
            values.put(Metric.SYSTEM_CPU, used.systemMicros() / transactions);
            values.put(Metric.RESIDENT, ProcessUsage.residentBytes(pooler.pid()) / 1048576.0);
        }
        Series series = results.of(measured, contender);
        series.add(values);
        series.addLatencies(run.micros());
    }

    private PgbenchRun load(Case measured, Contender contender, int seconds) throws IOException, InterruptedException {
        Pooler pooler = poolers.get(contender);
        int port = pooler == null ? stage.postgresPort() : pooler.port();
        Scenario scenario = measured.scenario();
        try {
            PgbenchRun run = PgbenchRun.run(
                    stage, port, scenario.profile().user(), scenario.pgbenchArguments(), measured.clients(), seconds);
            if (run.failed() > 0 || run.transactions() == 0) {
                throw new IOException(run.failed() + " transactions failed, " + run.transactions() + " did not");
            }
            return run;
        } catch (IOException e) {
            String log = pooler == null ? stage.postgres().log() : pooler.lastLog();
            throw new IOException(
                    measured.title() + ", " + contender.title() + ": " + e.getMessage() + "\nIts log:\n" + log, e);
        }
    }
}

package org.pgweir.proxy.admin;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.pgweir.config.Settings;
import org.pgweir.proxy.client.Console;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.net.Loops;
import org.pgweir.proxy.pool.Pool;
import org.pgweir.proxy.pool.Pools;
import org.pgweir.proxy.route.Catalog;
import org.pgweir.proxy.stats.Counters;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sums the counters by database, and once in every {@code stats_period} keeps them, for averages and for a line in the log. Averages
 * are over the period that has begun and the whole one before it, as PgBouncer's. Lives on the first loop.
 */
public final class StatsPeriods {
    static final Counters NOTHING = new Counters();

    private static final long SHORTEST_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final Logger LOG = LoggerFactory.getLogger(StatsPeriods.class);

    private final Loops loops;
    private final Catalog catalog;
    private final Pools pools;
    private final LongAdder consoleQueries = new LongAdder();
    private Snapshot began = new Snapshot(Map.of(), Loop.nowNanos());
    private boolean ending;

    /** A second before the start, since nothing can be divided by no time. */
    private volatile Snapshot before = new Snapshot(Map.of(), began.nanos - SHORTEST_NANOS);

    /** The sums by database as they were at a time. */
    record Snapshot(Map<String, Counters> sums, long nanos) {
        Counters of(String database) {
            return sums.getOrDefault(database, NOTHING);
        }

        /** From then till now. */
        double seconds() {
            return secondsUntil(Loop.nowNanos());
        }

        private double secondsUntil(long nowNanos) {
            return Math.max(1, nowNanos - nanos) / 1e9;
        }
    }

    public StatsPeriods(Loops loops, Catalog catalog, Pools pools) {
        this.loops = loops;
        this.catalog = catalog;
        this.pools = pools;
        Loop first = loops.all().get(0);
        first.post(() -> first.addTicker(this::tick));
    }

    /** Where the averages of now begin. */
    Snapshot before() {
        return before;
    }

    /** The sums of all loops, by database. */
    public CompletableFuture<Map<String, Counters>> totals() {
        return loops.collect(this::on).thenApply(parts -> {
            Map<String, Counters> sums = new TreeMap<>();
            catalog.databases().forEach(database -> sums.put(database.name(), new Counters()));
            for (Map<String, Counters> part : parts) {
                part.forEach((name, counters) -> sums.merge(name, counters, Counters::plus));
            }
            return sums;
        });
    }

    /** A command of the console is run. */
    void consoleQuery() {
        consoleQueries.increment();
    }

    /** As {@link #totals}, and the console's own; what that sends and receives is not counted, as in PgBouncer. */
    CompletableFuture<Map<String, Counters>> totalsWithConsole() {
        return totals().thenApply(sums -> {
            Counters console = new Counters();
            console.queries = consoleQueries.sum();
            console.transactions = console.queries;
            sums.put(Console.DATABASE, console);
            return sums;
        });
    }

    private Map<String, Counters> on(Loop loop) {
        Map<String, Counters> sums = new TreeMap<>();
        for (Pool pool : pools.all()) {
            sums.merge(pool.database().name(), new Counters().plus(pool.on(loop).counters()), Counters::plus);
        }
        return sums;
    }

    /** The setting may have changed since the period began. */
    private void tick(long nowNanos) {
        long period =
                catalog.configuration().global().get(Settings.STATS_PERIOD).toNanos();
        if (!ending && nowNanos - began.nanos >= Math.max(period, SHORTEST_NANOS)) {
            ending = true;
            totalsWithConsole().thenAccept(sums -> loops.all().get(0).post(() -> ended(sums)));
        }
    }

    private void ended(Map<String, Counters> sums) {
        long now = Loop.nowNanos();
        Snapshot ended = new Snapshot(sums, now);
        if (catalog.configuration().global().get(Settings.LOG_STATS)) {
            log(began, ended);
        }
        before = began;
        began = ended;
        ending = false;
    }

    private static void log(Snapshot began, Snapshot ended) {
        double seconds = began.secondsUntil(ended.nanos);
        Counters after = ended.sums.values().stream().reduce(new Counters(), Counters::plus);
        // Without those that have gone since: they are not among the first, either.
        Counters before = began.sums.entrySet().stream()
                .filter(entry -> ended.sums.containsKey(entry.getKey()))
                .map(Map.Entry::getValue)
                .reduce(new Counters(), Counters::plus);
        long transactions = after.transactions - before.transactions;
        long queries = after.queries - before.queries;
        LOG.info(
                "stats: {} xacts/s, {} queries/s, {} client parses/s, {} server parses/s, {} binds/s, in {} B/s, out {} B/s,"
                        + " xact {} us, query {} us, wait {} us",
                perSecond(transactions, seconds),
                perSecond(queries, seconds),
                perSecond(after.clientParses - before.clientParses, seconds),
                perSecond(after.serverParses - before.serverParses, seconds),
                perSecond(after.binds - before.binds, seconds),
                perSecond(after.bytesReceived - before.bytesReceived, seconds),
                perSecond(after.bytesSent - before.bytesSent, seconds),
                microsEach(after.transactionNanos - before.transactionNanos, transactions),
                microsEach(after.queryNanos - before.queryNanos, queries),
                microsEach(after.waitNanos - before.waitNanos, after.serverAssignments - before.serverAssignments));
    }

    static long perSecond(long count, double seconds) {
        return (long) (count / seconds);
    }

    static long microsEach(long nanos, long count) {
        return count == 0 ? 0 : nanos / 1000 / count;
    }
}

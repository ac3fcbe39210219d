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
 * Sums the counters by database, and once in every {@code stats_period} keeps them, for averages and for a line in the log. Lives on
 * the first loop.
 */
public final class StatsPeriods {
    static final Counters NOTHING = new Counters();

    private static final long SHORTEST_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final Logger LOG = LoggerFactory.getLogger(StatsPeriods.class);

    private final Loops loops;
    private final Catalog catalog;
    private final Pools pools;
    private final LongAdder consoleQueries = new LongAdder();
    private volatile Period last = new Period(Map.of(), Map.of(), 1);
    private long beganNanos = Loop.nowNanos();
    private boolean ending;

    /**
     * @param ended the sums at its end
     * @param began the sums at its beginning
     */
    record Period(Map<String, Counters> ended, Map<String, Counters> began, double seconds) {}

    public StatsPeriods(Loops loops, Catalog catalog, Pools pools) {
        this.loops = loops;
        this.catalog = catalog;
        this.pools = pools;
        Loop first = loops.all().get(0);
        first.post(() -> first.addTicker(this::tick));
    }

    Period last() {
        return last;
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
        if (!ending && nowNanos - beganNanos >= Math.max(period, SHORTEST_NANOS)) {
            ending = true;
            totalsWithConsole().thenAccept(sums -> loops.all().get(0).post(() -> ended(sums)));
        }
    }

    private void ended(Map<String, Counters> sums) {
        long now = Loop.nowNanos();
        double seconds = (now - beganNanos) / 1e9;
        Period period = new Period(sums, last.ended, seconds);
        if (catalog.configuration().global().get(Settings.LOG_STATS)) {
            log(period);
        }
        last = period;
        beganNanos = now;
        ending = false;
    }

    private static void log(Period period) {
        Counters after = period.ended.values().stream().reduce(new Counters(), Counters::plus);
        // Without those that have gone since: they are not among the first, either.
        Counters before = period.began.entrySet().stream()
                .filter(entry -> period.ended.containsKey(entry.getKey()))
                .map(Map.Entry::getValue)
                .reduce(new Counters(), Counters::plus);
        long transactions = after.transactions - before.transactions;
        long queries = after.queries - before.queries;
        LOG.info(
                "stats: {} xacts/s, {} queries/s, {} client parses/s, {} server parses/s, {} binds/s, in {} B/s, out {} B/s,"
                        + " xact {} us, query {} us, wait {} us",
                perSecond(transactions, period.seconds),
                perSecond(queries, period.seconds),
                perSecond(after.clientParses - before.clientParses, period.seconds),
                perSecond(after.serverParses - before.serverParses, period.seconds),
                perSecond(after.binds - before.binds, period.seconds),
                perSecond(after.bytesReceived - before.bytesReceived, period.seconds),
                perSecond(after.bytesSent - before.bytesSent, period.seconds),
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

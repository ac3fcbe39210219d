package org.pgweir.bench;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * What a {@link LoadGenerator} measured in some stretch of time.
 *
 * @param nanos how long it was
 * @param latencies of the transactions that ended in it, in nanoseconds
 * @param errors error messages and lost connections
 */
public record LoadSample(long nanos, Histogram latencies, long errors) {
    public static LoadSample empty() {
        return new LoadSample(0, new Histogram(3), 0);
    }

    public long transactions() {
        return latencies.getTotalCount();
    }

    public double transactionsPerSecond() {
        return nanos == 0 ? 0 : transactions() * (double) TimeUnit.SECONDS.toNanos(1) / nanos;
    }

    /** The latency that this percentage of the transactions did not exceed. */
    public double millisAt(double percentile) {
        return latencies.getValueAtPercentile(percentile) / 1e6;
    }

    LoadSample withoutErrors() {
        return new LoadSample(nanos, latencies, 0);
    }

    /** Both together; one must have followed the other. */
    public LoadSample plus(LoadSample next) {
        Histogram both = latencies.copy();
        both.add(next.latencies);
        return new LoadSample(nanos + next.nanos, both, errors + next.errors);
    }
}

package org.pgweir.bench.compare;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/** All that was measured of one contender in one case: one value a round and metric, and the latencies of all rounds. */
final class Series {
    private static final double[] PERCENTILES = {
        0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 98, 99, 99.5, 99.8, 99.9, 99.95, 99.98, 99.99
    };

    private final Histogram latencies = new Histogram(3);

    private final Map<Metric, List<Double>> values = new EnumMap<>(Metric.class);

    void add(Metric metric, double value) {
        values.computeIfAbsent(metric, none -> new ArrayList<>()).add(value);
    }

    void addLatencies(Histogram micros) {
        latencies.add(micros);
    }

    /** Latencies of all rounds in microseconds by percentile, as far as there were enough transactions to tell. */
    SortedMap<Double, Long> percentiles() {
        SortedMap<Double, Long> all = new TreeMap<>();
        for (double percentile : PERCENTILES) {
            if (Math.round(latencies.getTotalCount() * (100 - percentile)) >= 100) {
                all.put(percentile, latencies.getValueAtPercentile(percentile));
            }
        }
        return all;
    }

    /** One a round, in the order of the rounds. */
    List<Double> values(Metric metric) {
        return values.getOrDefault(metric, List.of());
    }

    OptionalDouble median(Metric metric) {
        return median(values(metric));
    }

    static OptionalDouble median(List<Double> values) {
        if (values.isEmpty()) {
            return OptionalDouble.empty();
        }
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return OptionalDouble.of(sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2);
    }
}

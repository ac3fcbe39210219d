package org.pgweir.bench.compare;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.HdrHistogram.Histogram;

/** All that was measured of one contender in one case: one value a round and metric, and the latencies of all rounds. */
final class Series {
    /** Three digits, up to a minute in microseconds, and longer where it must be. */
    private final Histogram latencies = new Histogram(3);

    private final Map<Metric, List<Double>> values = new EnumMap<>(Metric.class);

    void add(Metric metric, double value) {
        values.computeIfAbsent(metric, none -> new ArrayList<>()).add(value);
    }

    void add(Map<Metric, Double> measured) {
        measured.forEach(this::add);
    }

    void addLatencies(Histogram micros) {
        latencies.add(micros);
    }

    /** In microseconds. */
    Histogram latencies() {
        return latencies;
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

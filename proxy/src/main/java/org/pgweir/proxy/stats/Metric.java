package org.pgweir.proxy.stats;

import java.util.ArrayList;
import java.util.List;

/**
 * A family of values for Prometheus: one name, one help text, values by labels.
 *
 * @param name without the suffix {@code _total} of counters, which Prometheus's format adds
 */
public record Metric(String name, Type type, String help, List<String> labels, List<Value> values) {
    /** How Prometheus reads it. */
    public enum Type {
        /** Only goes up. */
        COUNTER,
        GAUGE,
        /** Seconds. */
        HISTOGRAM
    }

    /**
     * One line of a family.
     *
     * @param labels the labels' values in the order of their names
     * @param histogram set for histograms, else null
     */
    public record Value(List<String> labels, double number, Latencies.Reading histogram) {}

    public static Metric counter(String name, String help, String... labels) {
        return new Metric(name, Type.COUNTER, help, List.of(labels), new ArrayList<>());
    }

    public static Metric gauge(String name, String help, String... labels) {
        return new Metric(name, Type.GAUGE, help, List.of(labels), new ArrayList<>());
    }

    public static Metric histogram(String name, String help, String... labels) {
        return new Metric(name, Type.HISTOGRAM, help, List.of(labels), new ArrayList<>());
    }

    public Metric add(double number, String... labelValues) {
        values.add(new Value(List.of(labelValues), number, null));
        return this;
    }

    public Metric add(Latencies.Reading histogram, String... labelValues) {
        values.add(new Value(List.of(labelValues), 0, histogram));
        return this;
    }
}

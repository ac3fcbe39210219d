package org.pgweir.bench.compare;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The series of all cases and contenders, in the order in which they first appeared. */
final class Results {
    private final Contender reference;
    private final Map<Case, Map<Contender, Series>> all = new LinkedHashMap<>();

    /** @param reference whom the others are compared with */
    Results(Contender reference) {
        this.reference = reference;
    }

    Contender reference() {
        return reference;
    }

    Series of(Case measured, Contender contender) {
        return all.computeIfAbsent(measured, none -> new LinkedHashMap<>())
                .computeIfAbsent(contender, none -> new Series());
    }

    Set<Case> cases() {
        return all.keySet();
    }

    Map<Contender, Series> of(Case measured) {
        return all.getOrDefault(measured, Map.of());
    }

    /** All that have a series somewhere. */
    Set<Contender> contenders() {
        return all.values().stream()
                .flatMap(row -> row.keySet().stream())
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** Those that somebody has a value for. */
    List<Metric> metrics(Case measured) {
        return Stream.of(Metric.values())
                .filter(metric -> of(measured).values().stream()
                        .anyMatch(series -> !series.values(metric).isEmpty()))
                .toList();
    }

    /** The median as a table shows it, with the ratio in parentheses; empty if there is none. */
    String cell(Case measured, Contender contender, Metric metric) {
        OptionalDouble median = of(measured).get(contender).median(metric);
        if (median.isEmpty()) {
            return "";
        }
        String value = String.format(Locale.ROOT, "%,." + metric.digits() + "f", median.getAsDouble());
        OptionalDouble ratio = ratio(measured, contender, metric);
        return metric.isCompared() && ratio.isPresent()
                ? value + String.format(Locale.ROOT, " (%.2f)", ratio.getAsDouble())
                : value;
    }

    /** The median divided by the reference's; nothing for the reference itself and where one has no median. */
    OptionalDouble ratio(Case measured, Contender contender, Metric metric) {
        Series compared = of(measured).get(reference);
        if (compared == null || contender.equals(reference)) {
            return OptionalDouble.empty();
        }
        OptionalDouble theirs = compared.median(metric);
        OptionalDouble own = of(measured).get(contender).median(metric);
        if (theirs.isEmpty() || own.isEmpty() || theirs.getAsDouble() == 0) {
            return OptionalDouble.empty();
        }
        return OptionalDouble.of(own.getAsDouble() / theirs.getAsDouble());
    }
}

package org.pgweir.bench.compare;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Stream;

/** The series of all cases and contenders, in the order in which they first appeared. */
final class Results {
    private final Map<Case, Map<Contender, Series>> all = new LinkedHashMap<>();

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

    /** Those that somebody has a value for. */
    List<Metric> metrics(Case measured) {
        return Stream.of(Metric.values())
                .filter(metric -> of(measured).values().stream()
                        .anyMatch(series -> !series.values(metric).isEmpty()))
                .toList();
    }

    /** The median divided by PgBouncer's; nothing for PgBouncer itself and where there is none to compare with. */
    OptionalDouble ratio(Case measured, Contender contender, Metric metric) {
        Series reference = of(measured).get(Contender.PGBOUNCER);
        if (reference == null || contender.equals(Contender.PGBOUNCER)) {
            return OptionalDouble.empty();
        }
        OptionalDouble theirs = reference.median(metric);
        OptionalDouble own = of(measured).get(contender).median(metric);
        if (theirs.isEmpty() || own.isEmpty() || theirs.getAsDouble() == 0) {
            return OptionalDouble.empty();
        }
        return OptionalDouble.of(own.getAsDouble() / theirs.getAsDouble());
    }
}

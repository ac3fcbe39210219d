package org.pgweir.bench.compare;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/** A table a case: contenders are rows, metrics are columns, medians of all rounds with the ratio to PgBouncer's behind. */
final class MarkdownReport {
    private MarkdownReport() {}

    static String table(Results results, Case measured) {
        List<Metric> metrics = results.metrics(measured);
        StringBuilder out = new StringBuilder();
        out.append("### ").append(measured.title()).append("\n\n|  |");
        metrics.forEach(metric -> out.append(' ').append(metric.title()).append(" |"));
        out.append("\n|---|").append("---:|".repeat(metrics.size())).append('\n');
        for (Map.Entry<Contender, Series> row : results.of(measured).entrySet()) {
            out.append("| ").append(row.getKey().title()).append(" |");
            for (Metric metric : metrics) {
                OptionalDouble median = row.getValue().median(metric);
                OptionalDouble ratio = results.ratio(measured, row.getKey(), metric);
                out.append(' ').append(cell(metric, median, ratio)).append(" |");
            }
            out.append('\n');
        }
        return out.append('\n').toString();
    }

    private static String cell(Metric metric, OptionalDouble median, OptionalDouble ratio) {
        if (median.isEmpty()) {
            return "";
        }
        String value = String.format(Locale.ROOT, "%,." + metric.digits() + "f", median.getAsDouble());
        return metric.isCompared() && ratio.isPresent()
                ? value + String.format(Locale.ROOT, " (%.2f)", ratio.getAsDouble())
                : value;
    }
}

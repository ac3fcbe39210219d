package org.pgweir.bench.compare;

import java.util.List;
import java.util.Map;

/** A table a case: contenders are rows, metrics are columns. */
final class MarkdownReport {
    private MarkdownReport() {}

    static String of(Report report) {
        StringBuilder out = new StringBuilder();
        out.append("# ").append(report.title()).append("\n\n");
        report.circumstances()
                .forEach((word, meaning) -> out.append("- ")
                        .append(word)
                        .append(": ")
                        .append(meaning)
                        .append('\n'));
        out.append('\n').append(report.explanation()).append("\n\n");
        for (Case measured : report.results().cases()) {
            out.append(table(report.results(), measured)).append('\n');
        }
        if (!report.failures().isEmpty()) {
            out.append("## Failures\n\n");
            report.failures()
                    .forEach(failure -> out.append("```\n").append(failure).append("\n```\n"));
        }
        return out.toString();
    }

    private static String table(Results results, Case measured) {
        List<Metric> metrics = results.metrics(measured);
        StringBuilder out = new StringBuilder();
        out.append("## ").append(measured.title()).append("\n\n");
        out.append(measured.scenario().description()).append("\n\n|  |");
        metrics.forEach(metric -> out.append(' ').append(metric.title()).append(" |"));
        out.append("\n|---|").append("---:|".repeat(metrics.size())).append('\n');
        for (Map.Entry<Contender, Series> row : results.of(measured).entrySet()) {
            out.append("| ").append(row.getKey().title()).append(" |");
            for (Metric metric : metrics) {
                out.append(' ')
                        .append(results.cell(measured, row.getKey(), metric))
                        .append(" |");
            }
            out.append('\n');
        }
        return out.toString();
    }
}

package org.pgweir.bench.compare;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** One page that needs nothing else: charts over the number of clients, and for each case its table and its latencies. */
final class HtmlReport {
    private static final String STYLE = """
            :root { color-scheme: light dark; }
            body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
            table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; font-size: 13px; }
            th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid #8884; }
            th:first-child, td:first-child { text-align: left; }
            dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; font-size: 13px; }
            dt { font-weight: 600; } dd { margin: 0; }
            .charts { display: flex; flex-wrap: wrap; gap: 1rem; }
            .charts svg { width: 35rem; max-width: 100%; }
            .legend span { margin-right: 1.2rem; white-space: nowrap; }
            .legend i { display: inline-block; width: .9rem; height: .9rem; margin-right: .3rem; vertical-align: -.1rem; }
            svg text { fill: currentColor; font-size: 12px; } svg text.title { font-weight: 600; font-size: 13px; }
            svg text.x { text-anchor: middle; } svg text.y { text-anchor: end; }
            svg .grid { stroke: #8884; } svg polyline { stroke-width: 2; }
            pre { white-space: pre-wrap; }
            """;

    private static final String REST_COLOUR = "#17becf";
    private static final List<String> PGWEIR_COLOURS =
            List.of("#e6550d", "#31a354", "#756bb1", "#d6a000", "#c51b8a", REST_COLOUR);

    private static final List<Metric> OVER_CLIENTS = List.of(Metric.TRANSACTIONS, Metric.CPU, Metric.P99);

    private final Report report;
    private final Results results;
    private final StringBuilder out = new StringBuilder();
    private final Map<Contender, String> colours;

    private HtmlReport(Report report) {
        this.report = report;
        this.results = report.results();
        this.colours = colours();
    }

    static String of(Report report) {
        return new HtmlReport(report).page();
    }

    private String page() {
        out.append("<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n");
        out.append("<meta name=\"viewport\" content=\"width=device-width\">\n");
        out.append("<title>").append(escape(report.title())).append("</title>\n");
        out.append("<style>\n").append(STYLE).append("</style>\n");
        out.append("<h1>").append(escape(report.title())).append("</h1>\n<dl>\n");
        report.circumstances()
                .forEach((word, meaning) -> out.append("<dt>")
                        .append(escape(word))
                        .append("</dt><dd>")
                        .append(escape(meaning))
                        .append("</dd>\n"));
        out.append("</dl>\n<p>").append(escape(report.explanation())).append("</p>\n");
        legend();
        scenarios().forEach(this::section);
        if (!report.failures().isEmpty()) {
            out.append("<h2>Failures</h2>\n");
            report.failures()
                    .forEach(failure ->
                            out.append("<pre>").append(escape(failure)).append("</pre>\n"));
        }
        return out.append("</html>\n").toString();
    }

    private void legend() {
        out.append("<p class=\"legend\">");
        colours.forEach((contender, colour) -> out.append("<span><i style=\"background:")
                .append(colour)
                .append("\"></i>")
                .append(escape(contender.title()))
                .append("</span>"));
        out.append("</p>\n");
    }

    private void section(Scenario scenario) {
        out.append("<h2>").append(scenario.id()).append("</h2>\n<p>");
        out.append(escape(scenario.description())).append("</p>\n");
        List<Case> cases = results.cases().stream()
                .filter(measured -> measured.scenario() == scenario)
                .toList();
        out.append("<div class=\"charts\">\n");
        if (cases.size() > 1) {
            OVER_CLIENTS.forEach(metric -> chart(overClients(cases, metric)));
        }
        out.append("</div>\n");
        for (Case measured : cases) {
            out.append("<h3>").append(escape(measured.title())).append("</h3>\n");
            table(measured);
            out.append("<div class=\"charts\">\n");
            chart(percentiles(measured));
            out.append("</div>\n");
        }
    }

    private void table(Case measured) {
        List<Metric> metrics = results.metrics(measured);
        out.append("<table>\n<tr><th></th>");
        metrics.forEach(
                metric -> out.append("<th>").append(escape(metric.title())).append("</th>"));
        out.append("</tr>\n");
        for (Contender contender : results.of(measured).keySet()) {
            out.append("<tr><td>").append(escape(contender.title())).append("</td>");
            metrics.forEach(metric -> out.append("<td>")
                    .append(results.cell(measured, contender, metric))
                    .append("</td>"));
            out.append("</tr>\n");
        }
        out.append("</table>\n");
    }

    private void chart(LineChart chart) {
        if (!chart.isEmpty()) {
            out.append(chart.svg());
        }
    }

    private LineChart overClients(List<Case> cases, Metric metric) {
        SortedMap<Double, String> ticks = new TreeMap<>();
        cases.forEach(measured -> ticks.put(Math.log10(measured.clients()), Integer.toString(measured.clients())));
        LineChart chart = new LineChart(metric.title(), "clients", ticks, metric == Metric.P99);
        colours.forEach((contender, colour) -> {
            SortedMap<Double, Double> points = new TreeMap<>();
            for (Case measured : cases) {
                Series series = results.of(measured).get(contender);
                OptionalDouble median = series == null ? OptionalDouble.empty() : series.median(metric);
                median.ifPresent(value -> points.put(Math.log10(measured.clients()), value));
            }
            chart.add(new LineChart.Line(contender.title(), colour, points));
        });
        return chart;
    }

    private LineChart percentiles(Case measured) {
        SortedMap<Double, String> ticks = new TreeMap<>();
        for (double percentile : new double[] {0, 50, 90, 99, 99.9, 99.99}) {
            ticks.put(
                    nines(percentile),
                    percentile == Math.rint(percentile) ? (int) percentile + " %" : percentile + " %");
        }
        LineChart chart = new LineChart("latency, ms", "percentile of all rounds together", ticks, true);
        results.of(measured).forEach((contender, series) -> {
            SortedMap<Double, Double> points = new TreeMap<>();
            series.percentiles().forEach((percentile, micros) -> points.put(nines(percentile), micros / 1e3));
            chart.add(new LineChart.Line(contender.title(), colours.get(contender), points));
        });
        return chart;
    }

    /** 90 % is 1, 99 % is 2, and so on. */
    private static double nines(double percentile) {
        return -Math.log10(1 - percentile / 100);
    }

    private Set<Scenario> scenarios() {
        return results.cases().stream().map(Case::scenario).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private Map<Contender, String> colours() {
        Map<Contender, String> all = new LinkedHashMap<>();
        int next = 0;
        for (Contender contender : results.contenders()) {
            String colour = switch (contender.kind()) {
                case DIRECT -> "#888888";
                case PGBOUNCER -> "#3182bd";
                case PGWEIR -> PGWEIR_COLOURS.get(next++ % PGWEIR_COLOURS.size());
            };
            all.put(contender, colour);
        }
        return all;
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
    }
}

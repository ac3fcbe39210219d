package org.pgweir.bench.compare;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/** Everything, every round of it, for programs. */
final class JsonReport {
    private JsonReport() {}

    static String of(Report report) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("began", report.began());
        all.put("circumstances", report.circumstances());
        all.put("reference", report.results().reference().title());
        List<Object> cases = new ArrayList<>();
        for (Case measured : report.results().cases()) {
            cases.add(of(report.results(), measured));
        }
        all.put("cases", cases);
        all.put("failures", report.failures());
        StringBuilder out = new StringBuilder();
        write(all, out, "\n");
        return out.append('\n').toString();
    }

    private static Map<String, Object> of(Results results, Case measured) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("workload", measured.scenario().id());
        all.put("clients", measured.clients());
        List<Object> contenders = new ArrayList<>();
        results.of(measured).forEach((contender, series) -> {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("name", contender.title());
            one.put("transport", contender.transport());
            one.put("event_loops", contender.loops());
            Map<String, Object> metrics = new LinkedHashMap<>();
            for (Metric metric : Metric.values()) {
                if (!series.values(metric).isEmpty()) {
                    metrics.put(metric.name().toLowerCase(Locale.ROOT), of(results, measured, contender, metric));
                }
            }
            one.put("metrics", metrics);
            Map<String, Object> latencies = new LinkedHashMap<>();
            series.percentiles().forEach((percentile, micros) -> latencies.put(percentile.toString(), micros));
            one.put("latency_micros_at_percentile", latencies);
            contenders.add(one);
        });
        all.put("contenders", contenders);
        return all;
    }

    private static Map<String, Object> of(Results results, Case measured, Contender contender, Metric metric) {
        Series series = results.of(measured).get(contender);
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("unit", metric.title());
        all.put("median", series.median(metric).orElseThrow());
        OptionalDouble ratio = results.ratio(measured, contender, metric);
        if (ratio.isPresent()) {
            all.put("ratio", ratio.getAsDouble());
        }
        all.put("rounds", series.values(metric));
        return all;
    }

    /** @param newline the end of a line and the indent of the next */
    private static void write(Object value, StringBuilder out, String newline) {
        String deeper = newline + "  ";
        String separator = "";
        if (value instanceof Map<?, ?> map) {
            out.append('{');
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                out.append(separator).append(deeper);
                writeText(entry.getKey().toString(), out);
                write(entry.getValue(), out.append(": "), deeper);
                separator = ",";
            }
            out.append(map.isEmpty() ? "" : newline).append('}');
        } else if (value instanceof List<?> list) {
            out.append('[');
            for (Object element : list) {
                write(element, out.append(separator), newline);
                separator = ", ";
            }
            out.append(']');
        } else if (value instanceof Double number) {
            // Six digits are more than any of this is worth.
            out.append(String.format(Locale.ROOT, "%.6g", number));
        } else if (value instanceof Number) {
            out.append(value);
        } else {
            writeText(value.toString(), out);
        }
    }

    private static void writeText(String text, StringBuilder out) {
        out.append('"');
        text.chars().forEach(c -> {
            if (c == '"' || c == '\\') {
                out.append('\\').append((char) c);
            } else if (c < ' ') {
                out.append(String.format(Locale.ROOT, "\\u%04x", c));
            } else {
                out.append((char) c);
            }
        });
        out.append('"');
    }
}

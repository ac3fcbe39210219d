package org.pgweir.bench.compare;

import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.DoubleStream;

/** Lines over a common axis as a piece of SVG, which takes its colours for text and axes from the page around it. */
final class LineChart {
    private static final int WIDTH = 560;
    private static final int HEIGHT = 320;
    private static final int LEFT = 70;
    private static final int RIGHT = 36;
    private static final int TOP = 40;
    private static final int BOTTOM = 55;
    private static final int STEPS = 5;

    /**
     * One line.
     *
     * @param points the values, by their place on the x axis
     */
    record Line(String name, String colour, SortedMap<Double, Double> points) {}

    private final String title;
    private final String xTitle;
    private final boolean logarithmic;
    private final Map<Double, String> xTicks;
    private final List<Line> lines = new ArrayList<>();

    /**
     * A chart without lines.
     *
     * @param xTicks labels by their place on the x axis, from the left to the right end
     * @param logarithmic whether the y axis is; else it begins at 0
     */
    LineChart(String title, String xTitle, SortedMap<Double, String> xTicks, boolean logarithmic) {
        this.title = title;
        this.xTitle = xTitle;
        this.xTicks = new TreeMap<>(xTicks);
        this.logarithmic = logarithmic;
    }

    /** A line without points is left out. */
    void add(Line line) {
        if (!line.points().isEmpty()) {
            lines.add(line);
        }
    }

    boolean isEmpty() {
        return lines.isEmpty();
    }

    String svg() {
        double least = values().filter(value -> value > 0).min().orElse(1);
        double most = values().max().orElse(1);
        List<Double> yTicks = logarithmic ? logarithmicTicks(least, most) : linearTicks(most);
        DoubleUnaryOperator y = y(yTicks);
        DoubleUnaryOperator x = x();
        StringBuilder out = new StringBuilder();
        append(out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n", WIDTH, HEIGHT, title);
        append(out, "<text class=\"title\" x=\"%d\" y=\"18\">%s</text>\n", LEFT, title);
        for (double tick : yTicks) {
            double at = y.applyAsDouble(tick);
            append(
                    out,
                    "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>",
                    LEFT,
                    WIDTH - RIGHT,
                    at,
                    at);
            append(out, "<text class=\"y\" x=\"%d\" y=\"%.1f\">%s</text>\n", LEFT - 8, at + 4, number(tick));
        }
        xTicks.forEach((tick, label) -> append(
                out,
                "<text class=\"x\" x=\"%.1f\" y=\"%d\">%s</text>\n",
                x.applyAsDouble(tick),
                HEIGHT - BOTTOM + 20,
                label));
        append(out, "<text class=\"x\" x=\"%d\" y=\"%d\">%s</text>\n", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, xTitle);
        lines.forEach(line -> draw(out, line, x, y));
        return out.append("</svg>\n").toString();
    }

    private static void draw(StringBuilder out, Line line, DoubleUnaryOperator x, DoubleUnaryOperator y) {
        StringBuilder path = new StringBuilder();
        line.points().forEach((at, value) -> append(path, "%.1f,%.1f ", x.applyAsDouble(at), y.applyAsDouble(value)));
        append(out, "<g stroke=\"%s\" fill=\"%s\">", line.colour(), line.colour());
        append(out, "<polyline fill=\"none\" points=\"%s\"/>", path.toString().strip());
        line.points()
                .forEach((at, value) -> append(
                        out,
                        "<circle r=\"3\" cx=\"%.1f\" cy=\"%.1f\"><title>%s: %s</title></circle>",
                        x.applyAsDouble(at),
                        y.applyAsDouble(value),
                        line.name(),
                        number(value)));
        out.append("</g>\n");
    }

    private DoubleStream values() {
        return lines.stream()
                .flatMapToDouble(line -> line.points().values().stream().mapToDouble(Double::doubleValue));
    }

    private DoubleUnaryOperator x() {
        List<Double> places = List.copyOf(xTicks.keySet());
        double first = places.get(0);
        double span = Math.max(places.get(places.size() - 1) - first, 1e-9);
        return place -> LEFT + (place - first) / span * (WIDTH - LEFT - RIGHT);
    }

    private DoubleUnaryOperator y(List<Double> ticks) {
        DoubleUnaryOperator scale = logarithmic ? Math::log10 : value -> value;
        double low = scale.applyAsDouble(ticks.get(0));
        double span = scale.applyAsDouble(ticks.get(ticks.size() - 1)) - low;
        return value -> {
            double clipped = logarithmic ? Math.max(value, ticks.get(0)) : value;
            return HEIGHT - BOTTOM - (scale.applyAsDouble(clipped) - low) / span * (HEIGHT - TOP - BOTTOM);
        };
    }

    /** From 0 to the first round step beyond the most. */
    static List<Double> linearTicks(double most) {
        double rough = Math.max(most, 1e-9) / STEPS;
        double decade = Math.pow(10, Math.floor(Math.log10(rough)));
        double step = decade;
        for (double factor : new double[] {1, 2, 5, 10}) {
            step = factor * decade;
            if (step >= rough) {
                break;
            }
        }
        List<Double> ticks = new ArrayList<>();
        for (int i = 0; i == 0 || (i - 1) * step < most; i++) {
            ticks.add(i * step);
        }
        return ticks;
    }

    /** 1, 2 and 5 of each decade, from the last that is not above the least to the first that is not below the most. */
    static List<Double> logarithmicTicks(double least, double most) {
        List<Double> ticks = new ArrayList<>();
        for (int decade = (int) Math.floor(Math.log10(least)); ; decade++) {
            for (int factor : new int[] {1, 2, 5}) {
                double tick = factor * Math.pow(10, decade);
                if (!ticks.isEmpty() && tick <= least) {
                    ticks.clear();
                }
                ticks.add(tick);
                if (tick >= most && ticks.size() > 1) {
                    return ticks;
                }
            }
        }
    }

    private static String number(double value) {
        return new DecimalFormat("#,##0.###", DecimalFormatSymbols.getInstance(Locale.ROOT)).format(value);
    }

    private static void append(StringBuilder out, String format, Object... values) {
        out.append(String.format(Locale.ROOT, format, values));
    }
}

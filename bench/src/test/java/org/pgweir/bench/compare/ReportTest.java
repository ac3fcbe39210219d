package org.pgweir.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

class ReportTest {
    private static final Contender PGWEIR = Contender.pgweir("io_uring", 1);

    private final Results results = new Results(Contender.PGBOUNCER);
    private final Report report = new Report(
            "2026-01-01T12:00:00Z", Map.of("CPU", "fast & <cheap>"), results, List.of("something \"failed\"\nbadly"));

    ReportTest() {
        for (int clients : new int[] {20, 100}) {
            Case measured = new Case(Scenario.SELECT_SIMPLE, clients);
            add(results.of(measured, Contender.DIRECT), 40_000, 50);
            add(results.of(measured, Contender.PGBOUNCER), 20_000, 100);
            results.of(measured, Contender.PGBOUNCER).add(Metric.CPU, 20);
            add(results.of(measured, PGWEIR), 25_000, 80);
            results.of(measured, PGWEIR).add(Metric.CPU, 15);
        }
    }

    private static void add(Series series, double perSecond, int micros) {
        series.add(Metric.TRANSACTIONS, perSecond - 1000);
        series.add(Metric.TRANSACTIONS, perSecond);
        series.add(Metric.TRANSACTIONS, perSecond + 1000);
        Histogram latencies = new Histogram(3);
        latencies.recordValueWithCount(micros, 1000);
        latencies.recordValueWithCount(20L * micros, 10);
        series.addLatencies(latencies);
    }

    @Test
    void showsMediansWithTheirRatioToPgBouncer() {
        assertThat(MarkdownReport.of(report))
                .contains("- CPU: fast & <cheap>")
                .contains("## select-simple, 20 clients\n")
                .contains("|  | transactions/s | CPU µs/tx |\n|---|---:|---:|\n")
                .contains("| direct | 40,000 (2.00) |  |\n")
                .contains("| PgBouncer | 20,000 | 20.00 |\n")
                .contains("| pgweir io_uring | 25,000 (1.25) | 15.00 (0.75) |\n")
                .contains("something \"failed\"");
    }

    @Test
    void comparesWithPostgresWithoutPgBouncer() {
        Results alone = new Results(Contender.DIRECT);
        Case measured = new Case(Scenario.SELECT_SIMPLE, 1);
        add(alone.of(measured, Contender.DIRECT), 40_000, 50);
        add(alone.of(measured, PGWEIR), 20_000, 100);

        assertThat(MarkdownReport.of(new Report("", Map.of(), alone, List.of())))
                .contains("the ratio to direct")
                .contains("| pgweir io_uring | 20,000 (0.50) |");
    }

    @Test
    void writesEveryRoundAsJson() {
        assertThat(JsonReport.of(report))
                .contains("\"workload\": \"select-simple\"")
                .contains("\"rounds\": [24000.0, 25000.0, 26000.0]")
                .contains("\"ratio\": 1.25000")
                .contains("\"something \\\"failed\\\"\\u000abadly\"");
    }

    @Test
    void drawsChartsThatNeedNothingElse() throws ParserConfigurationException, SAXException, IOException {
        String page = HtmlReport.of(report);

        assertThat(page)
                .contains("fast &amp; &lt;cheap>")
                .contains("<td>25,000 (1.25)</td>")
                .doesNotContain("src=")
                .doesNotContain("href=");
        List<String> charts = Pattern.compile("<svg.*?</svg>", Pattern.DOTALL)
                .matcher(page)
                .results()
                .map(MatchResult::group)
                .toList();
        // Transactions and CPU over clients, and the latencies of both cases; nobody has a p99.
        assertThat(charts).hasSize(4);
        for (String chart : charts) {
            DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(chart)));
            assertThat(chart).contains("<polyline").doesNotContain("NaN").doesNotContain("Infinity");
        }
    }

    @Test
    void writesAllOfThem(@TempDir Path folder) throws IOException {
        Path out = folder.resolve("a/b");

        report.writeTo(out);

        assertThat(out.resolve("results.md")).isNotEmptyFile();
        assertThat(out.resolve("results.json")).isNotEmptyFile();
        assertThat(out.resolve("index.html")).isNotEmptyFile();
    }

    @Test
    void ticksAreRound() {
        assertThat(LineChart.linearTicks(18_700)).containsExactly(0.0, 5_000.0, 10_000.0, 15_000.0, 20_000.0);
        assertThat(LineChart.linearTicks(10)).containsExactly(0.0, 2.0, 4.0, 6.0, 8.0, 10.0);
        assertThat(LineChart.logarithmicTicks(0.3, 4)).containsExactly(0.2, 0.5, 1.0, 2.0, 5.0);
        assertThat(LineChart.logarithmicTicks(1, 1)).containsExactly(1.0, 2.0);
    }
}

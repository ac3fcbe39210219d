package org.pgweir.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class PgbenchTest {
    private static final String SAID = """
            pgbench (15.18)
            transaction type: <builtin: select only>
            number of clients: 20
            number of transactions actually processed: 32094
            number of failed transactions: 7 (0.022%)
            latency average = 1.869 ms
            initial connection time = 23.424 ms
            tps = 10699.321443 (without initial connection time)
            """;

    private final Histogram micros = new Histogram(3);

    @Test
    void readsTheSummary() throws IOException {
        Run run = Pgbench.parse(SAID, micros);

        assertThat(run.transactions()).isEqualTo(32094);
        assertThat(run.failed()).isEqualTo(7);
        assertThat(run.perSecond()).isEqualTo(10699.321443);
    }

    @Test
    void readsASummaryThatKnowsNothingOfFailures() throws IOException {
        String older = SAID.replaceAll("(?m)^number of failed.*\\n", "");

        assertThat(Pgbench.parse(older, micros).failed()).isZero();
    }

    @Test
    void showsASummaryThatItDoesNotUnderstand() {
        assertThatThrownBy(() -> Pgbench.parse("no summary", micros))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no summary");
    }

    @Test
    void readsTheLatenciesOfTheLog() {
        Pgbench.readLogLine("0 199 2241 0 1175850568 995598", micros);
        Pgbench.readLogLine("11 7 120 0 1175850568 995611 4", micros);

        assertThat(micros.getTotalCount()).isEqualTo(2);
        assertThat(micros.getValueAtPercentile(0)).isEqualTo(120);
        assertThat(micros.getMaxValue()).isGreaterThanOrEqualTo(2241);
    }

    @Test
    void leavesOutWhatFailedOrWasSkipped() {
        Pgbench.readLogLine("3 0 failed 0 1499414498 84905", micros);
        Pgbench.readLogLine("0 5 skipped 0 1499414498 84905", micros);

        assertThat(micros.getTotalCount()).isZero();
    }
}

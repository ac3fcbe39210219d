package org.pgweir.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class SeriesTest {
    @Test
    void takesTheMiddleOne() {
        assertThat(Series.median(List.of(9.0, 1.0, 4.0))).hasValue(4);
    }

    @Test
    void takesTheMeanOfTheTwoInTheMiddle() {
        assertThat(Series.median(List.of(9.0, 1.0, 4.0, 5.0))).hasValue(4.5);
    }

    @Test
    void nothingHasNoMedian() {
        assertThat(new Series().median(Metric.P99)).isEmpty();
    }

    @Test
    void tellsNoPercentileThatTooFewTransactionsReach() {
        Histogram thousand = new Histogram(3);
        for (int i = 1; i <= 1000; i++) {
            thousand.recordValue(i);
        }
        Series series = new Series();
        series.addLatencies(thousand);

        assertThat(series.percentiles())
                .containsEntry(50.0, 500L)
                .containsKey(99.9)
                .doesNotContainKey(99.95);
    }
}

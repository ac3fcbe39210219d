package org.pgweir.proxy.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgweir.config.HostAddress;

class HostTest {
    private static final long LONGEST = TimeUnit.SECONDS.toNanos(15);

    private final Host host = new Host(new HostAddress("db.example", 5432));

    /** How long the host is left alone, found by asking. */
    private long pauseAfter(long nowNanos) {
        assertThat(host.isFailing()).isTrue();
        long low = 0;
        long high = TimeUnit.DAYS.toNanos(1);
        while (low < high) {
            long middle = (low + high) / 2;
            if (host.mayConnect(nowNanos + middle)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return TimeUnit.NANOSECONDS.toMillis(low);
    }

    @Test
    void givenANewHostWhenAskedThenItMayBeTried() {
        assertThat(host.isFailing()).isFalse();
        assertThat(host.mayConnect(0)).isTrue();
        assertThat(host.mayConnect(Long.MIN_VALUE)).isTrue();
        assertThat(host).hasToString("db.example:5432");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1_000_000_000_000L, Long.MAX_VALUE - 1000})
    void givenFailuresInARowWhenCountedThenThePauseDoublesUpToTheLongest(long start) {
        long now = start;
        for (long expected : new long[] {100, 200, 400, 800, 1600, 3200, 6400, 12_800, 15_000, 15_000}) {
            // when
            host.failed(now, LONGEST);
            // then
            assertThat(pauseAfter(now)).isEqualTo(expected);
            now += TimeUnit.SECONDS.toNanos(20);
        }
    }

    @Test
    void givenCountlessFailuresWhenCountedThenThePauseStaysTheLongest() {
        for (int i = 0; i <= 200; i++) {
            host.failed(i * LONGEST, LONGEST);
        }
        assertThat(pauseAfter(200 * LONGEST)).isEqualTo(15_000);
    }

    @Test
    void givenAShorterLongestPauseWhenItFailsThenItCountsAtOnce() {
        for (int i = 0; i < 10; i++) {
            host.failed(i * LONGEST, LONGEST);
        }
        host.failed(10 * LONGEST, TimeUnit.MILLISECONDS.toNanos(50));
        assertThat(pauseAfter(10 * LONGEST)).isEqualTo(50);
        host.failed(11 * LONGEST, 0);
        assertThat(host.mayConnect(11 * LONGEST)).isTrue();
    }

    @Test
    void givenFailuresWhenItSucceedsThenTheNextFailureBeginsAnew() {
        // given
        host.failed(0, LONGEST);
        host.failed(0, LONGEST);
        // when
        host.succeeded();
        // then
        assertThat(host.isFailing()).isFalse();
        assertThat(host.mayConnect(0)).isTrue();
        host.failed(0, LONGEST);
        assertThat(pauseAfter(0)).isEqualTo(100);
    }

    @Test
    void givenAFailureWhenThePauseIsOverThenItMayBeTriedButCountsAsFailing() {
        host.failed(0, LONGEST);
        assertThat(host.mayConnect(TimeUnit.MILLISECONDS.toNanos(100) - 1)).isFalse();
        assertThat(host.mayConnect(TimeUnit.MILLISECONDS.toNanos(100))).isTrue();
        assertThat(host.isFailing()).isTrue();
    }
}

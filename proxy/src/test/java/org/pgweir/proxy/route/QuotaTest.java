package org.pgweir.proxy.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QuotaTest {
    private static final int THREADS = 4;

    private final Quota quota = new Quota();

    private interface Part {
        int run(int thread) throws Exception;
    }

    /** Runs it on several threads that begin together; returns the sum of what they return. */
    private static int together(Part part) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            CyclicBarrier start = new CyclicBarrier(THREADS);
            List<Future<Integer>> parts = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                int thread = i;
                parts.add(threads.submit(() -> {
                    start.await();
                    return part.run(thread);
                }));
            }
            int sum = 0;
            for (Future<Integer> one : parts) {
                sum += one.get();
            }
            return sum;
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void givenALimitWhenItIsReachedThenNoMoreIsGivenUntilOneComesBack() {
        assertThat(quota.tryAcquire(2)).isTrue();
        assertThat(quota.tryAcquire(2)).isTrue();
        assertThat(quota.tryAcquire(2)).isFalse();
        assertThat(quota.used()).isEqualTo(2);
        quota.release();
        assertThat(quota.tryAcquire(2)).isTrue();
    }

    @Test
    void givenALimitThatWasLoweredWhenAskedThenNothingIsGiven() {
        for (int i = 0; i < 5; i++) {
            quota.tryAcquire(5);
        }
        assertThat(quota.tryAcquire(3)).isFalse();
        assertThat(quota.tryAcquire(6)).isTrue();
    }

    @Test
    void givenNoLimitWhenAskedThenThereIsAlwaysOneMore() {
        for (int i = 0; i < 10_000; i++) {
            assertThat(quota.tryAcquire(0)).isTrue();
        }
        assertThat(quota.used()).isEqualTo(10_000);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 1000})
    void givenManyThreadsWhenAllTakeThenExactlyTheLimitIsGiven(int limit) throws Exception {
        // when
        int taken = together(thread -> {
            int mine = 0;
            for (int i = 0; i < 5000; i++) {
                mine += quota.tryAcquire(limit) ? 1 : 0;
            }
            return mine;
        });
        // then
        assertThat(taken).isEqualTo(limit);
        assertThat(quota.used()).isEqualTo(limit);
    }

    @Test
    void givenManyThreadsWhenTheyTakeAndGiveBackThenTheLimitIsNeverExceeded() throws Exception {
        // given
        AtomicInteger holders = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        // when
        int taken = together(thread -> {
            int mine = 0;
            for (int i = 0; i < 20_000; i++) {
                if (quota.tryAcquire(3)) {
                    mine++;
                    most.accumulateAndGet(holders.incrementAndGet(), Math::max);
                    holders.decrementAndGet();
                    quota.release();
                }
            }
            return mine;
        });
        // then
        assertThat(taken).isPositive();
        assertThat(most.get()).isBetween(1, 3);
        assertThat(quota.used()).isZero();
    }
}

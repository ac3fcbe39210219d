package org.pgweir.testkit;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class AwaitTest {

    @Test
    void givenAConditionThatFailsAtFirst_whenItHolds_thenTheWaitEnds() {
        AtomicInteger asked = new AtomicInteger();
        Await.until("the third time", () -> {
            if (asked.incrementAndGet() == 1) {
                throw new IllegalStateException("not yet");
            }
            return asked.get() == 3;
        });
    }

    @Test
    void givenAConditionThatNeverHolds_whenTheTimeIsOver_thenTheFailureSaysWhatAndWhy() {
        assertThatThrownBy(() -> Await.until(Duration.ofMillis(10), "rain", () -> {
                    throw new IllegalStateException("dry");
                }))
                .isInstanceOf(AssertionError.class)
                .hasMessage("waited 10 ms in vain for rain")
                .hasRootCauseMessage("dry");
    }
}

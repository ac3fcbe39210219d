package org.pgweir.testkit;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Waits for a condition that nobody announces, by asking again and again. */
public final class Await {

    /** How long {@link #until(String, Condition)} waits. */
    public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);

    private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long LONGEST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private Await() {}

    /** Something that becomes true. An exception means "not yet"; the last one is the cause of the failure. */
    @FunctionalInterface
    public interface Condition {
        boolean holds() throws Exception;
    }

    /**
     * Waits with the default timeout.
     *
     * @see #until(Duration, String, Condition)
     */
    public static void until(String what, Condition condition) {
        until(DEFAULT_TIMEOUT, what, condition);
    }

    /**
     * Returns as soon as the condition holds.
     *
     * @param what completes the sentence "waited in vain for ..."
     * @throws AssertionError when the condition does not hold within the timeout, or the thread is interrupted
     */
    public static void until(Duration timeout, String what, Condition condition) {
        long deadline = System.nanoTime() + timeout.toNanos();
        long pause = FIRST_PAUSE_NANOS;
        while (true) {
            Throwable notYet = null;
            try {
                if (condition.holds()) {
                    return;
                }
            } catch (Exception | AssertionError e) {
                notYet = e;
            }
            if (Thread.interrupted()) {
                Thread.currentThread().interrupt();
                throw new AssertionError("interrupted while waiting for " + what, notYet);
            }
            if (System.nanoTime() - deadline >= 0) {
                throw new AssertionError("waited " + timeout.toMillis() + " ms in vain for " + what, notYet);
            }
            LockSupport.parkNanos(pause);
            pause = Math.min(pause * 2, LONGEST_PAUSE_NANOS);
        }
    }
}

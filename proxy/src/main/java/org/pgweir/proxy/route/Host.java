package org.pgweir.proxy.route;

import java.util.concurrent.TimeUnit;
import org.pgweir.config.HostAddress;

/**
 * One PostgreSQL instance and what is known of its health. A host that cannot be reached is left alone for a pause that doubles with
 * each further failure; the first success ends it. Shared by all loops.
 */
public final class Host {
    private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int MAX_DOUBLINGS = 20;

    private final HostAddress address;
    private int failures;
    private volatile boolean failing;
    private volatile long retryAtNanos;

    Host(HostAddress address) {
        this.address = address;
    }

    public HostAddress address() {
        return address;
    }

    /** Whether a connection may be tried now. */
    public boolean mayConnect(long nowNanos) {
        return !failing || nowNanos - retryAtNanos >= 0;
    }

    /** Whether the last attempt failed. */
    public boolean isFailing() {
        return failing;
    }

    /** @param longestPauseNanos {@code server_login_retry} */
    public synchronized void failed(long nowNanos, long longestPauseNanos) {
        if (!mayConnect(nowNanos)) {
            // Attempts that began before the pause: they tell nothing new.
            return;
        }
        long pause = Math.min(FIRST_PAUSE_NANOS << Math.min(failures, MAX_DOUBLINGS), longestPauseNanos);
        failures++;
        retryAtNanos = nowNanos + pause;
        failing = true;
    }

    public void succeeded() {
        if (failing) {
            reset();
        }
    }

    private synchronized void reset() {
        failures = 0;
        failing = false;
    }

    @Override
    public String toString() {
        return address.host() + ":" + address.port();
    }
}

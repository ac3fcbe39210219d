package org.pgweir.proxy.client;

import io.netty.buffer.ByteBuf;
import java.util.concurrent.TimeUnit;

/**
 * It has brought a cancel request, which is all that it will ever say; it is closed when that is delivered. What the console shows of
 * it may be set from any thread.
 */
public final class Cancelling implements ClientPhase {
    /** How much longer than {@code cancel_wait_timeout} one may stay of whom nothing was heard. */
    private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final long sinceNanos;
    private volatile String database;
    private volatile boolean underWay;

    Cancelling(long sinceNanos) {
        this.sinceNanos = sinceNanos;
    }

    /** The client that it means has been found. */
    void means(Client client) {
        database = client.database();
        underWay = true;
    }

    /** It is being passed on to a peer. */
    void isUnderWay() {
        underWay = true;
    }

    /** Whether it is being delivered; else it waits for that. */
    public boolean underWay() {
        return underWay;
    }

    /** Of the client that it means; null while that is not known. */
    public String database() {
        return database;
    }

    /** @param patienceNanos {@code cancel_wait_timeout}, 0 for no limit */
    boolean isOverdue(long patienceNanos, long nowNanos) {
        return patienceNanos > 0 && nowNanos - sinceNanos > patienceNanos + LINGER_NANOS;
    }

    @Override
    public void onBytes(ByteBuf bytes, long nowNanos) {
        bytes.release();
    }
}

package org.pgweir.proxy.client;

import io.netty.buffer.ByteBuf;
import java.util.concurrent.TimeUnit;
import org.pgweir.config.Settings;

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

    @Override
    public void onBytes(ByteBuf bytes, long nowNanos) {
        bytes.release();
    }

    @Override
    public void tick(Client client, long nowNanos) {
        long patience = client.services()
                .configuration()
                .global()
                .get(Settings.CANCEL_WAIT_TIMEOUT)
                .toNanos();
        if (patience > 0 && nowNanos - sinceNanos > patience + LINGER_NANOS) {
            client.closeSilently();
        }
    }

    @Override
    public boolean endsSuspended() {
        return true;
    }
}

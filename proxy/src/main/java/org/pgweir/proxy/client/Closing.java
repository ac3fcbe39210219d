package org.pgweir.proxy.client;

import io.netty.buffer.ByteBuf;
import java.util.concurrent.TimeUnit;

/** The last words are being sent; what still comes is dropped. */
record Closing(long sinceNanos) implements ClientPhase {
    /** How long a client may take to read its last message. */
    private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(5);

    @Override
    public void onBytes(ByteBuf bytes, long nowNanos) {
        bytes.release();
    }

    @Override
    public void tick(Client client, long nowNanos) {
        if (nowNanos - sinceNanos > LINGER_NANOS) {
            client.channel().close();
        }
    }

    @Override
    public boolean endsSuspended() {
        return true;
    }
}

package org.pgweir.proxy.client;

import io.netty.buffer.ByteBuf;

/** The last words are being sent; what still comes is dropped. */
record Closing(long sinceNanos) implements ClientPhase {
    @Override
    public void onBytes(ByteBuf bytes, long nowNanos) {
        bytes.release();
    }
}

package org.pgweir.proxy.client;

import io.netty.buffer.ByteBuf;
import org.pgweir.proxy.relay.Relay;

/** The client is logged in, and its relay has it. */
record Serving(Relay relay) implements ClientPhase {
    @Override
    public void onBytes(ByteBuf bytes, long nowNanos) {
        relay.onClientBytes(bytes, nowNanos);
    }

    @Override
    public void onReadComplete() {
        relay.onClientReadComplete();
    }

    @Override
    public void onWritability(boolean writable) {
        relay.onClientWritability(writable);
    }

    @Override
    public void leave(long nowNanos) {
        relay.onClientGone(nowNanos);
    }

    @Override
    public boolean isLoggedIn() {
        return true;
    }
}

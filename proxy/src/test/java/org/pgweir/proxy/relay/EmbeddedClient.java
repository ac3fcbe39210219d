package org.pgweir.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.pool.LoopPool;
import org.pgweir.proxy.server.EmbeddedServer;
import org.pgweir.proxy.server.TrackedParameters;
import org.pgweir.proxy.session.SessionState;

/** A client on a channel without a socket, and its relay: the test plays the application. */
final class EmbeddedClient implements ClientEnd {
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final Relay relay;
    private ErrorMessage failure;
    private String closed;
    private boolean failedAtBoundary;
    private boolean stuck;

    EmbeddedClient(LoopPool pool, TrackedParameters parameters, ByteBufAllocator allocator) {
        channel.config().setAllocator(allocator);
        relay = new Relay(this, pool, parameters, SessionState.NONE, Loop.nowNanos());
        channel.pipeline().addLast(new Stuck());
    }

    @Override
    public String user() {
        return "app";
    }

    Relay relay() {
        return relay;
    }

    /** One read of the socket; a client that is closing is not read any more. */
    void sends(ByteBuf bytes) {
        if (isGone()) {
            bytes.release();
            return;
        }
        relay.onClientBytes(bytes, Loop.nowNanos());
        if (!isGone()) {
            relay.onClientReadComplete();
        }
    }

    byte[] received() {
        return EmbeddedServer.drain(channel);
    }

    void stuck(boolean now) {
        stuck = now;
        if (!now) {
            channel.flush();
            relay.onClientWritability(channel.isWritable());
        }
    }

    boolean isRead() {
        return channel.config().isAutoRead();
    }

    /** What it was told at its end; null if it was told nothing. */
    ErrorMessage failure() {
        return failure;
    }

    /** Why it was closed without an error; null if it was not. */
    String closed() {
        return closed;
    }

    boolean failedAtBoundary() {
        return failedAtBoundary;
    }

    boolean isGone() {
        return relay.state() == Relay.State.GONE;
    }

    void leaves() {
        if (!isGone()) {
            relay.onClientGone(Loop.nowNanos());
        }
    }

    void end() {
        leaves();
        stuck = false;
        channel.flush();
        EmbeddedServer.drain(channel);
        channel.close();
    }

    @Override
    public Channel channel() {
        return channel;
    }

    @Override
    public void fail(ErrorMessage error) {
        failure = error;
        failedAtBoundary = relay.clientAtBoundary();
        leaves();
        channel.flush();
    }

    @Override
    public void close(String reason) {
        closed = reason;
        leaves();
        channel.flush();
    }

    private final class Stuck extends ChannelOutboundHandlerAdapter {
        @Override
        public void flush(ChannelHandlerContext context) {
            if (!stuck) {
                context.flush();
            }
        }
    }
}

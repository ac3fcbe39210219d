package org.pgweir.proxy.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import java.io.IOException;
import javax.net.ssl.SSLException;
import org.pgweir.proxy.net.Loop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Translates Netty's callbacks into calls on the {@link Server}; holds no logic. */
final class ServerHandler extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(ServerHandler.class);

    private final Server server;

    ServerHandler(Server server) {
        this.server = server;
    }

    Server server() {
        return server;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        server.onBytes((ByteBuf) message, Loop.nowNanos());
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        server.onReadComplete();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        server.onWritability();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        server.onInactive(Loop.nowNanos());
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof SslCloseCompletionEvent) {
            // The server has said that nothing more will come.
            context.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        // A reset connection, mostly; channelInactive follows and does what is to be done.
        boolean ofTls = cause instanceof DecoderException && cause.getCause() instanceof SSLException;
        if (!ofTls && !(cause instanceof IOException)) {
            LOG.error("{}: closing after an internal error", server, cause);
        }
        context.close();
    }
}

package org.pgweir.proxy.client;

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

/** Translates Netty's callbacks into calls on the {@link Client}; holds no logic. */
final class ClientHandler extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(ClientHandler.class);

    private final Client client;

    ClientHandler(Client client) {
        this.client = client;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        client.onBytes((ByteBuf) message, Loop.nowNanos());
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        client.onReadComplete();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        client.onWritability();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        client.onInactive(Loop.nowNanos());
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof SslCloseCompletionEvent) {
            // The client has said that nothing more will come.
            context.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        // A reset connection, mostly; channelInactive follows and does what is to be done.
        if (cause instanceof DecoderException && cause.getCause() instanceof SSLException) {
            client.onTlsFailure(cause.getCause());
        } else if (!(cause instanceof IOException)) {
            LOG.error("{}: closing after an internal error", client, cause);
        }
        context.close();
    }
}

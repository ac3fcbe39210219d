package org.pgweir.proxy.net;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;

/**
 * Lets nobody read while reads are switched off. Netty's TLS handler reads on to the end of a record then, which must not happen while
 * the channel goes to another loop. Nothing is lost: to switch reads on is to read.
 */
@Sharable
final class ReadsWhenAsked extends ChannelOutboundHandlerAdapter {
    static final ReadsWhenAsked INSTANCE = new ReadsWhenAsked();

    private ReadsWhenAsked() {}

    @Override
    public void read(ChannelHandlerContext context) {
        if (context.channel().config().isAutoRead()) {
            context.read();
        }
    }
}

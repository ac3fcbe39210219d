package org.pgweir.proxy.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.ByteArrayOutputStream;
import java.util.function.Consumer;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.route.Host;

/** A server that is logged in, on a channel without a socket: the test plays PostgreSQL. */
public final class EmbeddedServer {
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final Server server;
    private boolean stuck;
    private Consumer<byte[]> flushes;

    public EmbeddedServer(Loop loop, Host host, ByteBufAllocator allocator) {
        channel.config().setAllocator(allocator);
        server = new Server(channel, loop, host, 0, Loop.nowNanos());
        channel.pipeline().addLast(new Stuck(), new ServerHandler(server));
    }

    public Server server() {
        return server;
    }

    /** One read of the socket. */
    public void sends(ByteBuf bytes) {
        channel.writeInbound(bytes);
    }

    /** What it got since the last call. */
    public byte[] received() {
        return drain(channel);
    }

    public static byte[] drain(EmbeddedChannel channel) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            byte[] bytes = new byte[part.readableBytes()];
            part.readBytes(bytes);
            all.writeBytes(bytes);
            part.release();
        }
        return all.toByteArray();
    }

    /** Shows what each flush brings to its socket, instead of {@link #received}. */
    public void onFlush(Consumer<byte[]> sink) {
        flushes = sink;
    }

    /** Its socket takes nothing any more, or takes all again. */
    public void stuck(boolean now) {
        stuck = now;
        if (!now) {
            channel.flush();
        }
    }

    public boolean isOpen() {
        channel.runPendingTasks();
        return channel.isOpen();
    }

    public boolean isRead() {
        return channel.config().isAutoRead();
    }

    /** The connection breaks. */
    public void dies() {
        channel.close();
        channel.runPendingTasks();
    }

    private void show() {
        byte[] flushed = flushes == null ? new byte[0] : received();
        if (flushed.length > 0) {
            flushes.accept(flushed);
        }
    }

    private final class Stuck extends ChannelOutboundHandlerAdapter {
        @Override
        public void flush(ChannelHandlerContext context) {
            if (!stuck) {
                context.flush();
                show();
            }
        }
    }
}

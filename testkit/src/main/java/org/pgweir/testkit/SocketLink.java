package org.pgweir.testkit;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/** TCP or a Unix socket. A channel with two selectors, because neither kind of blocking channel has a timeout for writes. */
final class SocketLink implements Link {

    private final SocketChannel channel;
    private final boolean tcp;
    private final Selector readable;
    private final Selector writable;

    private SocketLink(SocketChannel channel, boolean tcp) throws IOException {
        this.channel = channel;
        this.tcp = tcp;
        channel.configureBlocking(false);
        readable = Selector.open();
        writable = Selector.open();
        channel.register(readable, SelectionKey.OP_READ);
        channel.register(writable, SelectionKey.OP_WRITE);
    }

    static SocketLink connect(SocketAddress address, Duration timeout) throws IOException {
        if (!(address instanceof InetSocketAddress)) {
            return new SocketLink(SocketChannel.open(address), false);
        }
        SocketChannel channel = SocketChannel.open();
        try {
            channel.socket().connect(address, Math.toIntExact(timeout.toMillis()));
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            return new SocketLink(channel, true);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public int read(ByteBuffer into, Duration timeout) throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            int n = channel.read(into);
            if (n != 0) {
                return n;
            }
            await(readable, deadline);
        }
    }

    @Override
    public void write(ByteBuffer from, Duration timeout) throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (from.hasRemaining()) {
            if (channel.write(from) > 0) {
                deadline = System.nanoTime() + timeout.toNanos();
            } else {
                await(writable, deadline);
            }
        }
    }

    private static void await(Selector selector, long deadline) throws IOException {
        long left = deadline - System.nanoTime();
        if (left <= 0) {
            throw new SocketTimeoutException();
        }
        selector.select(left / 1_000_000 + 1);
        selector.selectedKeys().clear();
        if (Thread.currentThread().isInterrupted()) {
            throw new IOException("interrupted");
        }
    }

    @Override
    public void shutdownOutput() throws IOException {
        channel.shutdownOutput();
    }

    @Override
    public void abort() throws IOException {
        // A channel closes its socket only when no selector knows it any more.
        readable.close();
        writable.close();
        if (tcp && channel.isOpen()) {
            channel.configureBlocking(true);
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        }
        channel.close();
    }

    @Override
    public void close() throws IOException {
        readable.close();
        writable.close();
        channel.close();
    }
}

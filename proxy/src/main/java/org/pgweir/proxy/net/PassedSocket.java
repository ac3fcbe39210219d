package org.pgweir.proxy.net;

import io.netty.channel.ChannelException;
import io.netty.channel.ServerChannel;
import io.netty.channel.ServerChannelRecvByteBufAllocator;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A listening socket that was open before this process began. Only epoll can take such a one over. */
final class PassedSocket {
    // As in the headers of Linux.
    private static final int SOL_SOCKET = 1;
    private static final int SO_TYPE = 3;
    private static final int SO_RCVTIMEO = 20;
    private static final int SO_ACCEPTCONN = 30;
    private static final int SO_DOMAIN = 39;
    private static final int SOCK_STREAM = 1;
    private static final int AF_UNIX = 1;
    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;

    private final int descriptor;
    private final Socket socket;
    private final boolean unix;

    /** @throws IOException with a message for the operator, if it is no such socket */
    PassedSocket(int descriptor) throws IOException {
        this.descriptor = descriptor;
        try {
            socket = new Socket(descriptor);
        } catch (ChannelException e) {
            throw unusable();
        }
        if (!listens()) {
            throw unusable();
        }
        unix = option(SO_DOMAIN) == AF_UNIX;
        neverBlock();
    }

    private IOException unusable() {
        return new IOException("file descriptor " + descriptor
                + " from the service manager is no socket that listens for TCP or Unix connections: its unit needs"
                + " ListenStream= and Accept=no");
    }

    private boolean listens() throws IOException {
        int family = option(SO_DOMAIN);
        return option(SO_TYPE) == SOCK_STREAM
                && option(SO_ACCEPTCONN) != 0
                && (family == AF_UNIX || family == AF_INET || family == AF_INET6);
    }

    private int option(int name) throws IOException {
        return socket.getIntOpt(SOL_SOCKET, name);
    }

    /**
     * Without {@code NonBlocking=yes} in the service's unit the descriptor blocks, and Java has no way to change that: who is gone again
     * when it is to be accepted would hold up an event loop. The shortest time-out of the kernel prevents that.
     */
    private void neverBlock() throws IOException {
        ByteBuffer microsecond = ByteBuffer.allocateDirect(2 * Long.BYTES).order(ByteOrder.nativeOrder());
        socket.setRawOpt(
                SOL_SOCKET, SO_RCVTIMEO, microsecond.putLong(0).putLong(1).flip());
    }

    boolean isUnix() {
        return unix;
    }

    /** A channel that accepts one connection each time that the kernel tells of some: it need not ask for one more than there are. */
    ServerChannel channel() {
        ServerChannel channel =
                unix ? new EpollServerDomainSocketChannel(descriptor, true) : new EpollServerSocketChannel(descriptor);
        channel.config().setRecvByteBufAllocator(new ServerChannelRecvByteBufAllocator());
        return channel;
    }

    /** For people. */
    @Override
    public String toString() {
        if (!unix) {
            return Listener.describe(socket.localAddress());
        }
        String path = socket.localDomainSocketAddress().path();
        return "unix:" + (path.startsWith("\0") ? "@" + path.substring(1) : path);
    }
}

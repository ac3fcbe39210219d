package org.pgweir.proxy.process;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Sends datagrams to a Unix socket, which Java has no class for: Netty's native library has. Nothing blocks: what the other side has no
 * room for is lost. From any thread.
 */
final class UnixDatagrams implements AutoCloseable {
    private final Socket socket;
    private final byte[] path;

    /**
     * @param path of the other side; {@code @} in front for the abstract name space
     * @throws IOException if the native library is not there
     */
    UnixDatagrams(String path) throws IOException {
        if (!Epoll.isAvailable()) {
            throw new IOException(
                    "no Unix datagrams without Netty's native library for epoll", Epoll.unavailabilityCause());
        }
        this.path = (path.startsWith("@") ? "\0" + path.substring(1) : path).getBytes(StandardCharsets.UTF_8);
        socket = Socket.newSocketDomainDgram();
    }

    /** @throws IOException if nobody listens there, or it is too long */
    synchronized void send(byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(bytes.length).put(bytes);
        socket.sendToDomainSocket(buffer, 0, bytes.length, path);
    }

    @Override
    public synchronized void close() throws IOException {
        socket.close();
    }
}

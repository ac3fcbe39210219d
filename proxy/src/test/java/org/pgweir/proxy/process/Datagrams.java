package org.pgweir.proxy.process;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.DomainDatagramSocketAddress;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.pgweir.testkit.Await;

/** What arrives at a Unix socket, as systemd and syslog have one. */
final class Datagrams implements AutoCloseable {
    private static final int LONGEST = 16 * 1024;

    private final Socket socket;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(LONGEST);

    Datagrams(Path path) throws IOException {
        // Loads the native library.
        Epoll.ensureAvailability();
        socket = Socket.newSocketDomainDgram();
        socket.bind(new DomainSocketAddress(path.toString()));
        path.toFile().setWritable(true, false);
    }

    /** The next one, as text; waits for it. */
    String next() {
        DomainDatagramSocketAddress[] received = new DomainDatagramSocketAddress[1];
        Await.until("a datagram", () -> {
            received[0] = socket.recvFromDomainSocket(buffer, 0, buffer.capacity());
            return received[0] != null;
        });
        byte[] bytes = new byte[received[0].receivedAmount()];
        buffer.get(0, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}

package org.pgweir.proxy.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Descriptors of all kinds, of which only a stream socket that listens can be taken over. */
final class PassedSocketTest {
    @BeforeEach
    void needsEpoll() {
        assumeTrue(Transport.EPOLL.unavailability() == null, "epoll does not work here");
    }

    private static void isRefused(int descriptor) {
        assertThatThrownBy(() -> new PassedSocket(descriptor))
                .isInstanceOf(IOException.class)
                .hasMessage("file descriptor " + descriptor
                        + " from the service manager is no socket that listens for TCP or Unix connections: its unit"
                        + " needs ListenStream= and Accept=no");
    }

    @Test
    void aSocketThatListensIsTaken() throws IOException {
        Socket socket = Socket.newSocketStream();
        try {
            socket.bind(new InetSocketAddress("127.0.0.1", 0));
            isRefused(socket.intValue());
            socket.listen(1);
            assertThat(new PassedSocket(socket.intValue()))
                    .hasToString("127.0.0.1:" + socket.localAddress().getPort());
        } finally {
            socket.close();
        }
    }

    @Test
    void aDatagramSocketIsRefused() throws IOException {
        Socket socket = Socket.newSocketDgram();
        try {
            isRefused(socket.intValue());
        } finally {
            socket.close();
        }
    }

    @Test
    void aConnectionIsRefused() throws IOException {
        Socket socket = Socket.newSocketStream();
        try (java.net.ServerSocket server = new java.net.ServerSocket(0)) {
            socket.connect(new InetSocketAddress("127.0.0.1", server.getLocalPort()));
            isRefused(socket.intValue());
        } finally {
            socket.close();
        }
    }

    @Test
    void aFileIsRefused(@TempDir Path folder) throws IOException {
        FileDescriptor file =
                FileDescriptor.from(Files.createFile(folder.resolve("file")).toFile());
        try {
            isRefused(file.intValue());
        } finally {
            file.close();
        }
    }

    @Test
    void whatIsNotOpenIsRefused() {
        isRefused(1_000_000);
    }
}

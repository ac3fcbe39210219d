package org.pgweir.proxy.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.uring.IoUringChannelOption;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What the kernel knows of the sockets that a listener makes. */
@ParameterizedClass
@EnumSource(Transport.class)
final class ListenerTest {
    private static final List<String> LOOPBACK = List.of("127.0.0.1");
    private static final TcpOptions TCP = new TcpOptions(true, 11, 7, 3, 4321, 32 * 1024);
    private static final Listener.Options OPTIONS = new Listener.Options(17, 3, true, TCP);

    private final Transport transport;
    private final BlockingQueue<Channel> arrived = new LinkedBlockingQueue<>();
    private Loops loops;

    ListenerTest(Transport transport) {
        this.transport = transport;
    }

    @BeforeEach
    void startLoops() {
        assumeTrue(transport.unavailability() == null, () -> transport.settingName() + " does not work here");
        loops = new Loops(transport, 1);
    }

    @AfterEach
    void endLoops() {
        if (loops != null) {
            loops.close();
        }
    }

    private Listener open(int port, Listener.Options options) throws IOException {
        return Listener.openTcp(loops, LOOPBACK, port, options, channel -> {
                    arrived.add(channel);
                    return new ChannelInboundHandlerAdapter();
                })
                .get(0);
    }

    private static int port(Listener listener) {
        return ((InetSocketAddress) listener.address()).getPort();
    }

    private Channel arrival(Listener listener) throws Exception {
        try (Socket client = new Socket("127.0.0.1", port(listener))) {
            client.getOutputStream().write(1);
            Channel channel = arrived.poll(10, TimeUnit.SECONDS);
            assertThat(channel).as("the accepted channel").isNotNull();
            return channel;
        }
    }

    private <T> T option(Channel channel, ChannelOption<T> onUring, ChannelOption<T> onEpoll) {
        return channel.config().getOption(transport == Transport.IO_URING ? onUring : onEpoll);
    }

    @Test
    void whatTheKernelHearsOfKeepAlive() throws Exception {
        try (Listener listener = open(0, OPTIONS);
                Socket client = new Socket("127.0.0.1", port(listener))) {
            client.getOutputStream().write(1);
            Channel channel = arrived.poll(10, TimeUnit.SECONDS);
            assertThat(channel.config().getOption(ChannelOption.SO_KEEPALIVE)).isTrue();
            if (transport != Transport.NIO) {
                assertThat(option(channel, IoUringChannelOption.TCP_KEEPIDLE, EpollChannelOption.TCP_KEEPIDLE))
                        .isEqualTo(11);
                assertThat(option(channel, IoUringChannelOption.TCP_KEEPINTVL, EpollChannelOption.TCP_KEEPINTVL))
                        .isEqualTo(7);
                assertThat(option(channel, IoUringChannelOption.TCP_KEEPCNT, EpollChannelOption.TCP_KEEPCNT))
                        .isEqualTo(3);
                assertThat(option(channel, IoUringChannelOption.TCP_USER_TIMEOUT, EpollChannelOption.TCP_USER_TIMEOUT))
                        .isEqualTo(4321);
            }
        }
    }

    @Test
    void theSizeOfTheKernelsBuffers() throws Exception {
        try (Listener listener = open(0, OPTIONS);
                Socket client = new Socket("127.0.0.1", port(listener))) {
            client.getOutputStream().write(1);
            Channel channel = arrived.poll(10, TimeUnit.SECONDS);
            // On the loopback interface a segment has 64 kB, and two of them must find room.
            int sending = channel.config().getOption(ChannelOption.SO_SNDBUF);
            assertThat(sending >= 2 * 64_000).isEqualTo(transport != Transport.NIO);
            // Linux doubles what it is asked for, for its own book-keeping; Java takes that back.
            assertThat(channel.config().getOption(ChannelOption.SO_RCVBUF)).isIn(32 * 1024, 64 * 1024);
        }
    }

    @Test
    void aReloadChangesWhatComesLater() throws Exception {
        assumeTrue(transport != Transport.NIO, "NIO does not know it");
        try (Listener listener = open(0, OPTIONS)) {
            Channel listening = arrival(listener).parent();
            int deferred =
                    option(listening, IoUringChannelOption.TCP_DEFER_ACCEPT, EpollChannelOption.TCP_DEFER_ACCEPT);
            // The kernel counts in retransmissions of 1, 2, 4, ... seconds.
            assertThat(deferred).isGreaterThanOrEqualTo(3);
            listener.configure(new Listener.Options(17, 0, true, new TcpOptions(false, 0, 0, 0, 0, 0)));
            assertThat(option(listening, IoUringChannelOption.TCP_DEFER_ACCEPT, EpollChannelOption.TCP_DEFER_ACCEPT))
                    .isZero();
            try (Socket client = new Socket("127.0.0.1", port(listener))) {
                client.getOutputStream().write(1);
                Channel channel = arrived.poll(10, TimeUnit.SECONDS);
                assertThat(channel.config().getOption(ChannelOption.SO_KEEPALIVE))
                        .isFalse();
            }
        }
    }

    @Test
    void onePortForTwo() throws Exception {
        Listener.Options alone = new Listener.Options(17, 0, false, TCP);
        try (Listener first = open(0, OPTIONS);
                Listener second = open(port(first), OPTIONS)) {
            assertThat(second.address()).isEqualTo(first.address());
        }
        try (Listener first = open(0, alone)) {
            assertThatThrownBy(() -> open(port(first), alone)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void theBacklogOfTheKernel() throws Exception {
        assumeTrue(new java.io.File("/usr/bin/ss").canExecute(), "needs ss of iproute2");
        try (Listener listener = open(0, OPTIONS)) {
            Process ss = new ProcessBuilder("/usr/bin/ss", "-Hltn", "sport = :" + port(listener))
                    .redirectErrorStream(true)
                    .start();
            String line = new String(ss.getInputStream().readAllBytes()).trim();
            assertThat(line.split("\\s+")[2]).as(line).isEqualTo("17");
        }
    }
}

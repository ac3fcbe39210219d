package org.pgweir.proxy.net;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.uring.IoUringChannelOption;
import io.netty.channel.uring.IoUringSocketChannel;
import org.pgweir.config.SettingValues;
import org.pgweir.config.Settings;

/**
 * Socket options of every TCP connection, in both directions.
 *
 * @param keepIdleSeconds 0: the system's value; so for the other keep-alive values
 * @param userTimeoutMillis 0: the system's value
 * @param bufferBytes of the kernel's buffers, for each direction; 0: the system's choice
 */
public record TcpOptions(
        boolean keepAlive,
        int keepIdleSeconds,
        int keepIntervalSeconds,
        int keepCount,
        int userTimeoutMillis,
        int bufferBytes) {

    /** With fewer in its buffer the kernel sends one and waits for its acknowledgment, which the other side may delay. */
    private static final int LEAST_SEGMENTS = 2;

    /** The state of a closed connection in the kernel's numbering. */
    private static final int TCP_CLOSE = 7;

    /** As the configuration wants them. */
    public static TcpOptions of(SettingValues settings) {
        return new TcpOptions(
                settings.get(Settings.TCP_KEEPALIVE),
                settings.get(Settings.TCP_KEEPIDLE),
                settings.get(Settings.TCP_KEEPINTVL),
                settings.get(Settings.TCP_KEEPCNT),
                settings.get(Settings.TCP_USER_TIMEOUT),
                settings.get(Settings.TCP_SOCKET_BUFFER));
    }

    /** NIO knows no keep-alive details; there the system's values stay. TCP_NODELAY is set by Netty, without being asked. */
    public void applyTo(Channel channel) {
        channel.config().setOption(ChannelOption.SO_KEEPALIVE, keepAlive);
        set(channel, ChannelOption.SO_RCVBUF, bufferBytes);
        if (channel instanceof EpollSocketChannel) {
            set(channel, EpollChannelOption.TCP_KEEPIDLE, keepIdleSeconds);
            set(channel, EpollChannelOption.TCP_KEEPINTVL, keepIntervalSeconds);
            set(channel, EpollChannelOption.TCP_KEEPCNT, keepCount);
            set(channel, EpollChannelOption.TCP_USER_TIMEOUT, userTimeoutMillis);
        } else if (channel instanceof IoUringSocketChannel) {
            set(channel, IoUringChannelOption.TCP_KEEPIDLE, keepIdleSeconds);
            set(channel, IoUringChannelOption.TCP_KEEPINTVL, keepIntervalSeconds);
            set(channel, IoUringChannelOption.TCP_KEEPCNT, keepCount);
            set(channel, IoUringChannelOption.TCP_USER_TIMEOUT, userTimeoutMillis);
        }
    }

    /**
     * As {@link #applyTo}, what cannot be told before there is a connection: how large a segment is. On the loopback interface one has
     * 64 kB, so a small buffer would hold up each of them by a delayed acknowledgment; NIO does not tell it.
     */
    public void applyToConnected(Channel channel) {
        if (bufferBytes == 0) {
            return;
        }
        long segment = channel instanceof EpollSocketChannel epoll
                ? epoll.tcpInfo().sndMss()
                : channel instanceof IoUringSocketChannel uring
                        ? uring.tcpInfo().sndMss()
                        : 0;
        int enough = (int) Math.max(bufferBytes, LEAST_SEGMENTS * segment);
        set(channel, ChannelOption.SO_SNDBUF, enough);
    }

    /**
     * Whether the other side has reset the connection, and nobody has told. On io_uring, Netty 4.2.18 does not notice a reset that
     * comes together with data, until something is written. One system call; other transports notice by themselves.
     */
    public static boolean isSilentlyReset(Channel channel) {
        return channel instanceof IoUringSocketChannel socket
                && socket.isOpen()
                && socket.tcpInfo().state() == TCP_CLOSE;
    }

    private static void set(Channel channel, ChannelOption<Integer> option, int value) {
        if (value > 0) {
            channel.config().setOption(option, value);
        }
    }
}

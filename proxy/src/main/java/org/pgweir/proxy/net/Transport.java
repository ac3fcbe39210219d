package org.pgweir.proxy.net;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringChannelOption;
import io.netty.channel.uring.IoUringDomainSocketChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerDomainSocketChannel;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import org.pgweir.config.HostAddress;

/** How pgweir talks to the kernel. */
public enum Transport {
    IO_URING {
        @Override
        public Throwable unavailability() {
            return IoUring.unavailabilityCause();
        }

        @Override
        IoHandlerFactory ioHandlerFactory() {
            return IoUringIoHandler.newFactory();
        }

        @Override
        ChannelOption<Boolean> reusePort() {
            return IoUringChannelOption.SO_REUSEPORT;
        }

        @Override
        ChannelOption<Integer> deferAccept() {
            return IoUringChannelOption.TCP_DEFER_ACCEPT;
        }

        @Override
        public ChannelFactory<? extends ServerChannel> listening(SocketAddress address) {
            return isInet(address) ? IoUringServerSocketChannel::new : IoUringServerDomainSocketChannel::new;
        }

        @Override
        public ChannelFactory<? extends Channel> connecting(SocketAddress address) {
            return isInet(address) ? IoUringSocketChannel::new : IoUringDomainSocketChannel::new;
        }
    },

    EPOLL {
        @Override
        public Throwable unavailability() {
            return Epoll.unavailabilityCause();
        }

        @Override
        IoHandlerFactory ioHandlerFactory() {
            return EpollIoHandler.newFactory();
        }

        @Override
        ChannelOption<Boolean> reusePort() {
            return EpollChannelOption.SO_REUSEPORT;
        }

        @Override
        ChannelOption<Integer> deferAccept() {
            return EpollChannelOption.TCP_DEFER_ACCEPT;
        }

        @Override
        public ChannelFactory<? extends ServerChannel> listening(SocketAddress address) {
            return isInet(address) ? EpollServerSocketChannel::new : EpollServerDomainSocketChannel::new;
        }

        @Override
        public ChannelFactory<? extends Channel> connecting(SocketAddress address) {
            return isInet(address) ? EpollSocketChannel::new : EpollDomainSocketChannel::new;
        }
    },

    NIO {
        @Override
        public Throwable unavailability() {
            return null;
        }

        @Override
        IoHandlerFactory ioHandlerFactory() {
            return NioIoHandler.newFactory();
        }

        @Override
        ChannelOption<Boolean> reusePort() {
            return NioChannelOption.of(StandardSocketOptions.SO_REUSEPORT);
        }

        @Override
        ChannelOption<Integer> deferAccept() {
            return null;
        }

        @Override
        public ChannelFactory<? extends ServerChannel> listening(SocketAddress address) {
            return isInet(address) ? NioServerSocketChannel::new : NioServerDomainSocketChannel::new;
        }

        @Override
        public ChannelFactory<? extends Channel> connecting(SocketAddress address) {
            return isInet(address) ? NioSocketChannel::new : NioDomainSocketChannel::new;
        }

        @Override
        public SocketAddress unixAddress(String folder, int port) {
            HostAddress address = new HostAddress(folder, port);
            return address.isAbstract() ? null : UnixDomainSocketAddress.of(address.unixSocketPath());
        }
    };

    /** Why this machine cannot use it; null if it can. */
    public abstract Throwable unavailability();

    abstract IoHandlerFactory ioHandlerFactory();

    /** {@code so_reuseport} of a listening socket. */
    abstract ChannelOption<Boolean> reusePort();

    /** {@code tcp_defer_accept} of a listening socket, seconds; null where there is no such thing. */
    abstract ChannelOption<Integer> deferAccept();

    /** Channels that listen on addresses of this kind. */
    public abstract ChannelFactory<? extends ServerChannel> listening(SocketAddress address);

    /** Channels that connect to addresses of this kind. */
    public abstract ChannelFactory<? extends Channel> connecting(SocketAddress address);

    /**
     * The address of PostgreSQL's Unix socket for a port, in this transport's own class; null if it cannot use such sockets.
     *
     * @param folder with {@code @} in front, a name in Linux's abstract name space
     */
    public SocketAddress unixAddress(String folder, int port) {
        HostAddress address = new HostAddress(folder, port);
        String path = address.unixSocketPath();
        return new DomainSocketAddress(
                address.isAbstract() ? "\0" + path.substring(1) : Path.of(path).toString());
    }

    /** The best one that works here: io_uring, epoll, NIO in this order. */
    public static Transport best() {
        for (Transport transport : values()) {
            if (transport.unavailability() == null) {
                return transport;
            }
        }
        return NIO;
    }

    private static boolean isInet(SocketAddress address) {
        return address instanceof InetSocketAddress;
    }

    /** The name in the configuration. */
    public String settingName() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}

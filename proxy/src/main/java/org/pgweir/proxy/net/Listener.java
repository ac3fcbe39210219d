package org.pgweir.proxy.net;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.RecvByteBufAllocator;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.pgweir.config.HostAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A socket on which clients arrive. Netty deals the accepted channels out to the loops in turn. */
public final class Listener implements AutoCloseable {
    /**
     * Bytes of a read: least, first, most. On io_uring each client that is waited for holds the buffer of its next read, so this is small;
     * but not so small that a message fills it, since then the kernel is asked for more.
     */
    private static final RecvByteBufAllocator READS = new AdaptiveRecvByteBufAllocator(512, 1024, 65_536);

    /** Makes the handler of a client that arrived; runs on the client's loop. */
    public interface Arrivals extends Function<Channel, ChannelHandler> {}

    private static final Logger LOG = LoggerFactory.getLogger(Listener.class);

    private final Channel channel;
    /** Null if there is no file, or it is not ours. */
    private final Path unixPath;

    private final String name;
    private final Transport transport;
    private final AtomicReference<Options> options;

    private Listener(
            Channel channel, Path unixPath, String name, Transport transport, AtomicReference<Options> options) {
        this.channel = channel;
        this.unixPath = unixPath;
        this.name = name;
        this.transport = transport;
        this.options = options;
    }

    /**
     * How a listening socket is made.
     *
     * @param deferAcceptSeconds a connection is accepted when its first bytes are there, or after about this time; 0: at once
     * @param reusePort whether other processes may listen on the same port
     */
    public record Options(int backlog, int deferAcceptSeconds, boolean reusePort, TcpOptions tcp) {}

    /**
     * Who may use the file of a Unix socket.
     *
     * @param mode permission bits such as 0777
     * @param group name or number of its group; empty for that of the process
     */
    public record FileAccess(int mode, String group) {
        private void applyTo(Path path) throws IOException {
            if (!group.isEmpty()) {
                try {
                    var groups = path.getFileSystem().getUserPrincipalLookupService();
                    Files.getFileAttributeView(path, PosixFileAttributeView.class)
                            .setGroup(groups.lookupPrincipalByGroupName(group));
                } catch (UserPrincipalNotFoundException e) {
                    throw new IOException("unix_socket_group = " + group + ": there is no such group", e);
                } catch (FileSystemException e) {
                    throw new IOException(
                            "unix_socket_group = " + group + ": " + e.getReason()
                                    + "; only root and members of a group may give a file to it",
                            e);
                }
            }
            Files.setPosixFilePermissions(path, permissions(mode));
        }
    }

    /**
     * Opens one socket for each address of the list; {@code *} is every address of the machine. What an address cannot be listened on
     * for goes to the log, as long as there is another one.
     *
     * @throws IOException with a message for the operator
     */
    public static List<Listener> openTcp(
            Loops loops, List<String> addresses, int port, Options options, Arrivals arrivals) throws IOException {
        List<InetSocketAddress> wanted = new ArrayList<>();
        for (String address : addresses) {
            wanted.add(inetAddress(address, port));
        }
        List<Listener> opened = new ArrayList<>();
        IOException failure = null;
        for (InetSocketAddress address : wanted) {
            try {
                opened.add(open(loops, address, null, null, options, arrivals));
            } catch (IOException e) {
                failure = e;
                if (wanted.size() > 1) {
                    LOG.warn(e.getMessage());
                }
            }
        }
        if (opened.isEmpty() && failure != null) {
            throw failure;
        }
        return opened;
    }

    private static InetSocketAddress inetAddress(String address, int port) throws IOException {
        if (address.equals("*")) {
            return new InetSocketAddress(port);
        }
        try {
            return new InetSocketAddress(InetAddress.getByName(address), port);
        } catch (UnknownHostException e) {
            throw new IOException("cannot listen on \"" + address + "\": the name is not known; see listen_addr", e);
        }
    }

    /**
     * Opens {@code .s.PGSQL.<port>} in the folder. A file that a dead process left there is replaced; one that answers is not.
     *
     * @param folder with {@code @} in front, the name is in Linux's abstract name space: there is no file then
     * @param access ignored in the abstract name space
     */
    public static Listener openUnix(
            Loops loops, String folder, int port, FileAccess access, Options options, Arrivals arrivals)
            throws IOException {
        HostAddress address = new HostAddress(folder, port);
        if (address.isAbstract()) {
            return openAbstract(loops, folder, port, options, arrivals);
        }
        Path path = Path.of(address.unixSocketPath());
        if (Files.exists(path)) {
            if (answers(path)) {
                throw new IOException("unix socket " + path + " is in use, cannot continue;"
                        + " stop the other process or choose another unix_socket_dir or listen_port");
            }
            Files.delete(path);
        }
        Listener listener =
                open(loops, loops.transport().unixAddress(folder, port), path, "unix:" + path, options, arrivals);
        try {
            access.applyTo(path);
        } catch (IOException | RuntimeException e) {
            listener.channel.close();
            throw e;
        }
        return listener;
    }

    private static Listener openAbstract(Loops loops, String folder, int port, Options options, Arrivals arrivals)
            throws IOException {
        SocketAddress address = loops.transport().unixAddress(folder, port);
        if (address == null) {
            throw new IOException("unix_socket_dir = " + folder + ": transport = "
                    + loops.transport().settingName()
                    + " knows no abstract sockets; use epoll or io_uring, or a folder");
        }
        return open(loops, address, null, "unix:" + new HostAddress(folder, port).unixSocketPath(), options, arrivals);
    }

    private static boolean answers(Path path) {
        try {
            SocketChannel.open(UnixDomainSocketAddress.of(path)).close();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static Set<PosixFilePermission> permissions(int mode) {
        PosixFilePermission[] bits = {
            PosixFilePermission.OTHERS_EXECUTE, PosixFilePermission.OTHERS_WRITE, PosixFilePermission.OTHERS_READ,
            PosixFilePermission.GROUP_EXECUTE, PosixFilePermission.GROUP_WRITE, PosixFilePermission.GROUP_READ,
            PosixFilePermission.OWNER_EXECUTE, PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_READ
        };
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        for (int bit = 0; bit < bits.length; bit++) {
            if ((mode >> bit & 1) != 0) {
                permissions.add(bits[bit]);
            }
        }
        return permissions;
    }

    /**
     * Takes over a socket that the service manager has opened. It stays open there when it is closed here, and its file stays.
     *
     * @param loops of {@link Transport#EPOLL}
     * @throws IOException with a message for the operator
     */
    public static Listener adopt(Loops loops, int descriptor, Options options, Arrivals arrivals) throws IOException {
        PassedSocket socket = new PassedSocket(descriptor);
        AtomicReference<Options> current = new AtomicReference<>(options);
        ChannelFuture registered = bootstrap(loops, current, !socket.isUnix(), arrivals)
                .channelFactory(socket::channel)
                .register()
                .awaitUninterruptibly();
        if (!registered.isSuccess()) {
            throw new IOException(
                    "cannot listen on " + socket + ": " + SocketFailure.reason(registered.cause()), registered.cause());
        }
        Listener listener = new Listener(registered.channel(), null, socket.toString(), loops.transport(), current);
        listener.deferAccept();
        return listener;
    }

    /** @param name for people; null for address and port */
    private static Listener open(
            Loops loops, SocketAddress address, Path unixPath, String name, Options options, Arrivals arrivals)
            throws IOException {
        AtomicReference<Options> current = new AtomicReference<>(options);
        Channel channel = bind(loops, address, options, current, arrivals);
        String shown = name != null ? name : describe(channel.localAddress());
        Listener listener = new Listener(channel, unixPath, shown, loops.transport(), current);
        listener.deferAccept();
        return listener;
    }

    private static Channel bind(
            Loops loops, SocketAddress address, Options options, AtomicReference<Options> current, Arrivals arrivals)
            throws IOException {
        boolean tcp = address instanceof InetSocketAddress;
        ServerBootstrap bootstrap = bootstrap(loops, current, tcp, arrivals)
                .channelFactory(loops.transport().listening(address))
                .option(ChannelOption.SO_BACKLOG, options.backlog());
        if (tcp) {
            bootstrap.option(ChannelOption.SO_REUSEADDR, true);
            if (options.reusePort()) {
                bootstrap.option(loops.transport().reusePort(), true);
            }
        }
        ChannelFuture bound = bootstrap.bind(address).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException(
                    "cannot listen on " + describe(address) + ": " + SocketFailure.reason(bound.cause()),
                    bound.cause());
        }
        return bound.channel();
    }

    private static ServerBootstrap bootstrap(
            Loops loops, AtomicReference<Options> current, boolean tcp, Arrivals arrivals) {
        return new ServerBootstrap()
                .group(loops.all().get(0).eventLoop(), loops.group())
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        if (tcp) {
                            TcpOptions options = current.get().tcp();
                            options.applyTo(channel);
                            options.applyToConnected(channel);
                        }
                        channel.config().setRecvByteBufAllocator(READS);
                        channel.pipeline().addLast(arrivals.apply(channel));
                    }
                });
    }

    static String describe(SocketAddress address) {
        return address instanceof InetSocketAddress inet ? HostAddress.of(inet).toString() : address.toString();
    }

    /** Takes other options, as far as a socket that is open can: for clients that come from now on. */
    public void configure(Options fresh) {
        options.set(fresh);
        deferAccept();
    }

    private void deferAccept() {
        ChannelOption<Integer> option = transport.deferAccept();
        if (option != null && channel.localAddress() instanceof InetSocketAddress) {
            channel.config().setOption(option, options.get().deferAcceptSeconds());
        }
    }

    /** The socket; for display. */
    public Channel channel() {
        return channel;
    }

    /** Where it listens, with the port that the kernel chose if 0 was asked; null for a Unix socket of the service manager. */
    public SocketAddress address() {
        return channel.localAddress();
    }

    public boolean isUnix() {
        return !(channel.localAddress() instanceof InetSocketAddress);
    }

    /** For people: {@code 127.0.0.1:6432} or {@code unix:/tmp/.s.PGSQL.6432}. */
    @Override
    public String toString() {
        return name;
    }

    /** Stops listening; those who are connected stay. */
    @Override
    public void close() {
        channel.close().awaitUninterruptibly();
        if (unixPath != null) {
            try {
                Files.deleteIfExists(unixPath);
            } catch (IOException e) {
                // The file is only a name now; the next start replaces it.
            }
        }
    }
}

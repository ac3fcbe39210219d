package org.pgweir.proxy.server;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.RecvByteBufAllocator;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.pgweir.config.HostAddress;
import org.pgweir.protocol.CancelKey;
import org.pgweir.protocol.FrontendMessages;
import org.pgweir.proxy.auth.ServerCredentials;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.net.Resolver;
import org.pgweir.proxy.net.SocketFailure;
import org.pgweir.proxy.net.TcpOptions;
import org.pgweir.proxy.net.TlsConnector;
import org.pgweir.proxy.net.TlsSession;
import org.pgweir.proxy.net.Transport;
import org.pgweir.proxy.net.Workers;
import org.pgweir.proxy.route.Host;

/** Opens connections to hosts: servers that log in, and the short ones that carry a cancel request. May be used on any loop. */
public final class ServerConnector {
    /**
     * Bytes of a read: least, first, most. Netty's own least size, 64, follows the last answers so closely that the next one, which is a
     * little longer, takes two reads: 8 % more of them in pgbench's TPC-B.
     */
    private static final RecvByteBufAllocator READS = new AdaptiveRecvByteBufAllocator(1_024, 2_048, 65_536);

    private final Transport transport;
    private final Resolver resolver;
    private final Workers workers;
    private final Function<String, TlsConnector> tls;

    /** @param tls what the configuration says now of TLS to the servers of a database; gives null for none */
    public ServerConnector(
            Transport transport, Resolver resolver, Workers workers, Function<String, TlsConnector> tls) {
        this.transport = transport;
        this.resolver = resolver;
        this.workers = workers;
        this.tls = tls;
    }

    /** TLS to the servers of the database that clients call so; null for none. */
    public TlsConnector tls(String database) {
        return tls.apply(database);
    }

    /**
     * What to connect to, and how.
     *
     * @param options further startup parameters
     * @param tls null for none; Unix sockets have none anyway
     * @param timeoutNanos 0 for none; for connecting and logging in together
     */
    public record Target(
            Host host,
            int generation,
            ServerCredentials credentials,
            String database,
            Map<String, String> options,
            TcpOptions tcp,
            TlsConnector tls,
            long timeoutNanos) {}

    /** How it ended; called once, on the loop. */
    public interface Outcome {
        void connected(Server server, long nowNanos);

        void failed(Host host, ConnectFailure failure, long nowNanos);
    }

    public void connect(Loop loop, Target target, Outcome outcome) {
        Host host = target.host();
        resolver.resolve(loop, host.address().host(), host.address().port(), addresses -> {
            if (addresses.isEmpty()) {
                String name = host.address().host();
                String reason = host.address().isUnixSocket()
                        ? "abstract Unix sockets such as \"" + name + "\" need transport = epoll or io_uring"
                        : "DNS lookup failed: the name \"" + name + "\" is not known";
                // Later: who tries again at once must not do so deeper on the stack each time.
                loop.post(() -> outcome.failed(host, ConnectFailure.unreachable(reason), Loop.nowNanos()));
            } else {
                connect(loop, addresses, target, Loop.nowNanos(), outcome);
            }
        });
    }

    /** Whether the server's host still has the address that the server was reached at; see {@link Resolver#isCurrent}. */
    public boolean isCurrent(Server server, long nowNanos) {
        return resolver.isCurrent(
                server.host().address().host(), server.channel().remoteAddress(), nowNanos);
    }

    /** The names of hosts that were looked up; see {@link Resolver#knownNames}. */
    public List<Resolver.KnownName> knownNames(long nowNanos) {
        return resolver.knownNames(nowNanos);
    }

    /** To the first of the addresses that takes the connection. */
    private void connect(Loop loop, List<SocketAddress> addresses, Target target, long began, Outcome outcome) {
        SocketAddress address = addresses.get(0);
        ServerLogin login = new ServerLogin(target.credentials(), workers, new ServerLogin.Outcome() {
            @Override
            public void loggedIn(Server server, long nowNanos) {
                outcome.connected(server, nowNanos);
            }

            @Override
            public void failed(ConnectFailure failure, long nowNanos) {
                outcome.failed(target.host(), failure, nowNanos);
            }
        });
        ChannelFuture connecting = open(loop, address, timeLeft(target, began), channel -> {
            if (address instanceof InetSocketAddress) {
                target.tcp().applyTo(channel);
            }
            channel.config().setRecvByteBufAllocator(READS);
            Server server = new Server(channel, loop, target.host(), target.generation(), began);
            server.handTo(login, ServerState.LOGIN);
            channel.pipeline().addLast(new ServerHandler(server));
        });
        connecting.addListener(done -> {
            if (!connecting.isSuccess()) {
                // Posted, since Netty tells of a socket that could not even be made on a thread of its own.
                if (addresses.size() > 1 && (target.timeoutNanos() == 0 || timeLeft(target, began) > 1)) {
                    List<SocketAddress> others = addresses.subList(1, addresses.size());
                    loop.post(() -> connect(loop, others, target, began, outcome));
                    return;
                }
                String reason = "connect failed: " + SocketFailure.reason(connecting.cause());
                loop.post(() -> outcome.failed(target.host(), ConnectFailure.unreachable(reason), Loop.nowNanos()));
                return;
            }
            Server server =
                    connecting.channel().pipeline().get(ServerHandler.class).server();
            if (address instanceof InetSocketAddress) {
                target.tcp().applyToConnected(connecting.channel());
            }
            encrypt(server, address, target, login);
            if (target.timeoutNanos() > 0) {
                loop.postAfter(timeLeft(target, began), () -> login.timeout(server, Loop.nowNanos()));
            }
        });
    }

    /** Never 0 but where there is no timeout. */
    private static long timeLeft(Target target, long began) {
        return target.timeoutNanos() == 0 ? 0 : Math.max(1, target.timeoutNanos() - (Loop.nowNanos() - began));
    }

    private static void encrypt(Server server, SocketAddress address, Target target, ServerLogin login) {
        TlsConnector tls = target.tls();
        if (tls == null || !(address instanceof InetSocketAddress)) {
            login.begin(server, target.database(), target.options());
            return;
        }
        Encryption.begin(server.channel(), tls, target.host().address(), false, new Encryption.Outcome() {
            @Override
            public void ready(TlsSession session) {
                if (session != null) {
                    server.encrypted(session, tls);
                }
                login.begin(server, target.database(), target.options());
            }

            @Override
            public void failed(String reason) {
                login.unencrypted(server, reason, Loop.nowNanos());
            }
        });
    }

    private ChannelFuture open(Loop loop, SocketAddress address, long timeoutNanos, Consumer<Channel> prepare) {
        long timeoutMillis = TimeUnit.NANOSECONDS.toMillis(timeoutNanos);
        return new Bootstrap()
                .group(loop.eventLoop())
                .channelFactory(transport.connecting(address))
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        Math.min(Integer.MAX_VALUE, timeoutNanos == 0 ? 0 : Math.max(1, timeoutMillis)))
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        prepare.accept(channel);
                    }
                })
                .connect(address);
    }

    /**
     * Asks the host of the server to cancel what the server runs. PostgreSQL closes the short connection once it has delivered the
     * signal; until then the server must serve nobody else, or the signal could hit the next client's query.
     *
     * @param done called on the server's loop when the signal was delivered, or could not be
     */
    public void cancel(Server server, long timeoutNanos, Runnable done) {
        CancelKey key = server.cancelKey();
        if (key == null || server.isCancelInFlight()) {
            done.run();
            return;
        }
        server.cancelBegan();
        SocketAddress address = server.channel().remoteAddress();
        ChannelFuture connecting = open(server.loop(), address, timeoutNanos, channel -> {});
        connecting.addListener(connected -> {
            if (connected.isSuccess()) {
                connecting.channel().closeFuture().addListener(closed -> cancelEnded(server, done));
                sendCancel(server, connecting.channel(), key);
                if (timeoutNanos > 0) {
                    server.loop().postAfter(timeoutNanos, () -> giveUp(server, connecting.channel()));
                }
            } else {
                server.loop().post(() -> cancelEnded(server, done));
            }
        });
    }

    /**
     * Passes a cancel request on to another pooler.
     *
     * @param timeoutNanos 0 for none
     * @param done called once, on the loop: the other side has closed the connection, or cannot be reached, or took too long
     */
    public void cancelAt(Loop loop, HostAddress host, CancelKey key, long timeoutNanos, Runnable done) {
        resolver.resolve(loop, host.host(), host.port(), addresses -> {
            if (addresses.isEmpty()) {
                done.run();
                return;
            }
            ChannelFuture connecting = open(loop, addresses.get(0), timeoutNanos, channel -> {});
            connecting.addListener(connected -> {
                if (!connected.isSuccess()) {
                    loop.post(done);
                    return;
                }
                Channel channel = connecting.channel();
                channel.closeFuture().addListener(closed -> done.run());
                var request = channel.alloc().directBuffer(64);
                FrontendMessages.cancelRequest(request, key);
                channel.writeAndFlush(request);
                if (timeoutNanos > 0) {
                    loop.postAfter(timeoutNanos, channel::close);
                }
            });
        });
    }

    /** The key of an encrypted connection goes out encrypted, or not at all. */
    private static void sendCancel(Server server, Channel cancelling, CancelKey key) {
        ByteBuf request = cancelling.alloc().directBuffer(32);
        FrontendMessages.cancelRequest(request, key);
        if (server.tls() == null) {
            cancelling.writeAndFlush(request);
            return;
        }
        cancelling.closeFuture().addListener(closed -> request.release());
        Encryption.begin(cancelling, server.tlsConnector(), server.host().address(), true, new Encryption.Outcome() {
            @Override
            public void ready(TlsSession session) {
                cancelling.writeAndFlush(request.retain());
            }

            @Override
            public void failed(String reason) {
                cancelling.close();
            }
        });
    }

    private static void giveUp(Server server, Channel cancelling) {
        if (cancelling.isOpen()) {
            // Whether and when the signal will come is not known: the server cannot be trusted with another client.
            server.retire();
            cancelling.close();
        }
    }

    private static void cancelEnded(Server server, Runnable done) {
        server.cancelDone();
        done.run();
    }
}

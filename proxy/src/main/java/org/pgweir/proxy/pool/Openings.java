package org.pgweir.proxy.pool;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.pgweir.config.HostAddress;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.auth.ServerCredentials;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.route.Host;
import org.pgweir.proxy.server.ConnectFailure;
import org.pgweir.proxy.server.Server;
import org.pgweir.proxy.server.ServerConnector;
import org.pgweir.proxy.stats.Latencies.Kind;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens servers for one pool on one loop, within all limits, on hosts that are not in a pause. On that loop alone. */
final class Openings {
    private static final Logger LOG = LoggerFactory.getLogger(Openings.class);

    private final LoopPool part;
    private final Pool pool;
    private final List<Opening> underWay = new ArrayList<>();

    Openings(LoopPool part) {
        this.part = part;
        pool = part.pool();
    }

    /** Servers that are connecting or logging in. */
    int underWay() {
        return underWay.size();
    }

    List<Opening> all() {
        return underWay;
    }

    /** Starts to open one if a limit, a refused login or the hosts' state does not forbid it. */
    boolean open(long nowNanos) {
        if (pool.isRetired() || pool.logins().isLookingUp() || pool.logins().standingRefusal(nowNanos) != null) {
            return false;
        }
        PoolSettings settings = pool.settings();
        boolean withReserve = settings.size() > 0
                && settings.reserveSize() > 0
                && settings.reserveTimeout() > 0
                && part.oldestWaitNanos(nowNanos) > settings.reserveTimeout();
        switch (pool.reserve(withReserve)) {
            case GRANTED -> {
                Host host = pool.database().pickHost(nowNanos);
                if (host == null) {
                    pool.unreserveQuietly();
                    return false;
                }
                if (withReserve && pool.size() > settings.size()) {
                    LOG.warn("{} taking connection from reserve_pool", pool);
                }
                connect(host);
                return true;
            }
            case DATABASE_OR_USER_FULL -> {
                pool.pools().evictFor(pool);
                return false;
            }
            default -> {
                return false;
            }
        }
    }

    /** The place of the new server has been reserved. */
    private void connect(Host host) {
        Opening opening = new Opening(host, System.currentTimeMillis());
        underWay.add(opening);
        long began = Loop.nowNanos();
        PoolSettings settings = pool.settings();
        ServerConnector.Target target = pool.target(host);
        pool.pools().connector().connect(part.loop(), target, new ServerConnector.Outcome() {
            @Override
            public void connected(Server server, long now) {
                underWay.remove(opening);
                host.succeeded();
                part.latencies().record(Kind.LOGIN, now - began, now);
                if (settings.logConnections()) {
                    LOG.info("{} new connection to server{}", pool.nameOf(server), from(server));
                }
                part.opened(server, now);
            }

            @Override
            public void failed(Host failedHost, ConnectFailure failure, long now) {
                underWay.remove(opening);
                openingFailed(failedHost, failure, target.credentials(), now);
            }
        });
    }

    /** For the log: the own end of the connection. */
    static String from(Server server) {
        return server.channel().localAddress() instanceof InetSocketAddress inet
                ? " (from " + HostAddress.of(inet) + ")"
                : "";
    }

    private void openingFailed(Host host, ConnectFailure failure, ServerCredentials tried, long nowNanos) {
        LOG.warn("{} at {}: server login failed: {}", pool, host, failure.words());
        if (!failure.hostDown() && pool.logins().triesAnother(tried, failure.error())) {
            LOG.info("{} at {}: trying another secret of the user", pool, host);
            pool.unreserve();
            part.openingFailed(nowNanos);
            return;
        }
        if (!failure.hostDown()
                && pool.logins()
                        .looksUpAnew(
                                part.loop(),
                                tried,
                                failure.error(),
                                () -> loginRefused(failure.error(), Loop.nowNanos()))) {
            pool.unreserve();
            part.openingFailed(nowNanos);
            return;
        }
        pool.connectFailed(failure.error());
        if (failure.hostDown()) {
            host.failed(nowNanos, pool.settings().loginRetry());
        } else {
            pool.logins().refused(failure.error(), nowNanos);
        }
        pool.unreserve();
        if (!failure.hostDown() && pool.hasNothingToWaitFor()) {
            pool.refuseAll(failure.error());
        } else if (failure.hostDown() && pool.database().isUnreachable()) {
            pool.refuseLogins(PoolErrors.cached(failure.error()));
        }
        part.openingFailed(nowNanos);
    }

    /** There is no other secret than the one that was refused. */
    private void loginRefused(ErrorMessage error, long nowNanos) {
        pool.connectFailed(error);
        pool.logins().refused(error, nowNanos);
        if (pool.hasNothingToWaitFor()) {
            pool.refuseAll(error);
        }
    }

    /**
     * The login went through, but connect_query failed: on any host it would, unless the server died of something else meanwhile.
     */
    void connectQueryFailed(Server server, ErrorMessage error, boolean lost, long nowNanos) {
        LOG.warn("{} {}", pool.nameOf(server), error.message());
        pool.connectFailed(error);
        if (lost) {
            server.host().failed(nowNanos, pool.settings().loginRetry());
            return;
        }
        pool.logins().refused(error, nowNanos);
        if (pool.size() <= 1) {
            pool.refuseAll(error);
        }
    }

    /** One loop of all looks after the minimum of this pool, one server a tick. */
    void keepMinimum(long nowNanos) {
        boolean mine = Math.floorMod(pool.hashCode(), pool.parts().size())
                == part.loop().index();
        if (!mine || pool.database().isHeld() || pool.size() >= pool.settings().minSize()) {
            return;
        }
        boolean wanted =
                pool.database().config().hasForcedUser() || pool.clients().get() > 0;
        if (wanted && underWay.isEmpty()) {
            open(nowNanos);
        }
    }
}

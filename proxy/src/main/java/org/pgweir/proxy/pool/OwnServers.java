package org.pgweir.proxy.pool;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.route.Host;
import org.pgweir.proxy.server.ConnectFailure;
import org.pgweir.proxy.server.Server;
import org.pgweir.proxy.server.ServerConnector;
import org.pgweir.proxy.session.Replication;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Servers that belong to one client alone, from its login to its end, with startup parameters of that client: for replication. They
 * count in all limits, but never become idle. On the pool's loop alone.
 */
public final class OwnServers {
    private static final Logger LOG = LoggerFactory.getLogger(OwnServers.class);

    private final LoopPool part;
    private final Pool pool;
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private int underWay;

    /** Who wants a server of its own. */
    public interface Applicant {
        /** The user whom the client has named. */
        String user();

        /** What its server is logged in for. */
        Replication replication();

        /** The client's own parameters; {@code replication} is added. */
        Map<String, String> startupParameters();

        /** Here it is, logged in. The applicant owns it, and hands it to {@link OwnServers#end} at last. */
        void opened(Server server, long nowNanos);

        /** There will be none. */
        void refused(ErrorMessage error);

        /** It does not want one any more. */
        boolean isGone();
    }

    private record Waiting(Applicant applicant, long sinceNanos) {}

    OwnServers(LoopPool part) {
        this.part = part;
        pool = part.pool();
    }

    /** Opens a server for the applicant as soon as the limits allow. */
    public void open(Applicant applicant, long nowNanos) {
        waiting.addLast(new Waiting(applicant, nowNanos));
        advance(nowNanos);
    }

    /** Servers that are connecting, and clients that wait for one. */
    int pending() {
        return underWay + waiting.size();
    }

    /** Opens what the limits allow now, in the order of asking. */
    void advance(long nowNanos) {
        Patience patience = pool.settings().patience();
        for (Iterator<Waiting> all = waiting.iterator(); all.hasNext(); ) {
            Waiting next = all.next();
            if (next.applicant.isGone()) {
                all.remove();
            } else if (pool.database().isEnding()) {
                all.remove();
                next.applicant.refused(PoolErrors.SHUTTING_DOWN);
            } else if (patience.isOver(next.applicant.user(), nowNanos - next.sinceNanos)) {
                all.remove();
                next.applicant.refused(PoolErrors.QUERY_WAIT_TIMEOUT);
            }
        }
        while (!waiting.isEmpty()) {
            Host host = hostForOneMore(nowNanos);
            if (host == null) {
                return;
            }
            connect(host, waiting.pollFirst().applicant);
        }
    }

    /** Null if nothing may be opened now; else the place of one more server is taken. */
    private Host hostForOneMore(long nowNanos) {
        if (pool.isRetired() || pool.database().isPaused()) {
            return null;
        }
        switch (pool.reserve(false)) {
            case GRANTED -> {
                Host host = pool.database().pickHost(nowNanos);
                if (host == null) {
                    pool.unreserveQuietly();
                }
                return host;
            }
            case DATABASE_OR_USER_FULL -> pool.pools().evictFor(pool);
            default -> pool.evictIdle();
        }
        return null;
    }

    private void connect(Host host, Applicant applicant) {
        underWay++;
        Map<String, String> startup = new LinkedHashMap<>(applicant.startupParameters());
        startup.put("replication", applicant.replication().parameter());
        pool.pools().connector().connect(part.loop(), pool.target(host, startup), new ServerConnector.Outcome() {
            @Override
            public void connected(Server server, long now) {
                underWay--;
                host.succeeded();
                part.own(server);
                server.replicates(applicant.replication());
                if (pool.settings().logConnections()) {
                    LOG.info("{} new connection to server{}", pool.nameOf(server), Openings.from(server));
                }
                if (applicant.isGone()) {
                    end(server, true, now);
                } else {
                    server.serves();
                    applicant.opened(server, now);
                }
            }

            @Override
            public void failed(Host failedHost, ConnectFailure failure, long now) {
                underWay--;
                LOG.warn(
                        "{} at {}: server login for replication failed: {}",
                        pool,
                        failedHost,
                        failure.error().message());
                if (failure.hostDown()) {
                    failedHost.failed(now, pool.settings().loginRetry());
                }
                pool.unreserve();
                // Nobody else is told: that it was for replication may be the only thing that was wrong with it.
                if (!applicant.isGone()) {
                    applicant.refused(failure.error());
                }
            }
        });
    }

    /**
     * Its client has gone.
     *
     * @param wholeFrames whether all that the client sent to it were whole frames
     */
    public void end(Server server, boolean wholeFrames, long nowNanos) {
        if (server.isClosing()) {
            return;
        }
        if (wholeFrames) {
            part.closings().end(server, CloseReason.CLIENT_GONE, "replication client gone", nowNanos);
        } else {
            part.closings().endNow(server, CloseReason.CLIENT_GONE, "in the middle of a message", nowNanos);
        }
    }
}

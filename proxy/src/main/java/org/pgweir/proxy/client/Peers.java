package org.pgweir.proxy.client;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.pgweir.config.Configuration;
import org.pgweir.config.PeerConfig;
import org.pgweir.config.Settings;
import org.pgweir.protocol.CancelKey;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.route.Quota;
import org.pgweir.proxy.server.ServerConnector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The other processes that serve the same clients ({@code [peers]}): a cancel request may arrive here whose client is there. May be used
 * from any thread.
 */
public final class Peers {
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    /** Anybody can ask for this. */
    private static final int MOST_WAITING = 1000;

    /** So that no host alone can keep those of others out. */
    private static final int MOST_OF_ONE_ADDRESS = 100;

    private static final Logger LOG = LoggerFactory.getLogger(Peers.class);

    private final Map<Integer, Traffic> traffic = new ConcurrentHashMap<>();

    /** Cancel requests for one peer. */
    private static final class Traffic {
        private final Quota underWay = new Quota();
        private final AtomicInteger waiting = new AtomicInteger();
        private final Map<InetAddress, Integer> byAddress = new ConcurrentHashMap<>();

        /** @param from null for a Unix socket */
        boolean hasRoomFor(InetAddress from) {
            return waiting.get() < MOST_WAITING
                    && (from == null || byAddress.getOrDefault(from, 0) < MOST_OF_ONE_ADDRESS);
        }

        void waits(InetAddress from) {
            waiting.incrementAndGet();
            if (from != null) {
                byAddress.merge(from, 1, Integer::sum);
            }
        }

        void waitsNoMore(InetAddress from) {
            waiting.decrementAndGet();
            if (from != null) {
                byAddress.computeIfPresent(from, (address, count) -> count == 1 ? null : count - 1);
            }
        }
    }

    /** Cancel requests that are being passed on to the peer. */
    public int underWay(int peerId) {
        Traffic its = traffic.get(peerId);
        return its == null ? 0 : its.underWay.used();
    }

    /** Cancel requests that wait because of the peer's {@code pool_size}. */
    public int waiting(int peerId) {
        Traffic its = traffic.get(peerId);
        return its == null ? 0 : its.waiting.get();
    }

    /**
     * Passes a request on whose client is not here.
     *
     * @param bearer who brought it
     * @param request is told when it goes out
     * @param done called when the peer has closed the connection, or there is nobody to pass it on to, or it took too long
     */
    void forward(CancelKey key, Client bearer, Cancelling request, Runnable done) {
        ServerConnector connector = bearer.services().pools().connector();
        Loop loop = bearer.loop();
        Configuration configuration = bearer.services().configuration();
        int own = configuration.global().get(Settings.PEER_ID);
        int owner = PeerKey.peerOf(key);
        PeerConfig peer =
                own == 0 || owner == own ? null : configuration.peers().get(owner);
        CancelKey next = PeerKey.passedOn(key);
        if (peer == null) {
            done.run();
        } else if (next == null) {
            LOG.warn("failed to forward cancel request to peer {} because its TTL was exhausted", owner);
            done.run();
        } else {
            Traffic its = traffic.computeIfAbsent(owner, first -> new Traffic());
            long patience =
                    configuration.global().get(Settings.CANCEL_WAIT_TIMEOUT).toNanos();
            InetAddress from = bearer.remoteAddress() instanceof InetSocketAddress inet ? inet.getAddress() : null;
            if (!its.hasRoomFor(from)) {
                LOG.warn("{} cancel request for peer {} dropped: too many wait", bearer, owner);
                done.run();
                return;
            }
            its.waits(from);
            send(new Request(connector, loop, peer, its, from, next, request, patience, Loop.nowNanos()), done);
        }
    }

    private record Request(
            ServerConnector connector,
            Loop loop,
            PeerConfig peer,
            Traffic traffic,
            InetAddress from,
            CancelKey key,
            Cancelling shown,
            long patienceNanos,
            long sinceNanos) {
        /** 0 for no limit. */
        long timeLeft() {
            return patienceNanos == 0 ? 0 : Math.max(1, patienceNanos - (Loop.nowNanos() - sinceNanos));
        }
    }

    private void send(Request request, Runnable done) {
        Traffic its = request.traffic;
        if (its.underWay.tryAcquire(request.peer.poolSize())) {
            its.waitsNoMore(request.from);
            request.shown.isUnderWay();
            request.connector.cancelAt(request.loop, request.peer.address(), request.key, request.timeLeft(), () -> {
                its.underWay.release();
                done.run();
            });
        } else if (request.timeLeft() == 1) {
            its.waitsNoMore(request.from);
            LOG.warn("cancel request for peer {} dropped (cancel_wait_timeout)", request.peer.id());
            done.run();
        } else {
            request.loop.postAfter(RETRY_NANOS, () -> send(request, done));
        }
    }
}

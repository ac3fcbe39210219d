package org.pgweir.proxy.client;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.WriteBufferWaterMark;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.pgweir.config.Settings;
import org.pgweir.protocol.CancelKey;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.net.Loops;
import org.pgweir.proxy.relay.Timeouts;
import org.pgweir.proxy.route.Quota;
import org.pgweir.proxy.server.TrackedParameters;
import org.pgweir.proxy.session.SessionState;

/** All clients: by loop for time and display, and by cancel key. */
public final class Clients {
    /** Beyond the high mark the server's reads stop, below the low mark they go on. */
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(64 * 1024, 256 * 1024);

    private static final int SECRET_LENGTH_3_0 = 4;
    private static final int SECRET_LENGTH_3_2 = 32;

    private final Loops loops;
    private final List<ClientList> byLoop = new ArrayList<>();
    private final Map<Long, Client> byKey = new ConcurrentHashMap<>();
    private final Quota admitted = new Quota();
    private final Quota ofConsole = new Quota();
    private final AtomicInteger connected = new AtomicInteger();
    private final Peers peers = new Peers();
    private final Strangers strangers = new Strangers();
    private final OneOfEqual<TrackedParameters> parameters = new OneOfEqual<>();
    private final OneOfEqual<SessionState> sessions = new OneOfEqual<>();
    private final OneOfEqual<Timeouts> timeouts = new OneOfEqual<>();
    private final OneOfEqual<ClientPlaces> places = new OneOfEqual<>();
    private final SecureRandom random = new SecureRandom();
    private volatile boolean closed;

    public Clients(Loops loops) {
        this.loops = loops;
        for (Loop loop : loops.all()) {
            ClientList clients = new ClientList();
            byLoop.add(clients);
            loop.post(() -> loop.addTicker(now -> clients.forEach(client -> client.tick(now))));
        }
    }

    /** A connection was accepted; on its loop. */
    public ChannelHandler arrived(Channel channel, ClientServices services) {
        channel.config().setWriteBufferWaterMark(WATER_MARK);
        Loop loop = loops.of(channel.eventLoop());
        Client client = new Client(services, channel, loop, Loop.nowNanos());
        byLoop.get(loop.index()).add(client);
        strangers.arrived(client);
        connected.incrementAndGet();
        return new ClientHandler(client);
    }

    /** The clients of the current loop, logged in or not. */
    public Collection<Client> on(Loop loop) {
        return byLoop.get(loop.index());
    }

    /** Connections of clients, in whatever phase. */
    public int connected() {
        return connected.get();
    }

    /** Clients that have proved who they are, those of the console left out. */
    public int admitted() {
        return admitted.used();
    }

    /** Clients that are logged in to the console, administrators left out. */
    Quota ofConsole() {
        return ofConsole;
    }

    /** A shutdown waits: from now on nobody but administrators may come in. */
    public void admitNoMore() {
        closed = true;
    }

    boolean admitsNoMore() {
        return closed;
    }

    /** Those of whom nobody knows yet who they are. */
    Strangers strangers() {
        return strangers;
    }

    /**
     * Whether there is a place.
     *
     * @param limit {@code max_client_conn}
     */
    boolean hasRoom(int limit) {
        return limit == 0 || admitted.used() < limit;
    }

    /**
     * Takes one of the places; false if there is none.
     *
     * @param limit {@code max_client_conn}
     */
    boolean admit(int limit) {
        return admitted.tryAcquire(limit);
    }

    void dismiss() {
        admitted.release();
    }

    /** Gives the client a cancel key of its own. */
    CancelKey register(Client client, boolean longSecret) {
        int peerId = client.services().configuration().global().get(Settings.PEER_ID);
        while (true) {
            CancelKey key = PeerKey.draw(random, longSecret ? SECRET_LENGTH_3_2 : SECRET_LENGTH_3_0, peerId);
            if (byKey.putIfAbsent(PeerKey.name(key), client) == null) {
                return key;
            }
        }
    }

    /** On the client's loop. */
    void unregister(Client client) {
        strangers.forget(client);
        if (byLoop.get(client.loop().index()).leave(client)) {
            connected.decrementAndGet();
        }
        CancelKey key = client.cancelKey();
        if (key != null) {
            byKey.remove(PeerKey.name(key), client);
        }
    }

    OneOfEqual<TrackedParameters> parameters() {
        return parameters;
    }

    /** What clients asked for when they connected. */
    OneOfEqual<SessionState> sessions() {
        return sessions;
    }

    OneOfEqual<Timeouts> timeouts() {
        return timeouts;
    }

    OneOfEqual<ClientPlaces> places() {
        return places;
    }

    /** The other processes that serve the same clients. */
    public Peers peers() {
        return peers;
    }

    /**
     * @param bearer who brought the request
     * @param request what is to be known of it meanwhile
     * @param done called on any thread when PostgreSQL has the signal, or there is nothing to cancel
     */
    void cancel(CancelKey key, Client bearer, Cancelling request, Runnable done) {
        Client client = byKey.get(PeerKey.name(key));
        if (client == null) {
            peers.forward(key, bearer, request, done);
            return;
        }
        client.loop().post(() -> {
            CancelKey own = client.cancelKey();
            if (own == null || !matches(own, key, client)) {
                done.run();
                return;
            }
            long timeout = client.services()
                    .configuration()
                    .global()
                    .get(Settings.CANCEL_WAIT_TIMEOUT)
                    .toNanos();
            request.means(client);
            client.cancel(timeout, done);
        });
    }

    /** Only what peers have passed on may differ, and only in the count of that. */
    private static boolean matches(CancelKey own, CancelKey came, Client client) {
        boolean hasPeers = client.services().configuration().global().get(Settings.PEER_ID) > 0;
        return hasPeers ? PeerKey.matches(own, came) : own.matches(came);
    }

    /** Ends those clients; from any thread. */
    public void failAll(Predicate<Client> which, ErrorMessage error) {
        for (Loop loop : loops.all()) {
            loop.post(() -> List.copyOf(on(loop)).stream().filter(which).forEach(client -> client.fail(error)));
        }
    }
}

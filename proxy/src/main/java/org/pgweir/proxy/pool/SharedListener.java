package org.pgweir.proxy.pool;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.route.Host;
import org.pgweir.proxy.server.ConnectFailure;
import org.pgweir.proxy.server.Server;
import org.pgweir.proxy.server.ServerConnector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens for all clients of a pool on one connection of its own, which is not one of the pool's servers: clients that LISTEN need no
 * server for it. Opened when the first client listens, closed after the last one, opened again when it breaks, and replaced when the
 * database has moved.
 *
 * <p>A client says LISTEN on a server of the pool, and only what has become of its transaction tells what it listens to. So both
 * listen for a while, and a <em>mark</em> tells where one takes over from the other: a notification on a channel of pgweir's own, sent
 * on the client's server. PostgreSQL has one order of notifications for all who listen; so what comes before the mark is the client's
 * from its server, and what comes behind it is the client's from here. Nothing is missed or heard twice.
 *
 * <p>Lives on one loop; the public methods may be called from any thread. Channels are in bytes as the server has them, each a char.
 */
public final class SharedListener {
    private static final Logger LOG = LoggerFactory.getLogger(SharedListener.class);
    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** Somebody who listens. Called on the listener's loop. */
    public interface Subscriber {
        /** @param frame a whole NotificationResponse; shared with others, so not to be changed */
        void notified(byte[] frame);

        /** The mark has come that it {@linkplain #awaitMark awaits}. */
        void marked(String mark);

        /** Another connection has to be opened, or has been: a mark that has not come will not come any more. */
        void interrupted();
    }

    private final Pool pool;
    private final Loop loop;
    private final String markChannel = "pgweir_" + UUID.randomUUID().toString().replace("-", "");
    private final Map<Subscriber, Set<String>> subscriptions = new HashMap<>();
    private final Map<String, Set<Subscriber>> subscribers = new HashMap<>();
    private final Map<String, Subscriber> marks = new ConcurrentHashMap<>();
    private final AtomicLong lastMark = new AtomicLong();
    private final List<Waiting> waiting = new ArrayList<>();

    /** Whose notifications count; null if there is none. */
    private ListeningConnection current;

    /** In the place of one that is old: it becomes the current one as soon as it listens to everything. Null if there is none. */
    private ListeningConnection next;

    private boolean connecting;
    private boolean retrying;

    /** Somebody who wants to know when all these channels are listened to. */
    private record Waiting(Set<String> channels, Runnable done) {}

    SharedListener(Pool pool, Loop loop) {
        this.pool = pool;
        this.loop = loop;
    }

    /** The channel of a NotificationResponse. */
    public static String channelOf(byte[] frame) {
        return Notification.channelOf(frame);
    }

    /** The channel of all marks: it concerns no client. */
    public String markChannel() {
        return markChannel;
    }

    /**
     * From now on the subscriber gets the notifications of these channels and of no other ones.
     *
     * @param done called on the listener's loop as soon as none can be missed any more
     */
    public void subscribe(Subscriber subscriber, Set<String> channels, Runnable done) {
        Set<String> wanted = Set.copyOf(channels);
        loop.post(() -> {
            forget(subscriber);
            if (!wanted.isEmpty()) {
                subscriptions.put(subscriber, wanted);
                wanted.forEach(channel -> subscribers
                        .computeIfAbsent(channel, first -> new HashSet<>(2))
                        .add(subscriber));
            }
            waiting.add(new Waiting(wanted, done));
            update();
        });
    }

    public void unsubscribe(Subscriber subscriber) {
        subscribe(subscriber, Set.of(), () -> {});
    }

    /**
     * The subscriber is told when a mark comes.
     *
     * @return the mark: what to send as payload on {@link #markChannel}
     */
    public String awaitMark(Subscriber subscriber) {
        String mark = Long.toString(lastMark.incrementAndGet());
        marks.put(mark, subscriber);
        return mark;
    }

    /** The mark is not waited for any more. */
    public void forgetMark(String mark) {
        marks.remove(mark);
    }

    /** The configuration may have changed. */
    void configured() {
        loop.post(this::update);
    }

    // ---------------------------------------------------------------- on the loop

    private void forget(Subscriber subscriber) {
        Set<String> channels = subscriptions.remove(subscriber);
        if (channels != null) {
            for (String channel : channels) {
                Set<Subscriber> others = subscribers.get(channel);
                others.remove(subscriber);
                if (others.isEmpty()) {
                    subscribers.remove(channel);
                }
            }
        }
    }

    private boolean isNeeded() {
        return !subscriptions.isEmpty() && !pool.isRetired();
    }

    private boolean isOld(ListeningConnection connection) {
        return connection.server().generation() != pool.database().generation();
    }

    /** Brings what there is in line with what is wanted. */
    private void update() {
        tellWhoWaited();
        if (!isNeeded()) {
            leaveAll();
            return;
        }
        if (next != null && isOld(next)) {
            next.leave();
            next = null;
        }
        if (next == null && (current == null || isOld(current))) {
            connect();
        }
        bringInLine(current);
        bringInLine(next);
    }

    private void bringInLine(ListeningConnection connection) {
        if (connection != null && !connection.isBusy()) {
            Set<String> wanted = new HashSet<>(subscribers.keySet());
            wanted.add(markChannel);
            connection.listenTo(wanted);
        }
    }

    private void tellWhoWaited() {
        Iterator<Waiting> all = waiting.iterator();
        List<Runnable> ready = new ArrayList<>();
        while (all.hasNext()) {
            Waiting one = all.next();
            if (one.channels.isEmpty() || current != null && current.listensTo(one.channels)) {
                ready.add(one.done);
                all.remove();
            }
        }
        ready.forEach(Runnable::run);
    }

    private void leaveAll() {
        if (current != null) {
            current.leave();
            current = null;
        }
        if (next != null) {
            next.leave();
            next = null;
        }
    }

    private void connect() {
        if (connecting || retrying) {
            return;
        }
        Host host = pool.database().pickHost(Loop.nowNanos());
        if (host == null) {
            retryLater();
            return;
        }
        connecting = true;
        pool.pools().connector().connect(loop, pool.target(host), new ServerConnector.Outcome() {
            @Override
            public void connected(Server opened, long nowNanos) {
                connecting = false;
                if (pool.settings().logConnections()) {
                    LOG.info("{} new connection to server{}, for LISTEN", pool.nameOf(opened), Openings.from(opened));
                }
                ListeningConnection fresh = new ListeningConnection(pool, opened, owner);
                if (current == null) {
                    current = fresh;
                } else {
                    next = fresh;
                }
                update();
            }

            @Override
            public void failed(Host failed, ConnectFailure failure, long nowNanos) {
                connecting = false;
                LOG.warn("{} at {}: server login failed, for LISTEN: {}", pool, failed, failure.words());
                retryLater();
            }
        });
    }

    private void retryLater() {
        if (!retrying) {
            retrying = true;
            loop.postAfter(RETRY_NANOS, () -> {
                retrying = false;
                update();
            });
        }
    }

    private void interrupted() {
        subscriptions.keySet().forEach(Subscriber::interrupted);
    }

    private final ListeningConnection.Owner owner = new ListeningConnection.Owner() {
        @Override
        public void changed(ListeningConnection connection) {
            if (connection == next && next.listensTo(subscribers.keySet())) {
                current.leave();
                current = next;
                next = null;
                interrupted();
            }
            update();
        }

        @Override
        public void notified(ListeningConnection connection, byte[] frame) {
            if (connection != current) {
                return;
            }
            String channel = Notification.channelOf(frame);
            if (channel.equals(markChannel)) {
                String mark = Notification.payloadOf(frame);
                Subscriber awaiting = marks.remove(mark);
                if (awaiting != null) {
                    awaiting.marked(mark);
                }
                return;
            }
            subscribers.getOrDefault(channel, Set.of()).forEach(subscriber -> subscriber.notified(frame));
        }

        @Override
        public void ended(ListeningConnection connection) {
            if (connection == current) {
                LOG.warn(
                        "{} the connection for LISTEN has ended, notifications are missed until there is another one",
                        pool.nameOf(connection.server()));
                current = next;
                next = null;
                interrupted();
            } else {
                next = null;
            }
            retryLater();
        }
    };
}

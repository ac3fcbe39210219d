package org.pgweir.proxy.pool;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.route.Host;
import org.pgweir.proxy.server.ConnectFailure;
import org.pgweir.proxy.server.Server;
import org.pgweir.proxy.server.ServerConnector;
import org.pgweir.proxy.server.ServerIdle;
import org.pgweir.proxy.server.ServerListener;
import org.pgweir.proxy.server.ServerState;
import org.pgweir.proxy.server.ServerStatement;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens for all clients of a pool on one connection of its own, which is not one of the pool's servers: clients that LISTEN need no
 * server for it. Opened when the first client listens, closed after the last one, opened again when it breaks.
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
    }

    private final Pool pool;
    private final Loop loop;
    private final Map<Subscriber, Set<String>> subscribers = new HashMap<>();
    private final Set<String> listened = new LinkedHashSet<>();
    private final List<Waiting> waiting = new ArrayList<>();
    private Server server;
    private boolean connecting;
    private boolean busy;

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

    /**
     * From now on the subscriber gets the notifications of these channels and of no other ones.
     *
     * @param done called on the listener's loop as soon as none can be missed any more
     */
    public void subscribe(Subscriber subscriber, Set<String> channels, Runnable done) {
        Set<String> wanted = Set.copyOf(channels);
        loop.post(() -> {
            if (wanted.isEmpty()) {
                subscribers.remove(subscriber);
            } else {
                subscribers.put(subscriber, wanted);
            }
            waiting.add(new Waiting(wanted, done));
            update();
        });
    }

    public void unsubscribe(Subscriber subscriber) {
        subscribe(subscriber, Set.of(), () -> {});
    }

    // ---------------------------------------------------------------- on the loop

    /** Brings what the connection listens to in line with what is wanted. */
    private void update() {
        tellWhoWaited();
        if (subscribers.isEmpty() || pool.isRetired()) {
            if (server != null && !busy) {
                server.close();
            }
            return;
        }
        if (server == null) {
            connect();
        } else if (!busy) {
            String sql = difference();
            if (!sql.isEmpty()) {
                listen(sql);
            }
        }
    }

    private void tellWhoWaited() {
        Iterator<Waiting> all = waiting.iterator();
        List<Runnable> ready = new ArrayList<>();
        while (all.hasNext()) {
            Waiting one = all.next();
            if (listened.containsAll(one.channels)) {
                ready.add(one.done);
                all.remove();
            }
        }
        ready.forEach(Runnable::run);
    }

    private Set<String> wanted() {
        Set<String> all = new LinkedHashSet<>();
        subscribers.values().forEach(all::addAll);
        return all;
    }

    private String difference() {
        Set<String> wanted = wanted();
        StringBuilder sql = new StringBuilder();
        for (String channel : wanted) {
            if (!listened.contains(channel)) {
                sql.append("LISTEN ").append(quoted(channel)).append(';');
            }
        }
        for (String channel : listened) {
            if (!wanted.contains(channel)) {
                sql.append("UNLISTEN ").append(quoted(channel)).append(';');
            }
        }
        return sql.toString();
    }

    private static String quoted(String channel) {
        return '"' + channel.replace("\"", "\"\"") + '"';
    }

    private void listen(String sql) {
        Set<String> wanted = wanted();
        busy = true;
        ServerStatement.queryOfBytes(server, sql, pool.ownStatementTimeout(), null, new ServerStatement.Outcome() {
            @Override
            public void done(Server done, ErrorMessage error, long nowNanos) {
                busy = false;
                done.handTo(rest, ServerState.ACTIVE);
                if (error == null) {
                    listened.clear();
                    listened.addAll(wanted);
                    update();
                } else {
                    LOG.warn("{} {}: {}", done, pool, error.message());
                    done.closeNow();
                }
            }

            @Override
            public void lost(Server lost, String reason, long nowNanos) {
                busy = false;
                ended();
            }
        });
    }

    private void connect() {
        Host host = connecting ? null : pool.database().pickHost(Loop.nowNanos());
        if (host == null) {
            retryLater();
            return;
        }
        connecting = true;
        pool.pools().connector().connect(loop, pool.target(host), new ServerConnector.Outcome() {
            @Override
            public void connected(Server opened, long nowNanos) {
                connecting = false;
                server = opened;
                opened.handTo(rest, ServerState.ACTIVE);
                opened.onNotifications(SharedListener.this::notified);
                LOG.info("{} {} new connection to server, for LISTEN", opened, pool);
                update();
            }

            @Override
            public void failed(Host failed, ConnectFailure failure, long nowNanos) {
                connecting = false;
                LOG.warn(
                        "{} at {}: no connection for LISTEN: {}",
                        pool,
                        failed,
                        failure.error().message());
                retryLater();
            }
        });
    }

    private void retryLater() {
        if (!connecting) {
            loop.postAfter(RETRY_NANOS, this::update);
        }
    }

    private void ended() {
        server = null;
        listened.clear();
        if (!subscribers.isEmpty()) {
            LOG.warn(
                    "{}: the connection for LISTEN has ended, notifications are missed until there is another one",
                    pool);
            retryLater();
        }
    }

    private void notified(byte[] frame) {
        String channel = Notification.channelOf(frame);
        subscribers.forEach((subscriber, channels) -> {
            if (channels.contains(channel)) {
                subscriber.notified(frame);
            }
        });
    }

    private final ServerListener rest = new ServerIdle() {
        @Override
        public void onServerClosed(Server lost, long nowNanos) {
            ended();
        }
    };
}

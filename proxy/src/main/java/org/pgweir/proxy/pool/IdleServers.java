package org.pgweir.proxy.pool;

import java.util.ArrayDeque;
import java.util.List;
import org.pgweir.proxy.server.Server;
import org.pgweir.proxy.server.ServerIdle;
import org.pgweir.proxy.server.ServerState;

/**
 * The idle servers of a pool on one loop, the one that has rested longest first. It watches them, and those that are on their way to
 * somewhere else. Touched by that loop alone, but for {@link #isAny}.
 */
final class IdleServers extends ServerIdle {
    private final Pool pool;
    private final Closings closings;
    private final ArrayDeque<Server> all = new ArrayDeque<>();
    private volatile int count;

    IdleServers(Pool pool) {
        this.pool = pool;
        closings = new Closings(pool, this);
    }

    /** Ends servers, idle or not; this watches them while they say goodbye. */
    Closings closings() {
        return closings;
    }

    /** Whether there is one. From any loop. */
    boolean isAny() {
        return count > 0;
    }

    void add(Server server) {
        server.handTo(this, ServerState.IDLE);
        all.addLast(server);
        publish();
    }

    /** One that may still be used: upkeep comes only now and then to end those that may not. Null if there is none. */
    Server take(long nowNanos) {
        while (!all.isEmpty()) {
            Server server = pool.settings().roundRobin() ? all.pollFirst() : all.pollLast();
            publish();
            if (closings.isOutdated(server) && !server.isClosing()) {
                closings.end(server, CloseReason.RECONFIGURED, nowNanos);
            } else if (!server.isClosing()) {
                return server;
            }
        }
        return null;
    }

    /** It is not idle any more, if it was. */
    void remove(Server server) {
        if (all.remove(server)) {
            publish();
        }
    }

    /** Closes one, to make room for another pool under the same limit. */
    void evictOne(long nowNanos) {
        Server server = all.pollFirst();
        if (server != null) {
            publish();
            closings.end(server, CloseReason.EVICTED, nowNanos);
        }
    }

    /** Closes those that are not to stay. */
    void endDue(long nowNanos) {
        int surplus = pool.size() - pool.settings().minSize();
        for (Server server : List.copyOf(all)) {
            CloseReason ending = closings.dueWhenIdle(server, surplus > 0, nowNanos);
            if (ending != null && all.remove(server)) {
                surplus--;
                closings.end(server, ending, nowNanos);
            }
        }
        publish();
    }

    private void publish() {
        count = all.size();
    }

    @Override
    public void onServerClosed(Server server, long nowNanos) {
        if (server.state() == ServerState.CLOSED && all.remove(server)) {
            publish();
            closings.lost(server, nowNanos);
        }
    }
}

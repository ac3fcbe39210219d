package org.pgweir.proxy.pool;

import java.util.concurrent.TimeUnit;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.server.Server;
import org.pgweir.proxy.server.ServerState;

/**
 * Lends servers of one part of a pool to the others, where somebody has waited for longer. A server is promised first, so that no two
 * go to one client. On the part's loop, but for what happens where a server arrives.
 */
final class Lending {
    /**
     * The oldest client of another loop must have waited longer than the oldest one here by this much before a server goes there.
     * Less would follow chance: each move costs more than a query, and clients of a busy pool wait for some milliseconds, some for
     * longer than others.
     */
    private static final long FAIRNESS_WINDOW_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final LoopPool part;
    private final Pool pool;
    private final IdleServers idle;
    private final ParkedClients parked;

    Lending(LoopPool part, IdleServers idle, ParkedClients parked) {
        this.part = part;
        this.idle = idle;
        this.parked = parked;
        pool = part.pool();
    }

    /** Lends a server that has just become free if that is due; false if it stays. */
    boolean toLongestWaiting(Server server, long nowNanos) {
        if (pool.parts().size() == 1) {
            return false;
        }
        long before = parked.isEmpty()
                ? nowNanos + TimeUnit.DAYS.toNanos(1)
                : parked.oldest().parkedAtNanos() - FAIRNESS_WINDOW_NANOS;
        LoopPool other = pool.longestWaiting(part, before);
        if (other == null || !other.parked().promise()) {
            return false;
        }
        lend(server, other);
        return true;
    }

    /** Somebody may have parked elsewhere while a server that is idle now was not to be seen yet. */
    void toWhoeverWaits(long nowNanos) {
        if (pool.parts().size() > 1) {
            LoopPool other = pool.longestWaiting(part, nowNanos + TimeUnit.DAYS.toNanos(1));
            if (other != null) {
                idleTo(other);
            }
        }
    }

    /** Lends an idle server to that part, if it still needs one. */
    void idleTo(LoopPool other) {
        if (parked.count() > 0 || !idle.isAny() || !other.parked().promise()) {
            return;
        }
        Server server = idle.take(Loop.nowNanos());
        if (server == null) {
            other.parked().promiseEnded();
        } else {
            lend(server, other);
        }
    }

    private void lend(Server server, LoopPool other) {
        part.counters().lends++;
        part.servers().remove(server);
        server.handTo(idle, ServerState.LENT);
        server.ownedBy((lost, now) -> {
            // Died on the way: the other part gets nothing, and the place is free.
            other.parked().promiseEnded();
            pool.unreserve();
        });
        server.moveTo(other.loop(), () -> other.arrived(server, Loop.nowNanos()));
    }
}

package org.pgweir.proxy.pool;

import java.util.concurrent.TimeUnit;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.server.Server;
import org.pgweir.proxy.server.ServerListener;
import org.pgweir.proxy.server.ServerState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends the servers of one pool on one loop: decides when it is time, tells the log why, and counts. On that loop alone. */
public final class Closings {
    private static final Logger LOG = LoggerFactory.getLogger(Closings.class);

    private final Pool pool;
    private final ServerListener watch;
    private final long[] counts = new long[CloseReason.values().length];

    /** @param watch gets a server while it says goodbye */
    Closings(Pool pool, ServerListener watch) {
        this.pool = pool;
        this.watch = watch;
    }

    /** How many ended for this reason. */
    public long count(CloseReason reason) {
        return counts[reason.ordinal()];
    }

    /** Why the server must end as soon as it is free; null if it may stay. */
    CloseReason due(Server server, long nowNanos) {
        if (isOutdated(server)) {
            return CloseReason.RECONFIGURED;
        }
        return isOld(server, nowNanos) ? CloseReason.LIFETIME : null;
    }

    /** Whether the server must not serve any more clients: it connects otherwise than the configuration wants, or was told to go. */
    public boolean isOutdated(Server server) {
        return pool.isRetired()
                || server.isRetired()
                || server.generation() != pool.database().generation();
    }

    /** A lifetime of 0 is one use. */
    private boolean isOld(Server server, long nowNanos) {
        long lifetime = pool.settings().lifetime();
        return lifetime == 0
                ? server.hasServed()
                : nowNanos - server.connectedAtNanos() >= lifetime && pool.mayEndOfAge(nowNanos);
    }

    /** As {@link #due}, for one that is idle. */
    CloseReason dueWhenIdle(Server server, boolean aboveMinimum, long nowNanos) {
        if (pool.database().isPaused()) {
            return CloseReason.PAUSE;
        }
        long timeout = pool.settings().idleTimeout();
        if (timeout > 0 && aboveMinimum && nowNanos - server.idleSinceNanos() > timeout) {
            return CloseReason.IDLE_TIMEOUT;
        }
        return due(server, nowNanos);
    }

    /** Ends a server that is quiet. */
    void end(Server server, CloseReason reason, long nowNanos) {
        end(server, reason, null, nowNanos);
    }

    void end(Server server, CloseReason reason, String detail, long nowNanos) {
        lost(server, reason, detail, nowNanos);
        server.handTo(watch, ServerState.IDLE);
        server.close();
    }

    /** Ends a server that may be in the middle of anything. */
    void endNow(Server server, CloseReason reason, String detail, long nowNanos) {
        lost(server, reason, detail, nowNanos);
        server.closeNow();
    }

    /** It has gone, though nobody wanted that. */
    void lost(Server server, long nowNanos) {
        ErrorMessage said = server.lastFatal();
        lost(server, CloseReason.SERVER_GONE, said == null ? "server conn crashed?" : said.message(), nowNanos);
    }

    /** It has ended, or is about to, by itself. */
    void lost(Server server, CloseReason reason, String detail, long nowNanos) {
        counts[reason.ordinal()]++;
        if (pool.settings().logDisconnections()) {
            long age = TimeUnit.NANOSECONDS.toSeconds(nowNanos - server.connectedAtNanos());
            String why = reason.words() + (detail == null ? "" : ": " + detail);
            LOG.info("{} closing because: {} (age={}s)", pool.nameOf(server), why, age);
        }
    }
}

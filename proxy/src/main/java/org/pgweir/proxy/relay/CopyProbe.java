package org.pgweir.proxy.relay;

import org.pgweir.proxy.server.Exchange;
import org.pgweir.proxy.server.Server;

/**
 * The question to a client's server how many answers a COPY that has failed will bring; see {@link Exchange}. From when it is due to its
 * answer the client's bytes are held. On the client's loop.
 */
final class CopyProbe {
    private boolean awaited;
    private long sentAtNanos;

    /** Whether the client's bytes wait for the answer. */
    boolean isAwaited() {
        return awaited;
    }

    /**
     * Asks if that is due, and no cancel request is on its way to the server.
     *
     * @param atBoundary whether all that has gone to the server were whole messages
     * @return whether the answer must be waited for
     */
    boolean ask(Server server, boolean atBoundary, long nowNanos) {
        Exchange exchange = server.exchange();
        boolean isDue = exchange.needsProbe() && atBoundary;
        awaited |= isDue;
        if (isDue && !server.isCancelInFlight()) {
            server.probe();
            sentAtNanos = nowNanos;
        }
        return isDue || exchange.isProbing();
    }

    /** It has been answered, or never will be. */
    void ended() {
        awaited = false;
    }

    /** Whether the server takes too long to answer. */
    boolean isOverdue(Server server, long timeoutNanos, long nowNanos) {
        return server.exchange().isProbing() && QueryClock.isOver(timeoutNanos, sentAtNanos, nowNanos);
    }
}

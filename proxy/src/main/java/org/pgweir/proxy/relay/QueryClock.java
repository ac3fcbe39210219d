package org.pgweir.proxy.relay;

import org.pgweir.protocol.Backend;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.server.Exchange;
import org.pgweir.proxy.stats.Counters;
import org.pgweir.proxy.stats.Latencies;
import org.pgweir.proxy.stats.Latencies.Kind;

/** When that began which a client does: for the statistics, and for the timeouts that end it. On the client's loop. */
final class QueryClock {
    private final Counters counters;
    private final Latencies latencies;
    private long activeNanos;
    private long transactionAtNanos;
    private long queryAtNanos;
    private boolean gathers;
    private long gatherAtNanos;

    QueryClock(Counters counters, Latencies latencies, long nowNanos) {
        this.counters = counters;
        this.latencies = latencies;
        activeNanos = nowNanos;
    }

    /** Something has come from the client. */
    void active(long nowNanos) {
        activeNanos = nowNanos;
    }

    /** When something came from the client, or its query ended, for the last time. */
    long activeNanos() {
        return activeNanos;
    }

    /** The first bytes of a message have come, which goes on only when more of it is there; may be told for each further piece. */
    void gathers(long nowNanos) {
        if (!gathers) {
            gathers = true;
            gatherAtNanos = nowNanos;
        }
    }

    void gathered() {
        gathers = false;
    }

    /** A message is about to go to the server. */
    void sends(Exchange exchange, long nowNanos) {
        if (exchange.awaited() == 0 && !exchange.inBatch()) {
            queryAtNanos = nowNanos;
            if (exchange.status() == Backend.IDLE) {
                transactionAtNanos = nowNanos;
            }
        }
    }

    /** ReadyForQuery came, with this transaction status. */
    void ready(byte status, long nowNanos) {
        counters.queries++;
        counters.queryNanos += nowNanos - queryAtNanos;
        latencies.record(Kind.QUERY, nowNanos - queryAtNanos, nowNanos);
        queryAtNanos = nowNanos;
        activeNanos = nowNanos;
        if (status == Backend.IDLE) {
            counters.transactions++;
            counters.transactionNanos += nowNanos - transactionAtNanos;
            latencies.record(Kind.TRANSACTION, nowNanos - transactionAtNanos, nowNanos);
            transactionAtNanos = nowNanos;
        }
    }

    /** The timeout that a client without a server has reached, in its words for the client; null if none. */
    ErrorMessage overdue(Timeouts timeouts, long nowNanos) {
        return gathers && isOver(timeouts.query(), gatherAtNanos, nowNanos) ? RelayErrors.QUERY_TIMEOUT_COMING : null;
    }

    /** As {@link #overdue(Timeouts, long)}, for a client that has a server. */
    ErrorMessage overdue(Timeouts timeouts, Exchange exchange, long nowNanos) {
        // Behind a failed COPY, in the middle of its data, the server cannot be asked yet.
        boolean isRest = exchange.needsProbe();
        boolean runs = exchange.awaited() > 0 || exchange.inBatch() || isRest;
        boolean isOpen = exchange.status() != Backend.IDLE;
        if (runs && isOver(timeouts.query(), queryAtNanos, nowNanos)) {
            return RelayErrors.QUERY_TIMEOUT;
        }
        if ((runs || isOpen) && isOver(timeouts.transaction(), transactionAtNanos, nowNanos)) {
            return RelayErrors.TRANSACTION_TIMEOUT;
        }
        boolean rests = exchange.isQuiet() || isRest;
        if (rests && isOpen && isOver(timeouts.idleTransaction(), activeNanos, nowNanos)) {
            return RelayErrors.IDLE_TRANSACTION_TIMEOUT;
        }
        return overdue(timeouts, nowNanos);
    }

    /** @param timeoutNanos 0 for never */
    static boolean isOver(long timeoutNanos, long sinceNanos, long nowNanos) {
        return timeoutNanos > 0 && nowNanos - sinceNanos > timeoutNanos;
    }
}

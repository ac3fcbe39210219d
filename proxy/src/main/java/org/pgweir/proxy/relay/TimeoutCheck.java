package org.pgweir.proxy.relay;

import org.pgweir.config.PoolMode;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.pool.LoopPool;
import org.pgweir.proxy.server.Exchange;
import org.pgweir.proxy.server.Server;

/**
 * Ends a client that has kept its server for too long, or waited for too long; all but {@link Timeouts#idle}. At each tick of the
 * client's loop.
 */
final class TimeoutCheck {
    private final Relay relay;
    private final ClientEnd client;
    private final LoopPool pool;
    private final QueryClock clock;
    private final ServerWait wait;
    private final CopyProbe probe;

    TimeoutCheck(Relay relay, ServerWait wait, CopyProbe probe) {
        this.relay = relay;
        this.wait = wait;
        this.probe = probe;
        client = relay.client;
        pool = relay.pool;
        clock = relay.clock;
    }

    void run(Timeouts timeouts, long nowNanos) {
        switch (relay.state()) {
            case PARKED -> wait.check(timeouts, nowNanos);
            case LINKED -> checkLinked(relay.server(), timeouts, nowNanos);
            case IDLE -> {
                ErrorMessage overdue = clock.overdue(timeouts, nowNanos);
                if (overdue != null) {
                    client.fail(overdue);
                }
            }
            case GONE -> {}
        }
    }

    private void checkLinked(Server server, Timeouts timeouts, long nowNanos) {
        Exchange exchange = server.exchange();
        if (probe.isOverdue(server, pool.pool().ownStatementTimeout(), nowNanos)) {
            server.closeNow();
            return;
        }
        if (relay.isSuspended() || relay.isAlone()) {
            return;
        }
        ErrorMessage overdue = clock.overdue(timeouts, exchange, nowNanos);
        if (overdue != null) {
            if (exchange.awaited() > 0) {
                // PostgreSQL is not left with a query that nobody waits for; the server is cleaned up behind it, or
                // closed.
                pool.cancel(server, timeouts.cancelWait(), () -> {});
            }
            client.fail(overdue);
        } else if (timeouts.fastClose()
                && pool.pool().mode() == PoolMode.SESSION
                && exchange.isFree()
                && pool.closings().isOutdated(server)) {
            client.fail(RelayErrors.CONFIGURATION_CHANGED);
        }
    }
}

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
    private TimeoutCheck() {}

    static void run(Relay relay, Timeouts timeouts, long nowNanos) {
        switch (relay.state()) {
            case PARKED -> relay.wait.check(timeouts, nowNanos);
            case LINKED -> checkLinked(relay, relay.server(), timeouts, nowNanos);
            case IDLE -> {
                ErrorMessage overdue = relay.clock.overdue(timeouts, nowNanos);
                if (overdue != null) {
                    relay.client.fail(overdue);
                }
            }
            case GONE -> {}
        }
    }

    private static void checkLinked(Relay relay, Server server, Timeouts timeouts, long nowNanos) {
        LoopPool pool = relay.pool;
        Exchange exchange = server.exchange();
        if (relay.probe.isOverdue(server, pool.pool().ownStatementTimeout(), nowNanos)) {
            server.closeNow();
            return;
        }
        if (relay.isSuspended() || relay.isAlone()) {
            return;
        }
        ErrorMessage overdue = relay.clock.overdue(timeouts, exchange, nowNanos);
        if (overdue != null) {
            if (exchange.awaited() > 0) {
                // PostgreSQL is not left with a query that nobody waits for; the server is cleaned up behind it, or
                // closed.
                pool.cancel(server, timeouts.cancelWait(), () -> {});
            }
            relay.client.fail(overdue);
        } else if (timeouts.fastClose()
                && pool.pool().mode() == PoolMode.SESSION
                && exchange.isFree()
                && pool.closings().isOutdated(server)) {
            relay.client.fail(RelayErrors.CONFIGURATION_CHANGED);
        }
    }
}

package org.pgweir.proxy.relay;

import org.pgweir.proxy.server.Server;

/**
 * The cancel requests for one client: they cancel what the client is running, and nothing else. One that must not reach the server yet
 * waits until it may. On the client's loop.
 */
final class Cancellation {
    private final Relay relay;

    /** Null if none waits. */
    private Runnable later;

    Cancellation(Relay relay) {
        this.relay = relay;
    }

    /** See {@link Relay#cancel}. */
    void request(long timeoutNanos, Runnable done) {
        boolean isLinked = relay.state() == Relay.State.LINKED;
        boolean isOwn = isLinked && relay.isOwnWork();
        boolean isTooEarly = isOwn && relay.input.held() != null || isLinked && isBeforePrelude(relay.server());
        if (isTooEarly && later == null) {
            later = () -> request(timeoutNanos, done);
            return;
        }
        if (isLinked && !isOwn && !isTooEarly && !relay.server().exchange().isQuiet()) {
            Server server = relay.server();
            relay.pool.cancel(server, timeoutNanos, () -> {
                done.run();
                relay.cancelSent(server);
            });
            return;
        }
        if (relay.state() == Relay.State.PARKED) {
            relay.wait.cancel();
        }
        done.run();
    }

    private static boolean isBeforePrelude(Server server) {
        return server.exchange().inPrelude() && !server.prelude().isDecided();
    }

    /** What a request has waited for is there, or will never be. */
    void runLater() {
        if (later != null) {
            Runnable request = later;
            later = null;
            request.run();
        }
    }
}

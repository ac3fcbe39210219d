package org.pgweir.proxy.admin;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.pgweir.proxy.client.Cancelling;
import org.pgweir.proxy.client.Client;
import org.pgweir.proxy.relay.Relay;
import org.pgweir.proxy.server.Server;

/** A client as a row of {@link Sockets#COLUMNS}. */
final class ClientRow {
    private ClientRow() {}

    /** Whether it is shown among the clients: cancel requests are. */
    static boolean isShown(Client client) {
        return isIn(client) || client.cancelling() != null;
    }

    /** Whether it is logged in, or waits for no more than the first server of its pool. */
    static boolean isIn(Client client) {
        return client.isLoggedIn() || client.pool() != null;
    }

    static boolean isWaiting(Client client) {
        Relay relay = client.relay();
        return relay != null ? relay.state() == Relay.State.PARKED : !client.isLoggedIn();
    }

    /** {@code idle}, {@code active}, {@code waiting}, {@code login}, or for cancel requests {@code active_} or {@code waiting_cancel_req}. */
    static String state(Client client) {
        Cancelling cancelling = client.cancelling();
        if (cancelling != null) {
            return cancelling.underWay() ? "active_cancel_req" : "waiting_cancel_req";
        }
        if (!isIn(client)) {
            return "login";
        }
        boolean linked = client.relay() != null && client.relay().server() != null;
        return isWaiting(client) ? "waiting" : linked || client.isInConsole() ? "active" : "idle";
    }

    private static String database(Client client) {
        Cancelling cancelling = client.cancelling();
        String name = cancelling == null ? client.database() : cancelling.database();
        return name == null ? "(nodb)" : name;
    }

    static List<Object> of(Client client, String state, long now) {
        Relay relay = client.relay();
        Server server = relay == null ? null : relay.server();
        long waited = relay != null && isWaiting(client) ? Math.max(0, now - relay.parkedAtNanos()) : 0;
        String requested = relay == null
                ? Timestamps.text(client.connectedAtMillis())
                : Timestamps.textOfNanos(relay.lastActiveNanos(), now);
        String applicationName = relay == null ? null : relay.parameters().get("application_name");
        return new ArrayList<>(Arrays.asList(
                "C",
                client.user() == null ? "(nouser)" : client.user(),
                database(client),
                client.replication().label(),
                state,
                Sockets.address(client.remoteAddress()),
                Sockets.port(client.remoteAddress()),
                Sockets.address(client.channel().localAddress()),
                Sockets.port(client.channel().localAddress()),
                Timestamps.text(client.connectedAtMillis()),
                requested,
                Timestamps.wholeSeconds(waited),
                Timestamps.microsOfSecond(waited),
                0,
                Sockets.pointer(client),
                Sockets.pointer(server),
                client.remotePid(),
                client.tls() == null ? "" : client.tls().description(),
                applicationName == null ? "" : applicationName,
                relay == null ? 0 : relay.preparedStatements(),
                client.id()));
    }
}

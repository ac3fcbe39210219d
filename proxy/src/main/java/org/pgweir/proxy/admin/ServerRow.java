package org.pgweir.proxy.admin;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.pgweir.proxy.client.Client;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.pool.Opening;
import org.pgweir.proxy.pool.Pool;
import org.pgweir.proxy.route.Host;
import org.pgweir.proxy.server.Server;
import org.pgweir.proxy.server.ServerState;

/** A server as a row of {@link Sockets#COLUMNS}. */
final class ServerRow {
    private ServerRow() {}

    /** The clients of one loop by the server that each has. */
    static Map<Server, Client> linked(Admin admin, Loop loop) {
        Map<Server, Client> linked = new IdentityHashMap<>();
        for (Client client : admin.clients().on(loop)) {
            if (client.relay() != null && client.relay().server() != null) {
                linked.put(client.relay().server(), client);
            }
        }
        return linked;
    }

    static String state(Pool pool, Server server, long now) {
        if (server.state() == ServerState.IDLE) {
            return pool.isUsed(server, now) ? "used" : "idle";
        }
        return switch (server.state()) {
            case TESTED -> "tested";
            case LOGIN -> "new";
            case BEING_CANCELED -> "being_canceled";
            default -> "active";
        };
    }

    /** One that is connecting or logging in: of its connection nothing is known yet. */
    static List<Object> of(Pool pool, Opening opening, String state) {
        return shortOf(pool, opening.host(), opening.beganMillis(), state);
    }

    /** The short connection that carries a cancel request to the server's host. */
    static List<Object> cancelling(Pool pool, Server server, String state) {
        return shortOf(pool, server.host(), server.cancelBeganMillis(), state);
    }

    private static List<Object> shortOf(Pool pool, Host to, long beganMillis, String state) {
        String host = to.address().host();
        boolean unix = to.address().isUnixSocket();
        String began = Timestamps.text(beganMillis);
        return new ArrayList<>(Arrays.asList(
                "S",
                pool.user().name(),
                pool.database().name(),
                "none",
                state,
                unix ? "unix" : host,
                to.address().port(),
                "",
                0,
                began,
                began,
                0,
                0,
                0,
                "",
                "",
                0,
                "",
                "",
                0,
                0));
    }

    static List<Object> of(Pool pool, Loop loop, Server server, Client client, String state, long now) {
        String applicationName = server.settings().parameters().get("application_name");
        long requested =
                client == null ? server.idleSinceNanos() : client.relay().lastActiveNanos();
        return new ArrayList<>(Arrays.asList(
                "S",
                pool.user().name(),
                pool.database().name(),
                server.replication().label(),
                state,
                Sockets.address(server.channel().remoteAddress()),
                Sockets.port(server.channel().remoteAddress()),
                Sockets.address(server.channel().localAddress()),
                Sockets.port(server.channel().localAddress()),
                Timestamps.text(server.connectedAtMillis()),
                Timestamps.textOfNanos(requested, now),
                0,
                0,
                pool.on(loop).needsClose(server) ? 1 : 0,
                Sockets.pointer(server),
                Sockets.pointer(client),
                server.cancelKey() == null ? 0 : server.cancelKey().processId(),
                server.tls() == null ? "" : server.tls().description(),
                applicationName == null ? "" : applicationName,
                server.statements().size(),
                server.id()));
    }
}

package org.pgweir.proxy.admin;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.pgweir.proxy.client.Client;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.pool.Pool;
import org.pgweir.proxy.server.Server;
import org.pgweir.proxy.server.ServerState;

/** SHOW SERVERS. */
final class ShowServers implements ShowTable {
    @Override
    public CompletableFuture<Table> make(Admin admin) {
        return Sockets.table(admin, loop -> rows(admin, loop));
    }

    private static List<List<?>> rows(Admin admin, Loop loop) {
        long now = Loop.nowNanos();
        Map<Server, Client> linked = new IdentityHashMap<>();
        for (Client client : admin.clients().on(loop)) {
            if (client.relay() != null && client.relay().server() != null) {
                linked.put(client.relay().server(), client);
            }
        }
        List<List<?>> rows = new ArrayList<>();
        for (Pool pool : admin.pools().all()) {
            for (Server server : pool.on(loop).servers()) {
                rows.add(row(pool, server, linked.get(server), now));
            }
        }
        return rows;
    }

    private static List<?> row(Pool pool, Server server, Client client, long now) {
        String applicationName = server.parameters().get("application_name");
        return Arrays.asList(
                "S",
                pool.user().name(),
                pool.database().name(),
                "none",
                state(pool, server, now),
                Sockets.address(server.channel().remoteAddress()),
                Sockets.port(server.channel().remoteAddress()),
                Sockets.address(server.channel().localAddress()),
                Sockets.port(server.channel().localAddress()),
                Timestamps.text(server.connectedAtMillis()),
                Timestamps.textOfNanos(
                        client == null
                                ? server.idleSinceNanos()
                                : client.relay().lastActiveNanos(),
                        now),
                0,
                0,
                server.isRetired() ? 1 : 0,
                Sockets.pointer(server),
                Sockets.pointer(client),
                server.cancelKey() == null ? 0 : server.cancelKey().processId(),
                "",
                applicationName == null ? "" : applicationName,
                server.statements().size(),
                server.id());
    }

    private static String state(Pool pool, Server server, long now) {
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
}

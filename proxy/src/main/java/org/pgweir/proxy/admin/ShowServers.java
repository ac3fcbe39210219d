package org.pgweir.proxy.admin;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.BackendMessages.Column;
import org.pgweir.proxy.client.Client;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.pool.Pool;
import org.pgweir.proxy.server.Server;

/** SHOW SERVERS. */
final class ShowServers implements ShowTable {
    @Override
    public List<Column> columns() {
        return Sockets.COLUMNS;
    }

    @Override
    public CompletableFuture<Table> make(Admin admin) {
        return Sockets.table(admin, Sockets.COLUMNS, loop -> rows(admin, loop));
    }

    private static List<List<?>> rows(Admin admin, Loop loop) {
        long now = Loop.nowNanos();
        Map<Server, Client> linked = ServerRow.linked(admin, loop);
        List<List<?>> rows = new ArrayList<>();
        for (Pool pool : admin.pools().all()) {
            pool.on(loop).openings().forEach(opening -> rows.add(ServerRow.of(pool, opening, "new")));
            for (Server server : pool.on(loop).servers()) {
                if (server.isCancelInFlight()) {
                    rows.add(ServerRow.cancelling(pool, server, "active_cancel"));
                }
                String state = ServerRow.state(pool, server, now);
                rows.add(ServerRow.of(pool, loop, server, linked.get(server), state, now));
            }
        }
        return rows;
    }
}

package org.pgweir.proxy.admin;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.BackendMessages.Column;
import org.pgweir.proxy.client.Client;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.pool.Pool;
import org.pgweir.proxy.relay.Relay;
import org.pgweir.proxy.server.Server;

/**
 * SHOW SOCKETS and SHOW ACTIVE_SOCKETS: all connections, or those in the middle of something. Of the buffers, pgweir has only what the
 * last column tells: bytes that the socket has not taken yet.
 */
final class ShowSockets implements ShowTable {
    private static final int EMPTY_COLUMNS = Sockets.WITH_BUFFERS.size() - Sockets.COLUMNS.size() - 1;

    private final boolean onlyActive;

    ShowSockets(boolean onlyActive) {
        this.onlyActive = onlyActive;
    }

    @Override
    public List<Column> columns() {
        return Sockets.WITH_BUFFERS;
    }

    @Override
    public CompletableFuture<Table> make(Admin admin) {
        return Sockets.table(admin, Sockets.WITH_BUFFERS, loop -> rows(admin, loop));
    }

    private List<List<?>> rows(Admin admin, Loop loop) {
        long now = Loop.nowNanos();
        List<List<?>> rows = new ArrayList<>();
        for (Client client : admin.clients().on(loop)) {
            if (!onlyActive || isActive(client)) {
                rows.add(withBuffers(ClientRow.of(client, state(client), now), client.unsentBytes()));
            }
        }
        Map<Server, Client> linked = ServerRow.linked(admin, loop);
        for (Pool pool : admin.pools().all()) {
            pool.on(loop)
                    .openings()
                    .forEach(opening -> rows.add(withBuffers(ServerRow.of(pool, opening, "sv_login"), 0)));
            for (Server server : pool.on(loop).servers()) {
                if (server.isCancelInFlight()) {
                    rows.add(withBuffers(ServerRow.cancelling(pool, server, "sv_active_cancel"), 0));
                }
                if (!onlyActive || !server.exchange().isQuiet() || server.unsentBytes() > 0) {
                    String state = "sv_" + ServerRow.state(pool, server, now);
                    rows.add(withBuffers(
                            ServerRow.of(pool, loop, server, linked.get(server), state, now), server.unsentBytes()));
                }
            }
        }
        return rows;
    }

    private static boolean isActive(Client client) {
        Relay relay = client.relay();
        boolean busy = relay == null ? client.isInConsole() : !relay.isResting();
        return busy || client.unsentBytes() > 0;
    }

    /** Here PgBouncer tells no client apart that has a server from one that has none. */
    private static String state(Client client) {
        String state = ClientRow.state(client);
        return "cl_" + (state.equals("idle") ? "active" : state);
    }

    private static List<?> withBuffers(List<Object> row, long unsent) {
        row.addAll(Collections.nCopies(EMPTY_COLUMNS, 0));
        row.add((int) Math.min(unsent, Integer.MAX_VALUE));
        return row;
    }
}

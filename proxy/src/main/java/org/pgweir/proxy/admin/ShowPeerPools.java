package org.pgweir.proxy.admin;

import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.BackendMessages.Column;
import org.pgweir.proxy.client.Peers;

/** SHOW PEER_POOLS: cancel requests that are passed on. */
final class ShowPeerPools implements ShowTable {
    private static final List<Column> COLUMNS =
            Table.columns("iiiii", "peer_id cl_active_cancel_req cl_waiting_cancel_req sv_active_cancel sv_login");

    @Override
    public List<Column> columns() {
        return COLUMNS;
    }

    @Override
    public CompletableFuture<Table> make(Admin admin) {
        Peers peers = admin.clients().peers();
        Table table = new Table(COLUMNS);
        for (int id : new TreeMap<>(admin.configuration().peers()).keySet()) {
            int underWay = peers.underWay(id);
            table.add(id, underWay, peers.waiting(id), underWay, 0);
        }
        return CompletableFuture.completedFuture(table);
    }
}

package org.pgweir.proxy.admin;

import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.BackendMessages.Column;

/** SHOW PEERS: the section [peers]. */
final class ShowPeers implements ShowTable {
    private static final List<Column> COLUMNS = Table.columns("isii", "peer_id host port pool_size");

    @Override
    public List<Column> columns() {
        return COLUMNS;
    }

    @Override
    public CompletableFuture<Table> make(Admin admin) {
        Table table = new Table(COLUMNS);
        new TreeMap<>(admin.configuration().peers())
                .forEach((id, peer) ->
                        table.add(id, peer.address().host(), peer.address().port(), peer.poolSize()));
        return CompletableFuture.completedFuture(table);
    }
}

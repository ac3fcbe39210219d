package org.pgweir.proxy.admin;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.BackendMessages.Column;
import org.pgweir.proxy.client.Client;
import org.pgweir.proxy.net.Loop;

/** SHOW CLIENTS. */
final class ShowClients implements ShowTable {
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
        List<List<?>> rows = new ArrayList<>();
        for (Client client : admin.clients().on(loop)) {
            if (ClientRow.isShown(client)) {
                rows.add(ClientRow.of(client, ClientRow.state(client), now));
            }
        }
        return rows;
    }
}

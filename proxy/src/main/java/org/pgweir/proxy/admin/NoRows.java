package org.pgweir.proxy.admin;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.BackendMessages.Column;

/** Tables of what pgweir does not have: PgBouncer's columns, and no row. */
record NoRows(List<Column> columns) implements ShowTable {
    static final ShowTable DNS_HOSTS = of("sqs", "hostname ttl addrs");
    static final ShowTable DNS_ZONES = of("sqi", "zonename serial count");
    static final ShowTable PEER_POOLS =
            of("iiiii", "peer_id cl_active_cancel_req cl_waiting_cancel_req sv_active_cancel sv_login");

    private static ShowTable of(String types, String names) {
        return new NoRows(Table.columns(types, names));
    }

    @Override
    public CompletableFuture<Table> make(Admin admin) {
        return CompletableFuture.completedFuture(new Table(columns));
    }
}

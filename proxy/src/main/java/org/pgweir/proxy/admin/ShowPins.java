package org.pgweir.proxy.admin;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.BackendMessages.Column;
import org.pgweir.proxy.client.Client;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.relay.Relay;
import org.pgweir.proxy.session.PinReason;

/** SHOW PINS: clients that keep their server beyond a transaction, and why; a row for each reason. Not one of PgBouncer's. */
final class ShowPins implements ShowTable {
    private static final List<Column> COLUMNS =
            Table.columns("sssssTN", "database user client server reason since seconds");

    @Override
    public List<Column> columns() {
        return COLUMNS;
    }

    @Override
    public CompletableFuture<Table> make(Admin admin) {
        return admin.loops().collect(loop -> rows(admin, loop)).thenApply(parts -> {
            Table table = new Table(COLUMNS);
            parts.forEach(table::addAll);
            return table;
        });
    }

    private static List<List<?>> rows(Admin admin, Loop loop) {
        long now = Loop.nowNanos();
        List<List<?>> rows = new ArrayList<>();
        for (Client client : admin.clients().on(loop)) {
            Relay relay = client.relay();
            if (relay != null && relay.server() != null) {
                for (PinReason reason : relay.pins()) {
                    rows.add(List.of(
                            client.database(),
                            client.user(),
                            Sockets.pointer(client),
                            Sockets.pointer(relay.server()),
                            reason.label(),
                            Timestamps.textOfNanos(relay.pinnedAtNanos(), now),
                            Timestamps.wholeSeconds(now - relay.pinnedAtNanos())));
                }
            }
        }
        return rows;
    }
}

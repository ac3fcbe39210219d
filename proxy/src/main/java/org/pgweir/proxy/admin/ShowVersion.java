package org.pgweir.proxy.admin;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.BackendMessages.Column;

/** SHOW VERSION. */
final class ShowVersion implements ShowTable {
    private static final List<Column> COLUMNS = Table.columns("s", "version");

    @Override
    public List<Column> columns() {
        return COLUMNS;
    }

    @Override
    public CompletableFuture<Table> make(Admin admin) {
        return CompletableFuture.completedFuture(new Table(COLUMNS).add(ConsoleVersion.SHOWN));
    }
}

package org.pgweir.proxy.admin;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.BackendMessages.Column;

/** SHOW STATE: whether everything is paused or suspended. */
final class ShowState implements ShowTable {
    private static final List<Column> COLUMNS = Table.columns("ss", "key value");

    @Override
    public List<Column> columns() {
        return COLUMNS;
    }

    @Override
    public CompletableFuture<Table> make(Admin admin) {
        boolean paused = admin.catalog().isPaused();
        boolean suspended = admin.catalog().isSuspended();
        return CompletableFuture.completedFuture(new Table(COLUMNS)
                .add("active", yesNo(!paused && !suspended))
                .add("paused", yesNo(paused))
                .add("suspended", yesNo(suspended)));
    }

    private static String yesNo(boolean yes) {
        return yes ? "yes" : "no";
    }
}

package org.pgweir.proxy.admin;

import java.util.concurrent.CompletableFuture;

/** SHOW VERSION. */
final class ShowVersion implements ShowTable {
    @Override
    public CompletableFuture<Table> make(Admin admin) {
        return CompletableFuture.completedFuture(
                new Table(Table.columns("s", "version")).add("pgweir " + AdminConsole.VERSION));
    }
}

package org.pgweir.proxy.admin;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.BackendMessages.Column;

/** One SHOW of the console. */
interface ShowTable {
    List<Column> columns();

    /** May be completed on any thread. */
    CompletableFuture<Table> make(Admin admin);

    /** Whether it tells what only administrators may know. */
    default boolean isForAdmins() {
        return false;
    }
}

package org.pgweir.proxy.admin;

import java.util.concurrent.CompletableFuture;

/** One SHOW of the console. */
interface ShowTable {
    /** May be completed on any thread. */
    CompletableFuture<Table> make(Admin admin);
}

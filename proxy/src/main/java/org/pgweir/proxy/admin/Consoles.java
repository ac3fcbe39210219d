package org.pgweir.proxy.admin;

import java.util.concurrent.CompletableFuture;
import org.pgweir.proxy.client.Client;
import org.pgweir.proxy.net.Loop;

/** The console's own rows among the databases and pools. */
final class Consoles {
    /** Shown as in PgBouncer; there is no such limit. */
    static final int POOL_SIZE = 2;

    private Consoles() {}

    /** Clients of the console. */
    static CompletableFuture<Integer> count(Admin admin) {
        return admin.loops()
                .collect(loop -> on(admin, loop))
                .thenApply(counts -> counts.stream().mapToInt(Integer::intValue).sum());
    }

    private static int on(Admin admin, Loop loop) {
        int count = 0;
        for (Client client : admin.clients().on(loop)) {
            count += client.isInConsole() ? 1 : 0;
        }
        return count;
    }
}

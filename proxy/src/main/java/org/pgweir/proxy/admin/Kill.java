package org.pgweir.proxy.admin;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.client.Client;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.pool.Pool;
import org.pgweir.proxy.route.Database;

/** KILL [db]: ends its clients and servers at once, and pauses it: new clients wait for RESUME db. */
final class Kill extends DatabaseCommand {
    Kill() {
        super("kill", true);
    }

    @Override
    ErrorMessage refusal(Admin admin, Invocation call) {
        return admin.isHeld() ? ConsoleErrors.ALREADY_HELD : null;
    }

    @Override
    CompletableFuture<ErrorMessage> all(Admin admin, Invocation call) {
        List<Pool> pools = List.copyOf(admin.pools().all());
        pools.forEach(pool -> pool.database().pause(true));
        return kill(admin, pools);
    }

    @Override
    CompletableFuture<ErrorMessage> one(Admin admin, Invocation call, Database database) {
        database.pause(true);
        return kill(admin, poolsOf(admin, database));
    }

    private static CompletableFuture<ErrorMessage> kill(Admin admin, List<Pool> pools) {
        return admin.loops()
                .collect(loop -> {
                    // Clients first: what they leave behind is ended, and not cleaned up.
                    for (Client client : List.copyOf(admin.clients().on(loop))) {
                        if (client.pool() != null && pools.contains(client.pool())) {
                            client.kill();
                        }
                    }
                    pools.forEach(pool -> pool.on(loop).killAll(Loop.nowNanos()));
                    return true;
                })
                .thenApply(done -> null);
    }
}

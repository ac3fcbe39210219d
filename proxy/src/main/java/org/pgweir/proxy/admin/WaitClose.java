package org.pgweir.proxy.admin;

import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.pool.LoopPool;
import org.pgweir.proxy.pool.Pool;
import org.pgweir.proxy.route.Database;

/** WAIT_CLOSE [db]: answers when all servers that RECONNECT or a reload wants to be closed are closed. */
final class WaitClose extends DatabaseCommand {
    WaitClose() {
        super("wait in", true);
    }

    @Override
    CompletableFuture<ErrorMessage> all(Admin admin, Invocation call) {
        return await(admin, call, () -> admin.pools().all());
    }

    @Override
    CompletableFuture<ErrorMessage> one(Admin admin, Invocation call, Database database) {
        return await(admin, call, () -> poolsOf(admin, database));
    }

    private static CompletableFuture<ErrorMessage> await(
            Admin admin, Invocation call, Supplier<Collection<Pool>> pools) {
        return Waiting.until(admin, call, () -> look(admin, pools.get()), () -> {});
    }

    /** Those that no loop has, on their way to another one, may be such servers, too. */
    private static CompletableFuture<Waiting.State> look(Admin admin, Collection<Pool> pools) {
        int before = pools.stream().mapToInt(Pool::size).sum();
        return admin.loops()
                .collect(loop -> {
                    int seen = 0;
                    for (Pool pool : pools) {
                        LoopPool part = pool.on(loop);
                        if (part.countDue() > 0) {
                            return -1;
                        }
                        seen += part.servers().size() + part.connecting();
                    }
                    return seen;
                })
                .thenApply(seen -> {
                    boolean due = seen.contains(-1);
                    int all = seen.stream().mapToInt(Integer::intValue).sum();
                    return due || all < before ? Waiting.State.GOES_ON : Waiting.State.DONE;
                });
    }
}

package org.pgweir.proxy.admin;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.pool.Pool;
import org.pgweir.proxy.route.Database;

/**
 * PAUSE [db] and RESUME [db]. A paused database links no server; PAUSE answers once its servers have been given back and closed.
 * RESUME ends a PAUSE that still waits.
 */
final class Pause implements Command {
    private final boolean pause;

    Pause(boolean pause) {
        this.pause = pause;
    }

    @Override
    public CompletableFuture<ErrorMessage> run(Admin admin, String argument) {
        List<Database> databases = Databases.named(admin, argument);
        if (databases.isEmpty() && !argument.isEmpty()) {
            return CompletableFuture.completedFuture(Databases.unknown(argument));
        }
        List<Pool> pools = admin.pools().all().stream()
                .filter(pool -> databases.contains(pool.database()))
                .toList();
        if (argument.isEmpty()) {
            admin.catalog().pauseAll(pause);
        } else {
            databases.forEach(database -> database.pause(pause));
        }
        if (!pause) {
            pools.forEach(Pool::wake);
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<ErrorMessage> paused = new CompletableFuture<>();
        awaitEmpty(admin.loops().all().get(0), databases, pools, paused);
        return paused;
    }

    /** The pools close their idle servers at their next tick; this looks as often. */
    private static void awaitEmpty(
            Loop loop, List<Database> databases, List<Pool> pools, CompletableFuture<ErrorMessage> paused) {
        boolean resumed = databases.stream().noneMatch(Database::isPaused);
        if (resumed || pools.stream().allMatch(pool -> pool.size() == 0)) {
            paused.complete(null);
        } else {
            loop.postAfter(Loop.TICK_NANOS / 4, () -> awaitEmpty(loop, databases, pools, paused));
        }
    }
}

package org.pgweir.proxy.admin;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.pgweir.config.Settings;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.client.Client;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.pool.Pool;
import org.pgweir.proxy.route.Database;
import org.pgweir.proxy.server.Server;

/**
 * SUSPEND: no socket but those of the console is read any more; answers when all that was written is sent. Who has not taken its bytes
 * when {@code suspend_timeout} is over is closed.
 */
final class Suspend implements Command {
    @Override
    public boolean takesArgument() {
        return false;
    }

    @Override
    public CompletableFuture<ErrorMessage> run(Admin admin, Invocation call) {
        if (admin.isHeld()) {
            return Command.failed(ConsoleErrors.ALREADY_HELD);
        }
        if (admin.catalog().databases().stream().anyMatch(Database::isPausedByName)) {
            return Command.failed(ConsoleErrors.SUSPEND_WHEN_PAUSED);
        }
        admin.catalog().suspend(true);
        sockets(admin, true);
        long began = Loop.nowNanos();
        long timeout =
                admin.configuration().global().get(Settings.SUSPEND_TIMEOUT).toNanos();
        return Waiting.until(
                admin,
                call,
                () -> {
                    boolean late = timeout > 0 && Loop.nowNanos() - began > timeout;
                    return look(admin, late);
                },
                () -> Resume.all(admin));
    }

    private static CompletableFuture<Waiting.State> look(Admin admin, boolean closeLate) {
        if (!admin.catalog().isSuspended()) {
            return CompletableFuture.completedFuture(Waiting.State.RESUMED);
        }
        return admin.loops()
                .collect(loop -> flushed(admin, loop, closeLate))
                .thenApply(flushed -> flushed.contains(false) ? Waiting.State.GOES_ON : Waiting.State.DONE);
    }

    /** Leaves all sockets alone, or goes on. A client that logs in meanwhile waits as if everything was paused. */
    static void sockets(Admin admin, boolean suspend) {
        for (Loop loop : admin.loops().all()) {
            loop.post(() -> {
                admin.clients().on(loop).forEach(client -> client.suspend(suspend && client.isLoggedIn()));
                for (Pool pool : admin.pools().all()) {
                    pool.on(loop).servers().forEach(server -> server.suspend(suspend));
                }
            });
        }
    }

    private static boolean flushed(Admin admin, Loop loop, boolean closeLate) {
        boolean flushed = true;
        for (Client client : List.copyOf(admin.clients().on(loop))) {
            if (client.isSuspended() && client.unsentBytes() > 0) {
                flushed = false;
                if (closeLate) {
                    client.closeUnsent();
                }
            }
        }
        for (Pool pool : admin.pools().all()) {
            for (Server server : List.copyOf(pool.on(loop).servers())) {
                if (server.unsentBytes() > 0) {
                    flushed = false;
                    if (closeLate) {
                        server.closeNow();
                    }
                }
            }
        }
        return flushed;
    }
}

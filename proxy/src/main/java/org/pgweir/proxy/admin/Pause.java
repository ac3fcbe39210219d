package org.pgweir.proxy.admin;

import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.pool.Pool;
import org.pgweir.proxy.route.Database;

/** PAUSE [db]: no client gets a server any more; answers once all servers have been given back and closed. */
final class Pause extends DatabaseCommand {
    Pause() {
        super("pause", true);
    }

    @Override
    ErrorMessage refusal(Admin admin, Invocation call) {
        return admin.isHeld() ? ConsoleErrors.ALREADY_HELD : null;
    }

    @Override
    CompletableFuture<ErrorMessage> all(Admin admin, Invocation call) {
        admin.catalog().pauseAll(true);
        return untilEmpty(admin, call, () -> admin.pools().all(), admin.catalog()::isPaused, () -> Resume.all(admin));
    }

    @Override
    CompletableFuture<ErrorMessage> one(Admin admin, Invocation call, Database database) {
        database.pause(true);
        return untilEmpty(
                admin,
                call,
                () -> poolsOf(admin, database),
                database::isPausedByName,
                () -> Resume.one(admin, database));
    }

    /** The pools close their idle servers at their next tick. */
    private static CompletableFuture<ErrorMessage> untilEmpty(
            Admin admin, Invocation call, Supplier<Collection<Pool>> pools, BooleanSupplier paused, Runnable resume) {
        return Waiting.until(
                admin,
                call,
                () -> {
                    boolean empty = pools.get().stream().allMatch(pool -> pool.size() == 0);
                    return CompletableFuture.completedFuture(
                            empty
                                    ? Waiting.State.DONE
                                    : paused.getAsBoolean() ? Waiting.State.GOES_ON : Waiting.State.RESUMED);
                },
                resume);
    }
}

package org.pgweir.proxy.admin;

import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.client.Console;
import org.pgweir.proxy.pool.Pool;
import org.pgweir.proxy.route.Database;

/** RESUME [db]: ends PAUSE, KILL or SUSPEND; a command that still waits for its end is told. */
final class Resume extends DatabaseCommand {
    Resume() {
        super("resume", false);
    }

    @Override
    CompletableFuture<ErrorMessage> all(Admin admin, Invocation call) {
        if (admin.process().isShuttingDown()) {
            return Command.failed(ConsoleErrors.SHUTTING_DOWN);
        }
        if (!admin.isHeld()) {
            return Command.failed(ConsoleErrors.NOT_HELD);
        }
        all(admin);
        return Command.done();
    }

    @Override
    CompletableFuture<ErrorMessage> one(Admin admin, Invocation call, Database database) {
        if (!database.isPausedByName()) {
            return Command.failed(notPaused(database.name()));
        }
        one(admin, database);
        return Command.done();
    }

    @Override
    ErrorMessage consoleMeant() {
        return notPaused(Console.DATABASE);
    }

    private static ErrorMessage notPaused(String name) {
        return ConsoleErrors.error("database " + name + " is not paused");
    }

    /** Ends what holds all databases. */
    static void all(Admin admin) {
        admin.catalog().pauseAll(false);
        if (admin.catalog().isSuspended()) {
            admin.catalog().suspend(false);
            Suspend.sockets(admin, false);
        }
        admin.pools().all().forEach(Pool::wake);
    }

    static void one(Admin admin, Database database) {
        database.pause(false);
        poolsOf(admin, database).forEach(Pool::wake);
    }
}

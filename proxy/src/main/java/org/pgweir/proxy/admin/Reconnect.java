package org.pgweir.proxy.admin;

import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.pool.Pool;
import org.pgweir.proxy.route.Database;

/** RECONNECT [db]: the servers that are there are closed as they become free, and new ones are opened in their place. */
final class Reconnect extends DatabaseCommand {
    Reconnect() {
        super("reconnect", true);
    }

    @Override
    CompletableFuture<ErrorMessage> all(Admin admin, Invocation call) {
        admin.catalog().databases().forEach(database -> renew(admin, database));
        return Command.done();
    }

    @Override
    CompletableFuture<ErrorMessage> one(Admin admin, Invocation call, Database database) {
        renew(admin, database);
        return Command.done();
    }

    private static void renew(Admin admin, Database database) {
        database.renew();
        poolsOf(admin, database).forEach(Pool::renewed);
    }
}

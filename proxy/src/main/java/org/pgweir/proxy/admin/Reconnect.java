package org.pgweir.proxy.admin;

import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.route.Database;

/** RECONNECT [db]: the servers that are there are closed as they become free, and new ones are opened in their place. */
final class Reconnect extends DatabaseCommand {
    Reconnect() {
        super("reconnect", true);
    }

    @Override
    CompletableFuture<ErrorMessage> all(Admin admin, Invocation call) {
        admin.catalog().databases().forEach(Database::renew);
        return Command.done();
    }

    @Override
    CompletableFuture<ErrorMessage> one(Admin admin, Invocation call, Database database) {
        database.renew();
        return Command.done();
    }
}

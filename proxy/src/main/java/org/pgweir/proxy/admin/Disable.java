package org.pgweir.proxy.admin;

import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.route.Database;

/** DISABLE db and ENABLE db: whether new clients are let in. */
final class Disable extends DatabaseCommand {
    private final boolean disable;

    Disable(boolean disable) {
        super(disable ? "disable" : "enable", disable);
        this.disable = disable;
    }

    @Override
    CompletableFuture<ErrorMessage> one(Admin admin, Invocation call, Database database) {
        database.disable(disable);
        return Command.done();
    }
}

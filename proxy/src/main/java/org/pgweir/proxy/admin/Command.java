package org.pgweir.proxy.admin;

import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.ErrorMessage;

/** A command of the console that does something; for admin_users only. */
interface Command {
    /** @return completed, on any thread, when it is done; with null, or with the error for the client */
    CompletableFuture<ErrorMessage> run(Admin admin, Invocation call);

    /** Whether a word may stand behind its own. */
    default boolean takesArgument() {
        return true;
    }

    static CompletableFuture<ErrorMessage> done() {
        return CompletableFuture.completedFuture(null);
    }

    static CompletableFuture<ErrorMessage> failed(ErrorMessage error) {
        return CompletableFuture.completedFuture(error);
    }
}

package org.pgweir.proxy.admin;

import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.ErrorMessage;

/** A command of the console that does something. */
interface Command {
    /**
     * @param argument what stands behind the command's word; empty if nothing does
     * @return completed, on any thread, when it is done; with null, or with the error for the client
     */
    CompletableFuture<ErrorMessage> run(Admin admin, String argument);
}

package org.pgweir.proxy.admin;

import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.admin.ProcessControl.Shutdown;

/** SHUTDOWN [WAIT_FOR_SERVERS | WAIT_FOR_CLIENTS]. Without a word the answer is the end of the connection. */
final class ShutdownCommand implements Command {
    @Override
    public CompletableFuture<ErrorMessage> run(Admin admin, Invocation call) {
        if (!call.hasArgument()) {
            admin.process().shutdown(Shutdown.IMMEDIATE);
            return new CompletableFuture<>();
        }
        switch (call.argument().toUpperCase(Locale.ROOT)) {
            case "WAIT_FOR_SERVERS" -> admin.process().shutdown(Shutdown.WAIT_FOR_SERVERS);
            case "WAIT_FOR_CLIENTS" -> admin.process().shutdown(Shutdown.WAIT_FOR_CLIENTS);
            default -> {
                return Command.failed(ConsoleErrors.invalid(call.text())
                        .withHint("SHUTDOWN, SHUTDOWN WAIT_FOR_SERVERS or SHUTDOWN WAIT_FOR_CLIENTS"));
            }
        }
        return Command.done();
    }
}

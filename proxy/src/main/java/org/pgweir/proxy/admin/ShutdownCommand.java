package org.pgweir.proxy.admin;

import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.admin.ProcessControl.Shutdown;

/** SHUTDOWN [WAIT_FOR_SERVERS | WAIT_FOR_CLIENTS]. */
final class ShutdownCommand implements Command {
    @Override
    public CompletableFuture<ErrorMessage> run(Admin admin, String argument) {
        try {
            Shutdown how =
                    argument.isEmpty() ? Shutdown.IMMEDIATE : Shutdown.valueOf(argument.toUpperCase(Locale.ROOT));
            admin.process().shutdown(how);
            return CompletableFuture.completedFuture(null);
        } catch (IllegalArgumentException e) {
            return CompletableFuture.completedFuture(
                    ErrorMessage.error("08P01", "bad arguments to SHUTDOWN: " + argument)
                            .withHint("SHUTDOWN, SHUTDOWN WAIT_FOR_SERVERS or SHUTDOWN WAIT_FOR_CLIENTS"));
        }
    }
}

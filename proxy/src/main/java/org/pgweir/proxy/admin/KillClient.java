package org.pgweir.proxy.admin;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.client.Client;
import org.pgweir.proxy.net.Loop;

/** KILL_CLIENT id: ends one client; the id is that of SHOW CLIENTS. */
final class KillClient implements Command {
    @Override
    public CompletableFuture<ErrorMessage> run(Admin admin, Invocation call) {
        long id;
        try {
            id = Long.parseLong(call.argument());
        } catch (NumberFormatException e) {
            return Command.failed(ConsoleErrors.NO_CLIENT_ID);
        }
        return admin.loops()
                .collect(loop -> kill(admin, loop, id))
                .thenApply(found -> found.contains(true) ? null : ConsoleErrors.NO_SUCH_CLIENT);
    }

    private static boolean kill(Admin admin, Loop loop, long id) {
        for (Client client : List.copyOf(admin.clients().on(loop))) {
            if (client.id() == id && ClientRow.isShown(client)) {
                client.kill();
                return true;
            }
        }
        return false;
    }
}

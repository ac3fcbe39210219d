package org.pgweir.proxy.admin;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.pgweir.proxy.client.Client;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.relay.Relay;
import org.pgweir.proxy.server.Server;

/** SHOW CLIENTS. */
final class ShowClients implements ShowTable {
    @Override
    public CompletableFuture<Table> make(Admin admin) {
        return Sockets.table(admin, loop -> rows(admin, loop));
    }

    private static List<List<?>> rows(Admin admin, Loop loop) {
        long now = Loop.nowNanos();
        List<List<?>> rows = new ArrayList<>();
        for (Client client : admin.clients().on(loop)) {
            if (client.user() != null) {
                rows.add(row(client, now));
            }
        }
        return rows;
    }

    private static List<?> row(Client client, long now) {
        Relay relay = client.relay();
        Server server = relay == null ? null : relay.server();
        boolean waits = isWaiting(client);
        long waited = relay != null && waits ? Math.max(0, now - relay.parkedAtNanos()) : 0;
        String requested = relay == null
                ? Timestamps.text(client.connectedAtMillis())
                : Timestamps.textOfNanos(relay.lastActiveNanos(), now);
        String applicationName = relay == null ? null : relay.parameters().get("application_name");
        return Arrays.asList(
                "C",
                client.user(),
                client.database(),
                "none",
                waits ? "waiting" : server != null || client.isInConsole() ? "active" : "idle",
                Sockets.address(client.remoteAddress()),
                Sockets.port(client.remoteAddress()),
                Sockets.address(client.channel().localAddress()),
                Sockets.port(client.channel().localAddress()),
                Timestamps.text(client.connectedAtMillis()),
                requested,
                Timestamps.wholeSeconds(waited),
                Timestamps.microsOfSecond(waited),
                0,
                Sockets.pointer(client),
                Sockets.pointer(server),
                client.remotePid(),
                client.tls() == null ? "" : client.tls().description(),
                applicationName == null ? "" : applicationName,
                relay == null ? 0 : relay.preparedStatements(),
                client.id());
    }

    static boolean isWaiting(Client client) {
        Relay relay = client.relay();
        return relay != null ? relay.state() == Relay.State.PARKED : !client.isLoggedIn();
    }
}

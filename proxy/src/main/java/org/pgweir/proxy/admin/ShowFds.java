package org.pgweir.proxy.admin;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.BackendMessages.Column;
import org.pgweir.proxy.client.Client;
import org.pgweir.proxy.net.Listener;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.pool.Pool;
import org.pgweir.proxy.server.Server;
import org.pgweir.proxy.server.TrackedParameters;

/**
 * SHOW FDS: the open sockets. PgBouncer hands them to its successor with it, and cancel keys and passwords, too; pgweir shows what is
 * no secret, and hands over nothing.
 */
final class ShowFds implements ShowTable {
    private static final List<Column> COLUMNS = Table.columns(
            "issssiqisssssbb",
            "fd task user database addr port cancel link client_encoding std_strings datestyle timezone password"
                    + " scram_client_key scram_server_key");

    @Override
    public List<Column> columns() {
        return COLUMNS;
    }

    @Override
    public boolean isForAdmins() {
        return true;
    }

    @Override
    public CompletableFuture<Table> make(Admin admin) {
        return Sockets.table(admin, COLUMNS, loop -> rows(admin, loop));
    }

    private static List<List<?>> rows(Admin admin, Loop loop) {
        List<List<?>> rows = new ArrayList<>();
        if (loop.index() == 0) {
            for (Listener listener : admin.process().listeners()) {
                rows.add(row(
                        Sockets.descriptor(listener.channel()),
                        "pooler",
                        null,
                        null,
                        Sockets.address(listener.address()),
                        Sockets.port(listener.address()),
                        0,
                        null));
            }
        }
        for (Client client : admin.clients().on(loop)) {
            if (!client.isInConsole()) {
                rows.add(of(client));
            }
        }
        Map<Server, Client> linked = ServerRow.linked(admin, loop);
        for (Pool pool : admin.pools().all()) {
            for (Server server : pool.on(loop).servers()) {
                rows.add(of(pool, server, linked.get(server)));
            }
        }
        return rows;
    }

    private static List<?> of(Client client) {
        Server server = client.relay() == null ? null : client.relay().server();
        return row(
                Sockets.descriptor(client.channel()),
                "client",
                client.user(),
                client.database(),
                Sockets.address(client.remoteAddress()),
                Sockets.port(client.remoteAddress()),
                server == null ? 0 : Sockets.descriptor(server.channel()),
                client.relay() == null ? null : client.relay().parameters());
    }

    private static List<?> of(Pool pool, Server server, Client client) {
        return row(
                Sockets.descriptor(server.channel()),
                "server",
                pool.user().name(),
                pool.database().name(),
                Sockets.address(server.channel().remoteAddress()),
                Sockets.port(server.channel().remoteAddress()),
                client == null ? 0 : Sockets.descriptor(client.channel()),
                server.settings().parameters());
    }

    private static List<?> row(
            int fd,
            String task,
            String user,
            String database,
            String address,
            int port,
            int link,
            TrackedParameters parameters) {
        return Arrays.asList(
                fd,
                task,
                user,
                database,
                address,
                port,
                0,
                link,
                value(parameters, "client_encoding"),
                value(parameters, "standard_conforming_strings"),
                value(parameters, "DateStyle"),
                value(parameters, "TimeZone"),
                null,
                null,
                null);
    }

    private static String value(TrackedParameters parameters, String name) {
        return parameters == null ? null : parameters.get(name);
    }
}

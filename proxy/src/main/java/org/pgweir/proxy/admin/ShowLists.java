package org.pgweir.proxy.admin;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.BackendMessages.Column;
import org.pgweir.proxy.client.Client;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.pool.Pool;
import org.pgweir.proxy.server.Server;
import org.pgweir.proxy.server.ServerState;

/** SHOW LISTS. */
final class ShowLists implements ShowTable {
    private static final List<Column> COLUMNS = Table.columns("si", "list items");

    private record Counts(int usedClients, int loginClients, int freeServers, int usedServers) {
        Counts plus(Counts other) {
            return new Counts(
                    usedClients + other.usedClients,
                    loginClients + other.loginClients,
                    freeServers + other.freeServers,
                    usedServers + other.usedServers);
        }
    }

    @Override
    public CompletableFuture<Table> make(Admin admin) {
        return admin.loops().collect(loop -> count(admin, loop)).thenApply(parts -> {
            Counts sum = parts.stream().reduce(new Counts(0, 0, 0, 0), Counts::plus);
            return new Table(COLUMNS)
                    .add("databases", admin.catalog().databases().size() + 1)
                    .add("users", admin.catalog().users().size())
                    .add("peers", 0)
                    .add("pools", admin.pools().all().size() + 1)
                    .add("peer_pools", 0)
                    .add("free_clients", 0)
                    .add("used_clients", sum.usedClients)
                    .add("login_clients", sum.loginClients)
                    .add("free_servers", sum.freeServers)
                    .add("used_servers", sum.usedServers)
                    .add("dns_names", 0)
                    .add("dns_zones", 0)
                    .add("dns_queries", 0)
                    .add("dns_pending", 0);
        });
    }

    private static Counts count(Admin admin, Loop loop) {
        int used = 0;
        int login = 0;
        for (Client client : admin.clients().on(loop)) {
            if (client.isLoggedIn()) {
                used++;
            } else {
                login++;
            }
        }
        int free = 0;
        int busy = 0;
        for (Pool pool : admin.pools().all()) {
            for (Server server : pool.on(loop).servers()) {
                if (server.state() == ServerState.IDLE) {
                    free++;
                } else {
                    busy++;
                }
            }
        }
        return new Counts(used, login, free, busy);
    }
}

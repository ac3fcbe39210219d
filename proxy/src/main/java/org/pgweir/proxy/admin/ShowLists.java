package org.pgweir.proxy.admin;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.BackendMessages.Column;
import org.pgweir.proxy.client.Client;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.pool.Pool;

/** SHOW LISTS. PgBouncer's free clients and servers are memory that it keeps for later ones; pgweir has none. */
final class ShowLists implements ShowTable {
    private static final List<Column> COLUMNS = Table.columns("si", "list items");

    private record Counts(int clients, int loginClients) {
        Counts plus(Counts other) {
            return new Counts(clients + other.clients, loginClients + other.loginClients);
        }
    }

    @Override
    public List<Column> columns() {
        return COLUMNS;
    }

    @Override
    public CompletableFuture<Table> make(Admin admin) {
        return admin.loops().collect(loop -> count(admin, loop)).thenApply(parts -> {
            Counts sum = parts.stream().reduce(new Counts(0, 0), Counts::plus);
            int servers = admin.pools().all().stream().mapToInt(Pool::size).sum();
            return new Table(COLUMNS)
                    .add("databases", admin.catalog().databases().size() + 1)
                    .add("users", ShowUsers.names(admin).size())
                    .add("peers", admin.configuration().peers().size())
                    .add("pools", admin.pools().all().size() + 1)
                    .add("peer_pools", admin.configuration().peers().size())
                    .add("free_clients", 0)
                    .add("used_clients", sum.clients)
                    .add("login_clients", sum.loginClients)
                    .add("free_servers", 0)
                    .add("used_servers", servers)
                    .add(
                            "dns_names",
                            admin.pools()
                                    .connector()
                                    .knownNames(Loop.nowNanos())
                                    .size())
                    .add("dns_zones", 0)
                    .add("dns_queries", 0)
                    .add("dns_pending", 0);
        });
    }

    private static Counts count(Admin admin, Loop loop) {
        int login = 0;
        int all = 0;
        for (Client client : admin.clients().on(loop)) {
            all++;
            login += ClientRow.isIn(client) ? 0 : 1;
        }
        return new Counts(all, login);
    }
}

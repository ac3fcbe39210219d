package org.pgweir.proxy.admin;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.BackendMessages.Column;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.pool.Pool;
import org.pgweir.proxy.route.Database;
import org.pgweir.proxy.route.Host;
import org.pgweir.proxy.server.Server;

/** SHOW HOSTS: the PostgreSQL hosts of each database, and whether they answer. Not one of PgBouncer's. */
final class ShowHosts implements ShowTable {
    private static final List<Column> COLUMNS = Table.columns("ssisi", "database host port state servers");

    @Override
    public List<Column> columns() {
        return COLUMNS;
    }

    @Override
    public CompletableFuture<Table> make(Admin admin) {
        return admin.loops().collect(loop -> count(admin, loop)).thenApply(parts -> {
            Table table = new Table(COLUMNS);
            for (Database database : admin.catalog().databases()) {
                for (Host host : database.hosts()) {
                    int servers = parts.stream()
                            .mapToInt(part -> part.getOrDefault(host, 0))
                            .sum();
                    table.add(
                            database.name(),
                            host.address().host(),
                            host.address().port(),
                            host.isFailing() ? "down" : "up",
                            servers);
                }
            }
            return table;
        });
    }

    private static Map<Host, Integer> count(Admin admin, Loop loop) {
        Map<Host, Integer> counts = new IdentityHashMap<>();
        for (Pool pool : admin.pools().all()) {
            for (Server server : pool.on(loop).servers()) {
                counts.merge(server.host(), 1, Integer::sum);
            }
        }
        return counts;
    }
}

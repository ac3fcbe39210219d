package org.pgweir.proxy.admin;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.pgweir.config.Configuration;
import org.pgweir.config.HostAddress;
import org.pgweir.config.Setting;
import org.pgweir.config.Settings;
import org.pgweir.protocol.BackendMessages.Column;
import org.pgweir.proxy.client.Console;
import org.pgweir.proxy.pool.Pool;
import org.pgweir.proxy.route.Database;

/** SHOW DATABASES. */
final class ShowDatabases implements ShowTable {
    private static final List<Column> COLUMNS = Table.columns(
            "ssissiiiissiiiiii",
            "name host port database force_user pool_size min_pool_size reserve_pool_size server_lifetime pool_mode"
                    + " load_balance_hosts max_connections current_connections max_client_connections"
                    + " current_client_connections paused disabled");

    @Override
    public CompletableFuture<Table> make(Admin admin) {
        Table table = new Table(COLUMNS);
        for (Database database : admin.catalog().databases()) {
            addRow(table, admin, database);
        }
        int port = admin.configuration().global().get(Settings.LISTEN_PORT);
        table.add(
                Console.DATABASE,
                null,
                port,
                Console.DATABASE,
                Console.DATABASE,
                2,
                0,
                0,
                0,
                "statement",
                null,
                0,
                0,
                0,
                0,
                0,
                0);
        return CompletableFuture.completedFuture(table);
    }

    private static void addRow(Table table, Admin admin, Database database) {
        List<HostAddress> hosts = database.config().hosts();
        Configuration configuration = admin.configuration();
        int clients = admin.pools().all().stream()
                .filter(pool -> pool.database() == database)
                .mapToInt(ShowDatabases::clientsOf)
                .sum();
        table.add(
                database.name(),
                String.join(",", hosts.stream().map(HostAddress::host).toList()),
                hosts.get(0).port(),
                database.remoteName(),
                database.config().user(),
                value(configuration, database, Settings.DEFAULT_POOL_SIZE),
                value(configuration, database, Settings.MIN_POOL_SIZE),
                value(configuration, database, Settings.RESERVE_POOL_SIZE),
                value(configuration, database, Settings.SERVER_LIFETIME).toSeconds(),
                value(configuration, database, Settings.POOL_MODE),
                hosts.size() > 1 ? database.config().loadBalanceHosts() : null,
                value(configuration, database, Settings.MAX_DB_CONNECTIONS),
                database.servers().used(),
                value(configuration, database, Settings.MAX_DB_CLIENT_CONNECTIONS),
                clients,
                database.isPaused() ? 1 : 0,
                0);
    }

    private static int clientsOf(Pool pool) {
        return pool.clients().get();
    }

    private static <T> T value(Configuration configuration, Database database, Setting<T> setting) {
        return configuration.effective(setting, database.config(), null);
    }
}

package org.pgweir.proxy.admin;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.pgweir.config.Configuration;
import org.pgweir.config.HostAddress;
import org.pgweir.config.PoolMode;
import org.pgweir.config.Setting;
import org.pgweir.config.SettingValues;
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
    public List<Column> columns() {
        return COLUMNS;
    }

    @Override
    public CompletableFuture<Table> make(Admin admin) {
        return Consoles.count(admin).thenApply(consoles -> {
            Table table = new Table(COLUMNS);
            for (Database database : admin.catalog().databases()) {
                addRow(table, admin, database);
            }
            addConsole(table, admin.configuration().global(), consoles);
            return table.sorted();
        });
    }

    private static void addConsole(Table table, SettingValues settings, int clients) {
        table.add(
                Console.DATABASE,
                null,
                settings.get(Settings.LISTEN_PORT),
                Console.DATABASE,
                Console.DATABASE,
                Consoles.POOL_SIZE,
                settings.get(Settings.MIN_POOL_SIZE),
                settings.get(Settings.RESERVE_POOL_SIZE),
                settings.get(Settings.SERVER_LIFETIME).toSeconds(),
                PoolMode.STATEMENT,
                null,
                settings.get(Settings.MAX_DB_CONNECTIONS),
                0,
                settings.get(Settings.MAX_DB_CLIENT_CONNECTIONS),
                clients,
                0,
                0);
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
                database.config().values().isSet(Settings.POOL_MODE) ? database.get(Settings.POOL_MODE) : null,
                hosts.size() > 1 ? database.config().loadBalanceHosts() : null,
                value(configuration, database, Settings.MAX_DB_CONNECTIONS),
                database.servers().used(),
                value(configuration, database, Settings.MAX_DB_CLIENT_CONNECTIONS),
                clients,
                database.isPaused() ? 1 : 0,
                database.isDisabled() ? 1 : 0);
    }

    private static int clientsOf(Pool pool) {
        return pool.clients().get();
    }

    private static <T> T value(Configuration configuration, Database database, Setting<T> setting) {
        return configuration.effective(setting, database.config(), null);
    }
}

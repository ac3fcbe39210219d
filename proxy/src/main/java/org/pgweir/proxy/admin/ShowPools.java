package org.pgweir.proxy.admin;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.pgweir.config.PoolMode;
import org.pgweir.protocol.BackendMessages.Column;
import org.pgweir.proxy.client.Console;
import org.pgweir.proxy.pool.Pool;

/** SHOW POOLS. */
final class ShowPools implements ShowTable {
    private static final List<Column> COLUMNS = Table.columns(
            "ssiiiiiiiiiiiiiss",
            "database user cl_active cl_waiting cl_active_cancel_req cl_waiting_cancel_req sv_active sv_active_cancel"
                    + " sv_being_canceled sv_idle sv_used sv_tested sv_login maxwait maxwait_us pool_mode load_balance_hosts");

    @Override
    public List<Column> columns() {
        return COLUMNS;
    }

    @Override
    public CompletableFuture<Table> make(Admin admin) {
        return PoolCounts.collect(admin).thenCombine(Consoles.count(admin), (sums, consoles) -> {
            Table table = new Table(COLUMNS);
            for (Pool pool : admin.pools().all()) {
                addRow(table, pool, sums.getOrDefault(pool, new PoolCounts()));
            }
            addConsole(table, consoles);
            return table.sorted();
        });
    }

    private static void addConsole(Table table, int clients) {
        String name = Console.DATABASE;
        table.add(name, name, clients, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, PoolMode.STATEMENT, null);
    }

    private static void addRow(Table table, Pool pool, PoolCounts counts) {
        table.add(
                pool.database().name(),
                pool.user().name(),
                counts.clientsActive,
                counts.clientsWaiting,
                counts.cancelsUnderWay,
                0,
                counts.active,
                counts.cancelsUnderWay,
                counts.beingCanceled,
                counts.idle,
                counts.used,
                counts.tested,
                counts.login,
                Timestamps.wholeSeconds(counts.maxWaitNanos),
                Timestamps.microsOfSecond(counts.maxWaitNanos),
                pool.mode(),
                pool.database().hosts().size() > 1 ? pool.database().config().loadBalanceHosts() : null);
    }
}

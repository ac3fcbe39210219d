package org.pgweir.proxy.admin;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.BackendMessages.Column;
import org.pgweir.proxy.stats.Counters;

/** SHOW TOTALS: the statistics of all databases together, a row for each number. */
final class ShowTotals implements ShowTable {
    private static final List<Column> COLUMNS = Table.columns("sN", "name value");

    private static final List<String> NAMES = List.of(
            "server_assignment_count",
            "xact_count",
            "query_count",
            "client_bytes",
            "server_bytes",
            "xact_time",
            "query_time",
            "wait_time",
            "ps_client_parse_count",
            "ps_server_parse_count",
            "ps_bind_count");

    @Override
    public List<Column> columns() {
        return COLUMNS;
    }

    @Override
    public CompletableFuture<Table> make(Admin admin) {
        return admin.stats().totalsWithConsole().thenApply(sums -> {
            Counters now = sum(sums);
            StatsPeriods.Snapshot before = admin.stats().before();
            Table table = new Table(COLUMNS);
            add(table, "total_", Statistics.totals(now));
            add(table, "avg_", Statistics.averages(now, sum(before.sums()), before.seconds()));
            return table;
        });
    }

    private static Counters sum(Map<String, Counters> databases) {
        return databases.values().stream().reduce(new Counters(), Counters::plus);
    }

    private static void add(Table table, String prefix, List<Long> values) {
        for (int i = 0; i < NAMES.size(); i++) {
            table.add(prefix + NAMES.get(i), values.get(i));
        }
    }
}

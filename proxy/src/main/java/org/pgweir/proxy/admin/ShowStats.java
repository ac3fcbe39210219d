package org.pgweir.proxy.admin;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.BackendMessages.Column;

/** SHOW STATS, STATS_TOTALS and STATS_AVERAGES: by database, since the start, and as averages over one to two times {@code stats_period}. */
final class ShowStats implements ShowTable {
    private static final String TOTAL_COLUMNS = " total_server_assignment_count total_xact_count total_query_count"
            + " total_received total_sent total_xact_time total_query_time total_wait_time total_client_parse_count"
            + " total_server_parse_count total_bind_count";

    private static final String AVERAGE_COLUMNS = " avg_server_assignment_count avg_xact_count avg_query_count avg_recv"
            + " avg_sent avg_xact_time avg_query_time avg_wait_time avg_client_parse_count avg_server_parse_count"
            + " avg_bind_count";

    private static final String PLAIN_COLUMNS =
            " server_assignment_count xact_count query_count bytes_received bytes_sent xact_time query_time wait_time";

    static final ShowTable ALL = new ShowStats(true, true, "database" + TOTAL_COLUMNS + AVERAGE_COLUMNS);

    static final ShowTable TOTALS = new ShowStats(
            true, false, "database" + PLAIN_COLUMNS + " client_parse_count server_parse_count bind_count");

    static final ShowTable AVERAGES = new ShowStats(
            false, true, "database" + PLAIN_COLUMNS + " avg_client_parse_count avg_server_parse_count avg_bind_count");

    private final boolean totals;
    private final boolean averages;
    private final List<Column> columns;

    private ShowStats(boolean totals, boolean averages, String names) {
        this.totals = totals;
        this.averages = averages;
        columns = Table.columns("s" + "N".repeat(names.split(" ").length - 1), names);
    }

    @Override
    public List<Column> columns() {
        return columns;
    }

    @Override
    public CompletableFuture<Table> make(Admin admin) {
        return admin.stats().totalsWithConsole().thenApply(sums -> {
            StatsPeriods.Snapshot before = admin.stats().before();
            Table table = new Table(columns);
            sums.forEach((database, total) -> {
                List<Object> row = new ArrayList<>(List.of(database));
                if (totals) {
                    row.addAll(Statistics.totals(total));
                }
                if (averages) {
                    row.addAll(Statistics.averages(total, before.of(database), before.seconds()));
                }
                table.add(row.toArray());
            });
            return table;
        });
    }
}

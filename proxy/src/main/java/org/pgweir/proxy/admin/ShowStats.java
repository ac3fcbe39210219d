package org.pgweir.proxy.admin;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.BackendMessages.Column;
import org.pgweir.proxy.stats.Counters;

/** SHOW STATS: totals since the start, and averages over the last whole {@code stats_period}. Microseconds and bytes. */
final class ShowStats implements ShowTable {
    private static final List<Column> COLUMNS = Table.columns(
            "sNNNNNNNNNNNNNNNNNNNNNN",
            "database total_server_assignment_count total_xact_count total_query_count total_received total_sent"
                    + " total_xact_time total_query_time total_wait_time total_client_parse_count"
                    + " total_server_parse_count total_bind_count avg_server_assignment_count avg_xact_count"
                    + " avg_query_count avg_recv avg_sent avg_xact_time avg_query_time avg_wait_time"
                    + " avg_client_parse_count avg_server_parse_count avg_bind_count");

    private static final Counters NOTHING = new Counters();

    @Override
    public CompletableFuture<Table> make(Admin admin) {
        return admin.stats()
                .totals()
                .thenApply(totals -> table(totals, admin.stats().last()));
    }

    private static Table table(Map<String, Counters> totals, StatsPeriods.Period period) {
        Table table = new Table(COLUMNS);
        totals.forEach((database, total) -> {
            Counters after = period.ended().getOrDefault(database, NOTHING);
            Counters before = period.began().getOrDefault(database, NOTHING);
            double seconds = period.seconds();
            table.add(
                    database,
                    total.serverAssignments,
                    total.transactions,
                    total.queries,
                    total.bytesReceived,
                    total.bytesSent,
                    total.transactionNanos / 1000,
                    total.queryNanos / 1000,
                    total.waitNanos / 1000,
                    total.clientParses,
                    total.serverParses,
                    total.binds,
                    StatsPeriods.perSecond(after.serverAssignments - before.serverAssignments, seconds),
                    StatsPeriods.perSecond(after.transactions - before.transactions, seconds),
                    StatsPeriods.perSecond(after.queries - before.queries, seconds),
                    StatsPeriods.perSecond(after.bytesReceived - before.bytesReceived, seconds),
                    StatsPeriods.perSecond(after.bytesSent - before.bytesSent, seconds),
                    StatsPeriods.microsEach(
                            after.transactionNanos - before.transactionNanos, after.transactions - before.transactions),
                    StatsPeriods.microsEach(after.queryNanos - before.queryNanos, after.queries - before.queries),
                    StatsPeriods.perSecond((after.waitNanos - before.waitNanos) / 1000, seconds),
                    StatsPeriods.perSecond(after.clientParses - before.clientParses, seconds),
                    StatsPeriods.perSecond(after.serverParses - before.serverParses, seconds),
                    StatsPeriods.perSecond(after.binds - before.binds, seconds));
        });
        return table;
    }
}

package org.pgweir.proxy.admin;

import java.util.ArrayList;
import java.util.List;
import org.pgweir.proxy.stats.Counters;

/** The numbers of PgBouncer's tables of statistics, in the order that all of them have. Microseconds and bytes. */
final class Statistics {
    private Statistics() {}

    static List<Long> totals(Counters all) {
        return List.of(
                all.serverAssignments,
                all.transactions,
                all.queries,
                all.bytesReceived,
                all.bytesSent,
                all.transactionNanos / 1000,
                all.queryNanos / 1000,
                all.waitNanos / 1000,
                all.clientParses,
                all.serverParses,
                all.binds);
    }

    /** Counts and the time of waiting are told by second, the times of queries and transactions by query and transaction. */
    static List<Long> averages(Counters ended, Counters began, double seconds) {
        List<Long> after = totals(ended);
        List<Long> before = totals(began);
        List<Long> averages = new ArrayList<>();
        for (int i = 0; i < after.size(); i++) {
            averages.add(StatsPeriods.perSecond(after.get(i) - before.get(i), seconds));
        }
        averages.set(
                5,
                StatsPeriods.microsEach(
                        ended.transactionNanos - began.transactionNanos, ended.transactions - began.transactions));
        averages.set(6, StatsPeriods.microsEach(ended.queryNanos - began.queryNanos, ended.queries - began.queries));
        return averages;
    }
}

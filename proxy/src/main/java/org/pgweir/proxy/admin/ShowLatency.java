package org.pgweir.proxy.admin;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.HdrHistogram.Histogram;
import org.pgweir.protocol.BackendMessages.Column;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.pool.Pool;
import org.pgweir.proxy.stats.Latencies;
import org.pgweir.proxy.stats.Latencies.Kind;
import org.pgweir.proxy.stats.Latencies.Reading;

/** SHOW LATENCY: the last minute in microseconds. Not one of PgBouncer's. */
final class ShowLatency implements ShowTable {
    private static final List<Column> COLUMNS =
            Table.columns("sssNNNNNNN", "database user kind count mean p50 p90 p99 p99.9 max");

    @Override
    public List<Column> columns() {
        return COLUMNS;
    }

    @Override
    public CompletableFuture<Table> make(Admin admin) {
        return read(admin).thenApply(readings -> {
            Table table = new Table(COLUMNS);
            readings.forEach(
                    (pool, kinds) -> kinds.forEach((kind, reading) -> addRow(table, pool, kind, reading.lastMinute())));
            return table;
        });
    }

    /** All pools' values, merged over the loops. */
    static CompletableFuture<Map<Pool, Map<Kind, Reading>>> read(Admin admin) {
        return admin.loops().collect(loop -> on(admin, loop)).thenApply(parts -> {
            Map<Pool, Map<Kind, Reading>> merged = new HashMap<>();
            for (Map<Pool, Map<Kind, Reading>> part : parts) {
                part.forEach((pool, kinds) -> {
                    Map<Kind, Reading> sum = merged.computeIfAbsent(pool, missing -> new EnumMap<>(Kind.class));
                    kinds.forEach((kind, reading) -> sum.merge(kind, reading, Reading::plus));
                });
            }
            return merged;
        });
    }

    private static Map<Pool, Map<Kind, Reading>> on(Admin admin, Loop loop) {
        long now = Loop.nowNanos();
        Map<Pool, Map<Kind, Reading>> all = new HashMap<>();
        for (Pool pool : new ArrayList<>(admin.pools().all())) {
            Map<Kind, Reading> kinds = new EnumMap<>(Kind.class);
            Latencies latencies = pool.on(loop).latencies();
            for (Kind kind : Kind.values()) {
                Reading reading = latencies.read(kind, now);
                if (reading != null) {
                    kinds.put(kind, reading);
                }
            }
            all.put(pool, kinds);
        }
        return all;
    }

    private static void addRow(Table table, Pool pool, Kind kind, Histogram values) {
        table.add(
                pool.database().name(),
                pool.user().name(),
                kind.label(),
                values.getTotalCount(),
                values.getTotalCount() == 0 ? 0 : Math.round(values.getMean()),
                values.getValueAtPercentile(50),
                values.getValueAtPercentile(90),
                values.getValueAtPercentile(99),
                values.getValueAtPercentile(99.9),
                values.getMaxValue());
    }
}

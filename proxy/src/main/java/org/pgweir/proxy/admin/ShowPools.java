package org.pgweir.proxy.admin;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.BackendMessages.Column;
import org.pgweir.proxy.client.Client;
import org.pgweir.proxy.client.Console;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.pool.LoopPool;
import org.pgweir.proxy.pool.Pool;
import org.pgweir.proxy.server.Server;

/** SHOW POOLS. */
final class ShowPools implements ShowTable {
    private static final List<Column> COLUMNS = Table.columns(
            "ssiiiiiiiiiiiiiss",
            "database user cl_active cl_waiting cl_active_cancel_req cl_waiting_cancel_req sv_active sv_active_cancel"
                    + " sv_being_canceled sv_idle sv_used sv_tested sv_login maxwait maxwait_us pool_mode load_balance_hosts");

    /** One pool's numbers on one loop, or summed. */
    private static final class Counts {
        private int clientsActive;
        private int clientsWaiting;
        private int active;
        private int beingCanceled;
        private int cancelsUnderWay;
        private int idle;
        private int used;
        private int tested;
        private int login;
        private long maxWaitNanos;

        void add(Counts other) {
            clientsActive += other.clientsActive;
            clientsWaiting += other.clientsWaiting;
            active += other.active;
            beingCanceled += other.beingCanceled;
            cancelsUnderWay += other.cancelsUnderWay;
            idle += other.idle;
            used += other.used;
            tested += other.tested;
            login += other.login;
            maxWaitNanos = Math.max(maxWaitNanos, other.maxWaitNanos);
        }
    }

    @Override
    public CompletableFuture<Table> make(Admin admin) {
        return admin.loops().collect(loop -> count(admin, loop)).thenApply(parts -> {
            Table table = new Table(COLUMNS);
            for (Pool pool : admin.pools().all()) {
                Counts sum = new Counts();
                parts.forEach(part -> sum.add(part.getOrDefault(pool, new Counts())));
                addRow(table, pool, sum);
            }
            table.add(Console.DATABASE, Console.DATABASE, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "statement", null);
            return table;
        });
    }

    private static void addRow(Table table, Pool pool, Counts counts) {
        table.add(
                pool.database().name(),
                pool.user().name(),
                counts.clientsActive,
                counts.clientsWaiting,
                0,
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

    private static Map<Pool, Counts> count(Admin admin, Loop loop) {
        long now = Loop.nowNanos();
        Map<Pool, Counts> all = new HashMap<>();
        for (Client client : admin.clients().on(loop)) {
            if (client.pool() != null) {
                Counts counts = all.computeIfAbsent(client.pool(), missing -> new Counts());
                if (ShowClients.isWaiting(client)) {
                    counts.clientsWaiting++;
                } else {
                    counts.clientsActive++;
                }
            }
        }
        for (Pool pool : admin.pools().all()) {
            LoopPool part = pool.on(loop);
            Counts counts = all.computeIfAbsent(pool, missing -> new Counts());
            counts.login += part.connecting();
            counts.maxWaitNanos = part.oldestWaitNanos(now);
            for (Server server : part.servers()) {
                count(counts, pool, server, now);
            }
        }
        return all;
    }

    private static void count(Counts counts, Pool pool, Server server, long now) {
        if (server.isCancelInFlight()) {
            counts.cancelsUnderWay++;
        }
        switch (server.state()) {
            case IDLE -> {
                if (pool.isUsed(server, now)) {
                    counts.used++;
                } else {
                    counts.idle++;
                }
            }
            case TESTED -> counts.tested++;
            case BEING_CANCELED -> counts.beingCanceled++;
            default -> counts.active++;
        }
    }
}

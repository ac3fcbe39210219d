package org.pgweir.proxy.admin;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.pgweir.proxy.client.Client;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.pool.LoopPool;
import org.pgweir.proxy.pool.Pool;
import org.pgweir.proxy.server.Server;
import org.pgweir.proxy.session.PinReason;

/** One pool's clients and servers by what they do at the moment, on one loop or summed. */
final class PoolCounts {
    int clientsActive;
    int clientsWaiting;
    int active;
    int beingCanceled;
    int cancelsUnderWay;
    int idle;
    int used;
    int tested;
    int login;
    /** Those of the waiting clients that are in the queue for a server. */
    int parked;

    /** Clients by what pins them, in the order of {@link PinReason}. */
    final int[] pins = new int[PinReason.values().length];

    long maxWaitNanos;

    void add(PoolCounts other) {
        clientsActive += other.clientsActive;
        clientsWaiting += other.clientsWaiting;
        active += other.active;
        beingCanceled += other.beingCanceled;
        cancelsUnderWay += other.cancelsUnderWay;
        idle += other.idle;
        used += other.used;
        tested += other.tested;
        login += other.login;
        parked += other.parked;
        for (int i = 0; i < pins.length; i++) {
            pins[i] += other.pins[i];
        }
        maxWaitNanos = Math.max(maxWaitNanos, other.maxWaitNanos);
    }

    /** Of all pools, asked on all loops. */
    static CompletableFuture<Map<Pool, PoolCounts>> collect(Admin admin) {
        return admin.loops().collect(loop -> count(admin, loop)).thenApply(parts -> {
            Map<Pool, PoolCounts> sums = new HashMap<>();
            for (Map<Pool, PoolCounts> part : parts) {
                part.forEach((pool, counts) ->
                        sums.computeIfAbsent(pool, missing -> new PoolCounts()).add(counts));
            }
            return sums;
        });
    }

    private static Map<Pool, PoolCounts> count(Admin admin, Loop loop) {
        long now = Loop.nowNanos();
        Map<Pool, PoolCounts> all = new HashMap<>();
        for (Client client : admin.clients().on(loop)) {
            if (client.pool() != null) {
                PoolCounts counts = all.computeIfAbsent(client.pool(), missing -> new PoolCounts());
                if (ClientRow.isWaiting(client)) {
                    counts.clientsWaiting++;
                } else {
                    counts.clientsActive++;
                }
                if (client.relay() != null) {
                    client.relay().pins().forEach(reason -> counts.pins[reason.ordinal()]++);
                }
            }
        }
        for (Pool pool : admin.pools().all()) {
            LoopPool part = pool.on(loop);
            PoolCounts counts = all.computeIfAbsent(pool, missing -> new PoolCounts());
            counts.login += part.connecting();
            counts.parked = part.parkedCount();
            counts.maxWaitNanos = part.oldestWaitNanos(now);
            for (Server server : part.servers()) {
                count(counts, pool, server, now);
            }
        }
        return all;
    }

    private static void count(PoolCounts counts, Pool pool, Server server, long now) {
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

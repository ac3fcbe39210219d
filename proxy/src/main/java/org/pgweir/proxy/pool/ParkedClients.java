package org.pgweir.proxy.pool;

import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.stats.Latencies;
import org.pgweir.proxy.stats.Latencies.Kind;

/**
 * Who waits for a server of a pool on one loop, in the order in which they are served. Touched by that loop alone, but for the numbers by
 * which the parts of a pool see each other's need: how many wait, since when, and how many of them have been promised a server.
 */
final class ParkedClients {
    private final ArrayDeque<Waiter> queue = new ArrayDeque<>();
    private final Latencies latencies;
    private final AtomicInteger promised = new AtomicInteger();
    private volatile int count;
    private volatile long oldestSinceNanos;

    /** @param latencies gets how long they have waited */
    ParkedClients(Latencies latencies) {
        this.latencies = latencies;
    }

    // ---------------------------------------------------------------- on the loop

    boolean isEmpty() {
        return queue.isEmpty();
    }

    /** Null if there is none. */
    Waiter oldest() {
        return queue.peekFirst();
    }

    void add(Waiter waiter) {
        queue.addLast(waiter);
        publish();
    }

    /** One that has been served, but with a server that failed. */
    void addFirst(Waiter waiter) {
        queue.addFirst(waiter);
        publish();
    }

    /** Takes the next one. There must be one. */
    Waiter take(long nowNanos) {
        Waiter waiter = queue.pollFirst();
        publish();
        latencies.record(Kind.PARKED, nowNanos - waiter.parkedAtNanos(), nowNanos);
        return waiter;
    }

    /** False if it was not parked. */
    boolean remove(Waiter waiter) {
        boolean wasParked = queue.remove(waiter);
        if (wasParked) {
            publish();
        }
        return wasParked;
    }

    /** Refuses those who have waited for too long. */
    void expire(Patience patience, long nowNanos) {
        if (patience.isTheSameForAll()) {
            while (!queue.isEmpty() && isOver(patience, queue.peekFirst(), nowNanos)) {
                Waiter waiter = queue.pollFirst();
                publish();
                waiter.refused(PoolErrors.QUERY_WAIT_TIMEOUT);
            }
            return;
        }
        for (Waiter waiter : List.copyOf(queue)) {
            if (isOver(patience, waiter, nowNanos) && remove(waiter)) {
                waiter.refused(PoolErrors.QUERY_WAIT_TIMEOUT);
            }
        }
    }

    private static boolean isOver(Patience patience, Waiter waiter, long nowNanos) {
        return patience.isOver(waiter.user(), nowNanos - waiter.parkedAtNanos());
    }

    void refuse(ErrorMessage error, boolean onlyLogins) {
        for (Waiter waiter : List.copyOf(queue)) {
            if ((!onlyLogins || waiter.isLogin()) && remove(waiter)) {
                waiter.refused(error);
            }
        }
    }

    private void publish() {
        Waiter oldest = queue.peekFirst();
        if (oldest != null) {
            oldestSinceNanos = oldest.parkedAtNanos();
        }
        count = queue.size();
    }

    // ---------------------------------------------------------------- from all loops

    int count() {
        return count;
    }

    /** When the oldest began to wait; of no meaning if there is none. */
    long oldestSinceNanos() {
        return oldestSinceNanos;
    }

    /** How many servers are on their way from other loops. */
    int promised() {
        return promised.get();
    }

    boolean hasUnpromised() {
        return count > promised.get();
    }

    /** Promises a server, from any loop; false if all have been promised one already. */
    boolean promise() {
        int now = promised.get();
        while (now < count) {
            if (promised.compareAndSet(now, now + 1)) {
                return true;
            }
            now = promised.get();
        }
        return false;
    }

    /** A promised server is here, or will never come. */
    void promiseEnded() {
        promised.decrementAndGet();
    }
}

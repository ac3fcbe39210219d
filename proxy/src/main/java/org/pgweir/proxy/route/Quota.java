package org.pgweir.proxy.route;

import java.util.concurrent.atomic.AtomicInteger;

/** A limit on something that all loops take from: connections of a database, of a user, of a pool. Exact under any concurrency. */
public final class Quota {
    private final AtomicInteger used = new AtomicInteger();

    /** Takes one if fewer than {@code limit} are taken; a limit of 0 is none. */
    public boolean tryAcquire(int limit) {
        int now = used.get();
        while (limit == 0 || now < limit) {
            if (used.compareAndSet(now, now + 1)) {
                return true;
            }
            now = used.get();
        }
        return false;
    }

    public void release() {
        used.decrementAndGet();
    }

    public int used() {
        return used.get();
    }
}

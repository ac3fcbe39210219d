package org.pgweir.proxy.net;

import java.util.concurrent.atomic.AtomicLong;

/** Numbers of connections, for the console and the log: as in PgBouncer one sequence for clients and servers. Any thread. */
public final class ConnectionIds {
    private static final AtomicLong LAST = new AtomicLong();

    private ConnectionIds() {}

    /** One that no connection has had. */
    public static long next() {
        return LAST.incrementAndGet();
    }
}

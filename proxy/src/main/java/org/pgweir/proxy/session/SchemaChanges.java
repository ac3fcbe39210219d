package org.pgweir.proxy.session;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts the changes of schemas that clients of this process have made. Behind one, what servers have prepared may know tables and types
 * that are not there any more, or are others now. Clients that prepare a text then would not see that from PostgreSQL; so they get a
 * statement that nobody has prepared before. From any thread.
 */
public final class SchemaChanges {
    private static final AtomicLong COUNT = new AtomicLong();

    private SchemaChanges() {}

    /** To be called when such a statement goes to a server, for what comes behind it there, and when its transaction is over. */
    public static void happened() {
        COUNT.incrementAndGet();
    }

    static long count() {
        return COUNT.get();
    }
}

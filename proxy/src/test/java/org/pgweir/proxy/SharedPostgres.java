package org.pgweir.proxy;

import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.PostgresVersion;

/** One PostgreSQL of each version for all tests that leave it as they found it; ends with the JVM. */
public final class SharedPostgres {
    private static final Object LOCK = new Object();
    private static EmbeddedPostgres current;
    private static EmbeddedPostgres old;

    private SharedPostgres() {}

    /** The newest version. */
    public static EmbeddedPostgres current() {
        synchronized (LOCK) {
            if (current == null) {
                current = start(PostgresVersion.CURRENT);
            }
            return current;
        }
    }

    /** The oldest version that is tested. */
    public static EmbeddedPostgres old() {
        synchronized (LOCK) {
            if (old == null) {
                old = start(PostgresVersion.OLD);
            }
            return old;
        }
    }

    private static EmbeddedPostgres start(PostgresVersion version) {
        return EmbeddedPostgres.builder().version(version).database("test").start();
    }
}

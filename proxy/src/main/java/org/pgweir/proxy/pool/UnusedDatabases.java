package org.pgweir.proxy.pool;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.pgweir.config.Settings;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.route.Catalog;
import org.pgweir.proxy.route.Database;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Forgets databases that came from the fallback {@code *} and had no client and no server for {@code autodb_idle_timeout}. Lives on the
 * first loop.
 */
public final class UnusedDatabases {
    private static final Logger LOG = LoggerFactory.getLogger(UnusedDatabases.class);
    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Catalog catalog;
    private final Pools pools;
    private long lookedAtNanos = Loop.nowNanos();

    private UnusedDatabases(Catalog catalog, Pools pools) {
        this.catalog = catalog;
        this.pools = pools;
    }

    /** From any thread; ends with the loops. */
    public static void watch(Catalog catalog, Pools pools) {
        UnusedDatabases unused = new UnusedDatabases(catalog, pools);
        Loop loop = pools.loops().all().get(0);
        loop.post(() -> loop.addTicker(unused::tick));
    }

    private void tick(long nowNanos) {
        if (nowNanos - lookedAtNanos < PAUSE_NANOS) {
            return;
        }
        lookedAtNanos = nowNanos;
        long timeout = catalog.configuration()
                .global()
                .get(Settings.AUTODB_IDLE_TIMEOUT)
                .toNanos();
        if (timeout > 0) {
            List<Database> gone = catalog.forgetUnused(timeout, nowNanos);
            gone.forEach(database -> LOG.warn(
                    "dropping database '{}' as it does not exist anymore or inactive auto-database", database.name()));
            pools.forget(gone);
        }
    }
}

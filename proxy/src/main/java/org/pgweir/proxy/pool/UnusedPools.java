package org.pgweir.proxy.pool;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.pgweir.config.SettingValues;
import org.pgweir.config.Settings;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.route.Catalog;
import org.pgweir.proxy.route.Database;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Forgets pools that had no client and no server for {@code pool_idle_timeout}, and databases that came from the fallback {@code *} and
 * had none for {@code autodb_idle_timeout}. Lives on the first loop.
 */
public final class UnusedPools {
    private static final Logger LOG = LoggerFactory.getLogger(UnusedPools.class);
    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Catalog catalog;
    private final Pools pools;
    private long lookedAtNanos = Loop.nowNanos();

    private UnusedPools(Catalog catalog, Pools pools) {
        this.catalog = catalog;
        this.pools = pools;
    }

    /** From any thread; ends with the loops. */
    public static void watch(Catalog catalog, Pools pools) {
        UnusedPools unused = new UnusedPools(catalog, pools);
        Loop loop = pools.loops().all().get(0);
        loop.post(() -> loop.addTicker(unused::tick));
    }

    private void tick(long nowNanos) {
        if (nowNanos - lookedAtNanos < PAUSE_NANOS) {
            return;
        }
        lookedAtNanos = nowNanos;
        SettingValues settings = catalog.configuration().global();
        long poolTimeout = settings.get(Settings.POOL_IDLE_TIMEOUT).toNanos();
        if (poolTimeout > 0) {
            pools.forgetUnused(poolTimeout, nowNanos).forEach(pool -> LOG.info("forgetting the unused pool {}", pool));
        }
        long timeout = settings.get(Settings.AUTODB_IDLE_TIMEOUT).toNanos();
        if (timeout > 0) {
            List<Database> gone = catalog.forgetUnused(timeout, nowNanos);
            gone.forEach(database -> LOG.warn(
                    "dropping database '{}' as it does not exist anymore or inactive auto-database", database.name()));
            pools.forget(gone);
        }
    }
}

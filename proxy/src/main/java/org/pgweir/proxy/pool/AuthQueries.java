package org.pgweir.proxy.pool;

import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.pgweir.proxy.auth.SecretLookUp;
import org.pgweir.proxy.auth.SecretSource;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.net.Workers.Job;
import org.pgweir.proxy.route.Catalog;
import org.pgweir.proxy.route.Database;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs {@code auth_query}, on servers of the pool of {@code auth_user}. */
public final class AuthQueries implements SecretLookUp {
    private static final Logger LOG = LoggerFactory.getLogger(AuthQueries.class);

    private final Catalog catalog;
    private final Pools pools;

    /** Queries that name something without its schema which is not in pg_catalog. */
    private final Set<String> unqualified = ConcurrentHashMap.newKeySet();

    public AuthQueries(Catalog catalog, Pools pools) {
        this.catalog = catalog;
        this.pools = pools;
    }

    @Override
    public Job ask(Loop loop, SecretSource source, String user, Consumer<Answer> done) {
        Optional<Database> entered = catalog.enter(source.database());
        if (entered.isEmpty()) {
            done.accept(new Failed(null, "authentication database \"" + source.database() + "\" is not configured"));
            return Job.NONE;
        }
        Database database = entered.get();
        if (database.isDisabled()) {
            database.left();
            done.accept(Failed.told(PoolErrors.lookUpDisabled(source.database())));
            return Job.NONE;
        }
        Pool pool = pools.poolAs(database, source.authUser());
        Consumer<Answer> leave = answer -> {
            database.left();
            if (answer instanceof Failed) {
                // A stranger may have made the name up: it is not kept.
                pools.forget(catalog.forgetIfUnused(database));
            }
            done.accept(answer);
        };
        if (pool.isRetired()) {
            leave.accept(Failed.told(PoolErrors.CONFIGURATION_CHANGED));
            return Job.NONE;
        }
        AuthQuery query = new AuthQuery(this, pool.on(loop), source.query(), user, leave);
        query.ask();
        return query::abandon;
    }

    /** Whether the query is known to find what it names in the search_path of {@code auth_user} only. */
    boolean needsOwnPath(String query) {
        return unqualified.contains(query);
    }

    void mayUseOwnPath(String query, String reason) {
        if (unqualified.add(query)) {
            LOG.warn(
                    "auth_query names something without its schema ({}); it is looked for in the search_path of auth_user,"
                            + " where others may have put something of the same name. Write the schema to be safe",
                    reason);
        }
    }
}

package org.pgweir.proxy.pool;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.pgweir.config.Configuration;
import org.pgweir.config.Secret;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.auth.LookedUpSecrets;
import org.pgweir.proxy.auth.ScramKeys;
import org.pgweir.proxy.auth.SecretLookUp;
import org.pgweir.proxy.auth.SecretSource;
import org.pgweir.proxy.auth.ServerCredentials;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.net.Loops;
import org.pgweir.proxy.route.Catalog;
import org.pgweir.proxy.route.Database;
import org.pgweir.proxy.route.User;
import org.pgweir.proxy.server.ServerConnector;

/** All pools. May be used from any thread. */
public final class Pools {
    private final Catalog catalog;
    private final Loops loops;
    private final ServerConnector connector;
    private final ScramKeys scramKeys;
    private final Map<Key, Pool> pools = new ConcurrentHashMap<>();
    private volatile LookedUpSecrets lookedUpSecrets;

    private record Key(Database database, User user) {}

    public Pools(Catalog catalog, Loops loops, ServerConnector connector, ScramKeys scramKeys) {
        this.catalog = catalog;
        this.loops = loops;
        this.connector = connector;
        this.scramKeys = scramKeys;
    }

    /** Who is asked again for a secret that a server refuses. */
    public void lookUpBy(LookedUpSecrets secrets) {
        lookedUpSecrets = secrets;
    }

    /**
     * Asks for the secrets of a pool's user again, if they were looked up.
     *
     * @param done gets the answer on the loop, maybe within this call
     * @return false if they come from elsewhere
     */
    boolean lookUpAnew(Pool pool, Loop loop, Consumer<SecretLookUp.Answer> done) {
        Configuration now = catalog.configuration();
        Database database = pool.database();
        boolean isOwn = !database.config().hasForcedUser() && database.config().password() == null;
        Optional<SecretSource> source = !isOwn || now.userList().contains(pool.userName())
                ? Optional.empty()
                : SecretSource.of(now, database.name())
                        .filter(its -> !its.authUser().equals(pool.userName()));
        source.ifPresent(its -> {
            lookedUpSecrets.forget(its, pool.userName());
            lookedUpSecrets.find(loop, its, pool.userName(), done);
        });
        return source.isPresent();
    }

    Loops loops() {
        return loops;
    }

    public ServerConnector connector() {
        return connector;
    }

    public Collection<Pool> all() {
        return List.copyOf(pools.values());
    }

    /** The pool for a client who logged in as this user: the database's forced user has one pool for all. */
    public Pool pool(Database database, String clientUser) {
        return pools.computeIfAbsent(key(database, clientUser), this::create);
    }

    /**
     * As {@link #pool}, and counts one more client of it, who is to be taken from {@link Pool#clients} when it goes.
     *
     * @param lookedUp the user's secrets, the newest first, if the user is not in the user list
     */
    public Pool enter(Database database, String clientUser, List<Secret> lookedUp) {
        Pool pool = pools.compute(key(database, clientUser), (key, known) -> {
            Pool entered = known != null ? known : create(key);
            entered.clients().incrementAndGet();
            return entered;
        });
        boolean isOwn = !database.config().hasForcedUser() && database.config().password() == null;
        if (isOwn && !lookedUp.isEmpty()) {
            pool.logins().credentials(new ServerCredentials(clientUser, lookedUp, scramKeys));
        }
        return pool;
    }

    /** The pool for questions of pgweir's own as this user, whoever clients are there. */
    Pool poolAs(Database database, String serverUser) {
        Pool pool = pools.computeIfAbsent(new Key(database, catalog.user(serverUser)), this::create);
        pool.forQuestions();
        return pool;
    }

    private Key key(Database database, String clientUser) {
        return new Key(database, catalog.user(serverUser(database, clientUser)));
    }

    private Pool create(Key key) {
        return new Pool(this, key.database, key.user, credentials(key.database, key.user), catalog.configuration());
    }

    private static String serverUser(Database database, String clientUser) {
        String forced = database.config().user();
        return forced != null ? forced : clientUser;
    }

    private ServerCredentials credentials(Database database, User user) {
        String password = database.config().password();
        boolean isForced = user.name().equals(serverUser(database, user.name()));
        List<Secret> secrets = password != null && isForced
                ? List.of(Secret.of(password))
                : catalog.configuration().userList().secretsOf(user.name());
        return new ServerCredentials(user.name(), secrets, scramKeys);
    }

    /** After a reload; a secret that was looked up stays until the next look-up. */
    private ServerCredentials credentialsAfterReload(Pool pool) {
        ServerCredentials fresh = credentials(pool.database(), pool.user());
        return fresh.secrets().isEmpty() ? pool.logins().credentials() : fresh;
    }

    /** More is known now of how to log in as the user: what was refused for lack of that may be tried at once. */
    public void mayLogInAgain(String user) {
        for (Pool pool : pools.values()) {
            if (pool.userName().equals(user)) {
                pool.logins().mayLogInAgain();
            }
        }
    }

    /** Opens what {@code min_pool_size} asks for databases with a forced user: those need no client first. */
    public void openForced() {
        for (Database database : catalog.databases()) {
            String forced = database.config().user();
            if (forced != null && !database.name().equals("*")) {
                pool(database, forced);
            }
        }
    }

    /**
     * Takes a new configuration.
     *
     * @return the pools that it does not have any more; their servers end as they become free
     */
    public List<Pool> reload(Configuration configuration, List<Database> gone) {
        List<Pool> retired = new ArrayList<>();
        for (Pool pool : all()) {
            String forced = pool.database().config().user();
            boolean otherUser = forced != null && !forced.equals(pool.user().name()) && !pool.isForQuestions();
            boolean isGone = gone.contains(pool.database());
            if (isGone || otherUser) {
                remove(pool, isGone ? PoolErrors.REMOVED : PoolErrors.CONFIGURATION_CHANGED);
                retired.add(pool);
            } else {
                pool.configure(configuration, credentialsAfterReload(pool));
                pool.wake();
            }
        }
        openForced();
        return retired;
    }

    /** Forgets pools that have had no client and no server for so long; to be called now and then, for it sees only what is now. */
    List<Pool> forgetUnused(long nanos, long nowNanos) {
        List<Pool> forgotten = new ArrayList<>();
        for (Key key : pools.keySet()) {
            pools.computeIfPresent(key, (same, pool) -> {
                boolean stays = !pool.isUnusedFor(nanos, nowNanos);
                if (!stays) {
                    pool.retire();
                    forgotten.add(pool);
                }
                return stays ? pool : null;
            });
        }
        return forgotten;
    }

    /** Removes the pools of databases that nobody uses any more. */
    void forget(List<Database> gone) {
        for (Pool pool : all()) {
            if (gone.contains(pool.database())) {
                remove(pool, PoolErrors.REMOVED);
            }
        }
    }

    private void remove(Pool pool, ErrorMessage why) {
        pools.remove(new Key(pool.database(), pool.user()));
        pool.retire();
        pool.refuseLogins(why);
        retire(pool);
    }

    /** Closes the pool's servers as they become free. */
    public void retire(Pool pool) {
        for (LoopPool part : pool.parts()) {
            part.loop().post(() -> part.retireAll(Loop.nowNanos()));
        }
    }

    /** A server has gone: whoever waits for its place may try. */
    void placeFreed(Pool freed) {
        freed.wake();
        if (freed.sharesLimits()) {
            for (Pool pool : pools.values()) {
                if (pool != freed && (pool.database() == freed.database() || pool.user() == freed.user())) {
                    pool.wake();
                }
            }
        }
    }

    /** A limit of the database or the user is reached: closes one idle server of another pool under the same limit. */
    void evictFor(Pool wanting) {
        for (Pool pool : pools.values()) {
            boolean isUnderTheSame = pool.database() == wanting.database() || pool.user() == wanting.user();
            if (pool != wanting && isUnderTheSame && pool.evictIdle()) {
                return;
            }
        }
    }
}

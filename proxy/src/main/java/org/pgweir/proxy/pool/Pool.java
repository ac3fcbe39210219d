package org.pgweir.proxy.pool;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.pgweir.config.Configuration;
import org.pgweir.config.HostAddress;
import org.pgweir.config.PoolMode;
import org.pgweir.config.SessionFeatures;
import org.pgweir.config.SessionFeatures.Feature;
import org.pgweir.config.SessionFeatures.Policy;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.auth.ServerCredentials;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.route.Database;
import org.pgweir.proxy.route.Host;
import org.pgweir.proxy.route.Quota;
import org.pgweir.proxy.route.User;
import org.pgweir.proxy.server.Server;
import org.pgweir.proxy.server.ServerConnector;
import org.pgweir.proxy.session.CustomSettings;
import org.pgweir.proxy.session.PreparedStatements;

/**
 * The servers for one database and one user, shared by all loops: what is global about them. The limits are exact: a connection
 * counts from before it is opened until after its end.
 */
public final class Pool {
    private final Pools pools;
    private final Database database;
    private final User user;
    private final List<LoopPool> parts;
    private final SharedListener listener;
    private final PoolLogins logins = new PoolLogins(this);
    private final Quota servers = new Quota();
    private final AtomicInteger clients = new AtomicInteger();
    private final PreparedStatements statements = new PreparedStatements();
    private final CustomSettings customSettings = new CustomSettings();
    private final AtomicLong lastLifetimeClose = new AtomicLong(Loop.nowNanos());
    private volatile PoolSettings settings;
    private volatile Map<String, String> welcome;
    private volatile int welcomedGeneration;
    private volatile boolean retired;
    private long lastUsedNanos = Loop.nowNanos();
    private volatile boolean forQuestions;
    private volatile ErrorMessage lastConnectError;

    /** What came of asking for the place of one more server. */
    enum Reservation {
        GRANTED,
        POOL_FULL,
        DATABASE_OR_USER_FULL
    }

    Pool(Pools pools, Database database, User user, ServerCredentials credentials, Configuration configuration) {
        this.pools = pools;
        this.database = database;
        this.user = user;
        listener = new SharedListener(this, pools.loops().all().get(0));
        configure(configuration, credentials);
        parts = pools.loops().all().stream()
                .map(loop -> new LoopPool(this, loop))
                .toList();
        // Only now: a loop may tick at once.
        parts.forEach(LoopPool::begin);
    }

    void configure(Configuration configuration, ServerCredentials newCredentials) {
        settings = PoolSettings.of(configuration, database.config(), user.name());
        logins.configure(newCredentials);
        statements.limit(settings.preparedStatementMemory());
        listener.configured();
    }

    public Database database() {
        return database;
    }

    /** The user as whom its servers log in. */
    public User user() {
        return user;
    }

    public String userName() {
        return user.name();
    }

    public PoolMode mode() {
        return settings.mode();
    }

    /** The prepared statements of all its clients. */
    public PreparedStatements statements() {
        return statements;
    }

    /** What its clients call their own settings. */
    public CustomSettings customSettings() {
        return customSettings;
    }

    /** Whether anything of a client's session follows it from server to server. */
    public boolean followsSessions() {
        return mode() != PoolMode.SESSION && !features().ignoresAll();
    }

    /** Whether a client may ask for any setting in its startup packet. */
    public boolean keepsStartupSettings() {
        Policy policy = features().of(Feature.SETTINGS);
        return policy == Policy.TRACK || policy == Policy.PIN;
    }

    /** Whether a client's prepared statements follow it from server to server. */
    public boolean followsStatements() {
        return mode() != PoolMode.SESSION
                && maxPreparedStatements() > 0
                && features().of(Feature.PREPARED_STATEMENTS) != Policy.IGNORE;
    }

    /** What happens to what outlives a transaction. */
    public SessionFeatures features() {
        return settings.features();
    }

    /** How long a statement of our own may take, nanoseconds. */
    public long ownStatementTimeout() {
        return settings.connectTimeout();
    }

    /** Whether connect_query may have set something that RESET ALL takes back. */
    public boolean hasConnectQuery() {
        return settings.connectQuery() != null;
    }

    /** How many a server keeps. */
    public int maxPreparedStatements() {
        return settings.maxPreparedStatements();
    }

    /** Whether clients may send Query messages: not with {@code disable_pqexec}. */
    public boolean allowsSimpleQueries() {
        return settings.simpleQueries();
    }

    /** The longest message that may pass, in either direction. */
    public int maxPacketSize() {
        return settings.maxPacketSize();
    }

    /** {@code pool_size}; 0 for none. */
    public int sizeLimit() {
        return settings.size();
    }

    PoolSettings settings() {
        return settings;
    }

    /** How its servers log in. */
    PoolLogins logins() {
        return logins;
    }

    /**
     * A client has proved with this password that it is the pool's user, and no secret of that user is configured: it is what servers
     * may accept. Any thread.
     */
    public void learn(String password) {
        logins.learn(password);
    }

    /** pgweir asks questions of its own there: it stays, even where the database forces another user upon clients. */
    void forQuestions() {
        forQuestions = true;
    }

    boolean isForQuestions() {
        return forQuestions;
    }

    Pools pools() {
        return pools;
    }

    List<LoopPool> parts() {
        return parts;
    }

    /** Its part on the loop. */
    public LoopPool on(Loop loop) {
        return parts.get(loop.index());
    }

    /** Servers on all loops, those that are connecting or closing included. */
    public int size() {
        return servers.used();
    }

    /** Clients that are logged in to it. */
    public AtomicInteger clients() {
        return clients;
    }

    /** Whether for so long no client and no server was there; for one caller, who asks now and then. */
    boolean isUnusedFor(long nanos, long nowNanos) {
        boolean keepsServers = settings.minSize() > 0 && database.config().hasForcedUser();
        if (clients.get() > 0 || size() > 0 || keepsServers) {
            lastUsedNanos = nowNanos;
            return false;
        }
        return nowNanos - lastUsedNanos > nanos;
    }

    /** The settings that the newest server reported at login; null before the first one. */
    public Map<String, String> welcome() {
        return welcome;
    }

    /** Whether an idle server has rested so long that it is checked before its next use. */
    public boolean isUsed(Server server, long nowNanos) {
        PoolSettings now = settings;
        return now.checkQuery() != null && now.isStale(server.idleSinceNanos(), nowNanos);
    }

    /** @param generation of the server; one that was opened before a RECONNECT may come late */
    synchronized void learnWelcome(Map<String, String> reported, int generation) {
        if (generation - welcomedGeneration < 0) {
            return;
        }
        welcome = reported;
        welcomedGeneration = generation;
        logins.succeeded();
    }

    /** Whether none of its servers will serve those who wait: there is none, or all go as soon as they are free. */
    boolean hasNothingToWaitFor() {
        return size() == 0 || welcomedGeneration != database.generation();
    }

    void connectFailed(ErrorMessage error) {
        lastConnectError = error;
    }

    ErrorMessage lastConnectError() {
        return lastConnectError;
    }

    /** What to connect to. */
    ServerConnector.Target target(Host host) {
        return target(host, Map.of());
    }

    /** @param further startup parameters beside those of the database */
    ServerConnector.Target target(Host host, Map<String, String> further) {
        PoolSettings now = settings;
        Map<String, String> startup = new LinkedHashMap<>(database.config().startupParameters());
        startup.putAll(further);
        return new ServerConnector.Target(
                host,
                database.generation(),
                logins.credentials(),
                database.remoteName(),
                startup,
                now.tcp(),
                pools.connector().tls(database.name()),
                now.connectTimeout());
    }

    /** The servers of its database are to be replaced by new ones: so is the connection that listens. */
    public void renewed() {
        listener.configured();
    }

    /** Listens for all its clients. */
    public SharedListener listener() {
        return listener;
    }

    /** Takes the place of one more server, in all limits or in none. */
    Reservation reserve(boolean withReserve) {
        PoolSettings limits = settings;
        int size = limits.size() == 0 ? 0 : limits.size() + (withReserve ? limits.reserveSize() : 0);
        if (!servers.tryAcquire(size)) {
            return Reservation.POOL_FULL;
        }
        if (!database.servers().tryAcquire(limits.maxDatabaseServers())) {
            servers.release();
            return Reservation.DATABASE_OR_USER_FULL;
        }
        if (!user.servers().tryAcquire(limits.maxUserServers())) {
            servers.release();
            database.servers().release();
            return Reservation.DATABASE_OR_USER_FULL;
        }
        return Reservation.GRANTED;
    }

    /** Gives a place back, and lets those try who wait for one. */
    void unreserve() {
        unreserveQuietly();
        pools.placeFreed(this);
    }

    /** Gives back a place that was never used: nobody can have waited for it. */
    void unreserveQuietly() {
        servers.release();
        database.servers().release();
        user.servers().release();
    }

    boolean sharesLimits() {
        return settings.maxDatabaseServers() > 0 || settings.maxUserServers() > 0;
    }

    /**
     * The part whose oldest client waits longest, if it began before the given time and nobody has promised it a server yet; else
     * null.
     */
    LoopPool longestWaiting(LoopPool except, long beganBeforeNanos) {
        LoopPool longest = null;
        long oldest = beganBeforeNanos;
        for (LoopPool part : parts) {
            if (part != except && part.parked().hasUnpromised()) {
                long since = part.parked().oldestSinceNanos();
                if (since - oldest < 0) {
                    longest = part;
                    oldest = since;
                }
            }
        }
        return longest;
    }

    /** Asks the loops that have idle servers to lend one. */
    void askForIdle(LoopPool asking) {
        for (LoopPool part : parts) {
            if (part != asking && part.idle().isAny()) {
                part.loop().post(() -> part.lending().idleTo(asking));
            }
        }
    }

    /** Whether some loop has an idle server. */
    boolean hasIdle() {
        for (LoopPool part : parts) {
            if (part.idle().isAny()) {
                return true;
            }
        }
        return false;
    }

    /** Closes one idle server, to make room for another kind or another pool; false if there is none. */
    boolean evictIdle() {
        for (LoopPool part : parts) {
            if (part.idle().isAny()) {
                part.loop().post(() -> part.idle().evictOne(Loop.nowNanos()));
                return true;
            }
        }
        return false;
    }

    /** Lets every loop look again after its parked clients. */
    public void wake() {
        for (LoopPool part : parts) {
            if (part.parkedCount() > 0) {
                part.loop().post(() -> part.wake(Loop.nowNanos()));
            }
        }
    }

    /** Whoever waits for a server waits in vain. */
    void refuseAll(ErrorMessage error) {
        for (LoopPool part : parts) {
            part.loop().post(() -> part.parked().refuse(error, false));
        }
    }

    /** Nobody is told of an end that has been taken back until the loops get to it. */
    public void refuseIfEnding() {
        for (LoopPool part : parts) {
            part.loop().post(() -> {
                if (database.isEnding()) {
                    part.parked().refuse(PoolErrors.SHUTTING_DOWN, false);
                }
            });
        }
    }

    /** Those who have queries wait for a host to come back; those who only log in are told. */
    void refuseLogins(ErrorMessage error) {
        for (LoopPool part : parts) {
            part.loop().post(() -> part.parked().refuse(error, true));
        }
    }

    /** It is no part of the configuration any more: opens no server, closes those that it has as they become free. */
    void retire() {
        retired = true;
        listener.configured();
    }

    /** See {@link #retire}. */
    public boolean isRetired() {
        return retired;
    }

    /**
     * Servers of the same age must not all end in the same moment: one may end of age each time that a share of the lifetime has
     * passed.
     */
    boolean mayEndOfAge(long nowNanos) {
        long last = lastLifetimeClose.get();
        long gap = settings.lifetime() / Math.max(1, servers.used());
        return nowNanos - last >= gap && lastLifetimeClose.compareAndSet(last, nowNanos);
    }

    /** A server of this pool as PgBouncer's log has it: {@code S-0x2a: database/user@host:port}. */
    String nameOf(Server server) {
        HostAddress address = server.host().address();
        String host = address.isUnixSocket() ? "unix" : address.host();
        return "S-0x" + Long.toHexString(server.id()) + ": " + this + "@" + host + ":" + address.port();
    }

    @Override
    public String toString() {
        return database.name() + "/" + user.name();
    }
}

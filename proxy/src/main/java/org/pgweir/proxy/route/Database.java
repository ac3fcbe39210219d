package org.pgweir.proxy.route;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.pgweir.config.DatabaseConfig;
import org.pgweir.config.LoadBalanceHosts;
import org.pgweir.config.Setting;
import org.pgweir.proxy.net.Loop;

/** A database that clients may ask for, with its hosts. Shared by all loops; a reload gives it a new configuration. */
public final class Database {
    private final String name;
    private final Quota servers = new Quota();
    private final Quota places = new Quota();
    private final AtomicInteger turn = new AtomicInteger();
    private final AtomicInteger clients = new AtomicInteger();
    private volatile long lastUsedNanos = Loop.nowNanos();
    private volatile Cluster cluster;
    private final Hold hold;
    private volatile boolean paused;
    private volatile boolean disabled;

    /** What a reload replaces as one: servers of an older generation are closed once they are free. */
    private record Cluster(DatabaseConfig config, List<Host> hosts, int generation) {}

    Database(String name, DatabaseConfig config) {
        this(name, config, new Hold());
    }

    /** @param hold what all databases have in common */
    Database(String name, DatabaseConfig config, Hold hold) {
        this.name = name;
        this.hold = hold;
        cluster = new Cluster(config, hostsOf(config), 0);
    }

    private static List<Host> hostsOf(DatabaseConfig config) {
        return config.hosts().stream().map(Host::new).toList();
    }

    /** The name that clients ask for. */
    public String name() {
        return name;
    }

    public DatabaseConfig config() {
        return cluster.config;
    }

    public <T> T get(Setting<T> setting) {
        return cluster.config.values().get(setting);
    }

    public List<Host> hosts() {
        return cluster.hosts;
    }

    /** Counts the reloads that changed where or how its servers connect. */
    public int generation() {
        return cluster.generation;
    }

    /** Servers of all users, those that are connecting included. */
    public Quota servers() {
        return servers;
    }

    /** Clients of all users that were let in. */
    public Quota places() {
        return places;
    }

    /** A client is on its way into a pool of it, see {@link Catalog#enter}. */
    void entered() {
        clients.incrementAndGet();
    }

    /** Its client has gone; once for each {@link Catalog#enter}. */
    public void left() {
        lastUsedNanos = Loop.nowNanos();
        clients.decrementAndGet();
    }

    /** When its last client left, or it was last seen in use; as {@link Loop#nowNanos}. */
    long lastUsedNanos() {
        return lastUsedNanos;
    }

    /** Whether for so long no client and no server was there; to be asked now and then, since servers are seen only here. */
    boolean isUnusedFor(long nanos, long nowNanos) {
        if (clients.get() > 0 || servers.used() > 0 || isPaused() || disabled) {
            lastUsedNanos = nowNanos;
            return false;
        }
        return nowNanos - lastUsedNanos > nanos;
    }

    /** PAUSE and RESUME of this database alone. */
    public void pause(boolean pause) {
        paused = pause;
    }

    /** Whether it is paused by its name, or with all others: its servers are closed as they become free. */
    public boolean isPaused() {
        return paused || hold.isPaused();
    }

    /** Whether it is paused by its name. */
    public boolean isPausedByName() {
        return paused;
    }

    /** Whether its clients get no server at the moment: it is paused, or everything is suspended. */
    public boolean isHeld() {
        return isPaused() || hold.isSuspended();
    }

    /** Whether the pooler ends as soon as all servers are free: who has none gets none. */
    public boolean isEnding() {
        return hold.isEnding();
    }

    /** Whether sockets are to be left alone. */
    public boolean isSuspended() {
        return hold.isSuspended();
    }

    /** DISABLE and ENABLE of the console: nobody new comes in; those who are in may stay. */
    public void disable(boolean disable) {
        disabled = disable;
    }

    public boolean isDisabled() {
        return disabled;
    }

    /** RECONNECT of the console: the servers that it has are closed as they become free. */
    public synchronized void renew() {
        Cluster old = cluster;
        cluster = new Cluster(old.config, old.hosts, old.generation + 1);
    }

    /** The name of the database on its hosts. */
    public String remoteName() {
        String dbname = config().dbname();
        return dbname != null ? dbname : name;
    }

    /** Takes a reload's configuration; what connects elsewhere or otherwise than before starts a new generation. */
    synchronized void configure(DatabaseConfig config) {
        Cluster old = cluster;
        cluster = connectsAlike(old.config, config)
                ? new Cluster(config, old.hosts, old.generation)
                : new Cluster(config, hostsOf(config), old.generation + 1);
    }

    private static boolean connectsAlike(DatabaseConfig a, DatabaseConfig b) {
        return a.hosts().equals(b.hosts())
                && java.util.Objects.equals(a.dbname(), b.dbname())
                && java.util.Objects.equals(a.user(), b.user())
                && java.util.Objects.equals(a.connectQuery(), b.connectQuery())
                && a.loadBalanceHosts() == b.loadBalanceHosts()
                && a.startupParameters().equals(b.startupParameters());
    }

    /**
     * The host for a new server: the next in turn that is not in a pause after a failure; with {@code load_balance_hosts = disable}
     * the first such. Null if all are in a pause.
     */
    public Host pickHost(long nowNanos) {
        Cluster now = cluster;
        int count = now.hosts.size();
        boolean inTurn = now.config.loadBalanceHosts() == LoadBalanceHosts.ROUND_ROBIN;
        int first = inTurn ? Math.floorMod(turn.getAndIncrement(), count) : 0;
        for (int i = 0; i < count; i++) {
            Host host = now.hosts.get((first + i) % count);
            if (host.mayConnect(nowNanos)) {
                return host;
            }
        }
        return null;
    }

    /** As {@link #isUnreachable}, and no host may be tried again yet. */
    public boolean isUnreachableNow(long nowNanos) {
        for (Host host : cluster.hosts) {
            if (host.mayConnect(nowNanos)) {
                return false;
            }
        }
        return true;
    }

    /** Whether the last attempt failed on every host. */
    public boolean isUnreachable() {
        for (Host host : cluster.hosts) {
            if (!host.isFailing()) {
                return false;
            }
        }
        return true;
    }
}

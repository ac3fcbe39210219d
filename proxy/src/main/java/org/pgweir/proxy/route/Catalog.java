package org.pgweir.proxy.route;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.pgweir.config.Configuration;
import org.pgweir.config.DatabaseConfig;
import org.pgweir.proxy.net.Loop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All databases and users by name. Databases of the configuration stand in it from the start; one that only the fallback {@code *}
 * covers comes in when it is first asked for, and goes when it was not used for long. Shared by all loops.
 */
public final class Catalog {
    private static final Logger LOG = LoggerFactory.getLogger(Catalog.class);

    private final Map<String, Database> databases = new ConcurrentHashMap<>();
    private final Map<String, User> users = new ConcurrentHashMap<>();
    private final Hold hold = new Hold();
    private volatile Configuration configuration;

    public Catalog(Configuration configuration) {
        this.configuration = configuration;
        configuration.databases().forEach((name, config) -> databases.put(name, new Database(name, config, hold)));
    }

    public Configuration configuration() {
        return configuration;
    }

    public Optional<Database> database(String name) {
        Database known = databases.get(name);
        if (known != null) {
            return Optional.of(known);
        }
        return configuration
                .database(name)
                .map(config -> databases.computeIfAbsent(name, missing -> register(missing, config)));
    }

    /**
     * The database for a client that has logged in. It stays in the catalog until that client's {@link Database#left}, unless a reload
     * takes it out.
     */
    public Optional<Database> enter(String name) {
        Configuration now = configuration;
        return Optional.ofNullable(databases.compute(name, (asked, known) -> {
            Database database = known != null
                    ? known
                    : now.database(asked).map(config -> register(asked, config)).orElse(null);
            if (database != null) {
                database.entered();
            }
            return database;
        }));
    }

    private Database register(String name, DatabaseConfig config) {
        LOG.info("registered new auto-database: db={}", name);
        return new Database(name, config, hold);
    }

    /**
     * Forgets those that came from the fallback and were not used for so long.
     *
     * @return what was forgotten
     */
    public List<Database> forgetUnused(long nanos, long nowNanos) {
        List<Database> forgotten = new ArrayList<>();
        for (String name : databases.keySet()) {
            if (!configuration.databases().containsKey(name)) {
                databases.computeIfPresent(name, (same, database) -> {
                    boolean stays = !database.isUnusedFor(nanos, nowNanos);
                    if (!stays) {
                        forgotten.add(database);
                    }
                    return stays ? database : null;
                });
            }
        }
        return forgotten;
    }

    /** A database that has been asked for before, or stands in the configuration. */
    public Optional<Database> known(String name) {
        return Optional.ofNullable(databases.get(name));
    }

    /** As {@link #forgetUnused}, for one database, and at once. */
    public List<Database> forgetIfUnused(Database database) {
        List<Database> forgotten = new ArrayList<>();
        if (!configuration.databases().containsKey(database.name())) {
            databases.computeIfPresent(database.name(), (same, known) -> {
                boolean goes = known == database && known.isUnusedFor(-1, Loop.nowNanos());
                if (goes) {
                    forgotten.add(known);
                }
                return goes ? null : known;
            });
        }
        return forgotten;
    }

    /** PAUSE and RESUME without a name: for all databases, those that come later, too. */
    public void pauseAll(boolean pause) {
        hold.pause(pause);
    }

    /** Whether the pooler ends as soon as all servers are free: who has none now gets none. */
    public void end(boolean now) {
        hold.end(now);
    }

    /** Whether all databases are paused at once. */
    public boolean isPaused() {
        return hold.isPaused();
    }

    /** SUSPEND and its end: no client is given a server. */
    public void suspend(boolean suspend) {
        hold.suspend(suspend);
    }

    public boolean isSuspended() {
        return hold.isSuspended();
    }

    /** Those that are known, in the order of their names. */
    public List<Database> databases() {
        return databases.values().stream()
                .sorted(Comparator.comparing(Database::name))
                .toList();
    }

    /** The user by that name; there is one object for each name. */
    public User user(String name) {
        return users.computeIfAbsent(name, User::new);
    }

    public List<User> users() {
        return users.values().stream().sorted(Comparator.comparing(User::name)).toList();
    }

    /**
     * Takes a new configuration.
     *
     * @return the databases that it does not have any more
     */
    public List<Database> reload(Configuration fresh) {
        configuration = fresh;
        fresh.databases().forEach((name, config) -> {
            databases.computeIfAbsent(name, missing -> new Database(missing, config, hold));
        });
        List<Database> gone = new ArrayList<>();
        for (Database database : databases()) {
            Optional<DatabaseConfig> config = fresh.database(database.name());
            if (config.isPresent()) {
                database.configure(config.get());
            } else {
                databases.remove(database.name());
                gone.add(database);
            }
        }
        return gone;
    }
}

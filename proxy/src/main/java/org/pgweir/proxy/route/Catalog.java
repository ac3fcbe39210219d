package org.pgweir.proxy.route;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.pgweir.config.Configuration;
import org.pgweir.config.DatabaseConfig;

/**
 * All databases and users by name. Databases of the configuration stand in it from the start; one that only the fallback {@code *}
 * covers comes in when it is first asked for. Shared by all loops.
 */
public final class Catalog {
    private final Map<String, Database> databases = new ConcurrentHashMap<>();
    private final Map<String, User> users = new ConcurrentHashMap<>();
    private volatile Configuration configuration;
    private volatile boolean paused;

    public Catalog(Configuration configuration) {
        this.configuration = configuration;
        configuration.databases().forEach((name, config) -> databases.put(name, new Database(name, config)));
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
                .map(config -> databases.computeIfAbsent(name, missing -> create(missing, config)));
    }

    private Database create(String name, DatabaseConfig config) {
        Database database = new Database(name, config);
        database.pause(paused);
        return database;
    }

    /** Pauses all databases, or none: those that come later, too. */
    public void pauseAll(boolean pause) {
        paused = pause;
        databases.values().forEach(database -> database.pause(pause));
    }

    /** Those that are known, in the order of their names. */
    public List<Database> databases() {
        return databases.values().stream()
                .sorted(java.util.Comparator.comparing(Database::name))
                .toList();
    }

    /** The user by that name; there is one object for each name. */
    public User user(String name) {
        return users.computeIfAbsent(name, User::new);
    }

    public List<User> users() {
        return users.values().stream()
                .sorted(java.util.Comparator.comparing(User::name))
                .toList();
    }

    /**
     * Takes a new configuration.
     *
     * @return the databases that it does not have any more
     */
    public List<Database> reload(Configuration fresh) {
        configuration = fresh;
        fresh.databases().forEach((name, config) -> {
            databases.computeIfAbsent(name, missing -> create(missing, config));
        });
        List<Database> gone = new java.util.ArrayList<>();
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

package org.pgweir.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** All that the files say, checked and typed. Immutable. */
public final class Configuration {

    /** The language of a configuration file. */
    public enum Format {
        /** PgBouncer's own. */
        INI,
        /** pgweir's. */
        HOCON
    }

    private static final Set<Setting<?>> RULES =
            Set.of(Settings.AUTH_TYPE, Settings.AUTH_HBA_FILE, Settings.AUTH_IDENT_FILE, Settings.AUTH_LDAP_OPTIONS);

    private final Path file;
    private final SettingValues global;
    private final Map<String, DatabaseConfig> databases;
    private final DatabaseConfig fallback;
    private final Map<String, UserConfig> users;
    private final Map<Integer, PeerConfig> peers;
    private final List<String> withoutEffect;
    private final UserList userList;
    private final HbaRules hba;

    Configuration(
            Path file,
            SettingValues global,
            Map<String, DatabaseConfig> databases,
            DatabaseConfig fallback,
            Map<String, UserConfig> users,
            Map<Integer, PeerConfig> peers,
            List<String> withoutEffect,
            UserList userList,
            HbaRules hba) {
        this.file = file;
        this.global = global;
        this.databases = databases;
        this.fallback = fallback;
        this.users = users;
        this.peers = peers;
        this.withoutEffect = withoutEffect;
        this.userList = userList;
        this.hba = hba;
    }

    /** The file that was loaded. */
    public Path file() {
        return file;
    }

    /** The global settings. */
    public SettingValues global() {
        return global;
    }

    /** The databases by name in the file's order, without the fallback. */
    public Map<String, DatabaseConfig> databases() {
        return databases;
    }

    /** The entry {@code *}. */
    public Optional<DatabaseConfig> fallback() {
        return Optional.ofNullable(fallback);
    }

    /** The database that a client gets who asks for that name: the entry, or an instance of the fallback. */
    public Optional<DatabaseConfig> database(String name) {
        DatabaseConfig exact = databases.get(name);
        if (exact != null) {
            return Optional.of(exact);
        }
        return fallback().map(entry -> entry.instantiatedAs(name));
    }

    /** The users that have settings of their own, by name. */
    public Map<String, UserConfig> users() {
        return users;
    }

    /** The other processes that serve the same clients, by their peer_id; this one may be among them. */
    public Map<Integer, PeerConfig> peers() {
        return peers;
    }

    /** The users of {@code auth_file}; empty if there is none. */
    public UserList userList() {
        return userList;
    }

    /** The rules of {@code auth_hba_file}; none unless {@code auth_type} is hba. */
    public HbaRules hba() {
        return hba;
    }

    /** The names of settings that the file changes and that have no meaning here, in alphabetical order. */
    public List<String> withoutEffect() {
        return withoutEffect;
    }

    /** The value for a user in a database: the user's, else the database's, else the global one. Both may be null. */
    public <T> T effective(Setting<T> setting, DatabaseConfig database, UserConfig user) {
        if (user != null && user.values().isSet(setting)) {
            return user.values().get(setting);
        }
        if (database != null && database.values().isSet(setting)) {
            return database.values().get(setting);
        }
        return global.get(setting);
    }

    /**
     * A copy with one global value changed, for SET on the console. Reads files where the setting decides which.
     *
     * @throws ConfigurationException without a file and a line, if the text is no such value
     */
    public Configuration with(Setting<?> setting, String text) throws ConfigurationException {
        SettingValues changed = global.withText(setting, text);
        HbaRules rules = RULES.contains(setting) ? HbaFiles.read(changed, file) : hba;
        UserList secrets = setting == Settings.AUTH_FILE ? AuthFile.read(changed, new Position(file, 0)) : userList;
        return new Configuration(file, changed, databases, fallback, users, peers, withoutEffect, secrets, rules);
    }

    /** What a pooler that runs with the other one may use of this one: what only a new start can change stays as it is there. */
    public Configuration withStartValuesOf(Configuration running) {
        return new Configuration(
                file,
                global.withStartValuesOf(running.global),
                databases,
                fallback,
                users,
                peers,
                withoutEffect,
                userList,
                hba);
    }

    /** The names of settings that are another here than in the other one, and that only a new start can change. */
    public List<String> waitingForStart(Configuration running) {
        return Settings.all().stream()
                .filter(setting -> !setting.isReloadable() && !global.sameAs(running.global, setting))
                .map(Setting::name)
                .toList();
    }

    @Override
    public String toString() {
        return "Configuration[" + file + ", " + databases.size() + " databases, " + users.size() + " users]";
    }
}

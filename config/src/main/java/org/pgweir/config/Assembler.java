package org.pgweir.config;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.pgweir.config.Configuration.Format;
import org.pgweir.config.Setting.Scope;

/** Makes a checked and typed configuration of what was read, the same way for both formats. */
final class Assembler {

    private final RawConfiguration raw;
    private final Set<String> withoutEffect = new TreeSet<>();

    Assembler(RawConfiguration raw) {
        this.raw = raw;
    }

    Configuration assemble(Path file, Format format) throws ConfigurationException {
        SettingValues global = global();
        if (!global.isSet(Settings.CONFFILE)) {
            global = global.with(Settings.CONFFILE, file.toString());
        }
        if (format == Format.INI && !global.isSet(Settings.HTTP_LISTEN)) {
            // No port that PgBouncer would not have opened.
            global = global.with(Settings.HTTP_LISTEN, "");
        }
        Map<String, DatabaseConfig> databases = databases(global);
        DatabaseConfig fallback = databases.remove(DatabaseConfig.FALLBACK);
        Map<String, UserConfig> users = users();
        Map<Integer, PeerConfig> peers = peers(global);
        return new Configuration(
                file,
                global,
                Collections.unmodifiableMap(databases),
                fallback,
                Collections.unmodifiableMap(users),
                Collections.unmodifiableMap(peers),
                List.copyOf(withoutEffect),
                AuthFile.read(global, positionOf(Settings.AUTH_FILE)),
                HbaFiles.read(global, file));
    }

    private Position positionOf(Setting<?> setting) {
        RawValue value = raw.global().get(setting.name());
        return value == null ? Position.NONE : value.position();
    }

    private SettingValues global() throws ConfigurationException {
        SettingValues values = SettingValues.empty();
        for (RawValue value : raw.global().values()) {
            Setting<?> setting = Settings.find(value.key()).orElse(null);
            if (setting == null) {
                throw ConfigurationException.unknown(
                        value.position(), "setting", value.key(), raw.globalName(), Settings.names());
            }
            FileText.requireText(value.text(), value.position());
            values = put(values, setting, value, Scope.GLOBAL);
        }
        noteWithoutEffect(values);
        return values;
    }

    private Map<String, DatabaseConfig> databases(SettingValues global) throws ConfigurationException {
        Map<String, DatabaseConfig> databases = new LinkedHashMap<>();
        for (RawSection section : raw.databases().values()) {
            DatabaseConfig database = new DatabaseAssembler(section, global).assemble();
            noteWithoutEffect(database.values());
            databases.put(database.name(), database);
        }
        return databases;
    }

    private Map<String, UserConfig> users() throws ConfigurationException {
        Map<String, UserConfig> users = new LinkedHashMap<>();
        for (RawSection section : raw.users().values()) {
            section.requireUsable("user");
            SettingValues values = SettingValues.empty();
            for (RawValue value : section.values()) {
                values = putOverride(values, value, Scope.USER, section, Set.of());
            }
            noteWithoutEffect(values);
            users.put(section.name(), new UserConfig(section.name(), values));
        }
        return users;
    }

    private Map<Integer, PeerConfig> peers(SettingValues global) throws ConfigurationException {
        Map<Integer, PeerConfig> peers = new LinkedHashMap<>();
        for (RawSection section : raw.peers().values()) {
            PeerConfig peer = new PeerAssembler(section, global).assemble();
            peers.put(peer.id(), peer);
        }
        return peers;
    }

    private void noteWithoutEffect(SettingValues values) {
        for (Setting<?> setting : values.settings()) {
            boolean changed = !values.sameAs(SettingValues.empty(), setting);
            if (!setting.hasEffect() && changed) {
                withoutEffect.add(setting.name());
            }
        }
    }

    /** Adds what a database or a user says about a setting; {@code others} are the further keys that exist there. */
    static SettingValues putOverride(
            SettingValues values, RawValue value, Scope scope, RawSection section, Set<String> others)
            throws ConfigurationException {
        Setting<?> setting = Settings.findOverride(scope, value.key()).orElse(null);
        if (setting != null) {
            return put(values, setting, value, scope);
        }
        String kind = scope == Scope.DATABASE ? "database" : "user";
        if (Settings.find(value.key()).isPresent()) {
            throw ConfigurationException.broken(
                    value.position(),
                    value.key(),
                    ConfigurationException.quoted(value.key()) + " cannot be set for a " + kind + ", here "
                            + owner(kind, section) + "; it is a global setting");
        }
        Set<String> known = new TreeSet<>(others);
        Settings.all().stream()
                .filter(each -> each.scopes().contains(scope))
                .forEach(each -> known.addAll(each.overrideNames()));
        throw ConfigurationException.unknown(value.position(), "key", value.key(), owner(kind, section), known);
    }

    private static <T> SettingValues put(SettingValues values, Setting<T> setting, RawValue raw, Scope scope)
            throws ConfigurationException {
        try {
            if (raw.list() && !setting.type().isList()) {
                throw BadValue.expected(setting.allowed() + ", not a list");
            }
            T value = setting.type().parse(raw.text());
            boolean inherits = scope != Scope.GLOBAL && setting.isInherit(value);
            return inherits ? values : values.with(setting, value, raw.position());
        } catch (BadValue bad) {
            throw ConfigurationException.badValue(raw.position(), raw.key(), raw.text(), bad);
        }
    }

    private static String owner(String kind, RawSection section) {
        return kind + " " + ConfigurationException.quoted(section.name());
    }
}

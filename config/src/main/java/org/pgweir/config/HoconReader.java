package org.pgweir.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Reads {@code pgweir.conf}. All stands in one object {@code pgweir}: the global settings, and the objects
 * {@code databases}, {@code users} and {@code peers}, whose entries are objects or connection strings. Substitutions
 * may name environment variables.
 */
final class HoconReader {

    private static final String ROOT = "pgweir";
    private static final Comparator<Map.Entry<String, ConfigValue>> FILE_ORDER = Comparator.comparingInt(
                    (Map.Entry<String, ConfigValue> entry) ->
                            entry.getValue().origin().lineNumber())
            .thenComparing(Map.Entry::getKey);

    private final Path file;
    private final RawConfiguration raw = new RawConfiguration(ROOT);

    private HoconReader(Path file) {
        this.file = file;
    }

    static RawConfiguration read(Path file) throws ConfigurationException, IOException {
        FileText.requireReadableHocon(file);
        HoconReader reader = new HoconReader(file);
        try {
            ConfigParseOptions options = ConfigParseOptions.defaults()
                    .setSyntax(ConfigSyntax.CONF)
                    .setAllowMissing(false)
                    .setIncluder(new HoconIncluder(file));
            // The library looks for included files beside this one, and has no idea where that is if the path does not
            // say it.
            Config config = ConfigFactory.parseFile(file.toAbsolutePath().toFile(), options)
                    .resolve();
            reader.readRoot(config.root());
        } catch (ConfigException broken) {
            throw reader.notHocon(broken);
        }
        return reader.raw;
    }

    private void readRoot(ConfigObject root) throws ConfigurationException {
        for (Map.Entry<String, ConfigValue> entry : inFileOrder(root)) {
            if (!entry.getKey().equals(ROOT)) {
                throw ConfigurationException.broken(
                        position(entry.getValue()),
                        entry.getKey(),
                        ConfigurationException.quoted(entry.getKey()) + " stands outside of " + ROOT + " { }");
            }
            readSettings(object(ROOT, entry.getValue()));
        }
    }

    private void readSettings(ConfigObject settings) throws ConfigurationException {
        for (Map.Entry<String, ConfigValue> entry : inFileOrder(settings)) {
            String key = entry.getKey();
            ConfigValue value = entry.getValue();
            switch (key) {
                case "databases" -> readSections(raw.databases(), "database", object(key, value));
                case "users" -> readSections(raw.users(), "user", object(key, value));
                case "peers" -> readSections(raw.peers(), "peer", object(key, value));
                default -> {
                    if (value.valueType() == ConfigValueType.OBJECT
                            && Settings.find(key).isEmpty()) {
                        List<String> known = new ArrayList<>(Settings.names());
                        known.addAll(List.of("databases", "users", "peers"));
                        throw ConfigurationException.unknown(position(value), "object", key, ROOT, known);
                    }
                    raw.global().put(key, scalar(key, value));
                }
            }
        }
    }

    private void readSections(Map<String, RawSection> sections, String kind, ConfigObject object)
            throws ConfigurationException {
        for (Map.Entry<String, ConfigValue> entry : inFileOrder(object)) {
            String name = entry.getKey();
            Position position = position(entry.getValue());
            sections.put(name, new RawSection(name, position, pairs(kind, name, entry.getValue())));
        }
    }

    private List<RawValue> pairs(String kind, String name, ConfigValue value) throws ConfigurationException {
        String owner = kind + " " + ConfigurationException.quoted(name);
        if (value.valueType() == ConfigValueType.STRING) {
            return ConnectionString.parse((String) value.unwrapped(), position(value), owner);
        }
        if (!(value instanceof ConfigObject)) {
            throw ConfigurationException.broken(
                    position(value), name, owner + " must be an object or a connection string");
        }
        List<RawValue> pairs = new ArrayList<>();
        for (Map.Entry<String, ConfigValue> entry : inFileOrder((ConfigObject) value)) {
            pairs.add(scalar(entry.getKey(), entry.getValue()));
        }
        return pairs;
    }

    private RawValue scalar(String key, ConfigValue value) throws ConfigurationException {
        if (!(value instanceof ConfigList)) {
            return new RawValue(key, text(key, value), position(value));
        }
        List<String> items = new ArrayList<>();
        for (ConfigValue item : (ConfigList) value) {
            items.add(text(key, item));
        }
        return new RawValue(key, String.join(",", items), true, position(value));
    }

    private String text(String key, ConfigValue value) throws ConfigurationException {
        return switch (value.valueType()) {
            case STRING, BOOLEAN -> String.valueOf(value.unwrapped());
            case NUMBER -> value.render(); // keeps the spelling, such as that of 0777
            default ->
                throw ConfigurationException.broken(
                        position(value),
                        key,
                        key + " must be a text, a number or a boolean, not "
                                + value.valueType().name().toLowerCase(Locale.ROOT)
                                + "; a name with a dot needs quotes");
        };
    }

    private ConfigObject object(String key, ConfigValue value) throws ConfigurationException {
        if (value instanceof ConfigObject object) {
            return object;
        }
        throw ConfigurationException.broken(position(value), key, key + " must be an object { }");
    }

    /** The library's objects have no order, but their values know their lines; what is null counts as not there. */
    private static List<Map.Entry<String, ConfigValue>> inFileOrder(ConfigObject object) {
        return object.entrySet().stream()
                .filter(entry -> entry.getValue().valueType() != ConfigValueType.NULL)
                .sorted(FILE_ORDER)
                .toList();
    }

    private Position position(ConfigValue value) {
        return position(value.origin());
    }

    private Position position(ConfigOrigin origin) {
        if (origin == null) {
            return new Position(file, 0);
        }
        Path named = origin.filename() == null ? file : Path.of(origin.filename());
        Path origins = named.equals(file.toAbsolutePath()) ? file : named;
        return new Position(origins, Math.max(0, origin.lineNumber()));
    }

    /** The library's messages quote what they stumbled over; that must not be a password. */
    private ConfigurationException notHocon(ConfigException broken) throws IOException {
        Position position = position(broken.origin());
        if (broken.getCause() instanceof HoconIncluder.Unusable unusable) {
            return ConfigurationException.broken(position, unusable.getMessage());
        }
        boolean quotesNamesOnly = broken instanceof ConfigException.UnresolvedSubstitution;
        if (!quotesNamesOnly && (hasPasswords(file) || hasPasswords(position.file()))) {
            return ConfigurationException.broken(
                    position, "this is not HOCON (nothing is quoted here, since the file has passwords)");
        }
        String message = String.valueOf(broken.getMessage());
        String origin = broken.origin() == null ? "" : broken.origin().description() + ": ";
        String reason = message.startsWith(origin) ? message.substring(origin.length()) : message;
        return ConfigurationException.broken(position, "this is not HOCON: " + reason);
    }

    private static boolean hasPasswords(Path file) throws IOException {
        return FileText.read(file).toLowerCase(Locale.ROOT).contains("password");
    }
}

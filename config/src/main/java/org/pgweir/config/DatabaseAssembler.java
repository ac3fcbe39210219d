package org.pgweir.config;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.pgweir.config.Setting.Scope;

/** Makes one database of its keys. */
final class DatabaseAssembler {

    private static final List<String> STARTUP_KEYS =
            List.of("client_encoding", "datestyle", "timezone", "application_name");
    static final Set<String> KEYS = keys();
    private static final SettingType<Integer> PORT = SettingTypes.integer(1, 65535);
    private static final String STANDARD_SOCKET_DIR = "/tmp";

    private final RawSection section;
    private final SettingValues global;
    private final Map<String, RawValue> own = new HashMap<>();
    private final Map<String, String> startupParameters = new LinkedHashMap<>();
    private SettingValues values = SettingValues.empty();

    DatabaseAssembler(RawSection section, SettingValues global) {
        this.section = section;
        this.global = global;
    }

    DatabaseConfig assemble() throws ConfigurationException {
        section.requireUsable("database");
        String name = section.name();
        if (name.equals(DatabaseConfig.CONSOLE)) {
            throw ConfigurationException.broken(
                    section.position(), name, "the name \"" + name + "\" is reserved for the console");
        }
        for (RawValue value : section.values()) {
            if (KEYS.contains(value.key())) {
                requireSingle(value);
                own.put(value.key(), value);
            } else {
                values = Assembler.putOverride(values, value, Scope.DATABASE, section, KEYS);
            }
        }
        for (String key : STARTUP_KEYS) {
            if (own.containsKey(key)) {
                startupParameters.put(key, own.get(key).text());
            }
        }
        boolean isFallback = name.equals(DatabaseConfig.FALLBACK);
        return new DatabaseConfig(
                name,
                hosts(),
                text("dbname", isFallback ? null : name),
                text("user", null),
                text("password", null),
                text("connect_query", null),
                loadBalanceHosts(),
                Collections.unmodifiableMap(startupParameters),
                values);
    }

    private static Set<String> keys() {
        Set<String> keys = new HashSet<>(STARTUP_KEYS);
        keys.addAll(List.of("dbname", "host", "port", "user", "password", "connect_query", "load_balance_hosts"));
        return Set.copyOf(keys);
    }

    /** Only hosts and ports are lists; for others the text is not repeated, since it may be a password. */
    private static void requireSingle(RawValue value) throws ConfigurationException {
        if (value.list() && !value.key().equals("host") && !value.key().equals("port")) {
            throw ConfigurationException.broken(
                    value.position(), value.key(), value.key() + " must be one value, not a list");
        }
    }

    /** libpq's two comma lists: one port for all hosts, or a port for each; an empty item is the standard port. */
    private List<HostAddress> hosts() throws ConfigurationException {
        String[] hosts = text("host", socketDir()).split(",", -1);
        String[] ports = text("port", "").split(",", -1);
        if (ports.length != 1 && ports.length != hosts.length) {
            throw badValue("port", BadValue.expected("one port for all hosts, or one for each of the " + hosts.length));
        }
        List<HostAddress> addresses = new ArrayList<>();
        for (int i = 0; i < hosts.length; i++) {
            if (hosts[i].isBlank()) {
                throw badValue("host", BadValue.expected("a name, an address or a folder between all commas"));
            }
            addresses.add(new HostAddress(hosts[i].strip(), port(ports[ports.length == 1 ? 0 : i].strip())));
        }
        return List.copyOf(addresses);
    }

    private int port(String text) throws ConfigurationException {
        try {
            return text.isEmpty() ? HostAddress.DEFAULT_PORT : PORT.parse(text);
        } catch (BadValue bad) {
            throw badValue("port", bad);
        }
    }

    private String socketDir() {
        String dir = global.get(Settings.UNIX_SOCKET_DIR);
        return dir.isEmpty() ? STANDARD_SOCKET_DIR : dir;
    }

    private LoadBalanceHosts loadBalanceHosts() throws ConfigurationException {
        RawValue value = own.get("load_balance_hosts");
        if (value == null) {
            return LoadBalanceHosts.ROUND_ROBIN;
        }
        try {
            return SettingTypes.oneOf(LoadBalanceHosts.class).parse(value.text());
        } catch (BadValue bad) {
            throw badValue("load_balance_hosts", bad);
        }
    }

    private ConfigurationException badValue(String key, BadValue bad) {
        RawValue value = own.get(key);
        return ConfigurationException.badValue(value.position(), key, value.text(), bad);
    }

    private String text(String key, String otherwise) {
        RawValue value = own.get(key);
        return value == null ? otherwise : value.text();
    }
}

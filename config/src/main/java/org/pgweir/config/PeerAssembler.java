package org.pgweir.config;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Makes one peer of its keys. */
final class PeerAssembler {

    static final List<String> KEYS = List.of("host", "pool_size", "port");
    private static final SettingType<Integer> ID = SettingTypes.integer(1, 16383);
    private static final SettingType<Integer> PORT = SettingTypes.integer(1, 65535);
    private static final SettingType<Integer> POOL_SIZE = SettingTypes.count();

    private final RawSection section;
    private final SettingValues global;
    private final Map<String, RawValue> own = new HashMap<>();

    PeerAssembler(RawSection section, SettingValues global) {
        this.section = section;
        this.global = global;
    }

    PeerConfig assemble() throws ConfigurationException {
        section.requireUsable("peer");
        int id = id();
        String owner = "peer " + ConfigurationException.quoted(section.name());
        for (RawValue value : section.values()) {
            if (!KEYS.contains(value.key())) {
                throw ConfigurationException.unknown(value.position(), "key", value.key(), owner, KEYS);
            }
            own.put(value.key(), value);
        }
        RawValue host = own.get("host");
        if (host == null) {
            throw ConfigurationException.broken(section.position(), section.name(), owner + " needs a host");
        }
        if (host.list() || host.text().contains(",")) {
            throw ConfigurationException.badValue(
                    host.position(), "host", host.text(), BadValue.expected("one name, address or folder"));
        }
        int port = number("port", PORT, Settings.LISTEN_PORT.defaultValue());
        int poolSize = number("pool_size", POOL_SIZE, global.get(Settings.DEFAULT_POOL_SIZE));
        return new PeerConfig(id, new HostAddress(host.text(), port), poolSize);
    }

    private int id() throws ConfigurationException {
        try {
            return ID.parse(section.name());
        } catch (BadValue bad) {
            throw ConfigurationException.badValue(section.position(), "peer", section.name(), bad);
        }
    }

    private int number(String key, SettingType<Integer> type, int otherwise) throws ConfigurationException {
        RawValue value = own.get(key);
        try {
            return value == null ? otherwise : type.parse(value.text());
        } catch (BadValue bad) {
            throw ConfigurationException.badValue(value.position(), key, value.text(), bad);
        }
    }
}

package org.pgweir.proxy.admin;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Settings of a PostgreSQL session that drivers ask for, or set, without need: answered as if it was one. */
final class SessionSettings {
    private static final Map<String, String> VALUES = Map.of(
            "client_encoding", "UTF-8",
            "default_transaction_isolation", "read committed",
            "standard_conforming_strings", "on",
            "datestyle", "ISO",
            "timezone", "GMT",
            "extra_float_digits", "2",
            "application_name", "");

    private SessionSettings() {}

    static boolean contains(String name) {
        return VALUES.containsKey(name.toLowerCase(Locale.ROOT));
    }

    /** SHOW of one of them. */
    static Table table(String name) {
        String key = name.toLowerCase(Locale.ROOT);
        return new Table(columns(name)).add(VALUES.get(key));
    }

    static List<org.pgweir.protocol.BackendMessages.Column> columns(String name) {
        return Table.columns("s", name.toLowerCase(Locale.ROOT));
    }

    /** SET of one of them. */
    static Answer ignored() {
        return Answer.done("SET").withNotice("SET ignored", null);
    }
}

package org.pgweir.proxy.session;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What a session has set for itself, beyond the settings that follow every client: a client has one such state, and a server has that
 * of its last client until another one comes. Immutable; all values are SQL literals as the server itself quoted them, or expressions
 * of literals.
 *
 * @param settings by name
 * @param role of SET ROLE; null for none
 * @param authorization of SET SESSION AUTHORIZATION; null for the user who logged in
 */
public record SessionState(SortedMap<String, String> settings, String role, String authorization) {
    /** Nothing is set. */
    public static final SessionState NONE = new SessionState(new TreeMap<>(), null, null);

    /**
     * For a value, where the client has taken back a setting that PostgreSQL does not list: on one server it is empty behind that, on
     * another one, where an extension has defined it, an empty value may be none that it can have.
     */
    public static final String TAKEN_BACK = "DEFAULT";

    /** In a session that has had temporary tables, temp_buffers cannot be changed any more. */
    private static final String UNLESS_TEMPORARY = " WHERE pg_catalog.pg_my_temp_schema() OPERATOR(pg_catalog.=) 0;";

    /** What a client has asked for in its startup packet. */
    public static SessionState ofStartup(Map<String, String> values) {
        TreeMap<String, String> literals = new TreeMap<>();
        values.forEach((name, value) -> literals.put(name, literal(value)));
        return literals.isEmpty() ? NONE : new SessionState(literals, null, null);
    }

    /** Each char of the result is a byte. */
    private static String literal(String value) {
        return literalOfBytes(new String(value.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
    }

    /** A string of which each char is a byte, as SQL. */
    public static String literalOfBytes(String bytes) {
        return (bytes.indexOf('\\') < 0 ? "'" : "E'")
                + bytes.replace("\\", "\\\\").replace("'", "''")
                + "'";
    }

    /** Roughly how much memory it takes. */
    public int bytes() {
        int bytes = 0;
        for (Map.Entry<String, String> setting : settings.entrySet()) {
            bytes += setting.getKey().length() + setting.getValue().length() + 64;
        }
        return bytes;
    }

    /**
     * With another value of one setting.
     *
     * @param value an expression of SQL; null for a setting that was taken back
     */
    public SessionState with(String name, String value) {
        TreeMap<String, String> changed = new TreeMap<>(settings);
        changed.keySet().removeIf(name::equalsIgnoreCase);
        if (value != null) {
            changed.put(name, value);
        }
        return new SessionState(changed, role, authorization);
    }

    public SessionState {
        settings = Collections.unmodifiableSortedMap(new TreeMap<>(settings));
    }

    /** The statements that bring a server from {@code current} to this state; empty if they are the same. */
    public String statementsFrom(SessionState current) {
        if (this == current || equals(current)) {
            return "";
        }
        StringBuilder sql = new StringBuilder();
        boolean changesUser = Stream.of(role, authorization, current.role, current.authorization)
                .anyMatch(Objects::nonNull);
        if (changesUser) {
            // The user who logged in may change every setting that one of these roles could, or whoever had it before.
            sql.append("RESET SESSION AUTHORIZATION;RESET ROLE;");
        }
        for (String name : current.settings.keySet()) {
            if (!settings.containsKey(name)) {
                sql.append("RESET ").append(quoted(name)).append(';');
            }
        }
        settings.forEach((name, value) -> {
            String now = current.settings.get(name);
            if (value.equals(TAKEN_BACK) && !value.equals(now) && !"''".equals(now)) {
                sql.append("RESET ").append(quoted(name)).append(';');
            }
        });
        String separator = "SELECT ";
        String unlessFixed = "";
        for (Map.Entry<String, String> setting : settings.entrySet()) {
            String value = setting.getValue();
            if (!value.equals(TAKEN_BACK) && !value.equals(current.settings.get(setting.getKey()))) {
                String call =
                        "pg_catalog.set_config('" + setting.getKey().replace("'", "''") + "'," + value + ",false)";
                if (setting.getKey().equalsIgnoreCase("temp_buffers")) {
                    unlessFixed = "SELECT " + call + UNLESS_TEMPORARY;
                } else {
                    sql.append(separator).append(call);
                    separator = ",";
                }
            }
        }
        if (separator.equals(",")) {
            sql.append(';');
        }
        sql.append(unlessFixed);
        if (authorization != null) {
            sql.append("SET SESSION AUTHORIZATION ").append(authorization).append(';');
        }
        if (role != null) {
            sql.append("SET ROLE ").append(role).append(';');
        }
        return sql.toString();
    }

    /** The name of a setting: {@code a.b} is {@code "a"."b"} to SQL. */
    public static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"").replace(".", "\".\"") + '"';
    }
}

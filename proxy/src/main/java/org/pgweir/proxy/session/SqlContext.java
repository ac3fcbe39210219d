package org.pgweir.proxy.session;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The settings of a session by which PostgreSQL understands a statement when it is prepared: what its bytes are, what its literals of
 * dates and the like stand for, and which tables and functions its names mean. The same text in another context is another statement.
 *
 * @param styles the values of DateStyle, IntervalStyle and TimeZone
 * @param settings what the session has set of {@link #isOf}, but those; role and session_authorization too, since they bend
 *     {@code "$user"}
 */
public record SqlContext(SqlDialect dialect, List<String> styles, Map<String, String> settings) {
    /** Where nothing is known, or nothing matters. */
    static final SqlContext NONE = new SqlContext(SqlDialect.DEFAULT, List.of(), Map.of());

    private static final Set<String> NAMES = Set.of(
            "search_path",
            "role",
            "session_authorization",
            "datestyle",
            "intervalstyle",
            "timezone",
            "client_encoding",
            "standard_conforming_strings",
            "backslash_quote",
            "transform_null_equals",
            "array_nulls",
            "lc_monetary",
            "xmloption");

    /** Whether a setting belongs to it; the name in lower case. */
    static boolean isOf(String name) {
        return NAMES.contains(name);
    }

    /** Where no more is known than how the bytes are read. */
    static SqlContext ofBytes(SqlDialect dialect) {
        return dialect == SqlDialect.DEFAULT ? NONE : new SqlContext(dialect, List.of(), Map.of());
    }

    /** The one of a session with this state. */
    public static SqlContext of(SqlDialect dialect, List<String> styles, SessionState state) {
        Map<String, String> settings = Map.of();
        for (Map.Entry<String, String> setting : state.settings().entrySet()) {
            settings = isOf(SqlName.folded(setting.getKey()))
                    ? with(settings, setting.getKey(), setting.getValue())
                    : settings;
        }
        settings = state.role() == null ? settings : with(settings, "role", state.role());
        settings = state.authorization() == null
                ? settings
                : with(settings, "session_authorization", state.authorization());
        return new SqlContext(dialect, styles, settings);
    }

    private static Map<String, String> with(Map<String, String> settings, String name, String value) {
        Map<String, String> more = settings.isEmpty() ? new HashMap<>() : settings;
        more.put(SqlName.folded(name), value);
        return more;
    }
}

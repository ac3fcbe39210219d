package org.pgweir.proxy.session;

import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Asks a server what its session holds, after a transaction whose text does not tell for certain: which settings survived a rollback,
 * what a function has left behind. The server's own word decides.
 *
 * <p>One Query of several SELECTs; each row begins with the letter of what it speaks of. All names are qualified, so that no
 * search_path can bend them.
 */
public final class SessionQuestion {
    /** Settings that follow the client by themselves, and those that end with their transaction and cannot be reset. */
    private static final String SETTINGS = """
            SELECT 's', name, pg_catalog.quote_literal(setting) FROM pg_catalog.pg_settings \
            WHERE source OPERATOR(pg_catalog.=) 'session' AND name OPERATOR(pg_catalog.<>) ALL \
            ('{client_encoding,DateStyle,TimeZone,standard_conforming_strings,application_name,IntervalStyle,\
            transaction_isolation,transaction_read_only,transaction_deferrable}'\
            ::pg_catalog.text[]);\
            SELECT 'u', pg_catalog.quote_literal(NULLIF(pg_catalog.current_setting('role'), 'none')), \
            session_user, pg_catalog.quote_literal(session_user);""";

    private static final String TEMPORARY = """
            SELECT 'p', 'TEMPORARY_TABLES' WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_depend \
            WHERE refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass \
            AND refobjid OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema());""";

    private static final String LOCKS = """
            SELECT 'p', 'ADVISORY_LOCKS' WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_locks \
            WHERE locktype OPERATOR(pg_catalog.=) 'advisory' AND pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid());""";

    private static final String CURSORS =
            "SELECT 'p', 'HOLD_CURSORS' WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_cursors WHERE is_holdable);";

    private static final String CHANNELS = "SELECT 'l', c FROM pg_catalog.pg_listening_channels() AS c;";

    private final Set<Topic> topics;
    private final String sql;
    private final String user;
    private final Set<String> custom;
    private final TreeMap<String, String> settings = new TreeMap<>();
    private final Set<PinReason> pins = EnumSet.noneOf(PinReason.class);
    private final Set<String> channels = new TreeSet<>();
    private String role;
    private String authorization;
    private SessionState known;

    /**
     * @param topics what to ask for
     * @param customSettings names with a dot: PostgreSQL does not list those
     * @param user as whom the server is logged in
     */
    public SessionQuestion(Set<Topic> topics, Collection<String> customSettings, String user) {
        this.topics = topics;
        this.user = user;
        StringBuilder all = new StringBuilder();
        for (Topic topic : topics) {
            all.append(topic.sql);
        }
        if (topics.contains(Topic.SETTINGS)) {
            appendCustom(all, customSettings);
        }
        custom = Set.copyOf(customSettings);
        sql = all.toString();
    }

    private static void appendCustom(StringBuilder all, Collection<String> names) {
        String separator = "SELECT 's', n, pg_catalog.quote_literal(pg_catalog.current_setting(n, true))"
                + " FROM pg_catalog.unnest(ARRAY[";
        for (String name : names) {
            all.append(separator).append(SessionState.literalOfBytes(name));
            separator = ",";
        }
        all.append(names.isEmpty() ? "" : "]) AS n;");
    }

    /** Nothing need be asked: these are the settings that the session has. */
    public SessionQuestion(SessionState known) {
        this(EnumSet.noneOf(Topic.class), Set.of(), null);
        topics.add(Topic.SETTINGS);
        this.known = known;
    }

    /** What can be asked for. */
    public enum Topic {
        SETTINGS(SessionQuestion.SETTINGS),
        TEMPORARY_TABLES(TEMPORARY),
        ADVISORY_LOCKS(LOCKS),
        HOLD_CURSORS(CURSORS),
        LISTEN(CHANNELS);

        private final String sql;

        Topic(String sql) {
            this.sql = sql;
        }
    }

    public Set<Topic> topics() {
        return topics;
    }

    /** Empty if there is nothing to ask. */
    public String sql() {
        return sql;
    }

    /** Takes a row of the answer. */
    public void row(List<String> values) {
        switch (values.get(0)) {
            case "s" -> {
                if (values.get(2) != null) {
                    settings.put(values.get(1), values.get(2));
                }
            }
            case "u" -> {
                role = values.get(1);
                authorization = values.get(2).equals(user) ? null : values.get(3);
            }
            case "l" -> {
                channels.add(values.get(1));
                pins.add(PinReason.LISTEN);
            }
            default -> pins.add(PinReason.valueOf(values.get(1)));
        }
    }

    /** Whether the value of this setting is asked for, too. */
    public boolean asksFor(String name) {
        return name.indexOf('.') < 0 || custom.contains(name);
    }

    /** The settings with a dot in their names that are asked for, and these. */
    public Collection<String> and(Collection<String> more) {
        Set<String> all = new TreeSet<>(custom);
        all.addAll(more);
        return all;
    }

    /** Whether it was known without asking. */
    public boolean isKnown() {
        return known != null;
    }

    /** The settings that the session has; only if they were asked for. */
    public SessionState state() {
        return known != null ? known : new SessionState(settings, role, authorization);
    }

    /** What the server listens to. */
    public Set<String> channels() {
        return channels;
    }

    /** What keeps the client on its server, as far as it was asked for. */
    public Set<PinReason> pins() {
        return pins;
    }
}

package org.pgweir.proxy.server;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.pgweir.proxy.session.SqlDialect;

/**
 * The settings that follow a client from server to server. PostgreSQL reports each of them whenever it changes. Immutable; a null
 * value is one that was neither asked for nor reported yet.
 */
public final class TrackedParameters {
    /** In the order in which they are set. */
    private static final List<String> NAMES = List.of(
            "client_encoding",
            "DateStyle",
            "TimeZone",
            "standard_conforming_strings",
            "application_name",
            "IntervalStyle");

    private static final int CLIENT_ENCODING = 0;
    private static final int DATE_STYLE = 1;
    private static final int TIME_ZONE = 2;
    private static final int CONFORMING_STRINGS = 3;
    private static final int INTERVAL_STYLE = 5;

    /** None is known. */
    public static final TrackedParameters NONE = new TrackedParameters(new String[NAMES.size()]);

    private final String[] values;

    private TrackedParameters(String[] values) {
        this.values = values;
    }

    /** Names of settings do not depend on case. */
    public static boolean isTracked(String name) {
        return indexOf(name) >= 0;
    }

    private static int indexOf(String name) {
        for (int i = 0; i < NAMES.size(); i++) {
            if (NAMES.get(i).equalsIgnoreCase(name)) {
                return i;
            }
        }
        return -1;
    }

    /** With another value; the same object if the name is not tracked. */
    public TrackedParameters with(String name, String value) {
        int index = indexOf(name);
        if (index < 0 || value.equals(values[index])) {
            return this;
        }
        String[] changed = values.clone();
        changed[index] = value;
        return new TrackedParameters(changed);
    }

    /** The value of a tracked name; null if there is none. */
    public String get(String name) {
        int index = indexOf(name);
        return index < 0 ? null : values[index];
    }

    /** The values by which literals of dates, times and intervals are understood. */
    public List<String> styles() {
        return Arrays.asList(values[DATE_STYLE], values[INTERVAL_STYLE], values[TIME_ZONE]);
    }

    /** Whether the settings that say how SQL is read are the same. */
    boolean readsAs(TrackedParameters other) {
        return Objects.equals(values[CLIENT_ENCODING], other.values[CLIENT_ENCODING])
                && Objects.equals(values[CONFORMING_STRINGS], other.values[CONFORMING_STRINGS]);
    }

    /** Whether a server will report the settings that say how SQL is read in just these words, so that nothing is to be learned from it. */
    public boolean isCertainReading() {
        return SqlDialect.isName(values[CLIENT_ENCODING])
                && ("on".equals(values[CONFORMING_STRINGS]) || "off".equals(values[CONFORMING_STRINGS]));
    }

    /** With the settings of others that say how SQL is read. */
    public TrackedParameters readingAs(TrackedParameters others) {
        String[] changed = values.clone();
        changed[CLIENT_ENCODING] = others.values[CLIENT_ENCODING];
        changed[CONFORMING_STRINGS] = others.values[CONFORMING_STRINGS];
        return new TrackedParameters(changed);
    }

    /** As {@link #setStatements}, for the settings that say how SQL is read. */
    String readingStatements(TrackedParameters current) {
        return current.readingAs(this).setStatements(current);
    }

    /** With a client's start values where a server has its own ones again. */
    public TrackedParameters reset(
            Predicate<String> names, TrackedParameters clientStart, TrackedParameters serverStart) {
        String[] back = values.clone();
        for (int i = 0; i < back.length; i++) {
            boolean wentBack = back[i] != null && back[i].equals(serverStart.values[i]) && names.test(NAMES.get(i));
            if (wentBack && clientStart.values[i] != null) {
                back[i] = clientStart.values[i];
            }
        }
        TrackedParameters all = new TrackedParameters(back);
        return all.equals(this) ? this : all;
    }

    /** With the values of {@code defaults} where there are none; a DateStyle that names no order of its own takes theirs. */
    public TrackedParameters orElse(TrackedParameters defaults) {
        String[] filled = values.clone();
        for (int i = 0; i < filled.length; i++) {
            String fallback = defaults.values[i];
            if (filled[i] == null) {
                filled[i] = fallback;
            } else if (i == DATE_STYLE && filled[i].indexOf(',') < 0 && fallback != null && fallback.indexOf(',') > 0) {
                filled[i] = dateStyle(filled[i], fallback);
            }
        }
        return new TrackedParameters(filled);
    }

    /** A style or an order alone, completed as PostgreSQL does it (check_datestyle). */
    private static String dateStyle(String wanted, String fallback) {
        int comma = fallback.indexOf(',');
        String word = wanted.trim().toUpperCase(Locale.ROOT);
        String order = switch (word) {
            case "YMD", "DMY", "MDY" -> word;
            case "US" -> "MDY";
            default -> word.startsWith("EURO") ? "DMY" : word.startsWith("NONEURO") ? "MDY" : null;
        };
        if (order != null) {
            return fallback.substring(0, comma) + ", " + order;
        }
        return wanted + (word.equals("GERMAN") ? ", DMY" : fallback.substring(comma));
    }

    /** Names and values that {@code other} has otherwise or not at all. */
    public void forEachOtherThan(TrackedParameters other, BiConsumer<String, String> action) {
        for (int i = 0; i < values.length; i++) {
            if (values[i] != null && !values[i].equals(other.values[i])) {
                action.accept(NAMES.get(i), values[i]);
            }
        }
    }

    /** The statements that bring a server from {@code current} to these values; null if nothing is to be done. */
    public String setStatements(TrackedParameters current) {
        if (this == current) {
            return null;
        }
        StringBuilder sql = null;
        for (int i = 0; i < values.length; i++) {
            if (values[i] != null && !values[i].equals(current.values[i])) {
                sql = sql == null ? new StringBuilder() : sql;
                sql.append("SET ").append(NAMES.get(i)).append(" TO ");
                appendLiteral(sql, values[i]);
                sql.append(';');
            }
        }
        return sql == null ? null : sql.toString();
    }

    /** A value as SQL. */
    public static String literal(String value) {
        StringBuilder sql = new StringBuilder();
        appendLiteral(sql, value);
        return sql.toString();
    }

    /**
     * Only ASCII is let through, so that no multi-byte encoding of the server can read a quote or a backslash where there is none;
     * PostgreSQL itself replaces other characters in application_name, and the other settings have no use for them.
     */
    private static void appendLiteral(StringBuilder sql, String value) {
        sql.append(value.indexOf('\\') < 0 ? "'" : "E'");
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c < 0x20 || c > 0x7e) {
                sql.append('?');
            } else {
                if (c == '\'' || c == '\\') {
                    sql.append(c);
                }
                sql.append(c);
            }
        }
        sql.append('\'');
    }

    @Override
    public boolean equals(Object other) {
        return other == this || other instanceof TrackedParameters that && Arrays.equals(values, that.values);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        return NAMES + "=" + Arrays.toString(values);
    }
}

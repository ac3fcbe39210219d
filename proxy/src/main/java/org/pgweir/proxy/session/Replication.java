package org.pgweir.proxy.session;

import java.util.Locale;

/** What a connection is for: SQL, or PostgreSQL's streaming replication protocol. */
public enum Replication {
    /** An ordinary connection. */
    NONE("none"),
    /** All of the write-ahead log; no database, no SQL. */
    PHYSICAL("true"),
    /** The changes of one database; SQL, too. */
    LOGICAL("database");

    private final String parameter;

    Replication(String parameter) {
        this.parameter = parameter;
    }

    /** The value of the startup parameter {@code replication} that asks for it. */
    public String parameter() {
        return parameter;
    }

    /** As the console shows it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What a startup parameter asks for; null if PostgreSQL would not understand it. */
    static Replication of(String value) {
        String lower = value.toLowerCase(Locale.ROOT);
        if (lower.equals("database")) {
            return LOGICAL;
        }
        // PostgreSQL takes every beginning of these words that is not ambiguous.
        if (lower.equals("1") || lower.equals("on") || begins("true", lower) || begins("yes", lower)) {
            return PHYSICAL;
        }
        boolean off = lower.equals("0")
                || begins("false", lower)
                || begins("no", lower)
                || lower.length() > 1 && begins("off", lower);
        return off ? NONE : null;
    }

    private static boolean begins(String word, String value) {
        return !value.isEmpty() && word.startsWith(value);
    }
}

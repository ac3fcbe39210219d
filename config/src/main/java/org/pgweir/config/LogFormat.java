package org.pgweir.config;

import java.util.Locale;

/** How a line of the log looks. */
public enum LogFormat {
    /** As PgBouncer's: {@code 2026-11-21 05:57:24.145 UTC [pid] LEVEL message}. */
    PGBOUNCER,
    /** With ISO time, thread and the part of pgweir that speaks. */
    TEXT,
    /** One JSON object a line. */
    JSON;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}

package org.pgweir.proxy.pool;

import java.util.Locale;

/** Why a server was closed; the metrics count by these. */
public enum CloseReason {
    /** Idle for longer than server_idle_timeout. */
    IDLE_TIMEOUT("server idle timeout"),
    /** Older than server_lifetime. */
    LIFETIME("server lifetime over"),
    /** Its configuration changed, or its database was removed. */
    RECONFIGURED("database configuration changed"),
    /** server_check_query failed. */
    CHECK_FAILED("test query failed"),
    /** server_reset_query, connect_query or the settings of a client failed. */
    STATEMENT_FAILED("statement failed"),
    /** The database is paused. */
    PAUSE("pause mode"),
    /** KILL on the console. */
    KILLED("admin forced disconnect"),
    /** Another pool needed its place. */
    EVICTED("evicted"),
    /** PostgreSQL ended the connection. */
    SERVER_GONE("server conn crashed?"),
    /** Its client left in the middle of something that could not be undone in time. */
    CLIENT_GONE("client disconnect while server was not ready"),
    /** What came from it was not the protocol, or its state is not known. */
    DOUBT("unclean server");

    private final String words;

    CloseReason(String words) {
        this.words = words;
    }

    /** For the log, in PgBouncer's words where it has some. */
    public String words() {
        return words;
    }

    /** For metrics. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}

package org.pgweir.proxy.pool;

import java.util.Locale;

/** Why a server was closed; the metrics count by these. */
public enum CloseReason {
    /** Idle for longer than server_idle_timeout. */
    IDLE_TIMEOUT,
    /** Older than server_lifetime. */
    LIFETIME,
    /** Its configuration changed, or its database was removed. */
    RECONFIGURED,
    /** server_check_query failed. */
    CHECK_FAILED,
    /** server_reset_query, connect_query or the settings of a client failed. */
    STATEMENT_FAILED,
    /** The database is paused. */
    PAUSE,
    /** KILL on the console. */
    KILLED,
    /** Another pool needed its place. */
    EVICTED,
    /** PostgreSQL ended the connection. */
    SERVER_GONE,
    /** Its client left in the middle of something that could not be undone in time. */
    CLIENT_GONE,
    /** What came from it was not the protocol, or its state is not known. */
    DOUBT;

    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}

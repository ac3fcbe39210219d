package org.pgweir.proxy.pool;

import org.pgweir.protocol.ErrorMessage;

/** What a client is told when a pool has no server for it, or has none any more. */
public final class PoolErrors {
    static final ErrorMessage QUERY_WAIT_TIMEOUT = ErrorMessage.fatal("08P01", "query_wait_timeout")
            .withDetail("No server became free in time.")
            .withHint("SHOW POOLS on the console tells who holds the servers; see pool_size and query_wait_timeout.");

    public static final ErrorMessage CONFIGURATION_CHANGED =
            ErrorMessage.fatal("08P01", "database configuration changed");

    /** In PgBouncer's words; its clients hear them after KILL, too. */
    public static final ErrorMessage REMOVED = ErrorMessage.fatal("08P01", "database removed");

    /** The pooler is going down: PostgreSQL's own SQLSTATE, by which drivers know to connect again. */
    public static final ErrorMessage SHUTTING_DOWN = ErrorMessage.fatal("57P01", "server shutting down");

    private PoolErrors() {}

    /** {@code auth_query} is not asked of a database that DISABLE has closed. */
    static ErrorMessage lookUpDisabled(String name) {
        return ErrorMessage.fatal("08P01", "authentication database \"" + name + "\" is disabled")
                .withHint("ENABLE on the console ends that.");
    }

    /** A failure of the last attempt, told without a new attempt. The SQLSTATE is the server's own. */
    static ErrorMessage cached(ErrorMessage error) {
        return ErrorMessage.fatal(
                        error.sqlstate(),
                        "server login has been failing, cached error: " + error.message() + " (server_login_retry)")
                .withDetail(error.detail())
                .withHint(error.hint());
    }
}

package org.pgweir.proxy.admin;

/** What the console calls itself. */
final class ConsoleVersion {
    /** The release of PgBouncer whose console this one is like; tools compare it to know what columns there are. */
    static final String PGBOUNCER = "1.25.2";

    /** Begins as PgBouncer's, for the tools that look for its version in it. */
    static final String SHOWN = "PgBouncer " + PGBOUNCER + " (pgweir " + AdminConsole.VERSION + ")";

    /** The parameter server_version. */
    static final String REPORTED = PGBOUNCER + "/bouncer";

    private ConsoleVersion() {}
}

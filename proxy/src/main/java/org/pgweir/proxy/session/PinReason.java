package org.pgweir.proxy.session;

import java.util.Locale;

/** Why a client keeps its server beyond a transaction: what the session has there cannot be carried to another one. */
public enum PinReason {
    /** Tables and other objects in the session's temporary schema. */
    TEMPORARY_TABLES,
    /** Locks of pg_advisory_lock and its kin. */
    ADVISORY_LOCKS,
    /** Cursors that were declared WITH HOLD. */
    HOLD_CURSORS,
    /** A library that LOAD has brought into the server process. */
    LOAD,
    /** The session listens, and the operator does not want that to be shared. */
    LISTEN,
    /** Settings that the operator does not want to be carried. */
    SETTINGS,
    /** What the session has could not be found out. */
    UNKNOWN;

    /** As the console and the metrics write it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}

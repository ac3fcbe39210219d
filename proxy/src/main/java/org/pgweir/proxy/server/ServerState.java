package org.pgweir.proxy.server;

/** What a server does at the moment; the console shows these words. */
public enum ServerState {
    /** Connecting or logging in. */
    LOGIN,
    /** Free. */
    IDLE,
    /** A check, reset or set-up statement of pgweir's own runs on it. */
    TESTED,
    /** Linked to a client. */
    ACTIVE,
    /** Its client is done, but a cancel request for it is still on its way. */
    BEING_CANCELED,
    /** On its way to another loop. */
    LENT,
    CLOSED
}

package org.pgweir.config;

import java.util.Locale;

/** When a server goes back to its pool. */
public enum PoolMode {
    /** When the client disconnects. */
    SESSION,
    /** When the transaction ends. */
    TRANSACTION,
    /** When the statement ends; transactions of several statements are refused. */
    STATEMENT;

    /** The spelling in configuration files and on the console. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}

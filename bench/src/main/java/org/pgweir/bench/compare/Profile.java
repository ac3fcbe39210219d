package org.pgweir.bench.compare;

import java.util.List;
import org.pgweir.config.PoolMode;

/**
 * What the poolers' settings must be for some scenarios; poolers with the same profile run side by side.
 */
enum Profile {
    TRANSACTION(PoolMode.TRANSACTION),
    SESSION(PoolMode.SESSION),
    /** Prepared statements that outlive a transaction: PgBouncer 1.21 and newer. */
    PREPARED(PoolMode.TRANSACTION, "max_prepared_statements = 200"),
    /** Clients prove a password; everywhere else everybody is let in. */
    SCRAM(PoolMode.TRANSACTION),
    /** The same, and the pooler holds the password itself instead of what PostgreSQL stores of it. */
    SCRAM_PLAIN(PoolMode.TRANSACTION),
    /** Clients come by TLS; their servers are reached without. Who only wants to know whether the pooler is there may come without, too. */
    TLS(PoolMode.TRANSACTION, "client_tls_sslmode = prefer");

    private final PoolMode mode;
    private final List<String> moreSettings;

    Profile(PoolMode mode, String... moreSettings) {
        this.mode = mode;
        this.moreSettings = List.of(moreSettings);
    }

    PoolMode mode() {
        return mode;
    }

    String authType() {
        return provesPassword() ? "scram-sha-256" : "trust";
    }

    String user() {
        return provesPassword() ? Stage.SCRAM_USER : Stage.USER;
    }

    /** Whether clients have to prove a password. */
    boolean provesPassword() {
        return this == SCRAM || this == SCRAM_PLAIN;
    }

    /** Whether clients come by TLS. */
    boolean isEncrypted() {
        return this == TLS;
    }

    /** Lines of pgbouncer.ini. */
    List<String> moreSettings() {
        return moreSettings;
    }
}

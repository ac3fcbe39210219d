package org.pgweir.proxy.stats;

import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;

/** Counts logins of clients and why others failed. Any thread; logins are rare beside queries. */
public final class Logins {
    /** Why a client did not get in. */
    public enum Failure {
        /** Wrong password or unknown user. */
        AUTHENTICATION,
        NO_SUCH_DATABASE,
        MAX_CLIENT_CONN,
        MAX_DB_CLIENT_CONNECTIONS,
        MAX_USER_CLIENT_CONNECTIONS,
        /** The startup packet, or another message before the login was done, cannot be accepted. */
        PROTOCOL,
        /** The TLS handshake failed, or TLS is required and was not asked for. */
        TLS,
        TIMEOUT,
        CONFIGURATION,
        NOT_ALLOWED,
        /** No server of its pool could be had. */
        SERVER;

        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final LongAdder logins = new LongAdder();
    private final LongAdder[] failures = new LongAdder[Failure.values().length];

    public Logins() {
        for (int i = 0; i < failures.length; i++) {
            failures[i] = new LongAdder();
        }
    }

    public void succeeded() {
        logins.increment();
    }

    public void failed(Failure failure) {
        failures[failure.ordinal()].increment();
    }

    public long logins() {
        return logins.sum();
    }

    public long failures(Failure failure) {
        return failures[failure.ordinal()].sum();
    }
}

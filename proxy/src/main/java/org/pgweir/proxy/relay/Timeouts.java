package org.pgweir.proxy.relay;

import java.time.Duration;
import org.pgweir.config.Configuration;
import org.pgweir.config.DatabaseConfig;
import org.pgweir.config.Setting;
import org.pgweir.config.Settings;
import org.pgweir.config.UserConfig;

/**
 * When a client that is served must hear something, or go. In nanoseconds, 0 for never.
 *
 * @param idle {@code client_idle_timeout}
 * @param idleTransaction {@code idle_transaction_timeout}
 * @param transaction {@code transaction_timeout}
 * @param query {@code query_timeout}
 * @param queryWaitNotify {@code query_wait_notify}
 * @param cancelWait {@code cancel_wait_timeout}, for the cancel request of a query that took too long
 * @param fastClose {@code server_fast_close}
 */
public record Timeouts(
        long idle,
        long idleTransaction,
        long transaction,
        long query,
        long queryWaitNotify,
        long cancelWait,
        boolean fastClose) {
    /** Nothing ever ends. */
    public static final Timeouts NONE = new Timeouts(0, 0, 0, 0, 0, 0, false);

    /**
     * The user's timeout goes before the database's, that before the global one. As in PgBouncer, what ends queries and transactions
     * is looked up with the user that the server is logged in as, what ends idle clients with the client's own.
     */
    public static Timeouts of(
            Configuration configuration, DatabaseConfig database, String clientUser, String serverUser) {
        UserConfig client = configuration.users().get(clientUser);
        UserConfig server = configuration.users().get(serverUser);
        return new Timeouts(
                nanos(configuration, Settings.CLIENT_IDLE_TIMEOUT, database, client),
                nanos(configuration, Settings.IDLE_TRANSACTION_TIMEOUT, database, server),
                nanos(configuration, Settings.TRANSACTION_TIMEOUT, database, server),
                nanos(configuration, Settings.QUERY_TIMEOUT, database, server),
                nanos(configuration, Settings.QUERY_WAIT_NOTIFY, database, server),
                nanos(configuration, Settings.CANCEL_WAIT_TIMEOUT, database, server),
                configuration.global().get(Settings.SERVER_FAST_CLOSE));
    }

    private static long nanos(
            Configuration configuration, Setting<Duration> setting, DatabaseConfig database, UserConfig user) {
        return configuration.effective(setting, database, user).toNanos();
    }
}

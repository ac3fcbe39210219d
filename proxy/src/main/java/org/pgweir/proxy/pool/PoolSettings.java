package org.pgweir.proxy.pool;

import java.time.Duration;
import java.util.Locale;
import org.pgweir.config.Configuration;
import org.pgweir.config.DatabaseConfig;
import org.pgweir.config.PoolMode;
import org.pgweir.config.SessionFeatures;
import org.pgweir.config.Setting;
import org.pgweir.config.Settings;
import org.pgweir.config.UserConfig;
import org.pgweir.proxy.net.TcpOptions;

/**
 * What the configuration says about one pool, ready for use: durations in nanoseconds, 0 where a limit or timeout is off.
 *
 * @param checkQuery null: no check
 * @param resetQuery null: none
 */
record PoolSettings(
        PoolMode mode,
        int size,
        int minSize,
        int reserveSize,
        long reserveTimeout,
        int maxDatabaseServers,
        int maxUserServers,
        boolean roundRobin,
        String checkQuery,
        long checkDelay,
        String resetQuery,
        boolean resetAlways,
        int maxPreparedStatements,
        long preparedStatementMemory,
        SessionFeatures features,
        long lifetime,
        long idleTimeout,
        long connectTimeout,
        long loginRetry,
        Patience patience,
        String connectQuery,
        TcpOptions tcp,
        boolean simpleQueries,
        int maxPacketSize,
        boolean logConnections,
        boolean logDisconnections) {

    /** Whether a server that is idle since then must be checked before its next use. */
    boolean isStale(long idleSinceNanos, long nowNanos) {
        return checkDelay == 0 || nowNanos - idleSinceNanos > checkDelay;
    }

    /** Whether server_reset_query leaves nothing of a session. */
    boolean resetForgetsAll() {
        return resetQuery.toUpperCase(Locale.ROOT).contains("DISCARD ALL");
    }

    /** Whether server_reset_query sets all settings back; the role is none of these. */
    boolean resetForgetsSettings() {
        return resetQuery.toUpperCase(Locale.ROOT).contains("RESET ALL");
    }

    static PoolSettings of(Configuration configuration, DatabaseConfig database, String user) {
        return new Reader(configuration, database, configuration.users().get(user)).read();
    }

    private record Reader(Configuration configuration, DatabaseConfig database, UserConfig user) {
        PoolSettings read() {
            return new PoolSettings(
                    get(Settings.POOL_MODE),
                    get(Settings.DEFAULT_POOL_SIZE),
                    get(Settings.MIN_POOL_SIZE),
                    get(Settings.RESERVE_POOL_SIZE),
                    nanos(Settings.RESERVE_POOL_TIMEOUT),
                    get(Settings.MAX_DB_CONNECTIONS),
                    get(Settings.MAX_USER_CONNECTIONS),
                    get(Settings.SERVER_ROUND_ROBIN),
                    checkQuery(),
                    nanos(Settings.SERVER_CHECK_DELAY),
                    emptyToNull(get(Settings.SERVER_RESET_QUERY)),
                    get(Settings.SERVER_RESET_QUERY_ALWAYS),
                    get(Settings.MAX_PREPARED_STATEMENTS),
                    get(Settings.MAX_PREPARED_STATEMENT_MEMORY) * 1024L,
                    get(Settings.SESSION_FEATURES),
                    nanos(Settings.SERVER_LIFETIME),
                    nanos(Settings.SERVER_IDLE_TIMEOUT),
                    nanos(Settings.SERVER_CONNECT_TIMEOUT),
                    nanos(Settings.SERVER_LOGIN_RETRY),
                    Patience.of(configuration, database),
                    emptyToNull(database.connectQuery()),
                    TcpOptions.of(configuration.global()),
                    !get(Settings.DISABLE_PQEXEC),
                    get(Settings.MAX_PACKET_SIZE),
                    get(Settings.LOG_CONNECTIONS),
                    get(Settings.LOG_DISCONNECTIONS));
        }

        private <T> T get(Setting<T> setting) {
            return configuration.effective(setting, database, user);
        }

        private long nanos(Setting<Duration> setting) {
            return get(setting).toNanos();
        }

        /** {@code <empty>} stands for a query without a statement, nothing at all for no check. */
        private String checkQuery() {
            String query = get(Settings.SERVER_CHECK_QUERY);
            return query.equals("<empty>") ? "" : emptyToNull(query);
        }

        private static String emptyToNull(String text) {
            return text == null || text.isBlank() ? null : text;
        }
    }
}

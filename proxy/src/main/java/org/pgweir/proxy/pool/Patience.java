package org.pgweir.proxy.pool;

import java.util.HashMap;
import java.util.Map;
import org.pgweir.config.Configuration;
import org.pgweir.config.DatabaseConfig;
import org.pgweir.config.Settings;

/**
 * {@code query_wait_timeout} of the clients of one pool: as in PgBouncer that of the client's own user goes first, whoever its servers are
 * logged in as. In nanoseconds, 0 for ever.
 *
 * @param ofOthers for users who have no value of their own
 */
record Patience(long ofOthers, Map<String, Long> ofUsers) {

    static Patience of(Configuration configuration, DatabaseConfig database) {
        Map<String, Long> ofUsers = new HashMap<>();
        configuration.users().forEach((name, user) -> {
            if (user.values().isSet(Settings.QUERY_WAIT_TIMEOUT)) {
                ofUsers.put(name, user.values().get(Settings.QUERY_WAIT_TIMEOUT).toNanos());
            }
        });
        return new Patience(
                configuration
                        .effective(Settings.QUERY_WAIT_TIMEOUT, database, null)
                        .toNanos(),
                Map.copyOf(ofUsers));
    }

    /** Whether who has waited for longest has the least left. */
    boolean isTheSameForAll() {
        return ofUsers.isEmpty();
    }

    /** Whether a client of that user has waited for too long. */
    boolean isOver(String user, long waitedNanos) {
        long most = ofUsers.isEmpty() ? ofOthers : ofUsers.getOrDefault(user, ofOthers);
        return most > 0 && waitedNanos > most;
    }
}

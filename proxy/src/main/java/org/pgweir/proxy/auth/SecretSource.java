package org.pgweir.proxy.auth;

import java.util.Optional;
import org.pgweir.config.Configuration;
import org.pgweir.config.DatabaseConfig;
import org.pgweir.config.Settings;

/**
 * Where the secrets of users are looked up who are not in {@code auth_file}.
 *
 * @param database as pgweir knows it; {@code auth_dbname}, or the one that the client wants
 * @param authUser who asks there
 * @param query with the user's name as {@code $1}
 */
public record SecretSource(String database, String authUser, String query) {
    /**
     * The source for a client of this database. None without {@code auth_user}; none for the console without {@code auth_dbname}, since
     * it has no tables.
     */
    public static Optional<SecretSource> of(Configuration configuration, String database) {
        boolean isConsole = database.equals(DatabaseConfig.CONSOLE);
        DatabaseConfig entry =
                isConsole ? null : configuration.database(database).orElse(null);
        String authUser = configuration.effective(Settings.AUTH_USER, entry, null);
        String elsewhere = configuration.effective(Settings.AUTH_DBNAME, entry, null);
        if (authUser.isEmpty() || entry == null && elsewhere.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new SecretSource(
                elsewhere.isEmpty() ? database : elsewhere,
                authUser,
                configuration.effective(Settings.AUTH_QUERY, entry, null)));
    }

    @Override
    public String toString() {
        return "auth_query as " + authUser + " in " + database;
    }
}

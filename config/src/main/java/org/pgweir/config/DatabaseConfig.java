package org.pgweir.config;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A database that clients may ask for.
 *
 * @param name the name that clients ask for; {@code *} for the fallback
 * @param hosts where its servers are, one at least
 * @param dbname the database's name on the server; null for the fallback that leaves it to the client, never null for
 *     what {@link Configuration#database} returns
 * @param user the user of all its servers, whoever the client is; null if that is the client's own
 * @param password the forced user's secret; null if it is in the user list
 * @param connectQuery what a new server runs first; null for nothing
 * @param loadBalanceHosts how a new server picks its host
 * @param startupParameters parameters for new servers: client_encoding, datestyle, timezone, application_name, as far
 *     as they are set
 * @param values the settings that this database overrides
 */
public record DatabaseConfig(
        String name,
        List<HostAddress> hosts,
        String dbname,
        String user,
        String password,
        String connectQuery,
        LoadBalanceHosts loadBalanceHosts,
        Map<String, String> startupParameters,
        SettingValues values) {

    /** The name of the fallback, which stands for all databases that are not configured. */
    public static final String FALLBACK = "*";

    /** The console's name, which no database can have. */
    public static final String CONSOLE = "pgbouncer";

    /** The keys that an entry may have beside the settings that it overrides. */
    public static Set<String> keys() {
        return DatabaseAssembler.KEYS;
    }

    /** Whether all clients share one user on the server. */
    public boolean hasForcedUser() {
        return user != null;
    }

    /** The fallback as the database that a client asks for. */
    DatabaseConfig instantiatedAs(String asked) {
        return new DatabaseConfig(
                asked,
                hosts,
                dbname == null ? asked : dbname,
                user,
                password,
                connectQuery,
                loadBalanceHosts,
                startupParameters,
                values);
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "DatabaseConfig[name=" + name + ", hosts=" + hosts + ", dbname=" + dbname + ", user=" + user
                + ", password=" + (password == null ? "none" : "***") + ", loadBalanceHosts=" + loadBalanceHosts
                + ", values=" + values + "]";
    }
}

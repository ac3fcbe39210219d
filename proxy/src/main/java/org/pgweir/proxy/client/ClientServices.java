package org.pgweir.proxy.client;

import java.util.function.Supplier;
import org.pgweir.config.Configuration;
import org.pgweir.proxy.auth.Hba;
import org.pgweir.proxy.auth.LdapDirectories;
import org.pgweir.proxy.auth.LookedUpSecrets;
import org.pgweir.proxy.auth.ScramKeys;
import org.pgweir.proxy.net.TlsAcceptor;
import org.pgweir.proxy.net.Workers;
import org.pgweir.proxy.pool.Pools;
import org.pgweir.proxy.route.Catalog;
import org.pgweir.proxy.stats.Logins;

/**
 * What every client needs of the house.
 *
 * @param tls TLS as the configuration wants it now; gives null if clients get none
 */
public record ClientServices(
        Catalog catalog,
        Pools pools,
        Workers workers,
        ScramKeys scramKeys,
        LookedUpSecrets lookedUpSecrets,
        Clients clients,
        Console console,
        Logins logins,
        Hba hba,
        LdapDirectories directories,
        Supplier<TlsAcceptor> tls) {
    public Configuration configuration() {
        return catalog.configuration();
    }
}

package org.pgweir.proxy.net;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.pgweir.config.Configuration;
import org.pgweir.config.ConfigurationException;
import org.pgweir.config.DatabaseConfig;
import org.pgweir.config.Setting;
import org.pgweir.config.SettingValues;
import org.pgweir.config.Settings;
import org.pgweir.config.SslMode;

/**
 * The keys, certificates and rules of TLS, made of a configuration. Immutable: a reload makes others, and only if all of it can be
 * used. Where the configuration says nothing of TLS, none of its classes and no native library is loaded before a server offers it.
 */
public final class TlsContexts {
    private static final List<Setting<?>> OF_SERVERS = List.of(
            Settings.SERVER_TLS_SSLMODE,
            Settings.SERVER_TLS_CA_FILE,
            Settings.SERVER_TLS_CRL_FILE,
            Settings.SERVER_TLS_CERT_FILE,
            Settings.SERVER_TLS_KEY_FILE,
            Settings.SERVER_TLS_PROTOCOLS,
            Settings.SERVER_TLS_CIPHERS,
            Settings.SERVER_TLS13_CIPHERS);

    private final Configuration configuration;
    private final TlsAcceptor acceptor;
    private final TlsConnector connector;
    private final Map<String, TlsConnector> ownConnectors;

    private TlsContexts(
            Configuration configuration,
            TlsAcceptor acceptor,
            TlsConnector connector,
            Map<String, TlsConnector> ownConnectors) {
        this.configuration = configuration;
        this.acceptor = acceptor;
        this.connector = connector;
        this.ownConnectors = ownConnectors;
    }

    /**
     * Reads all files that the configuration names.
     *
     * @param workers where keys are used during handshakes
     * @throws ConfigurationException with file, line and key of the setting that cannot be used
     */
    public static TlsContexts of(Configuration configuration, Executor workers) throws ConfigurationException {
        SettingValues global = configuration.global();
        Map<String, TlsConnector> own = new HashMap<>();
        for (DatabaseConfig database : databases(configuration)) {
            if (OF_SERVERS.stream().anyMatch(database.values()::isSet)) {
                own.put(database.name(), connector(new TlsSettings(global, database.values()), workers));
            }
        }
        TlsSettings globally = new TlsSettings(global, SettingValues.empty());
        return new TlsContexts(
                configuration, acceptor(globally, workers), connector(globally, workers), Map.copyOf(own));
    }

    private static List<DatabaseConfig> databases(Configuration configuration) {
        return Stream.concat(configuration.databases().values().stream(), configuration.fallback().stream())
                .toList();
    }

    /** For clients; null if they get no TLS. */
    public TlsAcceptor acceptor() {
        return acceptor;
    }

    /** For the servers of the database that clients call so; null if they get no TLS. */
    public TlsConnector connector(String database) {
        String entry = configuration.databases().containsKey(database) ? database : DatabaseConfig.FALLBACK;
        TlsConnector own = ownConnectors.get(entry);
        TlsConnector its = own != null ? own : connector;
        return its.isWanted() ? its : null;
    }

    /** Whether servers of the database get the same TLS under both configurations, down to the content of the files. */
    public boolean connectsAlike(TlsContexts other, String database) {
        TlsConnector one = connector(database);
        TlsConnector two = other.connector(database);
        return one == null ? two == null : two != null && one.rules().equals(two.rules());
    }

    // ---------------------------------------------------------------- clients

    private static TlsAcceptor acceptor(TlsSettings settings, Executor workers) throws ConfigurationException {
        SslMode mode = settings.get(Settings.CLIENT_TLS_SSLMODE);
        if (mode == SslMode.DISABLE) {
            return null;
        }
        boolean verifies = mode.compareTo(SslMode.VERIFY_CA) >= 0;
        TrustedAuthorities authorities =
                settings.authorities(Settings.CLIENT_TLS_CA_FILE, Settings.CLIENT_TLS_CRL_FILE);
        if (verifies && authorities == null) {
            throw settings.refusal(
                    Settings.CLIENT_TLS_SSLMODE,
                    "this needs client_tls_ca_file, the authorities of the clients' certificates");
        }
        List<TlsAcceptor.Choice> choices = new ArrayList<>();
        List<SslContext> contexts = new ArrayList<>();
        for (TlsIdentity identity : identities(settings)) {
            SslContext context = context(settings, identity, authorities, verifies);
            contexts.add(context);
            choices.add(new TlsAcceptor.Choice(identity, identity.hostNames(), context));
        }
        TlsAcceptor made =
                new TlsAcceptor(mode.compareTo(SslMode.REQUIRE) >= 0, List.copyOf(choices), authorities, workers);
        TlsEngines.releaseWith(made, contexts);
        return made;
    }

    private static SslContext context(
            TlsSettings settings, TlsIdentity identity, TrustedAuthorities authorities, boolean verifies)
            throws ConfigurationException {
        SslProvider provider = TlsEngines.provider(settings, Settings.CLIENT_TLS13_CIPHERS);
        SslContextBuilder builder = SslContextBuilder.forServer(identity.key(), identity.chainArray())
                .sslProvider(provider)
                .ciphers(
                        settings.ciphers(Settings.CLIENT_TLS_CIPHERS, Settings.CLIENT_TLS13_CIPHERS, provider),
                        SupportedCipherSuiteFilter.INSTANCE)
                .protocols(settings.protocols(Settings.CLIENT_TLS_PROTOCOLS))
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        Protocol.ALPN,
                        SelectorFailureBehavior.NO_ADVERTISE,
                        SelectedListenerFailureBehavior.ACCEPT,
                        TlsAcceptor.ALPN));
        if (authorities != null) {
            builder.trustManager(verifies ? authorities.required() : authorities.invited())
                    .clientAuth(verifies ? ClientAuth.REQUIRE : ClientAuth.OPTIONAL);
        }
        String curves = settings.get(Settings.CLIENT_TLS_ECDHCURVE).strip();
        if (provider != SslProvider.JDK && !curves.isEmpty() && !curves.equalsIgnoreCase("auto")) {
            builder.option(OpenSslContextOption.GROUPS, groups(curves));
        }
        try {
            return builder.build();
        } catch (SSLException | IllegalArgumentException e) {
            if (String.valueOf(e.getMessage()).contains("curves / groups")) {
                throw settings.refusal(
                        Settings.CLIENT_TLS_ECDHCURVE, "expected auto, or names such as X25519, prime256v1, secp384r1");
            }
            throw settings.refusal(Settings.CLIENT_TLS_CERT_FILE, "TLS cannot be set up: " + e.getMessage());
        }
    }

    /** OpenSSL has another name for the most common one. */
    private static String[] groups(String curves) {
        return Stream.of(curves.split("[\\s,:]+"))
                .map(name -> name.equals("prime256v1") ? "secp256r1" : name)
                .toArray(String[]::new);
    }

    private static List<TlsIdentity> identities(TlsSettings settings) throws ConfigurationException {
        List<String> certificates = required(settings, Settings.CLIENT_TLS_CERT_FILE);
        List<String> keys = required(settings, Settings.CLIENT_TLS_KEY_FILE);
        if (certificates.size() != keys.size()) {
            throw settings.refusal(
                    Settings.CLIENT_TLS_KEY_FILE,
                    "there must be one key for each of the " + certificates.size()
                            + " certificates of client_tls_cert_file, in the same order");
        }
        List<TlsIdentity> identities = new ArrayList<>();
        for (int i = 0; i < keys.size(); i++) {
            identities.add(settings.identity(
                    Settings.CLIENT_TLS_CERT_FILE, certificates.get(i), Settings.CLIENT_TLS_KEY_FILE, keys.get(i)));
        }
        return identities;
    }

    private static List<String> required(TlsSettings settings, Setting<List<String>> setting)
            throws ConfigurationException {
        List<String> names = settings.get(setting);
        if (names.isEmpty()) {
            throw settings.refusal(
                    Settings.CLIENT_TLS_SSLMODE,
                    "this needs client_tls_key_file and client_tls_cert_file, and " + setting + " is not set");
        }
        return names;
    }

    // ---------------------------------------------------------------- servers

    private static TlsConnector connector(TlsSettings settings, Executor workers) throws ConfigurationException {
        SslMode mode = settings.get(Settings.SERVER_TLS_SSLMODE);
        if (mode == SslMode.DISABLE) {
            return TlsConnector.NONE;
        }
        boolean verifies = mode.compareTo(SslMode.VERIFY_CA) >= 0;
        TrustedAuthorities authorities =
                settings.authorities(Settings.SERVER_TLS_CA_FILE, Settings.SERVER_TLS_CRL_FILE);
        if (verifies && authorities == null) {
            throw settings.refusal(
                    Settings.SERVER_TLS_SSLMODE,
                    "this needs server_tls_ca_file, the authorities of the servers' certificates");
        }
        TlsConnector.Rules rules = new TlsConnector.Rules(
                mode,
                settings.get(Settings.TLS_ENGINE),
                settings.protocols(Settings.SERVER_TLS_PROTOCOLS),
                settings.get(Settings.SERVER_TLS_CIPHERS),
                settings.get(Settings.SERVER_TLS13_CIPHERS),
                verifies ? authorities : null,
                identityForServers(settings));
        TlsConnector connector = new TlsConnector(rules, settings, workers);
        boolean says =
                mode.compareTo(SslMode.REQUIRE) >= 0 || OF_SERVERS.stream().anyMatch(settings::isSet);
        if (says) {
            // Whatever is wrong with it is to be known now.
            try {
                connector.prepare();
            } catch (SSLException | IllegalArgumentException e) {
                throw settings.refusal(Settings.SERVER_TLS_SSLMODE, "TLS cannot be set up: " + e.getMessage());
            }
        }
        return connector;
    }

    private static TlsIdentity identityForServers(TlsSettings settings) throws ConfigurationException {
        String certificate = settings.get(Settings.SERVER_TLS_CERT_FILE);
        String key = settings.get(Settings.SERVER_TLS_KEY_FILE);
        if (certificate.isEmpty() != key.isEmpty()) {
            Setting<String> set = key.isEmpty() ? Settings.SERVER_TLS_CERT_FILE : Settings.SERVER_TLS_KEY_FILE;
            throw settings.refusal(set, "server_tls_cert_file and server_tls_key_file go together; one is not set");
        }
        return key.isEmpty()
                ? null
                : settings.identity(Settings.SERVER_TLS_CERT_FILE, certificate, Settings.SERVER_TLS_KEY_FILE, key);
    }
}

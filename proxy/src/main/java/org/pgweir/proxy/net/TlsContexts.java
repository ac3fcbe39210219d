package org.pgweir.proxy.net;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.lang.ref.Cleaner;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLException;
import org.pgweir.config.Configuration;
import org.pgweir.config.ConfigurationException;
import org.pgweir.config.Setting;
import org.pgweir.config.SettingValues;
import org.pgweir.config.Settings;
import org.pgweir.config.SslMode;
import org.pgweir.config.TlsEngine;
import org.pgweir.config.TlsProtocol;

/**
 * The keys, certificates and rules of TLS, made of a configuration. Immutable: a reload makes others, and only if all of it can be
 * used. Without TLS in the configuration none of its classes and no native library is loaded.
 */
public final class TlsContexts {
    private final TlsAcceptor acceptor;

    private TlsContexts(TlsAcceptor acceptor) {
        this.acceptor = acceptor;
    }

    /**
     * Reads all files that the configuration names.
     *
     * @param workers where keys are used during handshakes
     * @throws ConfigurationException with file, line and key of the setting that cannot be used
     */
    public static TlsContexts of(Configuration configuration, Executor workers) throws ConfigurationException {
        SettingValues global = configuration.global();
        boolean forClients = global.get(Settings.CLIENT_TLS_SSLMODE) != SslMode.DISABLE;
        return new TlsContexts(forClients ? new Maker(global).acceptor(workers) : null);
    }

    /** For clients; null if they get no TLS. */
    public TlsAcceptor acceptor() {
        return acceptor;
    }

    /** Loaded only where TLS is used. */
    private static final class Maker {
        private static final Cleaner CLEANER = Cleaner.create();

        static {
            // PostgreSQL and PgBouncer do not renegotiate either.
            System.setProperty("jdk.tls.rejectClientInitiatedRenegotiation", "true");
        }

        private final SettingValues global;
        private final SslProvider provider;

        Maker(SettingValues global) throws ConfigurationException {
            this.global = global;
            provider = provider();
        }

        private SslProvider provider() throws ConfigurationException {
            TlsEngine wanted = global.get(Settings.TLS_ENGINE);
            if (wanted == TlsEngine.JDK) {
                return SslProvider.JDK;
            }
            if (OpenSsl.isAvailable()) {
                return SslProvider.OPENSSL_REFCNT;
            }
            if (wanted == TlsEngine.BORINGSSL) {
                throw global.refusal(
                        Settings.TLS_ENGINE,
                        "it does not work here ("
                                + OpenSsl.unavailabilityCause().getMessage() + "); use auto");
            }
            return SslProvider.JDK;
        }

        TlsAcceptor acceptor(Executor workers) throws ConfigurationException {
            SslMode mode = global.get(Settings.CLIENT_TLS_SSLMODE);
            boolean verifies = mode.compareTo(SslMode.VERIFY_CA) >= 0;
            TrustedAuthorities authorities = authorities(Settings.CLIENT_TLS_CA_FILE);
            if (verifies && authorities == null) {
                throw global.refusal(
                        Settings.CLIENT_TLS_SSLMODE,
                        "this needs client_tls_ca_file, the authorities of the clients' certificates");
            }
            List<TlsAcceptor.Choice> choices = new ArrayList<>();
            List<SslContext> contexts = new ArrayList<>();
            for (TlsIdentity identity : identities()) {
                SslContext context = context(identity, authorities, verifies);
                contexts.add(context);
                choices.add(new TlsAcceptor.Choice(identity, identity.hostNames(), context));
            }
            TlsAcceptor made =
                    new TlsAcceptor(mode.compareTo(SslMode.REQUIRE) >= 0, List.copyOf(choices), authorities, workers);
            // Handshakes may use it long after a reload: its native memory goes when nobody can do so any more.
            CLEANER.register(made, () -> contexts.forEach(ReferenceCountUtil::release));
            return made;
        }

        private SslContext context(TlsIdentity identity, TrustedAuthorities authorities, boolean verifies)
                throws ConfigurationException {
            SslContextBuilder builder = SslContextBuilder.forServer(identity.key(), identity.chainArray())
                    .sslProvider(provider)
                    .protocols(protocols(Settings.CLIENT_TLS_PROTOCOLS))
                    .applicationProtocolConfig(new ApplicationProtocolConfig(
                            Protocol.ALPN,
                            SelectorFailureBehavior.NO_ADVERTISE,
                            SelectedListenerFailureBehavior.ACCEPT,
                            TlsAcceptor.ALPN));
            if (authorities != null) {
                builder.trustManager(verifies ? authorities.required() : authorities.invited())
                        .clientAuth(verifies ? ClientAuth.REQUIRE : ClientAuth.OPTIONAL);
            }
            try {
                return builder.build();
            } catch (SSLException | IllegalArgumentException e) {
                throw global.refusal(Settings.CLIENT_TLS_CERT_FILE, "TLS cannot be set up: " + e.getMessage());
            }
        }

        private List<TlsIdentity> identities() throws ConfigurationException {
            List<String> certificates = required(Settings.CLIENT_TLS_CERT_FILE);
            List<String> keys = required(Settings.CLIENT_TLS_KEY_FILE);
            if (certificates.size() != keys.size()) {
                throw global.refusal(
                        Settings.CLIENT_TLS_KEY_FILE,
                        "there must be one key for each of the " + certificates.size()
                                + " certificates of client_tls_cert_file, in the same order");
            }
            List<TlsIdentity> identities = new ArrayList<>();
            for (int i = 0; i < keys.size(); i++) {
                identities.add(identity(
                        Settings.CLIENT_TLS_CERT_FILE,
                        global.file(Settings.CLIENT_TLS_CERT_FILE, certificates.get(i)),
                        Settings.CLIENT_TLS_KEY_FILE,
                        global.file(Settings.CLIENT_TLS_KEY_FILE, keys.get(i))));
            }
            return identities;
        }

        private List<String> required(Setting<List<String>> setting) throws ConfigurationException {
            List<String> names = global.get(setting);
            if (names.isEmpty()) {
                throw global.refusal(
                        Settings.CLIENT_TLS_SSLMODE,
                        "this needs client_tls_key_file and client_tls_cert_file, and " + setting + " is not set");
            }
            return names;
        }

        private TlsIdentity identity(
                Setting<?> certificateSetting, Path certificateFile, Setting<?> keySetting, Path keyFile)
                throws ConfigurationException {
            List<X509Certificate> chain;
            try {
                chain = PemFile.read(certificateFile).certificates();
            } catch (IOException e) {
                throw unusable(certificateSetting, certificateFile, e);
            }
            PrivateKey key;
            try {
                key = PemFile.read(keyFile).privateKey();
            } catch (IOException e) {
                throw unusable(keySetting, keyFile, e);
            }
            TlsIdentity identity = new TlsIdentity(key, chain);
            if (!identity.fits()) {
                throw global.refusal(
                        keySetting,
                        "the key in " + keyFile + " does not belong to the first certificate in " + certificateFile);
            }
            return identity;
        }

        private TrustedAuthorities authorities(Setting<String> setting) throws ConfigurationException {
            Path file = global.file(setting);
            try {
                return file == null
                        ? null
                        : new TrustedAuthorities(PemFile.read(file).certificates());
            } catch (IOException e) {
                throw unusable(setting, file, e);
            }
        }

        private ConfigurationException unusable(Setting<?> setting, Path file, IOException reason) {
            return global.refusal(setting, "cannot use " + file + ": " + reason.getMessage());
        }

        private List<String> protocols(Setting<Set<TlsProtocol>> setting) {
            return global.get(setting).stream()
                    .sorted()
                    .map(TlsProtocol::standardName)
                    .toList();
        }
    }
}

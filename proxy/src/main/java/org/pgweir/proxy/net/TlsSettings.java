package org.pgweir.proxy.net;

import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.pgweir.config.ConfigurationException;
import org.pgweir.config.Setting;
import org.pgweir.config.SettingValues;
import org.pgweir.config.TlsProtocol;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Settings of TLS, of a database where it has its own, and what stands in the files that they name. */
final class TlsSettings {
    private static final Logger LOG = LoggerFactory.getLogger(TlsSettings.class);

    private final SettingValues global;
    private final SettingValues own;

    /** @param own those of a database, which come before the global ones */
    TlsSettings(SettingValues global, SettingValues own) {
        this.global = global;
        this.own = own;
    }

    private SettingValues level(Setting<?> setting) {
        return own.isSet(setting) ? own : global;
    }

    <T> T get(Setting<T> setting) {
        return level(setting).get(setting);
    }

    boolean isSet(Setting<?> setting) {
        return level(setting).isSet(setting);
    }

    /** The error that says where the setting is. */
    ConfigurationException refusal(Setting<?> setting, String reason) {
        return level(setting).refusal(setting, reason);
    }

    List<String> protocols(Setting<Set<TlsProtocol>> setting) {
        return get(setting).stream().sorted().map(TlsProtocol::standardName).toList();
    }

    /**
     * The standard names of the suites that an engine may use.
     *
     * @param provider the engine, which does not know all suites
     */
    List<String> ciphers(Setting<String> setting, Setting<String> setting13, SslProvider provider)
            throws ConfigurationException {
        List<String> suites = new ArrayList<>(TlsCiphers.listed13(get(setting13)));
        if (suites.isEmpty()) {
            throw refusal(setting13, "it names no cipher suite of TLS 1.3");
        }
        List<String> older = new ArrayList<>(TlsCiphers.listed(get(setting)));
        older.removeIf(suite -> !TlsEngines.knows(provider, suite));
        if (older.isEmpty()) {
            throw refusal(setting, "it names no cipher suite that is there; see docs/tls.md");
        }
        suites.addAll(older);
        return suites;
    }

    /**
     * What stands in a file with certificates, and one with revocation lists; null if the setting names no certificates.
     *
     * @param crlSetting counts where the other one stands, or nearer: a database's own authorities have nothing to do with global lists
     */
    TrustedAuthorities authorities(Setting<String> setting, Setting<String> crlSetting) throws ConfigurationException {
        Path file = level(setting).file(setting);
        SettingValues listing = level(setting) == own ? own : level(crlSetting);
        Path crlFile = listing.file(crlSetting);
        if (file == null && crlFile != null) {
            throw listing.refusal(
                    crlSetting, "this needs " + setting + ", the authorities that have revoked something");
        } else if (file == null) {
            return null;
        }
        List<X509Certificate> certificates;
        try {
            certificates = PemFile.read(file).certificates();
        } catch (IOException e) {
            throw unusable(setting, file, e);
        }
        TrustedAuthorities authorities;
        try {
            authorities = new TrustedAuthorities(
                    certificates,
                    crlFile == null ? List.of() : PemFile.read(crlFile).revocations());
        } catch (IOException e) {
            throw listing.refusal(crlSetting, "cannot use " + crlFile + ": " + e.getMessage());
        }
        if (!authorities.hasRoot()) {
            LOG.warn(
                    "{}: {} has no root, a certificate that has signed itself, so it vouches for nobody",
                    setting,
                    file);
        }
        return authorities;
    }

    /** The certificate and the key of two files. */
    TlsIdentity identity(Setting<?> certificateSetting, String certificateName, Setting<?> keySetting, String keyName)
            throws ConfigurationException {
        Path certificateFile = level(certificateSetting).file(certificateSetting, certificateName);
        List<X509Certificate> chain;
        try {
            chain = PemFile.read(certificateFile).certificates();
        } catch (IOException e) {
            throw unusable(certificateSetting, certificateFile, e);
        }
        Path keyFile = level(keySetting).file(keySetting, keyName);
        PrivateKey key;
        try {
            key = PemFile.read(keyFile).privateKey();
        } catch (IOException e) {
            throw unusable(keySetting, keyFile, e);
        }
        TlsIdentity identity = new TlsIdentity(key, chain);
        if (!identity.fits()) {
            throw refusal(
                    keySetting,
                    "the key in " + keyFile + " does not belong to the first certificate in " + certificateFile);
        }
        return identity;
    }

    private ConfigurationException unusable(Setting<?> setting, Path file, IOException reason) {
        return refusal(setting, "cannot use " + file + ": " + reason.getMessage());
    }
}

package org.pgweir.proxy.net;

import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import java.lang.ref.Cleaner;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.pgweir.config.ConfigurationException;
import org.pgweir.config.Setting;
import org.pgweir.config.Settings;
import org.pgweir.config.TlsEngine;

/** BoringSSL or Java. Loaded where TLS is used, and not before: it brings a native library. */
final class TlsEngines {
    private static final Cleaner CLEANER = Cleaner.create();

    static {
        // PostgreSQL and PgBouncer do not renegotiate either.
        System.setProperty("jdk.tls.rejectClientInitiatedRenegotiation", "true");
    }

    private TlsEngines() {}

    /**
     * The engine for settings.
     *
     * @param ciphers13 the setting with suites of TLS 1.3: BoringSSL lets nobody choose among them
     */
    static SslProvider provider(TlsSettings settings, Setting<String> ciphers13) throws ConfigurationException {
        TlsEngine wanted = settings.get(Settings.TLS_ENGINE);
        boolean chooses = !settings.get(ciphers13).isBlank();
        if (chooses && wanted == TlsEngine.BORINGSSL) {
            throw settings.refusal(
                    ciphers13, "BoringSSL always has all suites of TLS 1.3; use tls_engine = jdk or auto");
        }
        try {
            return provider(chooses ? TlsEngine.JDK : wanted);
        } catch (SSLException e) {
            throw settings.refusal(Settings.TLS_ENGINE, e.getMessage());
        }
    }

    static SslProvider provider(TlsEngine wanted) throws SSLException {
        if (wanted != TlsEngine.JDK && OpenSsl.isAvailable()) {
            return SslProvider.OPENSSL_REFCNT;
        }
        if (wanted == TlsEngine.BORINGSSL) {
            throw new SSLException(
                    "it does not work here (" + OpenSsl.unavailabilityCause().getMessage() + "); use auto");
        }
        return SslProvider.JDK;
    }

    /** Whether the engine can do a suite of TLS 1.2 or before, by its standard name. */
    static boolean knows(SslProvider provider, String suite) {
        return provider == SslProvider.JDK ? Java.SUITES.contains(suite) : OpenSsl.isCipherSuiteAvailable(suite);
    }

    /** What Java can do; read if Java does it. */
    private static final class Java {
        static final Set<String> SUITES = suites();

        private static Set<String> suites() {
            try {
                return Set.of(
                        SSLContext.getDefault().getSupportedSSLParameters().getCipherSuites());
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** Their native memory goes with the owner: handshakes may use it long after a reload. */
    static void releaseWith(Object owner, List<SslContext> contexts) {
        CLEANER.register(owner, () -> contexts.forEach(ReferenceCountUtil::release));
    }
}

package org.pgweir.proxy.net;

import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import java.lang.ref.Cleaner;
import java.util.List;
import javax.net.ssl.SSLException;
import org.pgweir.config.ConfigurationException;
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

    static SslProvider provider(TlsSettings settings) throws ConfigurationException {
        try {
            return provider(settings.get(Settings.TLS_ENGINE));
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

    /** Their native memory goes with the owner: handshakes may use it long after a reload. */
    static void releaseWith(Object owner, List<SslContext> contexts) {
        CLEANER.register(owner, () -> contexts.forEach(ReferenceCountUtil::release));
    }
}

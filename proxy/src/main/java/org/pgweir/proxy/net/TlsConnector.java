package org.pgweir.proxy.net;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.pgweir.config.ConfigurationException;
import org.pgweir.config.Settings;
import org.pgweir.config.SslMode;
import org.pgweir.config.TlsEngine;

/** TLS on connections to servers, as one configuration wants it. For any thread. */
public final class TlsConnector {
    /** Wants no TLS. */
    static final TlsConnector NONE =
            new TlsConnector(new Rules(SslMode.DISABLE, TlsEngine.AUTO, List.of(), "", "", null, null), null, null);

    private final Rules rules;
    private final TlsSettings settings;
    private final Executor workers;
    private SslContext context;

    /**
     * What makes two connections alike.
     *
     * @param authorities who must vouch for the server; null if nobody has to
     * @param identity what is shown to the server when it asks; null for nothing
     */
    record Rules(
            SslMode mode,
            TlsEngine engine,
            List<String> protocols,
            String ciphers,
            String ciphers13,
            TrustedAuthorities authorities,
            TlsIdentity identity) {}

    /** How a handshake ends; one of both is called, once, on the channel's loop. */
    public interface Outcome {
        void encrypted(TlsSession session);

        /** The channel is closed or closing. */
        void failed(Throwable cause);
    }

    TlsConnector(Rules rules, TlsSettings settings, Executor workers) {
        this.rules = rules;
        this.settings = settings;
        this.workers = workers;
    }

    Rules rules() {
        return rules;
    }

    /** Whether servers are asked for TLS. */
    boolean isWanted() {
        return rules.mode != SslMode.DISABLE;
    }

    /** Whether a server without TLS is to be refused. */
    public boolean isRequired() {
        return rules.mode.compareTo(SslMode.REQUIRE) >= 0;
    }

    /** Makes what is the same for all handshakes, if that has not been done; it may take a while. */
    synchronized SslContext prepare() throws SSLException, ConfigurationException {
        if (context == null) {
            SslProvider provider = TlsEngines.provider(settings, Settings.SERVER_TLS13_CIPHERS);
            SslContextBuilder builder = SslContextBuilder.forClient()
                    .sslProvider(provider)
                    .ciphers(
                            settings.ciphers(Settings.SERVER_TLS_CIPHERS, Settings.SERVER_TLS13_CIPHERS, provider),
                            SupportedCipherSuiteFilter.INSTANCE)
                    .protocols(rules.protocols)
                    .endpointIdentificationAlgorithm(rules.mode == SslMode.VERIFY_FULL ? "HTTPS" : null)
                    .trustManager(
                            rules.authorities == null ? TrustedAuthorities.anybody() : rules.authorities.required());
            if (rules.identity != null) {
                builder.keyManager(rules.identity.key(), rules.identity.chainArray());
            }
            context = builder.build();
            TlsEngines.releaseWith(this, List.of(context));
        }
        return context;
    }

    /**
     * Begins the handshake, after the server has agreed to TLS; on the channel's loop.
     *
     * @param host the name or address in the configuration, which the server's certificate has to carry
     */
    public void connect(Channel channel, String host, int port, Outcome outcome) {
        // The first handshake of all may have to load the library.
        workers.execute(() -> {
            SslContext prepared;
            try {
                prepared = prepare();
            } catch (SSLException | ConfigurationException | RuntimeException e) {
                channel.eventLoop().execute(() -> outcome.failed(e));
                return;
            }
            channel.eventLoop().execute(() -> begin(channel, prepared, host, port, outcome));
        });
    }

    private void begin(Channel channel, SslContext prepared, String host, int port, Outcome outcome) {
        if (!channel.isActive()) {
            outcome.failed(new SSLException("the server closed the connection"));
            return;
        }
        SslHandler handler = prepared.newHandler(channel.alloc(), host, port, HandshakeTasks.of(channel, workers));
        // server_connect_timeout ends those that take too long.
        handler.setHandshakeTimeoutMillis(0);
        handler.handshakeFuture().addListener(done -> {
            if (done.isSuccess()) {
                outcome.encrypted(session(handler.engine().getSession()));
            } else {
                outcome.failed(done.cause());
            }
        });
        channel.pipeline().addFirst(handler).addFirst(ReadsWhenAsked.INSTANCE);
    }

    private static TlsSession session(SSLSession session) {
        try {
            return new TlsSession(
                    session.getProtocol(),
                    TlsCiphers.openSslName(session.getCipherSuite()),
                    (X509Certificate) session.getPeerCertificates()[0],
                    null,
                    null);
        } catch (SSLPeerUnverifiedException e) {
            return new TlsSession(
                    session.getProtocol(), TlsCiphers.openSslName(session.getCipherSuite()), null, null, null);
        }
    }
}

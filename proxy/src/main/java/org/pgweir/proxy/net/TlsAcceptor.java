package org.pgweir.proxy.net;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.AbstractSniHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * TLS on connections of clients, as one configuration wants it. A reload makes another one; handshakes that have begun go on with
 * theirs. For any thread.
 */
public final class TlsAcceptor {
    /** The protocol's name in ALPN, without which PostgreSQL accepts no direct TLS. */
    static final String ALPN = "postgresql";

    /** Longer than any that a PostgreSQL client sends. */
    private static final int LONGEST_CLIENT_HELLO = 16 * 1024;

    private final boolean required;
    private final List<Choice> choices;
    private final TrustedAuthorities authorities;
    private final Executor workers;

    /** A certificate with the context that shows it. */
    record Choice(TlsIdentity identity, List<String> hostNames, SslContext context) {}

    /** How a handshake ends; one of both is called, once, on the channel's loop; none if the channel is closed before. */
    public interface Outcome {
        /** The client's next bytes may have come before this. */
        void accepted(TlsSession session);

        /** The channel is closed or closing. */
        void failed(Throwable cause);
    }

    /**
     * @param required whether clients must use TLS
     * @param choices one at least; the first is for those who name no host that another one is for
     * @param authorities who vouches for clients; null for nobody
     * @param workers where keys are used
     */
    TlsAcceptor(boolean required, List<Choice> choices, TrustedAuthorities authorities, Executor workers) {
        this.required = required;
        this.choices = choices;
        this.authorities = authorities;
        this.workers = workers;
    }

    /** Whether a client that does not ask for TLS is to be refused. */
    public boolean isRequired() {
        return required;
    }

    /** Expects the client's handshake as the next bytes of the channel; on its loop. */
    public void accept(Channel channel, Outcome outcome) {
        channel.pipeline()
                .addFirst(choices.size() == 1 ? handler(channel, choices.get(0), outcome) : new ByName(this, outcome))
                .addFirst(ReadsWhenAsked.INSTANCE);
    }

    /** Whether the handshake of this channel has settled on PostgreSQL as the protocol within. */
    public static boolean hasAlpn(Channel channel) {
        SslHandler handler = channel.pipeline().get(SslHandler.class);
        return handler != null && ALPN.equals(handler.applicationProtocol());
    }

    private ChannelHandler handler(Channel channel, Choice choice, Outcome outcome) {
        SslHandler handler = choice.context.newHandler(channel.alloc(), HandshakeTasks.of(channel, workers));
        // client_login_timeout ends those that take too long.
        handler.setHandshakeTimeoutMillis(0);
        handler.handshakeFuture().addListener(done -> {
            if (done.isSuccess()) {
                judge(channel, choice, handler.engine().getSession(), outcome);
            } else {
                outcome.failed(done.cause());
            }
        });
        return handler;
    }

    /** Signatures of certificates are checked by workers. The client may have sent more meanwhile. */
    private void judge(Channel channel, Choice choice, SSLSession session, Outcome outcome) {
        X509Certificate[] shown = shown(session);
        if (shown.length == 0) {
            outcome.accepted(session(choice, session, shown, null));
            return;
        }
        HandshakeTasks.of(channel, workers).execute(() -> {
            String refusal = authorities.refusal(shown);
            channel.eventLoop().execute(() -> outcome.accepted(session(choice, session, shown, refusal)));
        });
    }

    private static TlsSession session(Choice choice, SSLSession session, X509Certificate[] shown, String refusal) {
        return new TlsSession(
                session.getProtocol(),
                TlsCiphers.openSslName(session.getCipherSuite()),
                choice.identity.certificate(),
                shown.length == 0 || refusal != null ? null : shown[0],
                refusal);
    }

    /** The client's chain; empty if it has shown none, or nobody has asked for it. */
    private X509Certificate[] shown(SSLSession session) {
        if (authorities == null) {
            return new X509Certificate[0];
        }
        try {
            Certificate[] shown = session.getPeerCertificates();
            X509Certificate[] chain = new X509Certificate[shown.length];
            for (int i = 0; i < chain.length; i++) {
                chain[i] = (X509Certificate) shown[i];
            }
            return chain;
        } catch (SSLPeerUnverifiedException e) {
            return new X509Certificate[0];
        }
    }

    /** The certificate for a host name that the client has named; the first one if none is for it, or the client has named none. */
    private Choice choose(String hostName) {
        if (hostName != null) {
            String name = hostName.toLowerCase(Locale.ROOT);
            int dot = name.indexOf('.');
            String wildcard = dot < 0 ? name : "*" + name.substring(dot);
            for (String wanted : List.of(name, wildcard)) {
                for (Choice choice : choices) {
                    if (choice.hostNames.contains(wanted)) {
                        return choice;
                    }
                }
            }
        }
        return choices.get(0);
    }

    /** Reads the client's first message for the host name, and then makes room for the handler of the certificate. */
    private static final class ByName extends AbstractSniHandler<Choice> {
        private final TlsAcceptor acceptor;
        private final Outcome outcome;

        ByName(TlsAcceptor acceptor, Outcome outcome) {
            super(LONGEST_CLIENT_HELLO, 0);
            this.acceptor = acceptor;
            this.outcome = outcome;
        }

        @Override
        protected Future<Choice> lookup(ChannelHandlerContext context, String hostName) {
            return context.executor().newSucceededFuture(acceptor.choose(hostName));
        }

        @Override
        protected void onLookupComplete(ChannelHandlerContext context, String hostName, Future<Choice> chosen) {
            context.pipeline().replace(this, null, acceptor.handler(context.channel(), chosen.getNow(), outcome));
        }
    }
}

package org.pgweir.proxy.client;

import io.netty.buffer.ByteBuf;
import org.pgweir.protocol.ProtocolViolation;
import org.pgweir.protocol.StartupPacket;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.net.TlsAcceptor;
import org.pgweir.proxy.net.TlsFailure;
import org.pgweir.proxy.net.TlsSession;
import org.pgweir.proxy.stats.Logins.Failure;

/** The client and pgweir agree on keys, which Netty's handlers do; then the client begins again, encrypted. */
final class TlsHandshake implements ClientPhase, TlsAcceptor.Outcome {
    private final Client client;
    private final boolean direct;
    private final Inbox early = new Inbox(StartupPacket.MAX_LENGTH);
    private boolean left;

    private TlsHandshake(Client client, boolean direct) {
        this.client = client;
        this.direct = direct;
    }

    /** @param direct whether the client has begun with TLS, without asking before: then it must name the protocol within */
    static void begin(Client client, TlsAcceptor acceptor, boolean direct, long nowNanos) {
        TlsHandshake phase = new TlsHandshake(client, direct);
        client.enter(phase, nowNanos);
        client.progressed();
        acceptor.accept(client.channel(), phase);
    }

    @Override
    public void accepted(TlsSession session) {
        if (left) {
            return;
        }
        client.encrypted(session);
        client.progressed();
        ByteBuf begun = early.takeRest();
        client.enter(new Startup(client), Loop.nowNanos());
        if (direct && !TlsAcceptor.hasAlpn(client.channel())) {
            client.refuse(Failure.TLS, ClientErrors.NO_ALPN);
        }
        if (begun != null) {
            client.onBytes(begun, Loop.nowNanos());
        }
    }

    @Override
    public void failed(Throwable cause) {
        if (!left) {
            client.services().logins().failed(Failure.TLS);
            client.logRefusal("TLS handshake failed: " + TlsFailure.reason(cause));
            client.closeSilently();
        }
    }

    /** The handshake is done, or this could not be read, but the client's certificate is still being looked at. */
    @Override
    public void onBytes(ByteBuf bytes, long nowNanos) {
        try {
            early.add(bytes);
        } catch (ProtocolViolation e) {
            client.refuse(Failure.PROTOCOL, ClientErrors.violation(e.getMessage()));
        }
    }

    @Override
    public void tick(Client of, long nowNanos) {
        if (client.isLoginOverdue(nowNanos)) {
            client.services().logins().failed(Failure.TIMEOUT);
            client.logRefusal("client_login_timeout during the TLS handshake");
            client.closeSilently();
        }
    }

    @Override
    public void leave(long nowNanos) {
        left = true;
        early.release();
    }
}

package org.pgweir.proxy.client;

import io.netty.buffer.ByteBuf;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.pgweir.config.Settings;
import org.pgweir.protocol.BackendMessages;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.protocol.ProtocolViolation;
import org.pgweir.protocol.StartupPacket;
import org.pgweir.proxy.net.TlsAcceptor;
import org.pgweir.proxy.server.TrackedParameters;
import org.pgweir.proxy.session.StartupOptions;
import org.pgweir.proxy.stats.Logins.Failure;

/**
 * Nothing is known of the client yet: it sends its startup packet, or asks for encryption first, or cancels another's query. Where it
 * gets encryption, it comes back here through {@link TlsHandshake}.
 */
final class Startup implements ClientPhase {
    /** PostgreSQL cuts off what is beyond 63 bytes. */
    private static final int LONGEST_NAME = 127;

    /** SSLRequest and GSSENCRequest, one each. */
    private static final int MAX_ENCRYPTION_REQUESTS = 2;

    /** The first byte of a TLS handshake; a startup packet of that length would be far too long. */
    private static final byte TLS_HANDSHAKE = 0x16;

    private final Client client;
    private final Inbox inbox = new Inbox(StartupPacket.MAX_LENGTH);
    private int encryptionRequests;
    private boolean hasBegun;

    Startup(Client client) {
        this.client = client;
    }

    @Override
    public void onBytes(ByteBuf bytes, long nowNanos) {
        if (!hasBegun && bytes.getByte(bytes.readerIndex()) == TLS_HANDSHAKE && client.tls() == null) {
            beginTlsDirectly(bytes, nowNanos);
            return;
        }
        hasBegun = true;
        try {
            inbox.add(bytes);
            StartupPacket packet = StartupPacket.read(inbox.bytes());
            if (packet != null) {
                on(packet, nowNanos);
            }
        } catch (ProtocolViolation e) {
            client.refuse(Failure.PROTOCOL, ClientErrors.violation(e.getMessage()));
        }
    }

    private void on(StartupPacket packet, long nowNanos) throws ProtocolViolation {
        if (packet instanceof StartupPacket.Startup startup) {
            begin(startup, nowNanos);
        } else if (packet instanceof StartupPacket.CancelRequest cancel) {
            if (!client.services().clients().strangers().forget(client)) {
                return;
            }
            // What comes behind it is of no interest; PostgreSQL closes such a connection without a word, and so do we.
            Cancelling cancelling = new Cancelling(nowNanos);
            client.enter(cancelling, nowNanos);
            client.services()
                    .clients()
                    .cancel(
                            cancel.key(),
                            client,
                            cancelling,
                            () -> client.loop().post(client::closeSilently));
        } else if (packet instanceof StartupPacket.UnsupportedVersion version) {
            refuse(version);
        } else {
            answerEncryption(packet instanceof StartupPacket.SslRequest, nowNanos);
        }
    }

    /** Bytes behind the request would be read as if they had come encrypted (compare CVE-2021-23214): refused. */
    private void answerEncryption(boolean tls, long nowNanos) throws ProtocolViolation {
        encryptionRequests++;
        if (client.tls() != null) {
            throw new ProtocolViolation("SSL req inside SSL");
        }
        if (!inbox.isEmpty() || encryptionRequests > MAX_ENCRYPTION_REQUESTS) {
            throw new ProtocolViolation("received unencrypted data after SSL request");
        }
        inbox.release();
        TlsAcceptor acceptor = acceptor();
        if (tls && acceptor != null) {
            client.send(client.buffer(1).writeByte('S'));
            TlsHandshake.begin(client, acceptor, false, nowNanos);
        } else {
            client.send(client.buffer(1).writeByte('N'));
        }
    }

    /** TLS from the first byte on. PostgreSQL closes such a connection without a word where it has no TLS, and so do we. */
    private void beginTlsDirectly(ByteBuf bytes, long nowNanos) {
        TlsAcceptor acceptor = acceptor();
        if (acceptor == null) {
            bytes.release();
            client.services().logins().failed(Failure.PROTOCOL);
            client.close("direct TLS connection, but client_tls_sslmode is disable");
            return;
        }
        TlsHandshake.begin(client, acceptor, true, nowNanos);
        client.channel().pipeline().fireChannelRead(bytes);
    }

    /** Null if this client gets no TLS: on a Unix socket nobody does. */
    private TlsAcceptor acceptor() {
        return client.isLocal() ? null : client.services().tls().get();
    }

    private void refuse(StartupPacket.UnsupportedVersion version) {
        if (version.major() >= 3) {
            client.refuse(Failure.PROTOCOL, ClientErrors.unsupportedVersion(version.major(), version.minor()));
            return;
        }
        ByteBuf answer = client.buffer(64);
        BackendMessages.errorResponseVersion2(answer, "FATAL:  old V2 protocol not supported\n");
        client.sendLast(answer, "old V2 protocol not supported");
    }

    private void begin(StartupPacket.Startup packet, long nowNanos) throws ProtocolViolation {
        TlsAcceptor acceptor = acceptor();
        if (acceptor != null && acceptor.isRequired() && client.tls() == null) {
            client.refuse(Failure.TLS, ClientErrors.SSL_REQUIRED);
            return;
        }
        if (!inbox.isEmpty()) {
            throw new ProtocolViolation("received data behind the startup packet");
        }
        StartupOptions options = StartupOptions.read(packet, TrackedParameters::isTracked, ignored());
        if (options.user() == null || options.user().isEmpty()) {
            client.refuse(Failure.PROTOCOL, ClientErrors.NO_USER);
            return;
        }
        if (options.user().length() > LONGEST_NAME || options.database().length() > LONGEST_NAME) {
            client.refuse(
                    Failure.PROTOCOL,
                    options.user().length() > LONGEST_NAME
                            ? ClientErrors.USER_TOO_LONG
                            : ClientErrors.DATABASE_TOO_LONG);
            return;
        }
        int version = Math.min(packet.version(), StartupPacket.VERSION_3_2);
        client.introduce(options, version);
        if (version != packet.version() || !options.unknownProtocolOptions().isEmpty()) {
            ByteBuf answer = client.buffer(64);
            BackendMessages.negotiateProtocolVersion(answer, version, options.unknownProtocolOptions());
            client.send(answer);
        }
        ErrorMessage refused = options.refused();
        if (refused != null) {
            client.refuse(Failure.PROTOCOL, refused);
            return;
        }
        if (client.services().clients().admitsNoMore() && !client.admission().wantsConsole()) {
            client.refuse(Failure.SERVER, ClientErrors.SHUTTING_DOWN);
            return;
        }
        if (!client.admission().hasRoom()) {
            client.refuse(Failure.MAX_CLIENT_CONN, ClientErrors.TOO_MANY_CLIENTS);
            return;
        }
        client.progressed();
        Gate.begin(client, nowNanos);
    }

    private Set<String> ignored() {
        Set<String> names = new HashSet<>();
        for (String name : client.services().configuration().global().get(Settings.IGNORE_STARTUP_PARAMETERS)) {
            names.add(name.toLowerCase(Locale.ROOT));
        }
        return names;
    }

    @Override
    public void leave(long nowNanos) {
        inbox.release();
    }
}

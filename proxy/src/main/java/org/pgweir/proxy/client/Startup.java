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
import org.pgweir.proxy.server.TrackedParameters;
import org.pgweir.proxy.session.StartupOptions;
import org.pgweir.proxy.stats.Logins.Failure;

/** Nothing is known of the client yet: it sends its startup packet, or asks for encryption first, or cancels another's query. */
final class Startup implements ClientPhase {
    /** SSLRequest and GSSENCRequest, one each. */
    private static final int MAX_ENCRYPTION_REQUESTS = 2;

    private final Client client;
    private final Inbox inbox = new Inbox(StartupPacket.MAX_LENGTH);
    private int encryptionRequests;

    Startup(Client client) {
        this.client = client;
    }

    @Override
    public void onBytes(ByteBuf bytes, long nowNanos) {
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
            // What comes behind it is of no interest; PostgreSQL closes such a connection without a word, and so do we.
            client.enter(new Closing(nowNanos), nowNanos);
            client.services().clients().cancel(cancel.key(), () -> client.loop().post(client::closeSocket));
        } else if (packet instanceof StartupPacket.UnsupportedVersion version) {
            refuse(version);
        } else {
            refuseEncryption();
        }
    }

    /** Bytes behind the request would be read as if they had come encrypted (compare CVE-2021-23214): refused. */
    private void refuseEncryption() throws ProtocolViolation {
        encryptionRequests++;
        if (!inbox.isEmpty() || encryptionRequests > MAX_ENCRYPTION_REQUESTS) {
            throw new ProtocolViolation("received unencrypted data after SSL request");
        }
        inbox.release();
        client.send(client.buffer(1).writeByte('N'));
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
        if (!inbox.isEmpty()) {
            throw new ProtocolViolation("received data behind the startup packet");
        }
        StartupOptions options = StartupOptions.read(packet, TrackedParameters::isTracked, ignored());
        if (options.user() == null || options.user().isEmpty()) {
            client.refuse(Failure.PROTOCOL, ClientErrors.NO_USER);
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
        if (!client.admit()) {
            client.refuse(Failure.MAX_CLIENT_CONN, ClientErrors.TOO_MANY_CLIENTS);
            return;
        }
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

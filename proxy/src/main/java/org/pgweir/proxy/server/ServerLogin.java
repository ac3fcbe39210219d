package org.pgweir.proxy.server;

import io.netty.buffer.ByteBuf;
import java.util.LinkedHashMap;
import java.util.Map;
import org.pgweir.protocol.AuthenticationRequest;
import org.pgweir.protocol.Backend;
import org.pgweir.protocol.CancelKey;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.protocol.FrameScanner;
import org.pgweir.protocol.FrontendMessages;
import org.pgweir.protocol.ParameterStatus;
import org.pgweir.protocol.ProtocolViolation;
import org.pgweir.protocol.StartupPacket;
import org.pgweir.proxy.auth.LoginFailure;
import org.pgweir.proxy.auth.ServerCredentials;
import org.pgweir.proxy.net.TlsSession;
import org.pgweir.proxy.net.Workers;

/**
 * Logs in to a server: startup packet, password in whatever form it asks, its settings and cancel key, up to the first ReadyForQuery.
 */
final class ServerLogin implements ServerListener {
    /** No message of a login is longer. */
    private static final int LONGEST_MESSAGE = 64 * 1024;

    /** How it ended; called once. */
    interface Outcome {
        void loggedIn(Server server, long nowNanos);

        /** The connection is closed already or closing. */
        void failed(ConnectFailure failure, long nowNanos);
    }

    private final ServerCredentials credentials;
    private final Workers workers;
    private final Outcome outcome;
    private final Map<String, String> reported = new LinkedHashMap<>();
    private ByteBuf pending;
    private ServerCredentials.Scram scram;
    private boolean authenticated;
    private CancelKey cancelKey;
    private boolean ended;

    ServerLogin(ServerCredentials credentials, Workers workers, Outcome outcome) {
        this.credentials = credentials;
        this.workers = workers;
        this.outcome = outcome;
    }

    void begin(Server server, String database, Map<String, String> options) {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("user", credentials.user());
        parameters.put("database", database);
        parameters.putAll(options);
        ByteBuf startup = server.channel().alloc().directBuffer(256);
        FrontendMessages.startup(startup, StartupPacket.VERSION_3_0, parameters);
        server.write(startup);
        server.flush();
    }

    @Override
    public void onServerBytes(Server server, ByteBuf bytes, long nowNanos) {
        pending = pending == null ? bytes : append(pending, bytes);
        try {
            while (!ended && pending != null && readMessage(server, nowNanos)) {
                continue;
            }
        } catch (ProtocolViolation e) {
            fail(
                    server,
                    ConnectFailure.unreachable(server.host() + " does not speak PostgreSQL: " + e.getMessage()),
                    nowNanos);
        } catch (LoginFailure e) {
            fail(server, ConnectFailure.refused(e.getMessage()), nowNanos);
        }
        if (ended && pending != null && pending.isReadable()) {
            // What came behind the login belongs to whoever has the server now.
            ByteBuf rest = pending;
            pending = null;
            server.onBytes(rest, nowNanos);
        } else if (ended || pending != null && !pending.isReadable()) {
            releasePending();
        }
    }

    private static ByteBuf append(ByteBuf first, ByteBuf second) {
        ByteBuf joined = first.alloc().directBuffer(first.readableBytes() + second.readableBytes());
        joined.writeBytes(first).writeBytes(second);
        first.release();
        second.release();
        return joined;
    }

    private void releasePending() {
        if (pending != null) {
            pending.release();
            pending = null;
        }
    }

    /** Reads the next message if it is there. */
    private boolean readMessage(Server server, long nowNanos) throws ProtocolViolation, LoginFailure {
        if (pending.readableBytes() < FrameScanner.HEADER_LENGTH) {
            return false;
        }
        byte type = pending.getByte(pending.readerIndex());
        int length = pending.getInt(pending.readerIndex() + 1);
        if (!Backend.ALL.contains(type) || length < 4 || length > LONGEST_MESSAGE) {
            throw new ProtocolViolation("unexpected message");
        }
        if (pending.readableBytes() < length + 1) {
            return false;
        }
        pending.skipBytes(FrameScanner.HEADER_LENGTH);
        onMessage(server, type, pending.readSlice(length - 4), nowNanos);
        return true;
    }

    private void onMessage(Server server, byte type, ByteBuf body, long nowNanos)
            throws ProtocolViolation, LoginFailure {
        switch (type) {
            case Backend.AUTHENTICATION -> onAuthentication(server, AuthenticationRequest.read(body));
            case Backend.PARAMETER_STATUS -> {
                ParameterStatus status = ParameterStatus.read(body, 0, body.writerIndex());
                reported.put(status.name(), status.value());
            }
            case Backend.BACKEND_KEY_DATA -> cancelKey = CancelKey.read(body, body.writerIndex());
            case Backend.ERROR_RESPONSE ->
                fail(server, ConnectFailure.answered(ErrorMessage.read(body, 0, body.writerIndex())), nowNanos);
            case Backend.NOTICE_RESPONSE, Backend.NEGOTIATE_PROTOCOL_VERSION -> {}
            case Backend.READY_FOR_QUERY -> {
                if (!authenticated) {
                    throw new ProtocolViolation("ReadyForQuery before AuthenticationOk");
                }
                ended = true;
                server.loggedIn(cancelKey, Map.copyOf(reported));
                outcome.loggedIn(server, nowNanos);
            }
            default -> throw new ProtocolViolation("unexpected message '" + (char) type + "' at login");
        }
    }

    private void onAuthentication(Server server, AuthenticationRequest request) throws LoginFailure {
        if (request instanceof AuthenticationRequest.Ok) {
            authenticated = true;
        } else if (request instanceof AuthenticationRequest.CleartextPassword) {
            sendPassword(server, credentials.cleartext());
        } else if (request instanceof AuthenticationRequest.Md5Password md5) {
            sendPassword(server, credentials.md5(md5.salt()));
        } else if (request instanceof AuthenticationRequest.Sasl sasl) {
            beginScram(server, sasl);
        } else if (request instanceof AuthenticationRequest.SaslContinue next && scram != null) {
            continueScram(server, next.data());
        } else if (request instanceof AuthenticationRequest.SaslFinal last && scram != null) {
            scram.verify(last.data());
        } else {
            throw new LoginFailure("the server asks for an authentication that pgweir does not know: " + request);
        }
    }

    private void sendPassword(Server server, String password) {
        ByteBuf out = server.channel().alloc().directBuffer(64);
        FrontendMessages.password(out, password);
        server.write(out);
        server.flush();
    }

    private void beginScram(Server server, AuthenticationRequest.Sasl sasl) throws LoginFailure {
        TlsSession tls = server.tls();
        scram = credentials.scram(sasl.mechanisms(), tls == null ? null : tls.serverEndPoint());
        ByteBuf out = server.channel().alloc().directBuffer(128);
        FrontendMessages.saslInitialResponse(out, scram.mechanism(), scram.clientFirst());
        server.write(out);
        server.flush();
    }

    /** The key is derived on a worker; the server waits for our answer meanwhile, so nothing else happens here. */
    private void continueScram(Server server, String serverFirst) {
        workers.run(server.loop(), () -> deriveAnswer(serverFirst), answer -> {
            if (ended) {
                return;
            }
            if (answer.failure != null) {
                fail(server, ConnectFailure.refused(answer.failure), System.nanoTime());
                return;
            }
            ByteBuf out = server.channel().alloc().directBuffer(256);
            FrontendMessages.saslResponse(out, answer.message);
            server.write(out);
            server.flush();
        });
    }

    private record Answer(String message, String failure) {}

    private Answer deriveAnswer(String serverFirst) {
        try {
            return new Answer(scram.clientFinal(serverFirst), null);
        } catch (LoginFailure e) {
            return new Answer(null, e.getMessage());
        }
    }

    /** Ends an attempt for which no encryption could be had. */
    void unencrypted(Server server, String reason, long nowNanos) {
        fail(server, ConnectFailure.unreachable(reason), nowNanos);
    }

    /** Ends an attempt that takes too long. */
    void timeout(Server server, long nowNanos) {
        fail(
                server,
                ConnectFailure.unreachable("connect timeout: " + server.host() + " did not finish the login in time"
                        + " (server_connect_timeout)"),
                nowNanos);
    }

    private void fail(Server server, ConnectFailure failure, long nowNanos) {
        if (!ended) {
            ended = true;
            server.closeNow();
            outcome.failed(failure, nowNanos);
        }
    }

    @Override
    public void onServerClosed(Server server, long nowNanos) {
        releasePending();
        fail(server, ConnectFailure.unreachable("the server closed the connection during the login"), nowNanos);
    }
}

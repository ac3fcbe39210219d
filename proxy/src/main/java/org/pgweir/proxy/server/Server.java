package org.pgweir.proxy.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.pgweir.protocol.Backend;
import org.pgweir.protocol.CancelKey;
import org.pgweir.protocol.Carry;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.protocol.FrameScanner;
import org.pgweir.protocol.FrontendMessages;
import org.pgweir.protocol.ProtocolViolation;
import org.pgweir.proxy.net.ConnectionIds;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.net.TcpOptions;
import org.pgweir.proxy.net.TlsConnector;
import org.pgweir.proxy.net.TlsSession;
import org.pgweir.proxy.route.Host;
import org.pgweir.proxy.session.Replication;
import org.pgweir.proxy.session.ServerStatements;
import org.pgweir.proxy.session.SessionState;

/**
 * A connection to PostgreSQL.
 *
 * <p>States: LOGIN → IDLE ⇄ ACTIVE, with TESTED (own statements) and BEING_CANCELED on the way between them, IDLE → LENT → IDLE when it
 * goes to another loop, and CLOSED from everywhere. Belongs to one loop at a time.
 */
public final class Server {
    /** How long the server may take to end its side after Terminate. */
    private static final long GOODBYE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final long id = ConnectionIds.next();
    private final Channel channel;
    private final Host host;
    private final int generation;
    private final long connectedAtNanos;
    private final long connectedAtMillis = System.currentTimeMillis();
    private final FrameScanner scanner = new FrameScanner(Backend.ALL, ServerAnswers.WATCHED);
    private final Carry carry = new Carry();
    private final ServerStatements statements = new ServerStatements();
    private final Exchange exchange = new Exchange(statements);
    private final Leftovers leftovers = new Leftovers();
    private final ServerSettings settings = new ServerSettings(leftovers);
    private final ServerAnswers answers = new ServerAnswers(this);
    private Loop loop;
    private ServerListener listener;
    private Owner owner;
    private ServerState state = ServerState.LOGIN;
    private TlsSession tls;
    private TlsConnector tlsConnector;
    private CancelKey cancelKey;
    private ErrorMessage lastFatal;
    private boolean readingStopped;
    private boolean suspended;
    private boolean cancelInFlight;
    private long cancelBeganMillis;
    private boolean closing;
    private boolean retired;
    private Consumer<byte[]> notifications;
    private boolean served;
    private boolean soiled;
    private Replication replication = Replication.NONE;
    private Prelude prelude;
    private long idleSinceNanos;

    /** Keeps account of the server for as long as it lives, whoever has it. */
    public interface Owner {
        /** The connection is gone, and its listener knows. On the server's loop. */
        void serverGone(Server server, long nowNanos);
    }

    /** A server on a channel that is connected, before its login. */
    public Server(Channel channel, Loop loop, Host host, int generation, long nowNanos) {
        this.channel = channel;
        this.loop = loop;
        this.host = host;
        this.generation = generation;
        connectedAtNanos = nowNanos;
        idleSinceNanos = nowNanos;
    }

    /** Unique in this process. */
    public long id() {
        return id;
    }

    public Channel channel() {
        return channel;
    }

    public Host host() {
        return host;
    }

    public Loop loop() {
        return loop;
    }

    /** What was settled about the encryption of this connection; null if it is not encrypted. */
    public TlsSession tls() {
        return tls;
    }

    /** How {@link #tls()} was made. */
    TlsConnector tlsConnector() {
        return tlsConnector;
    }

    void encrypted(TlsSession session, TlsConnector by) {
        tls = session;
        tlsConnector = by;
    }

    /** The generation of its database's configuration under which it was opened. */
    public int generation() {
        return generation;
    }

    public long connectedAtNanos() {
        return connectedAtNanos;
    }

    /** Wall clock, milliseconds since 1970. */
    public long connectedAtMillis() {
        return connectedAtMillis;
    }

    public ServerState state() {
        return state;
    }

    public long idleSinceNanos() {
        return idleSinceNanos;
    }

    /** Of the server's own: what it takes to cancel its query. Null until the login is done. */
    public CancelKey cancelKey() {
        return cancelKey;
    }

    /** The settings that it has. */
    public ServerSettings settings() {
        return settings;
    }

    /** What its clients may have left without being seen. */
    public Leftovers leftovers() {
        return leftovers;
    }

    /** What its messages tell, whoever reads them. */
    public ServerAnswers answers() {
        return answers;
    }

    /** What is owed for the messages that were sent. */
    public Exchange exchange() {
        return exchange;
    }

    /** The prepared statements that it has. */
    public ServerStatements statements() {
        return statements;
    }

    /** Walks the server's frames; its state outlives a link. */
    public FrameScanner scanner() {
        return scanner;
    }

    public Carry carry() {
        return carry;
    }

    /** Whether all bytes that came from it were whole frames. */
    public boolean atBoundary() {
        return scanner.atBoundary() && carry.isEmpty();
    }

    /** The server said FATAL: it is about to close. Null if it did not. */
    public ErrorMessage lastFatal() {
        return lastFatal;
    }

    public void sawFatal(ErrorMessage error) {
        lastFatal = error;
    }

    void loggedIn(CancelKey key, Map<String, String> reported) {
        cancelKey = key;
        settings.loggedIn(reported);
    }

    /** Gives the server to somebody. */
    public void handTo(ServerListener next, ServerState newState) {
        listener = next;
        state = newState;
    }

    public ServerListener listener() {
        return listener;
    }

    /** The server becomes free: from here its idle time counts. */
    public void idleSince(long nowNanos) {
        idleSinceNanos = nowNanos;
    }

    public void ownedBy(Owner newOwner) {
        owner = newOwner;
    }

    /**
     * Takes the channel off its loop and registers it with another one. Nobody may use the server meanwhile.
     *
     * <p>Reads are switched off on the way: on io_uring an outstanding receive is then cancelled for good, and the deregistration
     * waits for its end; with reads on, Netty would start another one on the old loop, and its bytes would be lost. The new loop
     * gets the channel in a task of its own, since Netty tells of the deregistration before it has done its last step.
     *
     * @param arrived runs on the new loop; the server may have died on the way
     */
    public void moveTo(Loop target, Runnable arrived) {
        stopReading();
        Loop last = loop;
        channel.deregister()
                .addListener(off -> last.post(() -> target.eventLoop()
                        .register(channel)
                        .addListener(on -> target.post(() -> movedTo(target, on.isSuccess(), arrived)))));
    }

    private void movedTo(Loop target, boolean registered, Runnable arrived) {
        loop = target;
        if (!registered) {
            // Not registered anywhere, so Netty will report no end of it.
            channel.unsafe().closeForcibly();
            onInactive(Loop.nowNanos());
        }
        resumeReading();
        arrived.run();
    }

    /**
     * Writes these settings to a server that is free, without a flush; a client's bytes may follow at once, see {@link Prelude}.
     *
     * @param sql of {@link ServerSettings#statementsFor}
     * @param state what the server has then
     */
    public void sendAhead(String sql, SessionState state) {
        prelude = new Prelude(state);
        exchange.preludeSent();
        if (leftovers.areDue()) {
            leftovers.areTaken();
        }
        statements.noUnnamed();
        ByteBuf out = channel.alloc().directBuffer(sql.length() + 160);
        Prelude.write(out, sql);
        write(out);
    }

    /** Has the prelude answered now, when nothing is sent behind it yet. */
    public void flushPrelude() {
        ByteBuf out = channel.alloc().directBuffer(8);
        FrontendMessages.flush(out);
        write(out);
    }

    /** A whole frame that the server has sent while it is {@link Exchange#inPrelude}. */
    public Prelude.Progress takePrelude(byte type, ByteBuf in, int start, int end) throws ProtocolViolation {
        Prelude.Progress progress = prelude.take(this, type, in, start, end);
        if (progress == Prelude.Progress.DONE) {
            exchange.preludeDone();
            settings.has(prelude.state());
        } else if (progress == Prelude.Progress.FAILED) {
            exchange.preludeFailed();
            leftovers.stay();
        }
        return progress;
    }

    /** The last one. */
    public Prelude prelude() {
        return prelude;
    }

    /** Finds out which answers are still to come; see {@link Exchange#needsProbe}. */
    public void probe() {
        exchange.probeSent();
        ByteBuf out = channel.alloc().directBuffer(64);
        ServerStatements.writeProbe(out);
        FrontendMessages.sync(out);
        write(out);
        flush();
    }

    /** Its client has left something on it, or may have: it must be cleaned before anybody else gets it. */
    public void soil() {
        soiled = true;
    }

    public boolean isSoiled() {
        return soiled;
    }

    /** DISCARD ALL was run. */
    public void cleaned() {
        soiled = false;
        settings.hasOnly(SessionState.NONE);
        onNotifications(null);
        statements.clear();
    }

    /** Who gets the notifications that come while the server is not linked to a client; null for nobody. */
    public void onNotifications(Consumer<byte[]> sink) {
        notifications = sink;
    }

    void notified(ByteBuf in, int start, int end) {
        if (notifications != null) {
            byte[] frame = new byte[end - start];
            in.getBytes(start, frame);
            notifications.accept(frame);
        }
    }

    /** A client gets it. */
    public void serves() {
        served = true;
    }

    /** Whether it ever had a client. */
    public boolean hasServed() {
        return served;
    }

    /** It was logged in for replication, for one client alone. */
    public void replicates(Replication what) {
        replication = what;
    }

    /** What it was logged in for. */
    public Replication replication() {
        return replication;
    }

    /** To be closed as soon as it is free: its configuration is gone, or it was told to go. */
    public void retire() {
        retired = true;
    }

    public boolean isRetired() {
        return retired;
    }

    /** Writes without flushing. Takes ownership of the buffer. */
    public void write(ByteBuf bytes) {
        channel.write(bytes, channel.voidPromise());
    }

    public void flush() {
        channel.flush();
    }

    public void stopReading() {
        if (!readingStopped) {
            readingStopped = true;
            channel.config().setAutoRead(false);
        }
    }

    public void resumeReading() {
        if (readingStopped) {
            readingStopped = false;
            channel.config().setAutoRead(!suspended);
        }
    }

    /** Leaves its socket alone, or goes on reading it. */
    public void suspend(boolean suspend) {
        if (suspended == suspend) {
            return;
        }
        suspended = suspend;
        if (!readingStopped) {
            channel.config().setAutoRead(!suspend);
        }
    }

    /** Bytes that its socket has not taken yet. */
    public long unsentBytes() {
        var buffer = channel.unsafe().outboundBuffer();
        return buffer == null ? 0 : buffer.totalPendingWriteBytes();
    }

    /** A cancel request is on its way to this server: until {@link #cancelDone()} it must not serve anybody else. */
    void cancelBegan() {
        cancelInFlight = true;
        cancelBeganMillis = System.currentTimeMillis();
    }

    /** When the last cancel request for it began; wall clock, milliseconds since 1970. */
    public long cancelBeganMillis() {
        return cancelBeganMillis;
    }

    void cancelDone() {
        cancelInFlight = false;
    }

    public boolean isCancelInFlight() {
        return cancelInFlight;
    }

    public boolean isClosing() {
        return closing;
    }

    /** Says goodbye and waits, not for long, until the server has gone: then its place is really free. For servers that are quiet. */
    public void close() {
        if (closing) {
            return;
        }
        closing = true;
        ByteBuf goodbye = channel.alloc().directBuffer(8);
        FrontendMessages.terminate(goodbye);
        // A void promise: a failed write closes the channel anyway.
        channel.writeAndFlush(goodbye, channel.voidPromise());
        resumeReading();
        loop.postAfter(GOODBYE_NANOS, channel::close);
    }

    /** Closes the socket without a word. For servers in doubt. */
    public void closeNow() {
        closing = true;
        channel.close();
    }

    /** See {@link TcpOptions#isSilentlyReset}. */
    public boolean isSilentlyReset() {
        return TcpOptions.isSilentlyReset(channel);
    }

    /** What its listener has left over, for the next one. Takes ownership of the buffer. */
    public void passOn(ByteBuf rest, long nowNanos) {
        if (rest.isReadable()) {
            onBytes(rest, nowNanos);
        } else {
            rest.release();
        }
    }

    void onBytes(ByteBuf bytes, long nowNanos) {
        if (closing) {
            bytes.release();
            return;
        }
        listener.onServerBytes(this, bytes, nowNanos);
    }

    void onReadComplete() {
        listener.onServerReadComplete(this);
    }

    void onWritability() {
        listener.onServerWritability(this, channel.isWritable());
    }

    void onInactive(long nowNanos) {
        if (state == ServerState.CLOSED) {
            return;
        }
        ServerListener last = listener;
        state = ServerState.CLOSED;
        closing = true;
        carry.release();
        last.onServerClosed(this, nowNanos);
        if (owner != null) {
            owner.serverGone(this, nowNanos);
        }
    }

    @Override
    public String toString() {
        return "S-" + id + " " + host;
    }
}

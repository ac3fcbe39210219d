package org.pgweir.proxy.client;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;
import org.pgweir.config.HbaRule;
import org.pgweir.config.HostAddress;
import org.pgweir.config.Settings;
import org.pgweir.protocol.BackendMessages;
import org.pgweir.protocol.CancelKey;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.net.ConnectionIds;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.net.TlsFailure;
import org.pgweir.proxy.net.TlsSession;
import org.pgweir.proxy.net.UnixPeer;
import org.pgweir.proxy.pool.Pool;
import org.pgweir.proxy.relay.ClientEnd;
import org.pgweir.proxy.relay.Relay;
import org.pgweir.proxy.session.Replication;
import org.pgweir.proxy.session.StartupOptions;
import org.pgweir.proxy.stats.Logins.Failure;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An application's connection. Its {@link ClientPhase} says where it stands. Belongs to one loop for its whole life. */
public final class Client implements ClientEnd {
    private static final Logger LOG = LoggerFactory.getLogger(Client.class);

    private final long id = ConnectionIds.next();
    private final ClientServices services;
    private final Channel channel;
    private final Loop loop;
    private final long connectedAtNanos;
    private final long connectedAtMillis = System.currentTimeMillis();
    private final SocketAddress remoteAddress;
    private final UnixPeer unixPeer;
    /** Its place in the {@link ClientList}, whose affair this is. */
    int place;

    private ClientPhase phase = new Startup(this);
    private TlsSession tls;
    private String user;
    private String database;
    private Replication replication = Replication.NONE;
    private HbaRule rule;
    private final Admission admission;
    private boolean suspended;

    Client(ClientServices services, Channel channel, Loop loop, long nowNanos) {
        this.services = services;
        this.channel = channel;
        this.loop = loop;
        remoteAddress = channel.remoteAddress();
        unixPeer = UnixPeer.of(channel);
        connectedAtNanos = nowNanos;
        admission = new Admission(this);
    }

    // ---------------------------------------------------------------- what the console shows

    /** Unique in this process. */
    public long id() {
        return id;
    }

    @Override
    public Channel channel() {
        return channel;
    }

    public Loop loop() {
        return loop;
    }

    /** What was settled about the encryption of this connection; null if it is not encrypted. */
    public TlsSession tls() {
        return tls;
    }

    /** Whether it came through a Unix socket. */
    boolean isLocal() {
        return !(remoteAddress instanceof InetSocketAddress);
    }

    /** Null before the startup packet. */
    @Override
    public String user() {
        return user;
    }

    /** Null before the startup packet. */
    public String database() {
        return database;
    }

    /** What it wants its server for. */
    public Replication replication() {
        return replication;
    }

    /** Wall clock, milliseconds since 1970. */
    public long connectedAtMillis() {
        return connectedAtMillis;
    }

    /** The process at the other end; null unless it came through a Unix socket. */
    UnixPeer unixPeer() {
        return unixPeer;
    }

    /** The process at the other end of a Unix socket; 0 if it is not known. */
    public int remotePid() {
        return unixPeer == null ? 0 : unixPeer.pid();
    }

    /** Whether it is the user pgbouncer of the console, run by this process's own user of the system: an administrator. */
    public boolean isOwner() {
        return unixPeer != null
                && unixPeer.isOurs()
                && Console.OWNER.equals(user())
                && Console.DATABASE.equals(database());
    }

    /** Null unless it is served by a pool. */
    public Relay relay() {
        return phase instanceof Serving serving ? serving.relay() : null;
    }

    public boolean isLoggedIn() {
        return phase.isLoggedIn();
    }

    public boolean isInConsole() {
        return phase instanceof InConsole;
    }

    /** The cancel request that it has brought; null for all others. */
    public Cancelling cancelling() {
        return phase instanceof Cancelling cancelling ? cancelling : null;
    }

    /** The pool that serves it; null before the login and on the console. */
    public Pool pool() {
        return admission.pool();
    }

    CancelKey cancelKey() {
        return admission.cancelKey();
    }

    ClientServices services() {
        return services;
    }

    /** How it comes in. */
    Admission admission() {
        return admission;
    }

    // ---------------------------------------------------------------- phases

    void enter(ClientPhase next, long nowNanos) {
        ClientPhase last = phase;
        phase = next;
        last.leave(nowNanos);
    }

    void encrypted(TlsSession session) {
        tls = session;
    }

    void introduce(StartupOptions startupOptions, int version) {
        user = startupOptions.user();
        database = startupOptions.database();
        replication = startupOptions.replication();
        admission.asks(startupOptions, version);
    }

    /** The same names in objects that others have, too. */
    void named(String sharedDatabase, String sharedUser) {
        database = sharedDatabase;
        user = sharedUser;
    }

    /** The HBA rule that decides about the login; for the log. */
    void judgedBy(HbaRule hbaRule) {
        rule = hbaRule;
        LOG.debug("{} HBA rule {} applies", this, rule);
    }

    /** It has taken a step of its login. */
    void progressed() {
        services.clients().strangers().progressed(this);
    }

    /** Somebody else needs the room. */
    void evict() {
        if (phase instanceof TlsHandshake) {
            services.logins().failed(Failure.MAX_CLIENT_CONN);
            logRefusal("the handshake of TLS is not done, and there are many newer connections");
            closeSilently();
        } else {
            refuse(Failure.MAX_CLIENT_CONN, ClientErrors.TOO_MANY_CLIENTS);
        }
    }

    // ---------------------------------------------------------------- bytes

    void onBytes(ByteBuf bytes, long nowNanos) {
        phase.onBytes(bytes, nowNanos);
    }

    void onReadComplete() {
        phase.onReadComplete();
    }

    void onWritability() {
        phase.onWritability(channel.isWritable());
    }

    /** The connection is gone. */
    void onInactive(long nowNanos) {
        if (!(phase instanceof Closing)) {
            logClosing("client unexpected eof");
            enter(new Closing(nowNanos), nowNanos);
        }
        services.clients().unregister(this);
        admission.end();
    }

    ByteBuf buffer(int capacity) {
        return channel.alloc().directBuffer(capacity);
    }

    void send(ByteBuf out) {
        channel.writeAndFlush(out, channel.voidPromise());
    }

    /** Sends the last message and closes. */
    void sendLast(ByteBuf out, String reason) {
        logClosing(reason);
        enterClosing();
        channel.writeAndFlush(out).addListener(ChannelFutureListener.CLOSE);
    }

    private void enterClosing() {
        long now = Loop.nowNanos();
        enter(new Closing(now), now);
    }

    /** Refuses a client that is not logged in yet. */
    void refuse(Failure failure, ErrorMessage error) {
        if (!(phase instanceof Closing)) {
            services.logins().failed(failure);
            fail(error);
        }
    }

    /** Bytes have come though it is not the client's turn to speak. Takes ownership. */
    void refuseUntimely(ByteBuf bytes) {
        bytes.release();
        refuse(Failure.PROTOCOL, ClientErrors.violation("unexpected message before the login is done"));
    }

    @Override
    public void fail(ErrorMessage error) {
        if (phase instanceof Closing) {
            return;
        }
        boolean atBoundary = relay() == null || relay().clientAtBoundary();
        if (!atBoundary) {
            // In the middle of a message of the server, an error would be read as a part of it.
            close(error.message());
            return;
        }
        if (services.configuration().global().get(Settings.LOG_POOLER_ERRORS)) {
            LOG.warn("{} pooler error: {}", this, error.message());
        }
        ByteBuf out = buffer(128);
        BackendMessages.errorResponse(out, error);
        sendLast(out, error.message());
    }

    @Override
    public void close(String reason) {
        if (!(phase instanceof Closing)) {
            sendLast(buffer(0), reason);
        }
    }

    /** Without a word, since there is no way to send one. */
    void closeSilently() {
        enterClosing();
        channel.close();
    }

    /** The bytes that came are not what was agreed on; the channel is about to be closed. */
    void onTlsFailure(Throwable cause) {
        if (phase instanceof TlsHandshake handshake) {
            handshake.failed(cause);
        } else if (!(phase instanceof Closing)) {
            logClosing("TLS error: " + TlsFailure.reason(cause));
            enterClosing();
        }
    }

    /** It has not taken its bytes in time. */
    public void closeUnsent() {
        if (!(phase instanceof Closing)) {
            logClosing("suspend_timeout");
            enterClosing();
        }
        channel.close();
    }

    /** An administrator wants it to go. */
    public void kill() {
        fail(ClientErrors.KILLED);
    }

    /** Cancels what it waits for; see {@link Relay#cancel}. */
    void cancel(long timeoutNanos, Runnable done) {
        Relay relay = relay();
        if (relay != null) {
            relay.cancel(timeoutNanos, done);
            return;
        }
        if (phase instanceof InConsole console) {
            console.cancel();
        }
        done.run();
    }

    // ---------------------------------------------------------------- suspension

    /** Leaves its socket alone, or goes on reading it; clients of the console are always read. */
    public void suspend(boolean suspend) {
        if (isInConsole() || suspend == suspended) {
            return;
        }
        suspended = suspend;
        Relay relay = relay();
        if (relay == null || !relay.isReadingStopped()) {
            channel.config().setAutoRead(!suspend);
        }
    }

    @Override
    public boolean isSuspended() {
        return suspended;
    }

    /** Bytes that its socket has not taken yet. */
    public long unsentBytes() {
        var buffer = channel.unsafe().outboundBuffer();
        return buffer == null ? 0 : buffer.totalPendingWriteBytes();
    }

    // ---------------------------------------------------------------- time

    void tick(long nowNanos) {
        if (!suspended || phase.endsSuspended()) {
            phase.tick(this, nowNanos);
        }
    }

    /** Whether it has had more than {@code client_login_timeout}. */
    boolean isLoginOverdue(long nowNanos) {
        long timeout = services.configuration()
                .global()
                .get(Settings.CLIENT_LOGIN_TIMEOUT)
                .toNanos();
        return timeout > 0 && nowNanos - connectedAtNanos > timeout;
    }

    // ---------------------------------------------------------------- log

    /** Before it has proved anything, as PgBouncer does: who counts attempts wants those that fail, too. */
    void logAttempt() {
        if (services.configuration().global().get(Settings.LOG_CONNECTIONS)) {
            LOG.info(
                    "{} login attempt: db={} user={} tls={} replication={}",
                    this,
                    database(),
                    user(),
                    tls == null ? "no" : tls.description(),
                    replication() == Replication.NONE ? "no" : replication().label());
        }
    }

    void logRefusal(String reason) {
        String decidedBy = rule == null ? "" : ", by HBA rule " + rule;
        LOG.warn("{} login failed: {}{}", this, reason, decidedBy);
    }

    private void logClosing(String reason) {
        if (database != null && services.configuration().global().get(Settings.LOG_DISCONNECTIONS)) {
            long age = TimeUnit.NANOSECONDS.toSeconds(Loop.nowNanos() - connectedAtNanos);
            LOG.info("{} closing because: {} (age={}s)", this, reason, age);
        }
    }

    /** {@code C-0x2a: database/user@address:port}, as PgBouncer writes it. */
    @Override
    public String toString() {
        String who = database == null ? "(nodb)/(nouser)" : database() + "/" + user();
        return "C-0x" + Long.toHexString(id) + ": " + who + "@" + remoteName();
    }

    /** {@code address:port}, or {@code unix(process):port}. */
    public String remoteName() {
        if (remoteAddress instanceof InetSocketAddress inet) {
            return HostAddress.of(inet).toString();
        }
        String process = remotePid() == 0 ? "" : "(" + remotePid() + ")";
        return "unix" + process + ":" + services.configuration().global().get(Settings.LISTEN_PORT);
    }

    public SocketAddress remoteAddress() {
        return remoteAddress;
    }
}

package org.pgweir.proxy.client;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.pgweir.config.AuthType;
import org.pgweir.config.Configuration;
import org.pgweir.config.DatabaseConfig;
import org.pgweir.config.HbaRule;
import org.pgweir.config.HostAddress;
import org.pgweir.config.Secret;
import org.pgweir.config.Settings;
import org.pgweir.protocol.Backend;
import org.pgweir.protocol.BackendMessages;
import org.pgweir.protocol.CancelKey;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.protocol.StartupPacket;
import org.pgweir.proxy.auth.UserSecrets;
import org.pgweir.proxy.net.ConnectionIds;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.net.TcpOptions;
import org.pgweir.proxy.net.TlsFailure;
import org.pgweir.proxy.net.TlsSession;
import org.pgweir.proxy.net.UnixPeer;
import org.pgweir.proxy.pool.LoopPool;
import org.pgweir.proxy.pool.Pool;
import org.pgweir.proxy.relay.ClientEnd;
import org.pgweir.proxy.relay.Relay;
import org.pgweir.proxy.relay.Timeouts;
import org.pgweir.proxy.route.Database;
import org.pgweir.proxy.route.Quota;
import org.pgweir.proxy.server.Server;
import org.pgweir.proxy.server.TrackedParameters;
import org.pgweir.proxy.session.Replication;
import org.pgweir.proxy.session.SessionState;
import org.pgweir.proxy.session.StartupOptions;
import org.pgweir.proxy.stats.Logins.Failure;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An application's connection. Its {@link ClientPhase} says where it stands. Belongs to one loop for its whole life. */
public final class Client implements ClientEnd {
    /** How long a client may take to read its last message. */
    private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final String APPLICATION_NAME = "application_name";
    private static final long CHECK_NANOS = TimeUnit.SECONDS.toNanos(1);

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

    /** Null once the client is logged in. */
    private StartupOptions options;

    private int protocolVersion;
    private CancelKey cancelKey;
    private Pool pool;
    private Database entered;
    private HbaRule rule;
    private ClientPlaces places = ClientPlaces.NONE;

    /** Null once the client is logged in. */
    private UserSecrets identity;

    private String provedPassword;
    private boolean admitted;
    private Configuration limitsFrom;
    private boolean suspended;
    private long checkedAtNanos;
    private Timeouts timeouts = Timeouts.NONE;

    Client(ClientServices services, Channel channel, Loop loop, long nowNanos) {
        this.services = services;
        this.channel = channel;
        this.loop = loop;
        remoteAddress = channel.remoteAddress();
        unixPeer = UnixPeer.of(channel);
        connectedAtNanos = nowNanos;
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

    public long connectedAtNanos() {
        return connectedAtNanos;
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
        return pool;
    }

    CancelKey cancelKey() {
        return cancelKey;
    }

    ClientServices services() {
        return services;
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
        options = startupOptions;
        user = startupOptions.user();
        database = startupOptions.database();
        replication = startupOptions.replication();
        protocolVersion = version;
    }

    /** The HBA rule that decides about the login; for the log. */
    void judgedBy(HbaRule hbaRule) {
        rule = hbaRule;
        LOG.debug("{} HBA rule {} applies", this, rule);
    }

    /** Who it wants to be, and is if it proves it. */
    void wantsToBe(UserSecrets user) {
        identity = user;
    }

    /** Whether max_client_conn lets one more in now; the console has room always. */
    boolean hasRoom() {
        return wantsConsole()
                || services.clients().hasRoom(services.configuration().global().get(Settings.MAX_CLIENT_CONN));
    }

    /** Takes one of max_client_conn. */
    private boolean admit() {
        admitted = services.clients().admit(services.configuration().global().get(Settings.MAX_CLIENT_CONN));
        return admitted;
    }

    boolean wantsConsole() {
        return database().equals(Console.DATABASE);
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

    /** As {@link #proved}, by a password that may be good for the servers, too. */
    void provedBy(String password, long nowNanos) {
        provedPassword = password;
        proved(nowNanos);
        provedPassword = null;
    }

    /** The client is who it says: into the console, or to its pool. */
    void proved(long nowNanos) {
        if (!services.clients().strangers().forget(this)) {
            return;
        }
        if (wantsConsole()) {
            enterConsole(nowNanos);
            return;
        }
        if (!admit()) {
            refuse(Failure.MAX_CLIENT_CONN, ClientErrors.TOO_MANY_CLIENTS);
            return;
        }
        Optional<Database> wanted = services.catalog().enter(database());
        if (wanted.isEmpty()) {
            refuse(Failure.NO_SUCH_DATABASE, ClientErrors.noSuchDatabase(database()));
            return;
        }
        entered = wanted.get();
        if (entered.isDisabled()) {
            refuse(Failure.NOT_ALLOWED, ClientErrors.databaseDisabled(database()));
            return;
        }
        boolean anybody = services.configuration().global().get(Settings.AUTH_TYPE) == AuthType.ANY;
        if (anybody && !entered.config().hasForcedUser()) {
            refuse(Failure.CONFIGURATION, ClientErrors.NEEDS_FORCED_USER);
            return;
        }
        if (!takePlaces(entered.places(), entered.config())) {
            return;
        }
        Pool its = services.pools().pool(entered, user());
        if (replication() == Replication.NONE && options.unsupported() != null && !its.keepsStartupSettings()) {
            refuse(Failure.PROTOCOL, options.unsupported());
            return;
        }
        List<Secret> lookedUp = identity == null || identity.source() == null ? List.of() : identity.secrets();
        pool = services.pools().enter(entered, user(), lookedUp);
        if (provedPassword != null && !entered.config().hasForcedUser()) {
            pool.learn(provedPassword);
        }
        LoopPool here = pool.on(loop);
        if (replication() != Replication.NONE) {
            Map<String, String> startup = new LinkedHashMap<>(options.others());
            withHost(tracked(options.settings())).forEachOtherThan(TrackedParameters.NONE, startup::put);
            OwnServerWait wait = new OwnServerWait(this, here, startup);
            enter(wait, nowNanos);
            wait.begin(nowNanos);
        } else if (pool.welcome() != null) {
            welcome(here, nowNanos);
        } else {
            LoginWait wait = new LoginWait(this, here);
            enter(wait, nowNanos);
            wait.begin(nowNanos);
        }
    }

    /** Takes one of the database's and one of the user's clients. Where anybody may come, names of users mean nothing. */
    private boolean takePlaces(Quota ofDatabase, DatabaseConfig database) {
        Configuration now = services.configuration();
        boolean anybody = now.global().get(Settings.AUTH_TYPE) == AuthType.ANY;
        int mostOfDatabase = now.effective(Settings.MAX_DB_CLIENT_CONNECTIONS, database, null);
        int mostOfUser = now.effective(
                Settings.MAX_USER_CLIENT_CONNECTIONS, null, now.users().get(user()));
        ClientPlaces taken = services.clients()
                .places()
                .one(new ClientPlaces(
                        ofDatabase,
                        anybody ? null : services.catalog().user(user()).clients()));
        switch (taken.take(mostOfDatabase, mostOfUser)) {
            case TAKEN -> places = taken;
            case DATABASE_FULL -> refuse(Failure.MAX_DB_CLIENT_CONNECTIONS, ClientErrors.TOO_MANY_CLIENTS_OF_DATABASE);
            case USER_FULL -> refuse(Failure.MAX_USER_CLIENT_CONNECTIONS, ClientErrors.TOO_MANY_CLIENTS_OF_USER);
        }
        return places == taken;
    }

    /** Ends the login: the client learns its settings and its cancel key, and may begin. */
    void welcome(LoopPool here, long nowNanos) {
        Map<String, String> settings = pool.welcome();
        TrackedParameters defaults = tracked(settings);
        Clients clients = services.clients();
        TrackedParameters own =
                clients.parameters().one(withHost(tracked(options.settings())).orElse(defaults));
        SessionState startup = clients.sessions().one(SessionState.ofStartup(options.others()));
        cancelKey = clients.register(this, protocolVersion >= StartupPacket.VERSION_3_2);
        ByteBuf out = buffer(1024);
        BackendMessages.authenticationOk(out);
        settings.forEach((name, value) -> {
            String tracked = own.get(name);
            String ownValue = tracked != null ? tracked : options.others().get(name.toLowerCase(Locale.ROOT));
            BackendMessages.parameterStatus(out, name, ownValue != null ? ownValue : value);
        });
        String notice = services.configuration().global().get(Settings.LOGIN_NOTIFY_MESSAGE);
        if (!notice.isEmpty()) {
            BackendMessages.noticeResponse(out, ClientErrors.loginNotice(notice));
        }
        finishLogin(out);
        enter(new Serving(new Relay(this, here, own, startup, nowNanos)), nowNanos);
        services.logins().succeeded();
    }

    /** Ends the login of a client that has a server of its own: it hears what that server said. */
    void welcomeAlone(LoopPool here, Server server, long nowNanos) {
        cancelKey = services.clients().register(this, protocolVersion >= StartupPacket.VERSION_3_2);
        ByteBuf out = buffer(1024);
        BackendMessages.authenticationOk(out);
        server.reported().forEach((name, value) -> BackendMessages.parameterStatus(out, name, value));
        finishLogin(out);
        enter(new Serving(Relay.alone(this, here, server, nowNanos)), nowNanos);
        services.logins().succeeded();
    }

    private TrackedParameters withHost(TrackedParameters asked) {
        if (!services.configuration().global().get(Settings.APPLICATION_NAME_ADD_HOST)) {
            return asked;
        }
        String name = asked.get(APPLICATION_NAME);
        return asked.with(APPLICATION_NAME, (name == null || name.isEmpty() ? "app" : name) + " - " + remoteName());
    }

    private static TrackedParameters tracked(Map<String, String> settings) {
        TrackedParameters parameters = TrackedParameters.NONE;
        for (Map.Entry<String, String> setting : settings.entrySet()) {
            parameters = parameters.with(setting.getKey(), setting.getValue());
        }
        return parameters;
    }

    private void enterConsole(long nowNanos) {
        if (!services.console().mayEnter(this)) {
            logRefusal("not in admin_users or stats_users");
            refuse(Failure.NOT_ALLOWED, ClientErrors.NO_CONSOLE_ACCESS);
            return;
        }
        if (!services.console().isAdministrator(this)
                && !takePlaces(services.clients().ofConsole(), null)) {
            return;
        }
        cancelKey = services.clients().register(this, protocolVersion >= StartupPacket.VERSION_3_2);
        ByteBuf out = buffer(512);
        BackendMessages.authenticationOk(out);
        services.console().greeting().forEach((name, value) -> BackendMessages.parameterStatus(out, name, value));
        finishLogin(out);
        enter(new InConsole(this), nowNanos);
        services.logins().succeeded();
    }

    private void finishLogin(ByteBuf out) {
        BackendMessages.backendKeyData(out, cancelKey);
        BackendMessages.readyForQuery(out, Backend.IDLE);
        send(out);
        forgetLogin();
    }

    /** What only the login needs, each client would hold until it leaves; and names that others have, too. */
    private void forgetLogin() {
        options = null;
        identity = null;
        if (pool != null) {
            database = entered.name();
            user = user.equals(pool.userName()) ? pool.userName() : user;
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
        if (pool != null) {
            pool.clients().decrementAndGet();
        }
        places.giveBack();
        if (entered != null) {
            entered.left();
        }
        if (admitted) {
            services.clients().dismiss();
        }
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
        if (phase instanceof Closing closing) {
            if (nowNanos - closing.sinceNanos() > LINGER_NANOS) {
                channel.close();
            }
            return;
        }
        if (phase instanceof Cancelling cancelling) {
            long patience = services.configuration()
                    .global()
                    .get(Settings.CANCEL_WAIT_TIMEOUT)
                    .toNanos();
            if (cancelling.isOverdue(patience, nowNanos)) {
                closeSilently();
            }
            return;
        }
        if (suspended) {
            return;
        }
        readLimits();
        Relay relay = relay();
        if (relay != null) {
            checkConnections(relay, nowNanos);
            if (timeouts.idle() > 0 && relay.isResting() && nowNanos - relay.lastActiveNanos() > timeouts.idle()) {
                fail(ClientErrors.IDLE_TIMEOUT);
            } else {
                relay.checkTimeouts(timeouts, nowNanos);
            }
        } else if (!isLoggedIn()) {
            long timeout = services.configuration()
                    .global()
                    .get(Settings.CLIENT_LOGIN_TIMEOUT)
                    .toNanos();
            if (timeout > 0 && nowNanos - connectedAtNanos > timeout) {
                if (phase instanceof TlsHandshake) {
                    services.logins().failed(Failure.TIMEOUT);
                    logRefusal("client_login_timeout during the TLS handshake");
                    closeSilently();
                } else {
                    refuse(Failure.TIMEOUT, ClientErrors.LOGIN_TIMEOUT);
                }
            }
        }
    }

    /** Once a second, for those who wait. */
    private void checkConnections(Relay relay, long nowNanos) {
        if (nowNanos - checkedAtNanos < CHECK_NANOS) {
            return;
        }
        checkedAtNanos = nowNanos;
        if (relay.waitsLong(nowNanos) && TcpOptions.isSilentlyReset(channel)) {
            close("client connection reset");
        } else {
            relay.checkServer(nowNanos);
        }
    }

    /** Timeouts of this user and database, read anew after each reload. */
    private void readLimits() {
        Configuration now = services.configuration();
        if (now == limitsFrom || pool == null) {
            return;
        }
        limitsFrom = now;
        timeouts = services.clients()
                .timeouts()
                .one(Timeouts.of(now, pool.database().config(), user(), pool.userName()));
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

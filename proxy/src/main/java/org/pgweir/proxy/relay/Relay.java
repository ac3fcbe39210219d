package org.pgweir.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.pgweir.config.PoolMode;
import org.pgweir.protocol.Backend;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.pool.LoopPool;
import org.pgweir.proxy.pool.Waiter;
import org.pgweir.proxy.server.Leftovers;
import org.pgweir.proxy.server.Server;
import org.pgweir.proxy.server.ServerListener;
import org.pgweir.proxy.server.ServerState;
import org.pgweir.proxy.server.TrackedParameters;
import org.pgweir.proxy.session.PinReason;
import org.pgweir.proxy.session.SessionState;
import org.pgweir.proxy.session.SqlText;
import org.pgweir.proxy.stats.Counters;

/**
 * Serves a client that is logged in.
 *
 * <pre>
 *            first message                 server handed over
 *   IDLE ───────────────────▶ PARKED ───────────────────────────▶ LINKED
 *    ▲                                                              │
 *    └──────────────────────────────────────────────────────────────┘
 *      transaction (or statement) over; in session mode only when the client leaves
 * </pre>
 *
 * The messages themselves go through {@link ToServer} and {@link ToClient}. While parked, and while pgweir itself has something to do on
 * the server, the client's bytes are held. A side that does not take more bytes stops the reads of the other.
 */
public final class Relay implements Waiter, ServerListener {
    private static final long LONG_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** What the client has at the moment. */
    public enum State {
        IDLE,
        PARKED,
        LINKED,
        GONE
    }

    final ClientEnd client;
    final Channel channel;
    final LoopPool pool;
    final Counters counters;
    final QueryClock clock;

    final Replay replay = new Replay();
    final ClientInput input;
    final Cancellation cancellation;

    /** Null where the session is the client's own affair. */
    final FollowedSession followed;

    final ServerWait wait;
    final CopyProbe probe = new CopyProbe();
    private final ToServer toServer;
    private final ToClient toClient;

    private State state = State.IDLE;
    private final SessionState startup;

    /** Whether the server is this client's own: for replication. */
    private final boolean alone;

    private TrackedParameters parameters;
    private Server server;
    private boolean waitsForPrelude;

    /** @param startup further settings that the client began with */
    public Relay(ClientEnd client, LoopPool pool, TrackedParameters parameters, SessionState startup, long nowNanos) {
        this(client, pool, parameters, startup, null, nowNanos);
    }

    /** For a client that has a server of its own, as it comes from the login, to the end. */
    public static Relay alone(ClientEnd client, LoopPool pool, Server own, long nowNanos) {
        return new Relay(client, pool, own.settings().parameters(), SessionState.NONE, own, nowNanos);
    }

    private Relay(
            ClientEnd client,
            LoopPool pool,
            TrackedParameters parameters,
            SessionState startup,
            Server own,
            long nowNanos) {
        this.client = client;
        this.pool = pool;
        this.parameters = parameters;
        channel = client.channel();
        counters = pool.counters();
        clock = new QueryClock(counters, pool.latencies(), nowNanos);
        alone = own != null;
        boolean follows = !alone && pool.pool().followsSessions();
        followed = follows ? FollowedSession.of(this, parameters, startup) : null;
        this.startup = startup;
        input = new ClientInput(client);
        wait = new ServerWait(this);
        cancellation = new Cancellation(this);
        toServer = new ToServer(this, alone || pool.pool().allowsSimpleQueries());
        toClient = new ToClient(this);
        if (alone) {
            server = own;
            state = State.LINKED;
            own.handTo(this, ServerState.ACTIVE);
        }
    }

    // ---------------------------------------------------------------- from the client

    /** Bytes of the client, as they came. Takes ownership. */
    public void onClientBytes(ByteBuf bytes, long nowNanos) {
        counters.bytesReceived += bytes.readableBytes();
        take(bytes, nowNanos);
    }

    private void take(ByteBuf bytes, long nowNanos) {
        clock.active(nowNanos);
        if (state == State.PARKED || isSuspended() || replay.hasFailed()) {
            input.hold(bytes);
            wait.prepareWithoutServer();
        } else if (state == State.GONE) {
            bytes.release();
        } else {
            toServer.pass(bytes, nowNanos);
            // What ends a failed COPY, for one, has no answer that could bring the end of the transaction to our
            // notice.
            unlinkIfOver(nowNanos);
        }
    }

    public void onClientReadComplete() {
        toServer.flush();
    }

    /** Whether the client's bytes are held, though it has a server: something must be done there first. */
    boolean isSuspended() {
        return waitsForPrelude
                || probe.isAwaited()
                || followed != null && followed.upkeep().isSuspended();
    }

    /** Takes note of SQL that goes to the server; false if the operator does not want it. */
    boolean isWanted(SqlText text) {
        return toServer.isWanted(text);
    }

    boolean asksFirst(SqlText text) {
        return toServer.asksFirst(text);
    }

    /** The client's next bytes wait until the server has the client's settings. */
    void holdBehindPrelude(ByteBuf in, int index) {
        waitsForPrelude = true;
        input.holdFrom(in, index);
    }

    /** Whether it has stopped the reads of the client. */
    public boolean isReadingStopped() {
        return input.isReadingStopped();
    }

    /** The client's socket takes more, or no more, bytes. */
    public void onClientWritability(boolean writable) {
        if (writable && server != null) {
            server.resumeReading();
        } else if (writable && state == State.IDLE) {
            input.resumeReading();
        }
        if (writable) {
            deliverNotifications();
        }
    }

    /** The client's connection is gone, or is about to go; called once. */
    public void onClientGone(long nowNanos) {
        State last = state;
        state = State.GONE;
        waitsForPrelude = false;
        cancellation.runLater();
        toServer.release();
        replay.drop();
        if (followed != null) {
            followed.clientGone();
        }
        input.release();
        if (last == State.PARKED) {
            pool.unpark(this);
        } else if (last == State.LINKED) {
            Server mine = server;
            server = null;
            mine.flush();
            if (alone) {
                pool.ownServers().end(mine, toServer.atBoundary(), nowNanos);
                return;
            }
            if (followed != null && followed.mayLeaveTraces()) {
                mine.soil();
            }
            if (followed != null && followed.upkeep().hasServer()) {
                // It comes back with its own statement.
                return;
            }
            if (mine.exchange().isFree() && toServer.atBoundary() && mine.atBoundary()) {
                pool.releaseAfterClient(mine, nowNanos);
            } else {
                pool.salvage(mine, toServer.atBoundary(), nowNanos);
            }
        }
    }

    // ---------------------------------------------------------------- from the server

    @Override
    public void onServerBytes(Server from, ByteBuf bytes, long nowNanos) {
        if (!toClient.pass(from, bytes, nowNanos)) {
            return;
        }
        if (replay.hasFailed() && from.exchange().isQuiet()) {
            toServer.again(nowNanos);
            resume(nowNanos);
        } else {
            unlinkIfOver(nowNanos);
        }
    }

    /** The server, read only in part, is closed. */
    void giveUp(Server doubtful, ErrorMessage refusal) {
        replay.drop();
        server = null;
        state = State.IDLE;
        pool.discard(doubtful, refusal.message());
        client.fail(refusal);
    }

    /** The server has done nothing of what it was sent, and can be saved; what it said since is for its next listener. */
    void preludeFailed(Server from, ByteBuf rest, long nowNanos) {
        ErrorMessage error = from.prelude().error().withSeverity(ErrorMessage.FATAL);
        replay.drop();
        waitsForPrelude = false;
        server = null;
        toServer.dirty(false);
        state = State.IDLE;
        from.flush();
        pool.salvage(from, toServer.atBoundary(), nowNanos);
        from.passOn(rest, nowNanos);
        client.fail(error);
    }

    /** ReadyForQuery came; returns why the client cannot go on, null if it can. */
    ErrorMessage ready(Server from, byte status, long nowNanos) {
        from.exchange().ready(status);
        clock.ready(status, nowNanos);
        boolean isForbidden = status != Backend.IDLE && pool.pool().mode() == PoolMode.STATEMENT && !alone;
        return isForbidden ? RelayErrors.NO_TRANSACTION_BLOCKS : null;
    }

    /** ParameterStatus came. */
    void reported(String name, String value) {
        TrackedParameters now = parameters.with(name, value);
        if (now != parameters) {
            adopt(now);
        }
    }

    private void adopt(TrackedParameters values) {
        parameters = values;
        if (followed != null) {
            followed.readsAs(values);
        }
    }

    private void unlinkIfOver(long nowNanos) {
        if (waitsForPrelude && server != null && !server.exchange().inPrelude()) {
            waitsForPrelude = false;
            resume(nowNanos);
            return;
        }
        if (state == State.LINKED && !alone && probe.ask(server, toServer.atBoundary(), nowNanos)) {
            return;
        }
        if (probe.isAwaited()) {
            probe.ended();
            goOn(nowNanos);
            if (state == State.LINKED) {
                onClientReadComplete();
                input.resumeReading();
            }
            return;
        }
        if (followed != null && followed.upkeep().goesOn(nowNanos)) {
            return;
        }
        if (!isOver() || alone || pool.pool().mode() == PoolMode.SESSION) {
            return;
        }
        if (followed == null) {
            unlink(nowNanos);
            return;
        }
        ClientSession session = followed.session();
        SessionUpkeep upkeep = followed.upkeep();
        if (session.isUnsettled()) {
            upkeep.settle(nowNanos);
            return;
        }
        session.transactionOver();
        if (upkeep.mayMoveListening() && !server.isCancelInFlight()) {
            upkeep.moveListening();
        } else if (session.isPinned()) {
            upkeep.deliverNotifications();
        } else {
            unlink(nowNanos);
        }
    }

    /** Whether the client has a server and is between two transactions there. */
    private boolean isOver() {
        return state == State.LINKED
                && !isSuspended()
                && server.exchange().isFree()
                && server.atBoundary()
                && toServer.atBoundary();
    }

    /** The transaction is over: the server goes back. */
    private void unlink(long nowNanos) {
        toServer.flush();
        Server mine = server;
        server = null;
        mine.onNotifications(null);
        state = State.IDLE;
        toClient.flush();
        if (channel.isWritable()) {
            input.resumeReading();
        } else {
            // It does not read its answers: no more questions before it has.
            input.stopReading();
        }
        pool.releaseAfterClient(mine, nowNanos);
        deliverNotifications();
    }

    private void deliverNotifications() {
        if (followed != null) {
            followed.upkeep().deliverNotifications();
        }
    }

    @Override
    public void onServerReadComplete(Server from) {
        toClient.flush();
    }

    @Override
    public void onServerWritability(Server from, boolean writable) {
        if (writable) {
            input.resumeReading();
        }
    }

    @Override
    public void onServerClosed(Server lost, long nowNanos) {
        if (server != lost) {
            // Given up before.
            return;
        }
        waitsForPrelude = false;
        probe.ended();
        replay.drop();
        pool.lost(lost, nowNanos);
        if (followed != null) {
            followed.session().serverLost();
        }
        boolean told = lost.lastFatal() != null;
        boolean whole = lost.atBoundary();
        server = null;
        state = State.IDLE;
        if (alone && !told) {
            // As PostgreSQL does: the end of the stream says it all.
            client.close("server closed the connection");
        } else if (told || !whole) {
            client.close(
                    told ? "server closed the connection: " + lost.lastFatal().message() : "server conn crashed?");
        } else {
            client.fail(RelayErrors.SERVER_CRASHED);
        }
    }

    // ---------------------------------------------------------------- what the session's upkeep asks for

    /** A statement of pgweir's own ended while the client still is here: the server is the client's again. */
    void takeBack(Server mine) {
        mine.handTo(this, ServerState.ACTIVE);
    }

    /** Sends all that was written so far to either side. */
    void flushBoth() {
        onClientReadComplete();
        toClient.flush();
    }

    /** Whether a notification may be sent now. */
    boolean isBetweenTransactions() {
        return state == State.IDLE
                || state == State.PARKED
                || isOver() && !followed.session().isUnsettled();
    }

    /** The shared connection can take over what the client's server listens to. */
    void sharedListening() {
        unlinkIfOver(Loop.nowNanos());
    }

    /** Its notifications take too much room. */
    void doesNotRead() {
        client.close("does not read its notifications");
    }

    /** What the client has asked for while it waited goes its usual way again, after the server has been given back if it may. */
    void goOn(long nowNanos) {
        ByteBuf next = input.take();
        unlinkIfOver(nowNanos);
        if (next != null) {
            take(next, nowNanos);
        }
        cancellation.runLater();
    }

    /** As {@link #goOn}, for a client that keeps its server. */
    void resume(long nowNanos) {
        ByteBuf first = input.take();
        if (first != null) {
            toServer.pass(first, nowNanos);
        }
        if (state == State.LINKED) {
            onClientReadComplete();
            input.resumeReading();
            unlinkIfOver(nowNanos);
        }
        cancellation.runLater();
    }

    // ---------------------------------------------------------------- waiting for a server

    void park(ByteBuf firstBytes, long nowNanos) {
        input.holdFirst(firstBytes);
        state = State.PARKED;
        wait.begins();
        pool.link(this, nowNanos);
        wait.prepareWithoutServer();
    }

    /** The client has got its answer while it was parked, and wants no server any more. */
    void unparked() {
        state = State.IDLE;
    }

    @Override
    public void linked(Server given, long nowNanos) {
        server = given;
        given.leftovers().usedBy(number());
        state = State.LINKED;
        given.scanner().limit(pool.pool().maxPacketSize());
        if (followed != null) {
            followed.linked(given, pool.pool());
        }
        given.handTo(this, ServerState.ACTIVE);
        toServer.dirty(given.exchange().inPrelude());
        toServer.pass(input.take(), nowNanos);
        if (state != State.LINKED) {
            return;
        }
        if (followed != null && followed.upkeep().goesOn(nowNanos)) {
            return;
        }
        if (given.exchange().isOnlyPrelude()) {
            given.flushPrelude();
        }
        onClientReadComplete();
        if (given.channel().isWritable()) {
            input.resumeReading();
        }
    }

    @Override
    public void refused(ErrorMessage error) {
        state = State.IDLE;
        input.release();
        client.fail(error);
    }

    @Override
    public long number() {
        return followed == null ? Leftovers.ANYBODY : followed.session().number();
    }

    @Override
    public SessionState session() {
        return followed == null ? startup : followed.session().state();
    }

    /** How many the client has, under names. */
    public int preparedStatements() {
        return followed == null ? 0 : followed.statements().size();
    }

    /** Why the client keeps its server; empty if it does not. */
    public Set<PinReason> pins() {
        return followed == null ? Set.of() : followed.session().pins();
    }

    public long pinnedAtNanos() {
        return followed.session().pinnedAtNanos();
    }

    @Override
    public TrackedParameters parameters() {
        return parameters;
    }

    @Override
    public void parametersApplied(TrackedParameters values) {
        // The client gets PostgreSQL's own spelling, as it would at the login to a server of its own.
        values.forEachOtherThan(parameters, toClient::tell);
        adopt(values);
    }

    @Override
    public String user() {
        return client.user();
    }

    @Override
    public boolean isGone() {
        return state == State.GONE;
    }

    @Override
    public boolean isLogin() {
        return false;
    }

    @Override
    public long parkedAtNanos() {
        return wait.sinceNanos();
    }

    @Override
    public void parkedAt(long nowNanos) {
        wait.since(nowNanos);
    }

    // ---------------------------------------------------------------- cancel, time, display

    /**
     * Cancels what the client is running, and nothing else. While the server works for pgweir itself, that is what the client has sent
     * meanwhile.
     *
     * @param done called when PostgreSQL has the signal, or there is nothing to cancel
     */
    public void cancel(long timeoutNanos, Runnable done) {
        cancellation.request(timeoutNanos, done);
    }

    /** Whether the client's server works for pgweir itself. */
    boolean isOwnWork() {
        return probe.isAwaited() || followed != null && followed.upkeep().isOwnWork();
    }

    /** A cancel request has met this server; what had to wait for that may go on. */
    void cancelSent(Server target) {
        if (server == target && (probe.isAwaited() || followed != null)) {
            unlinkIfOver(Loop.nowNanos());
        }
    }

    /** Looks after the server of a client that waits for long; see {@link Server#isSilentlyReset}. */
    public void checkServer(long nowNanos) {
        if (waitsLong(nowNanos) && server != null && server.isSilentlyReset()) {
            server.closeNow();
        }
    }

    /** Whether the client has waited for more than a moment for a server or an answer. */
    public boolean waitsLong(long nowNanos) {
        return (state == State.LINKED || state == State.PARKED) && nowNanos - clock.activeNanos() > LONG_NANOS;
    }

    /** Ends a client that has kept its server for too long, or waited for too long; all but {@link Timeouts#idle}. */
    public void checkTimeouts(Timeouts timeouts, long nowNanos) {
        wait.prepareWithoutServer();
        TimeoutCheck.run(this, timeouts, nowNanos);
    }

    /** Whether the server is the client's own. */
    boolean isAlone() {
        return alone;
    }

    /** Whether the client waits for nothing: no answer, no server, no transaction. */
    public boolean isResting() {
        return state == State.IDLE || state == State.LINKED && server.exchange().isFree();
    }

    /** Whether what the client got so far ends with a whole message. */
    public boolean clientAtBoundary() {
        return server == null || server.scanner().atBoundary();
    }

    public State state() {
        return state;
    }

    /** Null unless linked. */
    public Server server() {
        return server;
    }

    public long lastActiveNanos() {
        return clock.activeNanos();
    }
}

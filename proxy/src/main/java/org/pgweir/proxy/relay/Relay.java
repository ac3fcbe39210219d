package org.pgweir.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.pgweir.config.PoolMode;
import org.pgweir.protocol.Backend;
import org.pgweir.protocol.BackendMessages;
import org.pgweir.protocol.Carry;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.protocol.FrameScanner;
import org.pgweir.protocol.Frontend;
import org.pgweir.protocol.FrontendMessages;
import org.pgweir.protocol.Outgoing;
import org.pgweir.protocol.ParameterStatus;
import org.pgweir.protocol.ProtocolViolation;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.pool.LoopPool;
import org.pgweir.proxy.pool.Waiter;
import org.pgweir.proxy.server.Exchange;
import org.pgweir.proxy.server.Prelude;
import org.pgweir.proxy.server.Server;
import org.pgweir.proxy.server.ServerListener;
import org.pgweir.proxy.server.ServerState;
import org.pgweir.proxy.server.TrackedParameters;
import org.pgweir.proxy.session.ByteString;
import org.pgweir.proxy.session.ClientStatements;
import org.pgweir.proxy.session.Effect;
import org.pgweir.proxy.session.PinReason;
import org.pgweir.proxy.session.PreparedStatement;
import org.pgweir.proxy.session.ServerStatements;
import org.pgweir.proxy.session.SessionState;
import org.pgweir.proxy.session.SqlContext;
import org.pgweir.proxy.session.SqlDialect;
import org.pgweir.proxy.session.SqlText;
import org.pgweir.proxy.session.TextChanges;
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
 * Frames go to the other side as they came, whole or cut; what is kept back is a cut header, and from the server a cut frame that must
 * be read (ReadyForQuery, ParameterStatus, ErrorResponse). While parked, the client's first bytes are held. A side that does not take
 * more bytes stops the reads of the other.
 */
public final class Relay implements Waiter, ServerListener {
    /** A parked client that has sent this much is not read further. */
    private static final int HELD_LIMIT = 64 * 1024;

    /** Longest frame of the server that is kept back to be read. */
    private static final int LONGEST_READ_FRAME = 64 * 1024;

    private static final String NO_SUCH_STATEMENT = "26000";
    private static final String NOT_SUPPORTED = "0A000";

    private static final long LONG_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** What the client has at the moment. */
    public enum State {
        IDLE,
        PARKED,
        LINKED,
        GONE
    }

    private final ClientEnd client;
    private final Channel channel;
    private final LoopPool pool;
    private final Counters counters;
    private final QueryClock clock;
    private final FrameScanner scanner = new FrameScanner(Frontend.SERVING, Frontend.SERVING);
    private final Carry carry = new Carry();
    private final Outgoing toServer = new Outgoing();
    private final Outgoing toClient = new Outgoing();

    /** Null where the session is the client's own affair: it has a server of its own, or the operator wants it so. */
    private final ClientStatements statements;

    /** Null where {@link #statements} is. */
    private final ClientSession session;

    /** Null where {@link #statements} is. */
    private final SessionUpkeep upkeep;

    private final Replay replay = new Replay();

    private State state = State.IDLE;
    private final SessionState startup;
    private final boolean simpleQueries;

    /** Whether the server is this client's own: for replication. */
    private final boolean alone;

    private TrackedParameters parameters;
    private Server server;
    private ByteBuf held;
    private boolean readingStopped;
    private boolean replaying;

    private byte passing;
    private ErrorMessage rejection;
    private boolean serverDirty;
    private boolean waitsForPrelude;
    private boolean awaitsProbe;

    /** A cancel request that must not reach the server yet; null if there is none. */
    private Runnable laterCancel;

    private boolean clientDirty;
    private ErrorMessage refusal;

    private boolean toldToWait;
    private long parkedAtNanos;
    private long probeAtNanos;

    /** @param startup further settings that the client began with */
    public Relay(ClientEnd client, LoopPool pool, TrackedParameters parameters, SessionState startup, long nowNanos) {
        this(client, pool, parameters, startup, null, nowNanos);
    }

    /** For a client that has a server of its own, as it comes from the login, to the end. */
    public static Relay alone(ClientEnd client, LoopPool pool, Server own, long nowNanos) {
        return new Relay(client, pool, own.parameters(), SessionState.NONE, own, nowNanos);
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
        statements = follows
                ? new ClientStatements(
                        pool.pool().statements(), pool.pool().followsStatements(), this::isWanted, this::sqlContext)
                : null;
        session = follows ? new ClientSession(startup) : null;
        upkeep = follows ? new SessionUpkeep(this, client, pool, session, parameters) : null;
        if (follows) {
            statements.additions(upkeep);
        }
        this.startup = startup;
        simpleQueries = alone || pool.pool().allowsSimpleQueries();
        scanner.limit(pool.pool().maxPacketSize());
        readDialect();
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
        if (state == State.PARKED || isSuspended()) {
            hold(bytes);
            prepareWithoutServer();
        } else if (state == State.GONE) {
            bytes.release();
        } else {
            forward(carry.join(bytes), nowNanos);
            // What ends a failed COPY, for one, has no answer that could bring the end of the transaction to our
            // notice.
            unlinkIfOver(nowNanos);
        }
    }

    public void onClientReadComplete() {
        if (serverDirty) {
            serverDirty = false;
            server.flush();
        }
    }

    /** Takes ownership of the buffer. */
    private void forward(ByteBuf in, long nowNanos) {
        scanner.begin(in);
        // Without a server, that was the end of a frame that was dropped.
        toServer.begin(in, server == null ? scanner.position() : in.readerIndex());
        int start = in.readerIndex();
        boolean fromRest = server != null
                && scanner.position() == start
                && server.exchange().isFreeBehindPrelude();
        boolean more = true;
        while (more) {
            switch (scanner.next()) {
                case FrameScanner.FRAME -> {
                    byte type = scanner.type();
                    if (type == Frontend.TERMINATE) {
                        sendToServer();
                        client.close("client close request");
                        return;
                    }
                    if (type == Frontend.QUERY && !simpleQueries) {
                        refusal = RelayErrors.NO_SIMPLE_QUERIES;
                        more = false;
                    } else if (server == null && isNothingWithoutServer(type)) {
                        int dropped = scanner.position();
                        scanner.take();
                        toServer.leaveOut(dropped, scanner.position());
                    } else if (server == null) {
                        if (hasCome(in, nowNanos)) {
                            park(in.readerIndex(scanner.position()), nowNanos);
                            return;
                        }
                        more = false;
                    } else {
                        more = pass(in, type, nowNanos);
                    }
                }
                case FrameScanner.CUT_HEADER -> {
                    carry.keep(in, scanner.position());
                    more = false;
                }
                case FrameScanner.MALFORMED -> {
                    refusal = RelayErrors.clientNonsense();
                    more = false;
                }
                default -> more = false;
            }
        }
        if (fromRest && toServer.isChanged() && isOneBatch(in)) {
            replay.keep(in.readerIndex(start));
        }
        sendToServer();
        if (refusal != null) {
            client.fail(refusal);
        }
    }

    /** Whether enough of the frame at which the scanner stands is there; else it is kept, or the client refused. */
    private boolean hasCome(ByteBuf in, long nowNanos) {
        return statements == null || isGathered(statements.gather(in, scanner), in, nowNanos);
    }

    private boolean isGathered(ClientStatements.Followed gathered, ByteBuf in, long nowNanos) {
        switch (gathered) {
            case INCOMPLETE -> {
                clock.gathers(nowNanos);
                carry.keep(in, scanner.frameStart());
            }
            case MALFORMED -> refusal = RelayErrors.clientNonsense();
            case NO_ROOM -> refusal = RelayErrors.NO_ROOM_FOR_STATEMENT;
            default -> {
                clock.gathered();
                return true;
            }
        }
        return false;
    }

    /** Whether the buffer ended with the Sync of the only batch that the server works on. */
    private boolean isOneBatch(ByteBuf in) {
        Exchange exchange = server.exchange();
        return !replaying
                && exchange.awaited() == 1
                && exchange.endsWithSync()
                && scanner.position() == in.writerIndex();
    }

    /** The batch failed because of a plan, and the client need not know. */
    private void sendAgain(long nowNanos) {
        replaying = true;
        forward(replay.take(), nowNanos);
        replaying = false;
        onClientReadComplete();
    }

    /** The frame at which the scanner stands goes to the server, under the names that its statements have there. */
    private boolean pass(ByteBuf in, byte type, long nowNanos) {
        if (server.exchange().holdsBack()) {
            waitsForPrelude = true;
            holdFrom(in, scanner.frameStart());
            return false;
        }
        if (upkeep != null && upkeep.hasFailed()) {
            rejection = upkeep.takeFailure();
            reject(type);
        } else if (statements != null && ClientStatements.isFollowed(type)) {
            passing = type;
            ClientStatements.Followed followed = statements.follow(
                    in,
                    scanner,
                    server.statements(),
                    toServer,
                    server.exchange().inBatch(),
                    replaying);
            if (!isGathered(followed, in, nowNanos)) {
                return false;
            }
            switch (followed) {
                case REJECTED -> reject(type);
                case IN_DOUBT -> {
                    upkeep.awaitAnswers();
                    holdFrom(in, scanner.frameStart());
                    return false;
                }
                case NEEDS_STATEMENT -> {
                    upkeep.needs(statements.needed(), statements.needsNameOnly());
                    holdFrom(in, scanner.frameStart());
                    return false;
                }
                default -> {}
            }
            noteSql(type);
        }
        sent(type, nowNanos);
        scanner.take();
        if ((type == Frontend.QUERY || type == Frontend.SYNC) && upkeep != null && upkeep.mustSeeAnswers()) {
            upkeep.awaitAnswers();
            if (scanner.position() < in.writerIndex()) {
                holdFrom(in, scanner.position());
            }
            return false;
        }
        return true;
    }

    /** The server itself must fail, so that its transaction does. */
    private void reject(byte type) {
        FrontendMessages.rejected(
                toServer.replace(scanner.frameStart(), scanner.frameEnd()), type, RelayErrors.REJECTED);
    }

    /** What a Query or Parse brings was noted when it was asked for; what is left is a prepared statement that runs. */
    private void noteSql(byte type) {
        SqlText text = statements.text();
        if (text == null) {
            session.noteUnread();
            session.lone().isNot();
        } else if (type == Frontend.BIND && !text.isPlain()) {
            note(text, true);
            session.runs(text);
        } else if (type == Frontend.QUERY && text.has(Effect.RESETS)) {
            session.queries(text);
        }
    }

    private boolean isWanted(SqlText text) {
        // Where prepared statements are not followed, nothing tells of their execution.
        rejection = note(text, passing == Frontend.QUERY || !pool.pool().followsStatements());
        return rejection == null;
    }

    private SqlContext sqlContext(SqlDialect dialect) {
        return session.sqlContext(dialect, parameters);
    }

    private ErrorMessage note(SqlText text, boolean runs) {
        ErrorMessage error = session.note(text, runs);
        session.lone().note(text, server.exchange().isFreeBehindPrelude());
        if (session.mayListen()) {
            upkeep.hear(server);
        }
        return error;
    }

    private boolean isSuspended() {
        return waitsForPrelude || awaitsProbe || upkeep != null && upkeep.isSuspended();
    }

    /** The rest waits until something has been done on the server. */
    private void holdFrom(ByteBuf in, int index) {
        held = in.retainedSlice(index, in.writerIndex() - index);
    }

    private void readDialect() {
        if (statements != null) {
            String encoding = parameters.get("client_encoding");
            statements.dialect(SqlDialect.of(
                    encoding == null ? "UTF8" : encoding,
                    !"off".equals(parameters.get("standard_conforming_strings"))));
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
        if (clientDirty) {
            clientDirty = false;
            channel.flush();
        }
    }

    /** Whether a notification may be sent now. */
    boolean isBetweenTransactions() {
        return state == State.IDLE || state == State.PARKED || isOver() && !session.isUnsettled();
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
        ByteBuf next = held;
        held = null;
        unlinkIfOver(nowNanos);
        if (next != null) {
            take(next, nowNanos);
        }
        runLaterCancel();
    }

    /** As {@link #goOn}, for a client that keeps its server. */
    void resume(long nowNanos) {
        ByteBuf first = held;
        held = null;
        if (first != null) {
            forward(carry.join(first), nowNanos);
        }
        if (state == State.LINKED) {
            onClientReadComplete();
            resumeReading();
            unlinkIfOver(nowNanos);
        }
        runLaterCancel();
    }

    /**
     * What a client may send behind a COPY that has failed, and Flush: PostgreSQL, too, ignores these outside a COPY (documentation,
     * "COPY Operations").
     */
    private static boolean isNothingWithoutServer(byte type) {
        return type == Frontend.COPY_DATA
                || type == Frontend.COPY_DONE
                || type == Frontend.COPY_FAIL
                || type == Frontend.FLUSH;
    }

    private void sent(byte type, long nowNanos) {
        Exchange exchange = server.exchange();
        clock.sends(exchange, nowNanos);
        exchange.sent(type);
        if (session != null && session.countsMessages()) {
            session.sent(type);
        }
        if (type == Frontend.PARSE) {
            counters.clientParses++;
            counters.serverParses += statements == null ? 1 : 0;
        } else if (type == Frontend.BIND) {
            counters.binds++;
        }
    }

    /** Sends what the scanner has passed. */
    private void sendToServer() {
        ByteBuf out = toServer.end(scanner.position());
        if (out == null) {
            return;
        }
        if (server == null) {
            out.release();
            return;
        }
        counters.serverParses += server.statements().takeParsesSent();
        server.write(out);
        serverDirty = true;
        Channel serverChannel = server.channel();
        if (!serverChannel.isWritable()) {
            serverChannel.flush();
            if (!serverChannel.isWritable()) {
                stopReading();
            }
        }
    }

    private void park(ByteBuf firstBytes, long nowNanos) {
        held = firstBytes;
        state = State.PARKED;
        toldToWait = false;
        pool.link(this, nowNanos);
        prepareWithoutServer();
    }

    /**
     * Whoever waits for its statement to be prepared may be the one who holds all servers, as a thread of pgbench with many clients does:
     * what is known to be good needs none. Asked when the client begins to wait, when more has come of it, and at each tick, since
     * a server that was on its way may have gone to somebody else.
     */
    private void prepareWithoutServer() {
        boolean mayAdopt = state == State.PARKED
                && statements != null
                && held.getByte(held.readerIndex()) == Frontend.PARSE
                && pool.isShort();
        PreparedStatement known = mayAdopt ? statements.adoptable(held) : null;
        if (known != null && pool.unpark(this)) {
            statements.adopt(held, known);
            counters.clientParses++;
            counters.queries++;
            counters.transactions++;
            answerWithoutServer(out -> {
                BackendMessages.parseComplete(out);
                BackendMessages.readyForQuery(out, Backend.IDLE);
            });
        }
    }

    /** Answers all that the client has sent; it does not wait for a server any more. */
    private void answerWithoutServer(Consumer<ByteBuf> answers) {
        held.release();
        held = null;
        state = State.IDLE;
        ByteBuf answer = channel.alloc().directBuffer(128);
        answers.accept(answer);
        channel.writeAndFlush(answer, channel.voidPromise());
        resumeReading();
    }

    private void hold(ByteBuf bytes) {
        if (held == null) {
            held = bytes;
        } else {
            ByteBuf joined = bytes.alloc().directBuffer(held.readableBytes() + bytes.readableBytes());
            joined.writeBytes(held).writeBytes(bytes);
            held.release();
            bytes.release();
            held = joined;
        }
        if (held.readableBytes() > HELD_LIMIT) {
            stopReading();
        }
    }

    private void stopReading() {
        if (!readingStopped) {
            readingStopped = true;
            channel.config().setAutoRead(false);
        }
    }

    private void resumeReading() {
        if (readingStopped) {
            readingStopped = false;
            channel.config().setAutoRead(!client.isSuspended());
        }
    }

    /** Whether it has stopped the reads of the client. */
    public boolean isReadingStopped() {
        return readingStopped;
    }

    /** The client's socket takes more, or no more, bytes. */
    public void onClientWritability(boolean writable) {
        if (writable && server != null) {
            server.resumeReading();
        } else if (writable && state == State.IDLE) {
            resumeReading();
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
        runLaterCancel();
        carry.release();
        replay.drop();
        if (upkeep != null) {
            upkeep.clientGone();
        }
        if (statements != null) {
            statements.clear();
        }
        if (held != null) {
            held.release();
            held = null;
        }
        if (last == State.PARKED) {
            pool.unpark(this);
        } else if (last == State.LINKED) {
            Server mine = server;
            server = null;
            mine.flush();
            if (alone) {
                pool.ownServers().end(mine, scanner.atBoundary(), nowNanos);
                return;
            }
            if (session != null && (session.isPinned() || session.isUnsettled())) {
                mine.soil();
            }
            if (upkeep != null && upkeep.hasServer()) {
                // It comes back with its own statement.
                return;
            }
            if (mine.exchange().isFree() && scanner.atBoundary() && mine.atBoundary()) {
                pool.releaseAfterClient(mine, nowNanos);
            } else {
                pool.salvage(mine, scanner.atBoundary(), nowNanos);
            }
        }
    }

    // ---------------------------------------------------------------- from the server

    @Override
    public void onServerBytes(Server from, ByteBuf bytes, long nowNanos) {
        ByteBuf in = from.carry().join(bytes);
        toClient.begin(in, in.readerIndex());
        FrameScanner frames = from.scanner();
        frames.begin(in);
        boolean more = true;
        while (more) {
            switch (frames.next()) {
                case FrameScanner.FRAME -> {
                    if (!frames.isWhole() && frames.bodyLength() <= LONGEST_READ_FRAME) {
                        from.carry().keep(in, frames.frameStart());
                        more = false;
                    } else {
                        int frameStart = frames.frameStart();
                        boolean good = from.exchange().inPrelude()
                                ? watchPrelude(from, in, frames)
                                : watch(from, in, frames, nowNanos);
                        if (!good && refusal == null) {
                            preludeFailed(from, in, frames.position(), nowNanos);
                            return;
                        }
                        if (!good) {
                            giveUp(from, frameStart);
                            return;
                        }
                    }
                }
                case FrameScanner.CUT_HEADER -> {
                    from.carry().keep(in, frames.position());
                    more = false;
                }
                case FrameScanner.MALFORMED -> {
                    refusal = RelayErrors.SERVER_NONSENSE.withDetail(
                            "The server sent no PostgreSQL message, or one beyond max_packet_size.");
                    giveUp(from, frames.position());
                    return;
                }
                default -> more = false;
            }
        }
        if (from.exchange().inPrelude()) {
            toClient.leaveOutAll(frames.position());
        }
        sendToClient(frames.position());
        if (replay.hasFailed() && from.exchange().isQuiet()) {
            sendAgain(nowNanos);
        }
        unlinkIfOver(nowNanos);
    }

    /** The client gets the good frames up to an index and then the refusal; the server, read only in part, is closed. */
    private void giveUp(Server doubtful, int end) {
        sendToClient(end);
        replay.drop();
        server = null;
        state = State.IDLE;
        pool.discard(doubtful, refusal.message());
        client.fail(refusal);
    }

    /** As {@link #watch}, while the server gets the client's settings; false without a refusal if it does not take them. */
    private boolean watchPrelude(Server from, ByteBuf in, FrameScanner frames) {
        byte type = frames.type();
        int start = frames.bodyStart();
        int end = frames.frameEnd();
        boolean whole = frames.isWhole();
        toClient.leaveOutAll(frames.frameStart());
        frames.take();
        try {
            if (!whole) {
                throw new ProtocolViolation("a message of more than " + LONGEST_READ_FRAME + " bytes comes unasked");
            }
            Prelude.Progress progress = from.takePrelude(type, in, start, end);
            toClient.leaveOutAll(end);
            if (progress == Prelude.Progress.DONE) {
                parametersApplied(from.parameters());
            }
            if (from.prelude().isDecided() && progress != Prelude.Progress.FAILED) {
                runLaterCancel();
            }
            return progress != Prelude.Progress.FAILED;
        } catch (ProtocolViolation e) {
            refusal = RelayErrors.SERVER_NONSENSE.withDetail(e.getMessage());
            return false;
        }
    }

    /** The server has done nothing of what it was sent, and can be saved; what it said behind the index is for its next listener. */
    private void preludeFailed(Server from, ByteBuf in, int end, long nowNanos) {
        ErrorMessage error = from.prelude().error().withSeverity(ErrorMessage.FATAL);
        ByteBuf rest = in.retainedSlice(end, in.writerIndex() - end);
        sendToClient(end);
        replay.drop();
        waitsForPrelude = false;
        server = null;
        serverDirty = false;
        state = State.IDLE;
        from.flush();
        pool.salvage(from, scanner.atBoundary(), nowNanos);
        from.passOn(rest, nowNanos);
        client.fail(error);
    }

    private void runLaterCancel() {
        if (laterCancel != null) {
            Runnable cancel = laterCancel;
            laterCancel = null;
            cancel.run();
        }
    }

    /** Looks at a frame of the server and passes it; false, and a refusal, if the client cannot go on. */
    private boolean watch(Server from, ByteBuf in, FrameScanner frames, long nowNanos) {
        byte type = frames.type();
        int frameStart = frames.frameStart();
        int start = frames.bodyStart();
        int end = frames.frameEnd();
        boolean whole = frames.isWhole();
        frames.take();
        if (!whole) {
            if (type == Backend.ERROR_RESPONSE) {
                from.exchange().failed();
            }
            return true;
        }
        try {
            switch (type) {
                case Backend.READY_FOR_QUERY -> {
                    if (end - start != 1) {
                        throw new ProtocolViolation("ReadyForQuery has a wrong length");
                    }
                    if (from.exchange().endProbe()) {
                        toClient.leaveOut(frameStart, end);
                        return true;
                    }
                    if (replay.hasFailed()) {
                        from.exchange().ready(in.getByte(start));
                        toClient.leaveOutAll(end);
                        return true;
                    }
                    return ready(from, in.getByte(start), nowNanos);
                }
                case Backend.COPY_IN_RESPONSE, Backend.COPY_BOTH_RESPONSE ->
                    from.exchange().copyBegan();
                case Backend.COMMAND_COMPLETE -> {
                    if (from.commandComplete(in, start, end)) {
                        toClient.leaveOut(frameStart, end);
                    } else if (session != null && session.lone().isPossible()) {
                        session.lone().completed(in, start, end);
                    }
                }
                case Backend.PARSE_COMPLETE -> answer(from.parseComplete(), in, frameStart, end);
                case Backend.BIND_COMPLETE -> answer(from.bindComplete(), in, frameStart, end);
                case Backend.CLOSE_COMPLETE -> answer(from.closeComplete(), in, frameStart, end);
                case Backend.PARAMETER_STATUS -> {
                    ParameterStatus status = ParameterStatus.read(in, start, end);
                    from.reported(status.name(), status.value());
                    TrackedParameters now = parameters.with(status.name(), status.value());
                    if (now != parameters) {
                        parameters = now;
                        readDialect();
                    }
                }
                case Backend.ERROR_RESPONSE -> {
                    from.exchange().failed();
                    ErrorMessage error = ErrorMessage.read(in, start, end);
                    if (error.isFatal()) {
                        from.sawFatal(error);
                    } else if (from.exchange().isProbing()) {
                        throw new ProtocolViolation("an error came that nothing could have caused: " + error.message());
                    }
                    if (statements != null) {
                        if (from.exchange().awaited() == 1) {
                            upkeep.failed();
                        }
                        session.lone().isNot();
                        statementFailed(from, error, in, frameStart, end);
                    }
                }
                case Backend.NOTIFICATION_RESPONSE -> {
                    if (upkeep != null) {
                        byte[] frame = new byte[end - frameStart];
                        in.getBytes(frameStart, frame);
                        if (upkeep.comesElsewhere(frame)) {
                            toClient.leaveOut(frameStart, end);
                        }
                    }
                }
                default -> {}
            }
            return true;
        } catch (ProtocolViolation e) {
            refusal = RelayErrors.SERVER_NONSENSE.withDetail(e.getMessage());
            return false;
        }
    }

    private void answer(ServerStatements.Answer answer, ByteBuf in, int start, int end) {
        switch (answer) {
            case SWALLOW -> toClient.leaveOut(start, end);
            case AS_PARSE_COMPLETE -> in.setByte(start, Backend.PARSE_COMPLETE);
            case PASS -> {}
        }
    }

    private void statementFailed(Server from, ErrorMessage error, ByteBuf in, int start, int end)
            throws ProtocolViolation {
        if (rejection != null && error.message().contains(RelayErrors.REJECTED)) {
            BackendMessages.errorResponse(toClient.replace(start, end), rejection);
            rejection = null;
            return;
        }
        boolean lost = error.sqlstate().equals(NO_SUCH_STATEMENT)
                && from.statements().refusedName() == null
                && ServerStatements.nameIn(error.message()) != null;
        boolean stale = error.sqlstate().equals(NOT_SUPPORTED)
                && ErrorMessage.isFrom("RevalidateCachedQuery", in, start + FrameScanner.HEADER_LENGTH, end);
        if (lost || stale) {
            from.statements().allStale();
            if (replay.isPossible()) {
                replay.failed();
                toClient.leaveOutAll(end);
                return;
            }
        }
        inTheClientsNames(from, error, in, start, end);
    }

    /** An error that speaks of a statement by its name on the server, or of a place in a changed text, speaks of the client's own. */
    private void inTheClientsNames(Server from, ErrorMessage error, ByteBuf in, int start, int end)
            throws ProtocolViolation {
        int body = start + FrameScanner.HEADER_LENGTH;
        TextChanges changes = from.statements().changes();
        int position = changes == null ? 0 : changes.original(ErrorMessage.position(in, body, end));
        String name = ServerStatements.nameIn(error.message());
        ByteString own = name == null ? null : clientsName(from, name);
        if (own != null || position > 0) {
            String message = own == null ? null : error.message().replace('"' + name + '"', '"' + own.toString() + '"');
            ErrorMessage.rewrite(in, body, end, message, position, toClient.replace(start, end));
        }
    }

    /** The client's name of a statement with this name on the server; null if it has none. */
    private ByteString clientsName(Server from, String name) {
        ByteString own = statements.nameOf(name);
        if (own == null) {
            own = from.statements().nameOf(name);
        }
        return own == null ? from.statements().refusedName() : own;
    }

    private boolean ready(Server from, byte status, long nowNanos) {
        from.exchange().ready(status);
        clock.ready(status, nowNanos);
        if (status != Backend.IDLE && pool.pool().mode() == PoolMode.STATEMENT && !alone) {
            refusal = RelayErrors.NO_TRANSACTION_BLOCKS;
            return false;
        }
        return true;
    }

    private void unlinkIfOver(long nowNanos) {
        if (waitsForPrelude && server != null && !server.exchange().inPrelude()) {
            waitsForPrelude = false;
            resume(nowNanos);
            return;
        }
        if (probes(nowNanos)) {
            return;
        }
        if (awaitsProbe) {
            awaitsProbe = false;
            goOn(nowNanos);
            if (state == State.LINKED) {
                onClientReadComplete();
                resumeReading();
            }
            return;
        }
        if (upkeep != null && upkeep.goesOn(nowNanos)) {
            return;
        }
        if (!isOver() || alone || pool.pool().mode() == PoolMode.SESSION) {
            return;
        }
        if (session == null) {
            unlink(nowNanos);
            return;
        }
        if (session.isUnsettled()) {
            upkeep.settle(nowNanos);
            return;
        }
        session.transactionOver();
        if (upkeep.mayMoveListening()) {
            upkeep.moveListening();
        } else if (session.isPinned()) {
            upkeep.deliverNotifications();
        } else {
            unlink(nowNanos);
        }
    }

    /** Whether the server is being asked how many answers a COPY that failed will bring. Meanwhile the client's bytes are held. */
    private boolean probes(long nowNanos) {
        if (state != State.LINKED || alone) {
            return false;
        }
        Exchange exchange = server.exchange();
        boolean isDue = exchange.needsProbe() && scanner.atBoundary();
        awaitsProbe |= isDue;
        if (isDue && !server.isCancelInFlight()) {
            server.probe();
            probeAtNanos = nowNanos;
        }
        return isDue || exchange.isProbing();
    }

    /** Whether the client has a server and is between two transactions there. */
    private boolean isOver() {
        return state == State.LINKED
                && !isSuspended()
                && server.exchange().isFree()
                && server.atBoundary()
                && scanner.atBoundary();
    }

    /** The transaction is over: the server goes back. */
    private void unlink(long nowNanos) {
        Server mine = server;
        server = null;
        mine.onNotifications(null);
        if (serverDirty) {
            mine.flush();
        }
        serverDirty = false;
        state = State.IDLE;
        if (clientDirty) {
            clientDirty = false;
            channel.flush();
        }
        if (channel.isWritable()) {
            resumeReading();
        } else {
            // It does not read its answers: no more questions before it has.
            stopReading();
        }
        pool.releaseAfterClient(mine, nowNanos);
        deliverNotifications();
    }

    private void deliverNotifications() {
        if (upkeep != null) {
            upkeep.deliverNotifications();
        }
    }

    private void sendToClient(int to) {
        ByteBuf out = toClient.end(to);
        if (out == null) {
            return;
        }
        replay.drop();
        counters.bytesSent += out.readableBytes();
        channel.write(out, channel.voidPromise());
        clientDirty = true;
        if (!channel.isWritable()) {
            channel.flush();
            if (!channel.isWritable() && server != null) {
                server.stopReading();
            }
        }
    }

    @Override
    public void onServerReadComplete(Server from) {
        if (clientDirty) {
            clientDirty = false;
            channel.flush();
        }
    }

    @Override
    public void onServerWritability(Server from, boolean writable) {
        if (writable) {
            resumeReading();
        }
    }

    @Override
    public void onServerClosed(Server lost, long nowNanos) {
        if (server != lost) {
            // Given up before.
            return;
        }
        waitsForPrelude = false;
        awaitsProbe = false;
        replay.drop();
        pool.lost(lost, nowNanos);
        if (session != null) {
            session.serverLost();
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

    // ---------------------------------------------------------------- waiting for a server

    @Override
    public void linked(Server given, long nowNanos) {
        server = given;
        state = State.LINKED;
        rejection = null;
        given.scanner().limit(pool.pool().maxPacketSize());
        if (statements != null) {
            statements.keepAtMost(pool.pool().maxPreparedStatements());
            session.features(pool.pool().features());
        }
        given.handTo(this, ServerState.ACTIVE);
        serverDirty = given.exchange().inPrelude();
        ByteBuf first = held;
        held = null;
        forward(first, nowNanos);
        if (state != State.LINKED) {
            return;
        }
        if (upkeep != null && upkeep.goesOn(nowNanos)) {
            return;
        }
        if (given.exchange().isOnlyPrelude()) {
            given.flushPrelude();
        }
        onClientReadComplete();
        if (given.channel().isWritable()) {
            resumeReading();
        }
    }

    @Override
    public void refused(ErrorMessage error) {
        state = State.IDLE;
        if (held != null) {
            held.release();
            held = null;
        }
        client.fail(error);
    }

    @Override
    public SessionState session() {
        return session == null ? startup : session.state();
    }

    /** How many the client has, under names. */
    public int preparedStatements() {
        return statements == null ? 0 : statements.size();
    }

    /** Why the client keeps its server; empty if it does not. */
    public Set<PinReason> pins() {
        return session == null ? Set.of() : session.pins();
    }

    public long pinnedAtNanos() {
        return session.pinnedAtNanos();
    }

    @Override
    public TrackedParameters parameters() {
        return parameters;
    }

    @Override
    public void parametersApplied(TrackedParameters values) {
        // The client gets PostgreSQL's own spelling, as it would at the login to a server of its own.
        values.forEachOtherThan(parameters, (name, value) -> {
            ByteBuf out = channel.alloc().directBuffer(64);
            BackendMessages.parameterStatus(out, name, value);
            channel.write(out, channel.voidPromise());
            clientDirty = true;
        });
        parameters = values;
        readDialect();
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
        return parkedAtNanos;
    }

    @Override
    public void parkedAt(long nowNanos) {
        parkedAtNanos = nowNanos;
    }

    // ---------------------------------------------------------------- cancel, time, display

    /**
     * Cancels what the client is running, and nothing else. While the server works for pgweir itself, that is what the client has sent
     * meanwhile.
     *
     * @param done called when PostgreSQL has the signal, or there is nothing to cancel
     */
    public void cancel(long timeoutNanos, Runnable done) {
        boolean isOwn = state == State.LINKED && (awaitsProbe || upkeep != null && upkeep.hasServer());
        boolean isTooEarly = isOwn && held != null
                || state == State.LINKED
                        && server.exchange().inPrelude()
                        && !server.prelude().isDecided();
        if (isTooEarly && laterCancel == null) {
            laterCancel = () -> cancel(timeoutNanos, done);
            return;
        }
        if (state == State.LINKED && !isOwn && !isTooEarly && !server.exchange().isQuiet()) {
            Server mine = server;
            pool.cancel(mine, timeoutNanos, () -> {
                done.run();
                if (server == mine && awaitsProbe) {
                    unlinkIfOver(Loop.nowNanos());
                }
            });
            return;
        }
        if (state == State.PARKED && isOneRequest(held) && pool.unpark(this)) {
            answerWithoutServer(out -> {
                BackendMessages.errorResponse(out, RelayErrors.CANCELED);
                BackendMessages.readyForQuery(out, Backend.IDLE);
            });
        }
        done.run();
    }

    /** Whether these are whole messages of which only the last one, a Query or a Sync, is answered by ReadyForQuery. */
    private static boolean isOneRequest(ByteBuf bytes) {
        FrameScanner frames = new FrameScanner(Frontend.SERVING, Frontend.SERVING);
        frames.begin(bytes);
        boolean ended = false;
        int event = frames.next();
        while (event == FrameScanner.FRAME && !ended) {
            ended = frames.type() == Frontend.QUERY || frames.type() == Frontend.SYNC;
            frames.take();
            event = frames.next();
        }
        return ended && event == FrameScanner.END && frames.atBoundary();
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
        prepareWithoutServer();
        switch (state) {
            case PARKED -> checkWait(timeouts, nowNanos - parkedAtNanos);
            case LINKED -> checkLinked(timeouts, nowNanos);
            case IDLE -> {
                ErrorMessage overdue = clock.overdue(timeouts, nowNanos);
                if (overdue != null) {
                    client.fail(overdue);
                }
            }
            case GONE -> {}
        }
    }

    private void checkLinked(Timeouts timeouts, long nowNanos) {
        Exchange exchange = server.exchange();
        if (exchange.isProbing() && QueryClock.isOver(pool.pool().ownStatementTimeout(), probeAtNanos, nowNanos)) {
            server.closeNow();
            return;
        }
        if (isSuspended() || alone) {
            return;
        }
        ErrorMessage overdue = clock.overdue(timeouts, exchange, nowNanos);
        if (overdue != null) {
            if (exchange.awaited() > 0) {
                // PostgreSQL is not left with a query that nobody waits for; the server is cleaned up behind it, or
                // closed.
                pool.cancel(server, timeouts.cancelWait(), () -> {});
            }
            client.fail(overdue);
        } else if (timeouts.fastClose()
                && pool.pool().mode() == PoolMode.SESSION
                && exchange.isFree()
                && pool.closings().isOutdated(server)) {
            client.fail(RelayErrors.CONFIGURATION_CHANGED);
        }
    }

    private void checkWait(Timeouts timeouts, long waitedNanos) {
        if (timeouts.query() > 0 && waitedNanos > timeouts.query()) {
            client.fail(RelayErrors.QUERY_TIMEOUT_WAITING);
        } else if (!toldToWait && timeouts.queryWaitNotify() > 0 && waitedNanos > timeouts.queryWaitNotify()) {
            toldToWait = true;
            ByteBuf out = channel.alloc().directBuffer(128);
            BackendMessages.noticeResponse(out, RelayErrors.QUEUED);
            channel.writeAndFlush(out, channel.voidPromise());
        }
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

    public LoopPool pool() {
        return pool;
    }

    public long lastActiveNanos() {
        return clock.activeNanos();
    }
}

package org.pgweir.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.Set;
import java.util.TreeSet;
import org.pgweir.protocol.Backend;
import org.pgweir.protocol.BackendMessages;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.protocol.Frontend;
import org.pgweir.protocol.FrontendMessages;
import org.pgweir.proxy.pool.LoopPool;
import org.pgweir.proxy.server.Server;
import org.pgweir.proxy.server.ServerStatement;
import org.pgweir.proxy.server.TrackedParameters;
import org.pgweir.proxy.session.Additions;
import org.pgweir.proxy.session.NameUse;
import org.pgweir.proxy.session.PreparedStatement;
import org.pgweir.proxy.session.SessionQuestion;
import org.pgweir.proxy.session.SessionQuestion.Topic;
import org.pgweir.proxy.session.SessionState;
import org.pgweir.proxy.session.SqlText;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Statements of pgweir's own on the server of a linked client, and what else must be done there before the client's next bytes may go
 * on: a prepared statement is provided, an answer is awaited, the session is settled after a transaction, LISTEN moves to the shared
 * connection. Meanwhile the relay is <em>suspended</em>: it holds what the client sends.
 */
final class SessionUpkeep implements Additions {
    private static final Logger LOG = LoggerFactory.getLogger(SessionUpkeep.class);

    private final Relay relay;
    private final ClientEnd client;
    private final Channel channel;
    private final LoopPool pool;
    private final ClientSession session;
    private final TrackedParameters startParameters;
    private final SessionState startState;
    private boolean suspended;
    private boolean statementRuns;
    private boolean awaitsAnswers;

    /** A cancel request for what the client has run is on its way: the server is asked behind that, or the signal would meet the question. */
    private boolean awaitsSignal;

    private boolean asksFirst;
    private boolean movable;
    private boolean requestFailed;
    private boolean marks;
    private PreparedStatement neededHere;
    private boolean neededByName;
    private ErrorMessage notProvided;
    private ClientNotifications notifications;

    /** @param startParameters what the client began with */
    SessionUpkeep(
            Relay relay, ClientEnd client, LoopPool pool, ClientSession session, TrackedParameters startParameters) {
        this.relay = relay;
        this.client = client;
        this.pool = pool;
        this.session = session;
        this.startParameters = startParameters;
        startState = session.state();
        channel = client.channel();
    }

    /** The client's bytes are to be held. */
    boolean isSuspended() {
        return suspended;
    }

    /** The server is in the hands of a statement of pgweir's own, and comes back from there. */
    boolean hasServer() {
        return statementRuns;
    }

    /** The server works for pgweir itself, or is about to. */
    boolean isOwnWork() {
        return statementRuns || awaitsSignal;
    }

    /** What has come for a client that listens, if it is between its transactions. */
    void deliverNotifications() {
        if (notifications != null) {
            notifications.deliver();
        }
    }

    /** The client's server may listen from now on, also while statements of pgweir's own run there. */
    void hear(Server server) {
        server.onNotifications(frame -> {
            if (!relay.isGone() && !comesElsewhere(frame)) {
                channel.writeAndFlush(
                        channel.alloc().directBuffer(frame.length).writeBytes(frame), channel.voidPromise());
            }
        });
    }

    /** Whether the client must not get this notification of its server. */
    boolean comesElsewhere(byte[] notification) {
        return notifications != null && notifications.comesElsewhere(notification);
    }

    /** The client's next bytes wait until the server has this statement, or at least something of its name. */
    void needs(PreparedStatement statement, boolean nameOnly) {
        suspended = true;
        neededHere = statement;
        neededByName = nameOnly;
    }

    /** The client's next bytes wait until it is known what others have left on the server. */
    void askFirst() {
        suspended = true;
        asksFirst = true;
    }

    /** Whether the server could not be given the statement for which the client's next bytes, a Query, have waited. */
    boolean hasFailed() {
        return notProvided != null;
    }

    /** Why it could not. */
    ErrorMessage takeFailure() {
        ErrorMessage error = notProvided;
        notProvided = null;
        return error;
    }

    /** The client's next bytes wait until the server has answered all requests that were sent. */
    void awaitAnswers() {
        requestFailed = false;
        suspended = true;
        awaitsAnswers = true;
    }

    /**
     * To be called whenever the server has answered something: does what has waited for that.
     *
     * @return whether something was done, so that nothing else should be
     */
    boolean goesOn(long nowNanos) {
        Server server = relay.server();
        if (!suspended || statementRuns || server == null || !server.atBoundary() || server.isCancelInFlight()) {
            return false;
        }
        if (awaitsSignal) {
            awaitsSignal = false;
            suspended = false;
            settle(nowNanos);
            return true;
        }
        if (awaitsAnswers && server.exchange().awaited() == 0) {
            awaitsAnswers = false;
            suspended = false;
            String further = furtherBehind(server);
            if (further.isEmpty()) {
                relay.resume(nowNanos);
            } else {
                sayBehind(server, further);
            }
            return true;
        }
        if (neededHere != null && server.exchange().isQuiet()) {
            provide();
            return true;
        }
        if (asksFirst && server.exchange().isQuiet()) {
            asksFirst = false;
            findOut(server);
            return true;
        }
        return false;
    }

    /** Whether the client's next bytes must wait for the answers to its last request, behind which there may be something to be said. */
    boolean mustSeeAnswers() {
        return followsUnlisten() || restored(session.lastReset().peek(), relay.server()) != null;
    }

    /** Whether it must be found out what becomes of an UNLISTEN: the client's own server does not listen to what it ends. */
    private boolean followsUnlisten() {
        return notifications != null
                && session.unlistens().isAny()
                && !notifications.channels().isEmpty();
    }

    /** The server has answered with an error. */
    void failed() {
        requestFailed = true;
    }

    /** What must be said behind the client's last request, if that has not failed; empty for nothing. */
    private String furtherBehind(Server server) {
        boolean failed = requestFailed || server.exchange().status() == Backend.FAILED_TRANSACTION;
        requestFailed = false;
        boolean isDone = !failed && server.exchange().isQuiet();
        boolean isOpen = isDone && server.exchange().status() != Backend.IDLE;
        Addition restored = restored(session.lastReset().take(), server);
        StringBuilder sql = new StringBuilder();
        if (followsUnlisten() && failed) {
            session.unlistens().failed();
        } else if (followsUnlisten() && isOpen) {
            sql.append("LISTEN \"").append(session.unlistens().mark()).append("\";");
        }
        if (isDone && restored != null) {
            session.lone().isNot();
            session.resetsAreFollowed();
            sql.append(restored.sql());
        }
        return sql.toString();
    }

    private void sayBehind(Server server, String sql) {
        if (!flush(server)) {
            return;
        }
        // What is not tracked was told by the server when the client reset it.
        server.settings().onReports((name, value) -> {
            if (!relay.isGone() && !TrackedParameters.isTracked(name)) {
                ByteBuf out = channel.alloc().directBuffer(64);
                BackendMessages.parameterStatus(out, name, value);
                channel.writeAndFlush(out, channel.voidPromise());
            }
        });
        ServerStatement.queryOfBytes(server, sql, timeout(), null, new OwnStatement(server) {
            @Override
            void answered(ErrorMessage error, long now) {
                if (error != null) {
                    client.fail(error.withSeverity(ErrorMessage.FATAL));
                    return;
                }
                relay.parametersApplied(server.settings().parameters());
                relay.resume(now);
            }
        });
    }

    // ---------------------------------------------------------------- what follows a statement in the same Query

    @Override
    public boolean begin(SqlText text) {
        boolean adds = false;
        boolean unlistens = false;
        for (NameUse use : text.names()) {
            switch (use.kind()) {
                case RESET, RESET_ALL -> adds |= restored(use, relay.server()) != null;
                case UNLISTEN, UNLISTEN_ALL -> unlistens = true;
                default -> {}
            }
        }
        // By itself and outside a transaction it is done when it is answered.
        boolean settles = text.statements() == 1 && relay.server().exchange().isFreeBehindPrelude();
        marks = unlistens && !settles && followsUnlisten();
        if (marks) {
            session.unlistens().failed();
        }
        if (adds) {
            session.lone().isNot();
        }
        return adds || marks;
    }

    @Override
    public Addition behind(NameUse use) {
        return switch (use.kind()) {
            case RESET, RESET_ALL -> restored(use, relay.server());
            default -> marks ? new Addition("LISTEN \"" + session.unlistens().mark(use) + '"', 1) : null;
        };
    }

    /**
     * What the client began with, if that will be said to the server behind its present answer, so that the client need not hear of the
     * server's own start value; else null.
     *
     * @param name a setting that the server has reported
     */
    String restoredValue(Server server, String name) {
        NameUse reset = session.lastReset().peek();
        if (reset == null
                || !awaitsAnswers
                || !session.tracksSettings()
                || server.exchange().awaited() != 1) {
            return null;
        }
        boolean isReset = reset.name() == null || reset.name().equalsIgnoreCase(name);
        String start = startParameters.get(name);
        return isReset
                        && start != null
                        && !start.equals(server.settings().startParameters().get(name))
                ? start
                : null;
    }

    /** What makes of a RESET that of a session of the client's own. */
    private Addition restored(NameUse reset, Server server) {
        return reset == null || !session.tracksSettings()
                ? null
                : new StartValues(startParameters, startState)
                        .behind(reset, server.settings().startParameters());
    }

    /** The client is gone. */
    void clientGone() {
        if (notifications != null) {
            notifications.end();
        }
    }

    /** The server gets what the held bytes need. */
    void provide() {
        Server server = relay.server();
        PreparedStatement needed = neededHere;
        boolean standIn = neededByName;
        neededHere = null;
        if (!flush(server)) {
            return;
        }
        ByteBuf request = channel.alloc().directBuffer(256);
        needed.writeClosing(request);
        server.exchange().sent(Frontend.SYNC);
        byte type = needed.writeRequest(request, standIn);
        pool.counters().serverParses++;
        ServerStatement.request(server, request, type, timeout(), null, new OwnStatement(server) {
            @Override
            void answered(ErrorMessage error, long now) {
                if (error == null) {
                    server.statements().provided(needed, standIn);
                } else {
                    notProvided = error;
                }
                relay.resume(now);
            }
        });
    }

    /** Takes back what others have left on the server; where that would take too much, asks what it is. */
    private void findOut(Server server) {
        if (!flush(server)) {
            return;
        }
        boolean mayClean = server.exchange().isFree()
                && !session.isPinned()
                && !session.isUnsettled()
                && !pool.pool().hasConnectQuery();
        SessionQuestion question =
                mayClean ? null : session.questionBefore(pool.pool().userName());
        String sql =
                mayClean ? server.settings().cleanStatementsFor(relay.parameters(), session.state()) : question.sql();
        ServerStatement.Rows rows = mayClean ? null : question::row;
        ServerStatement.queryOfBytes(server, sql, timeout(), rows, new OwnStatement(server) {
            @Override
            void answered(ErrorMessage error, long now) {
                if (mayClean && error == null) {
                    server.settings().hasOnly(session.state());
                    server.leftovers().usedBy(session.number());
                } else {
                    session.asked(error == null ? question : null);
                }
                relay.resume(now);
            }
        });
    }

    /** Asks the server what the transaction has left in the session. */
    void settle(long nowNanos) {
        Server server = relay.server();
        if (server.isCancelInFlight()) {
            awaitsSignal = true;
            suspended = true;
            return;
        }
        SessionQuestion question =
                session.question(pool.pool().userName(), server.settings().session());
        if (question.sql().isEmpty()) {
            settled(question, nowNanos);
            afterSettling(nowNanos);
            return;
        }
        if (!flush(server)) {
            return;
        }
        if (question.topics().contains(Topic.LISTEN)) {
            hear(server);
        }
        ServerStatement.queryOfBytes(server, question.sql(), timeout(), question::row, new OwnStatement(server) {
            @Override
            void answered(ErrorMessage error, long now) {
                if (error == null) {
                    settled(question, now);
                    if (question.topics().contains(Topic.LISTEN)) {
                        listening(server, question.channels());
                    }
                } else {
                    session.unsettled(now);
                }
                afterSettling(now);
            }
        });
    }

    private void afterSettling(long nowNanos) {
        if (!movable && session.isFirstPin()) {
            LOG.info("{} keeps {}: {}", client, relay.server(), session.pins());
        }
        if (session.isPinned()) {
            restoreStartParameters(nowNanos);
        } else {
            if (session.takeHiddenSettings()) {
                relay.server().leftovers().mustGo();
            }
            relay.goOn(nowNanos);
        }
    }

    /** What the client's server listens to is to be taken over by the pool's shared connection; until then the client is pinned. */
    private void listening(Server server, Set<String> onServer) {
        if (onServer.isEmpty()) {
            server.onNotifications(null);
        }
        Set<String> channels = new TreeSet<>(onServer);
        channels.removeIf(Unlistens::isMark);
        // The shared connection speaks UTF8.
        boolean shares =
                session.sharesListening() && "UTF8".equals(relay.parameters().get("client_encoding"));
        movable = !onServer.isEmpty() && (shares || channels.isEmpty());
        if (notifications == null && movable) {
            notifications = new ClientNotifications(
                    relay, channel, pool.loop(), pool.pool().listener());
        }
        Set<String> before = notifications == null ? Set.of() : notifications.channels();
        Set<String> kept = session.unlistens().takeStillListened(before, onServer);
        if (notifications != null) {
            notifications.listensTo(kept, movable ? channels : Set.of());
        }
    }

    /** Whether the shared connection can take over, so that the client's server need not listen any more. */
    boolean mayMoveListening() {
        return movable && notifications.isReady();
    }

    /** The shared connection takes over. To be called between the client's transactions. */
    void moveListening() {
        Server server = relay.server();
        if (!flush(server)) {
            return;
        }
        movable = false;
        ByteBuf request = channel.alloc().directBuffer(256);
        String mark = notifications.begin();
        if (mark != null) {
            FrontendMessages.query(request, mark);
            server.exchange().sent(Frontend.QUERY);
        }
        FrontendMessages.query(request, "UNLISTEN *");
        ServerStatement.request(server, request, Frontend.QUERY, timeout(), null, new OwnStatement(server) {
            @Override
            void answered(ErrorMessage error, long now) {
                if (error != null) {
                    server.soil();
                }
                server.onNotifications(null);
                notifications.moved(error == null);
                session.listensElsewhere();
                afterSettling(now);
            }
        });
    }

    private void settled(SessionQuestion question, long nowNanos) {
        Server server = relay.server();
        session.settled(question, server.leftovers().areOnlyOf(session.number()), nowNanos);
        relay.followed.outdateStatements();
        server.settings()
                .session(
                        question.topics().contains(Topic.SETTINGS)
                                ? question.state()
                                : server.settings().session());
        // The server's own start values are not those that this client began with.
        TrackedParameters back = relay.parameters()
                .reset(session.takeReset(), startParameters, server.settings().startParameters());
        if (back != relay.parameters()) {
            relay.parametersApplied(back);
        }
    }

    /** For a client that keeps its server: what it has reset is to be again what it began with. */
    private void restoreStartParameters(long nowNanos) {
        Server server = relay.server();
        String sql = server.settings().statementsFor(relay.parameters(), session.state());
        if (sql == null) {
            relay.resume(nowNanos);
            return;
        }
        suspended = true;
        ServerStatement.queryOfBytes(server, sql, timeout(), null, new OwnStatement(server) {
            @Override
            void answered(ErrorMessage error, long now) {
                if (error == null) {
                    server.settings().has(session.state());
                }
                relay.resume(now);
            }
        });
    }

    /** Sends what was written so far; false if the client turned out to have gone, and its server with it. */
    private boolean flush(Server server) {
        relay.flushBoth();
        return relay.server() == server;
    }

    private long timeout() {
        return pool.pool().ownStatementTimeout();
    }

    /** While it runs the client may leave, and the server may end. */
    private abstract class OwnStatement implements ServerStatement.Outcome {
        private final Server server;

        OwnStatement(Server server) {
            this.server = server;
            suspended = true;
            statementRuns = true;
        }

        abstract void answered(ErrorMessage error, long nowNanos);

        @Override
        public void done(Server done, ErrorMessage error, long nowNanos) {
            ended();
            if (relay.isGone()) {
                pool.releaseAfterClient(done, nowNanos);
                return;
            }
            relay.takeBack(server);
            answered(error, nowNanos);
        }

        @Override
        public void lost(Server lost, String reason, long nowNanos) {
            ended();
            if (relay.isGone()) {
                pool.lost(lost, nowNanos);
            } else {
                relay.onServerClosed(lost, nowNanos);
            }
        }

        private void ended() {
            server.settings().onReports(null);
            suspended = false;
            statementRuns = false;
        }
    }
}

package org.pgweir.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import org.pgweir.protocol.Backend;
import org.pgweir.protocol.Carry;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.protocol.FrameScanner;
import org.pgweir.protocol.Frontend;
import org.pgweir.protocol.FrontendMessages;
import org.pgweir.protocol.Outgoing;
import org.pgweir.proxy.server.Exchange;
import org.pgweir.proxy.server.Server;
import org.pgweir.proxy.session.ClientStatements;
import org.pgweir.proxy.session.Effect;
import org.pgweir.proxy.session.Followed;
import org.pgweir.proxy.session.SqlText;

/**
 * The client's messages on their way to its server. They go on as they came, whole or cut, but for what speaks of prepared statements.
 * What is kept back is a cut header, and the beginning of a message that must be read. The first message that may not go on is left to the
 * relay, with all behind it: there is no server, or something must be done there first.
 */
final class ToServer {
    private final Relay relay;
    private final boolean simpleQueries;
    private final FrameScanner scanner = new FrameScanner(Frontend.SERVING, Frontend.SERVING);
    private final Carry carry = new Carry();
    private final Outgoing out = new Outgoing();

    /** Null where the session is the client's own affair. */
    private final FollowedSession followed;

    private boolean dirty;
    private boolean replaying;
    private byte passing;
    private ErrorMessage refusal;

    /** @param relay complete but for its two directions */
    ToServer(Relay relay, boolean simpleQueries) {
        this.relay = relay;
        this.simpleQueries = simpleQueries;
        followed = relay.followed;
        scanner.limit(relay.pool.pool().maxPacketSize());
    }

    /** One read of the client, or what was held of it; takes ownership. It may end with the client parked, or gone. */
    void pass(ByteBuf bytes, long nowNanos) {
        // What comes behind a batch is answered behind it: to send that again would change the order.
        relay.replay.drop();
        forward(carry.join(bytes), nowNanos);
    }

    private void forward(ByteBuf in, long nowNanos) {
        Server server = relay.server();
        scanner.begin(in);
        // Without a server, that was the end of a frame that was dropped.
        out.begin(in, server == null ? scanner.position() : in.readerIndex());
        int start = in.readerIndex();
        boolean fromRest = server != null
                && scanner.position() == start
                && server.exchange().isFreeBehindPrelude();
        boolean more = !fromRest || !asksBeforeBatch(server, in);
        while (more) {
            switch (scanner.next()) {
                case FrameScanner.FRAME -> {
                    byte type = scanner.type();
                    if (type == Frontend.TERMINATE) {
                        send();
                        relay.client.close("client close request");
                        return;
                    }
                    if (type == Frontend.QUERY && !simpleQueries) {
                        refusal = RelayErrors.NO_SIMPLE_QUERIES;
                        more = false;
                    } else if (server == null && isNothingWithoutServer(type)) {
                        int dropped = scanner.position();
                        scanner.take();
                        out.leaveOut(dropped, scanner.position());
                    } else if (server == null) {
                        if (hasCome(in, nowNanos)) {
                            relay.park(in.readerIndex(scanner.position()), nowNanos);
                            return;
                        }
                        more = false;
                    } else {
                        more = pass(server, in, type, nowNanos);
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
        if (fromRest && out.isChanged() && isOneBatch(server, in)) {
            relay.replay.keep(in.readerIndex(start));
        }
        send();
        if (refusal != null) {
            relay.client.fail(refusal);
        }
    }

    /** Whether the whole of a batch is held until it is known what others have left on the server. */
    private boolean asksBeforeBatch(Server server, ByteBuf in) {
        boolean asks = followed != null
                && in.readableBytes() > FrameScanner.HEADER_LENGTH
                && in.getByte(in.readerIndex()) != Frontend.QUERY
                && !server.leftovers().areOnlyOf(followed.session().number())
                && followed.statements().mustAskBefore(in);
        if (asks) {
            followed.upkeep().askFirst();
            relay.input.holdFrom(in, in.readerIndex());
        }
        return asks;
    }

    /** Whether enough of the frame at which the scanner stands is there; else it is kept, or the client refused. */
    private boolean hasCome(ByteBuf in, long nowNanos) {
        return followed == null || isGathered(followed.statements().gather(in, scanner), in, nowNanos);
    }

    private boolean isGathered(Followed gathered, ByteBuf in, long nowNanos) {
        switch (gathered) {
            case INCOMPLETE -> {
                relay.clock.gathers(nowNanos);
                carry.keep(in, scanner.frameStart());
            }
            case MALFORMED -> refusal = RelayErrors.clientNonsense();
            case NO_ROOM -> refusal = RelayErrors.NO_ROOM_FOR_STATEMENT;
            default -> {
                relay.clock.gathered();
                return true;
            }
        }
        return false;
    }

    /** Whether the buffer ended with the Sync of the only batch that the server works on. */
    private boolean isOneBatch(Server server, ByteBuf in) {
        Exchange exchange = server.exchange();
        return !replaying
                && exchange.awaited() == 1
                && exchange.endsWithSync()
                && scanner.position() == in.writerIndex();
    }

    /** The batch failed because of a plan, and the client need not know. */
    void again(long nowNanos) {
        replaying = true;
        forward(relay.replay.take(), nowNanos);
        replaying = false;
        flush();
    }

    /** The frame at which the scanner stands goes to the server, under the names that its statements have there. */
    private boolean pass(Server server, ByteBuf in, byte type, long nowNanos) {
        if (server.exchange().holdsBack()) {
            relay.holdBehindPrelude(in, scanner.frameStart());
            return false;
        }
        if (followed != null && followed.upkeep().hasFailed()) {
            followed.errors().rejected(followed.upkeep().takeFailure());
            reject(type);
        } else if (followed != null && ClientStatements.isFollowed(type) && !follow(server, in, type, nowNanos)) {
            return false;
        }
        sent(server, type, nowNanos);
        scanner.take();
        boolean isRequest = type == Frontend.QUERY || type == Frontend.SYNC;
        if (isRequest && followed != null && followed.upkeep().mustSeeAnswers()) {
            followed.upkeep().awaitAnswers();
            if (scanner.position() < in.writerIndex()) {
                relay.input.holdFrom(in, scanner.position());
            }
            return false;
        }
        return true;
    }

    /** Prepares a message that has to do with the session for its way to the server; false if it may not go on now. */
    private boolean follow(Server server, ByteBuf in, byte type, long nowNanos) {
        ClientStatements statements = followed.statements();
        passing = type;
        Followed outcome = statements.follow(
                in, scanner, server.statements(), out, server.exchange().inBatch(), replaying);
        if (!isGathered(outcome, in, nowNanos)) {
            return false;
        }
        switch (outcome) {
            case REJECTED -> reject(type);
            case IN_DOUBT -> {
                followed.upkeep().awaitAnswers();
                relay.input.holdFrom(in, scanner.frameStart());
                return false;
            }
            case MUST_ASK -> {
                followed.upkeep().askFirst();
                relay.input.holdFrom(in, scanner.frameStart());
                return false;
            }
            case NEEDS_STATEMENT -> {
                followed.upkeep().needs(statements.needed(), statements.needsNameOnly());
                relay.input.holdFrom(in, scanner.frameStart());
                return false;
            }
            case READ_OTHERWISE -> {
                if (!scanner.isWhole()) {
                    refusal = RelayErrors.READ_OTHERWISE.withSeverity(ErrorMessage.FATAL);
                    return false;
                }
                followed.errors().rejected(RelayErrors.READ_OTHERWISE);
                reject(type == Frontend.QUERY ? Frontend.QUERY : Frontend.PARSE);
            }
            case COLUMNS_CHANGED -> {
                followed.errors().rejected(RelayErrors.STALE_PLAN);
                reject(Frontend.PARSE);
            }
            default -> {}
        }
        noteSql(type);
        return true;
    }

    /** The server itself must fail, so that its transaction does. */
    private void reject(byte type) {
        FrontendMessages.rejected(out.replace(scanner.frameStart(), scanner.frameEnd()), type, RelayErrors.REJECTED);
    }

    /** What a Query or Parse brings was noted when it was asked for; what is left is a prepared statement that runs. */
    private void noteSql(byte type) {
        ClientSession session = followed.session();
        SqlText text = followed.statements().text();
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

    /**
     * Whether it must be found out, before this runs, what others have left on the server. In the middle of a batch it cannot be: what
     * such code leaves is nobody's then.
     */
    boolean asksFirst(SqlText text) {
        Server server = relay.server();
        Exchange exchange = server.exchange();
        return !exchange.inBatch()
                && exchange.status() != Backend.FAILED_TRANSACTION
                && !server.leftovers().areOnlyOf(followed.session().number())
                && followed.session().mustKnowBefore(text);
    }

    /** Takes note of SQL that goes to the server; false if the operator does not want it. */
    boolean isWanted(SqlText text) {
        // Where prepared statements are not followed, nothing tells of their execution.
        ErrorMessage rejection =
                note(text, passing == Frontend.QUERY || !relay.pool.pool().followsStatements());
        followed.errors().rejected(rejection);
        return rejection == null;
    }

    private ErrorMessage note(SqlText text, boolean runs) {
        ClientSession session = followed.session();
        ErrorMessage error = session.note(text, runs);
        if (runs && session.mindsFunctions() && followed.statements().calls(text)) {
            relay.server().leftovers().mayCome();
        }
        followed.outdateStatements();
        session.lone().note(text, relay.server().exchange().isFreeBehindPrelude());
        if (session.mayListen()) {
            followed.upkeep().hear(relay.server());
        }
        return error;
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

    private void sent(Server server, byte type, long nowNanos) {
        Exchange exchange = server.exchange();
        relay.clock.sends(exchange, nowNanos);
        exchange.sent(type);
        if (type == Frontend.FUNCTION_CALL
                && followed != null
                && followed.session().mindsFunctions()) {
            server.leftovers().mayCome();
        }
        if (followed != null && followed.session().countsMessages()) {
            followed.session().sent(type);
        }
        if (type == Frontend.PARSE) {
            relay.counters.clientParses++;
            relay.counters.serverParses += followed == null ? 1 : 0;
        } else if (type == Frontend.BIND) {
            relay.counters.binds++;
        }
    }

    /** Sends what the scanner has passed. */
    private void send() {
        ByteBuf bytes = out.end(scanner.position());
        if (bytes == null) {
            return;
        }
        Server server = relay.server();
        if (server == null) {
            bytes.release();
            return;
        }
        relay.counters.serverParses += server.statements().takeParsesSent();
        server.write(bytes);
        dirty = true;
        Channel serverChannel = server.channel();
        if (!serverChannel.isWritable()) {
            serverChannel.flush();
            if (!serverChannel.isWritable()) {
                relay.input.stopReading();
            }
        }
    }

    /** There is something to be flushed, which somebody else has written. */
    void dirty(boolean now) {
        dirty = now;
    }

    void flush() {
        if (dirty) {
            dirty = false;
            relay.server().flush();
        }
    }

    /** Whether all that has gone to the server were whole messages. */
    boolean atBoundary() {
        return scanner.atBoundary();
    }

    /** The client is gone. */
    void release() {
        carry.release();
    }
}

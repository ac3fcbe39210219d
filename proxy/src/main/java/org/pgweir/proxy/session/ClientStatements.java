package org.pgweir.proxy.session;

import io.netty.buffer.ByteBuf;
import java.util.function.Function;
import java.util.function.Predicate;
import org.pgweir.protocol.FrameScanner;
import org.pgweir.protocol.Frontend;
import org.pgweir.protocol.Outgoing;

/**
 * The prepared statements of one client, under the client's names, and the renaming of those names in its frames. On the client's
 * loop.
 *
 * <p>Layouts that are read (PostgreSQL documentation, "Message Formats"): Parse is name, text, int16 number of types, int32 types;
 * Bind begins with portal and name; Describe and Close are 'S' or 'P' and a name. Strings end with a zero byte.
 */
public final class ClientStatements implements ServerStatements.Client {
    /** The SQL of a Parse or Query that is longer than this is not read; an unnamed Parse of that size is not kept. */
    public static final int LONGEST_PARSE = 1024 * 1024;

    private final PreparedStatements shared;
    private final boolean renames;
    private final Predicate<SqlText> wanted;
    private final Gathering gathering;
    private final NamedStatements named;
    private final UnnamedStatement unnamed;
    private final SqlRewriter rewriter;
    private Additions additions = Additions.NONE;
    private Predicate<SqlText> asksFirst = sql -> false;
    private SqlText text = SqlText.PLAIN;
    private PreparedStatement needed;
    private boolean mayBeSkipped;

    /**
     * @param renames false if the client's statements are its own affair, and only its SQL is to be read
     * @param wanted is shown all SQL that is not plain, and says whether it may go to the server
     * @param context tells how PostgreSQL understands what is prepared now; null while that is not known
     */
    public ClientStatements(
            PreparedStatements shared,
            boolean renames,
            Predicate<SqlText> wanted,
            Function<SqlDialect, SqlContext> context) {
        this.shared = shared;
        this.renames = renames;
        this.wanted = wanted;
        gathering = new Gathering(shared, renames);
        named = new NamedStatements(shared, context);
        unnamed = new UnnamedStatement(shared, this);
        rewriter = new SqlRewriter(named, renames, this);
    }

    /** What is to follow statements of the client's. */
    public void additions(Additions all) {
        additions = all;
    }

    /** @param asks is shown SQL that is not plain before it is wanted or bound: whether the server must be asked something before */
    public void askingFirst(Predicate<SqlText> asks) {
        asksFirst = asks;
    }

    private boolean mustAsk() {
        return text != null && !text.isPlain() && asksFirst.test(text);
    }

    /**
     * As {@link Followed#MUST_ASK}, for a batch as far as it is there, of which nothing was sent: in the middle of it nothing can be asked.
     * Only statements that begin as DO and CALL do are read.
     */
    public boolean mustAskBefore(ByteBuf batch) {
        int at = batch.readerIndex();
        int end = batch.writerIndex();
        while (end - at > FrameScanner.HEADER_LENGTH) {
            byte type = batch.getByte(at);
            int frameEnd = at + 1 + batch.getInt(at + 1);
            if (type == Frontend.QUERY || type == Frontend.SYNC || frameEnd <= at || frameEnd > end) {
                return false;
            }
            if (type == Frontend.PARSE && mustAskBefore(batch, at + FrameScanner.HEADER_LENGTH, frameEnd)) {
                return true;
            }
            at = frameEnd;
        }
        return false;
    }

    private boolean mustAskBefore(ByteBuf in, int nameStart, int frameEnd) {
        int nameEnd = endOfString(in, nameStart, frameEnd);
        int start = nameEnd + 1;
        int textEnd = nameEnd < 0 || frameEnd - nameEnd > LONGEST_PARSE ? -1 : endOfString(in, start, frameEnd);
        if (textEnd < 0) {
            return false;
        }
        int first = start;
        while (first < textEnd && in.getByte(first) <= ' ') {
            first++;
        }
        boolean mayBeCode = "cCdD-/".indexOf(in.getByte(first)) >= 0;
        SqlText sql = mayBeCode ? SqlText.read(in, start, textEnd - start, named.dialect()) : SqlText.PLAIN;
        return !sql.isPlain() && asksFirst.test(sql);
    }

    /** How the client's SQL is to be read. */
    public void dialect(SqlDialect now) {
        named.dialect(now);
    }

    /** The SQL that the last frame shown brought or will run; null if it was too long to be read. */
    public SqlText text() {
        return text;
    }

    /** See {@link Followed#NEEDS_STATEMENT}. */
    public PreparedStatement needed() {
        return needed;
    }

    /** Whether the server must have no more than the name of {@link #needed()}: it is about to be deallocated, or prepared once more. */
    public boolean needsNameOnly() {
        return rewriter.needsNameOnly();
    }

    /** The client has temporary objects for the first time: what its statements name may be one of them. */
    public void temporaryObjects() {
        named.outdate();
    }

    /** Frames that must be shown to {@link #follow}. */
    public static boolean isFollowed(byte type) {
        return type == Frontend.BIND
                || type == Frontend.PARSE
                || type == Frontend.DESCRIBE
                || type == Frontend.CLOSE
                || type == Frontend.QUERY;
    }

    /**
     * Takes note of the frame at which the scanner stands, and changes its names to those on the server.
     *
     * @param inBatch whether it follows others of its batch: if one of them fails, it is skipped
     * @param again whether the frame is sent a second time
     */
    public Followed follow(
            ByteBuf in, FrameScanner frame, ServerStatements server, Outgoing out, boolean inBatch, boolean again) {
        Followed gathered = gathering.gather(in, frame);
        if (gathered != Followed.AS_IT_CAME) {
            return gathered;
        }
        gathering.ended();
        text = SqlText.PLAIN;
        mayBeSkipped = inBatch;
        if (!renames && frame.type() != Frontend.QUERY && frame.type() != Frontend.PARSE) {
            return Followed.AS_IT_CAME;
        }
        Followed followed = switch (frame.type()) {
            case Frontend.BIND -> bind(in, frame, server, out);
            case Frontend.PARSE -> parse(in, frame, server, out, again);
            case Frontend.DESCRIBE, Frontend.CLOSE -> describeOrClose(in, frame, server, out);
            default -> query(in, frame, server, out);
        };
        if (text == null || text.has(Effect.TRANSACTION_CONTROL)) {
            server.transaction().mayBegin();
        }
        return followed;
    }

    /**
     * Whether enough has come of the frame at which the scanner stands to {@link #follow} it; no server is needed to know that.
     *
     * @return {@code AS_IT_CAME} if so; else {@code INCOMPLETE}, {@code MALFORMED} or {@code NO_ROOM}
     */
    public Followed gather(ByteBuf in, FrameScanner frame) {
        return gathering.gather(in, frame);
    }

    // ---------------------------------------------------------------- Query

    private Followed query(ByteBuf in, FrameScanner frame, ServerStatements server, Outgoing out) {
        // PostgreSQL drops its unnamed statement at each Query.
        unnamed.drop();
        server.noUnnamed();
        if (!frame.isWhole()) {
            text = null;
            return Followed.AS_IT_CAME;
        }
        int start = frame.bodyStart();
        int length = in.bytesBefore(start, frame.bodyLength(), (byte) 0);
        if (length < 0) {
            return Followed.AS_IT_CAME;
        }
        text = SqlText.read(in, start, length, named.dialect());
        if (mustAsk()) {
            return Followed.MUST_ASK;
        }
        if (!isWanted()) {
            return Followed.REJECTED;
        }
        boolean names = renames && text.has(Effect.PREPARED);
        if (names && rewriter.isInDoubt(text, server)) {
            return Followed.IN_DOUBT;
        }
        if (names && rewriter.lacksReadOtherwise(text, server)) {
            return readOtherwise(server);
        }
        needed = names ? rewriter.lacking(text, server) : null;
        if (needed != null) {
            return Followed.NEEDS_STATEMENT;
        }
        boolean adds = (text.has(Effect.RESETS) || text.has(Effect.LISTENS)) && additions.begin(text);
        if (!names && !adds) {
            return Followed.AS_IT_CAME;
        }
        int room = names ? rewriter.roomOfNew(text) : 0;
        if (!shared.charge(room)) {
            return Followed.NO_ROOM;
        }
        ByteBuf to = out.replace(frame.frameStart(), frame.frameEnd());
        int at = to.writerIndex();
        to.writeByte(Frontend.QUERY).writeInt(0);
        server.changed(rewriter.write(text, in, start, length, adds ? additions : Additions.NONE, server, to));
        to.writeByte(0);
        to.setInt(at + 1, to.writerIndex() - at - 1);
        shared.charge(-room);
        return Followed.REWRITTEN;
    }

    /** Whether running this text may call functions of which nobody knows what they do. */
    public boolean calls(SqlText sql) {
        return rewriter.calls(sql);
    }

    private boolean namesStatements() {
        return text != null && text.has(Effect.PREPARED);
    }

    private boolean isWanted() {
        return text == null || text.isPlain() || wanted.test(text);
    }

    /** What takes the place of the message fails, and with it the unnamed statement on the server. */
    private static Followed readOtherwise(ServerStatements server) {
        server.noUnnamed();
        return Followed.READ_OTHERWISE;
    }

    // ---------------------------------------------------------------- Parse

    private Followed parse(ByteBuf in, FrameScanner frame, ServerStatements server, Outgoing out, boolean again) {
        if (!frame.isWhole()) {
            return tooLong(server);
        }
        int start = frame.bodyStart();
        boolean isLong = frame.bodyLength() > LONGEST_PARSE;
        int nameEnd = endOfString(in, start, frame.frameEnd());
        int textEnd = nameEnd < 0 ? -1 : endOfString(in, nameEnd + 1, frame.frameEnd());
        if (textEnd < 0 || !isTypes(in, textEnd + 1, frame.frameEnd())) {
            return Followed.AS_IT_CAME;
        }
        if (nameEnd == start) {
            return parseUnnamed(in, frame, textEnd, server, out);
        }
        text = isLong ? null : SqlText.read(in, nameEnd + 1, textEnd - nameEnd - 1, named.dialect());
        if (mustAsk()) {
            return Followed.MUST_ASK;
        }
        if (!isWanted()) {
            return Followed.REJECTED;
        }
        if (!renames) {
            return Followed.AS_IT_CAME;
        }
        PreparedStatement held = named.get(server.probe().set(in, start, nameEnd));
        if (server.isInDoubt(server.probe())) {
            return Followed.IN_DOUBT;
        }
        byte[] body = new byte[frame.frameEnd() - nameEnd - 1];
        in.getBytes(nameEnd + 1, body);
        if (held != null && again) {
            server.prepare(held, this, server.probe().copy(), out.replace(frame.frameStart(), frame.frameEnd()));
            return Followed.REWRITTEN;
        }
        if (named.isReadOtherwise(held, server)) {
            return readOtherwise(server);
        }
        if (held != null) {
            server.prepareAgain(held, body, server.probe().copy(), out.replace(frame.frameStart(), frame.frameEnd()));
            return Followed.REWRITTEN;
        }
        ByteString name = server.probe().copy();
        PreparedStatement statement = named.add(name, body, text);
        if (statement == null) {
            return Followed.NO_ROOM;
        }
        server.prepare(statement, this, name, out.replace(frame.frameStart(), frame.frameEnd()));
        return Followed.REWRITTEN;
    }

    /**
     * The statement of a request that is the Parse of a named one and a Sync, and nothing else, if a server has prepared the same for
     * somebody before, and the client could have it without a server: null otherwise.
     *
     * @param request whole messages; it is only read
     */
    public PreparedStatement adoptable(ByteBuf request) {
        int start = request.readerIndex();
        int end = request.writerIndex() - FrameScanner.HEADER_LENGTH;
        boolean isParseAndSync = renames
                && end - start > FrameScanner.HEADER_LENGTH
                && end - start <= LONGEST_PARSE
                && request.getByte(start) == Frontend.PARSE
                && request.getInt(start + 1) == end - start - 1
                && request.getByte(end) == Frontend.SYNC
                && request.getInt(end + 1) == Integer.BYTES;
        int nameEnd = isParseAndSync ? endOfString(request, start + FrameScanner.HEADER_LENGTH, end) : -1;
        SqlContext now = nameEnd <= start + FrameScanner.HEADER_LENGTH ? null : named.context();
        if (now == null) {
            return null;
        }
        byte[] body = new byte[end - nameEnd - 1];
        request.getBytes(nameEnd + 1, body);
        return named.adoptable(nameOf(request), body, now);
    }

    /** The client has it from now on; the first server on which it is used prepares it, if need be. */
    public void adopt(ByteBuf request, PreparedStatement statement) {
        named.adopt(nameOf(request), statement);
    }

    /** The name in a whole Parse. */
    private static ByteString nameOf(ByteBuf parse) {
        int start = parse.readerIndex() + FrameScanner.HEADER_LENGTH;
        return ByteString.probe()
                .set(parse, start, endOfString(parse, start, parse.writerIndex()))
                .copy();
    }

    /** The number of parameter types, and the types. */
    private static boolean isTypes(ByteBuf in, int start, int end) {
        return end - start >= 2 && end - start - 2 == 4 * in.getUnsignedShort(start);
    }

    private Followed parseUnnamed(ByteBuf in, FrameScanner frame, int textEnd, ServerStatements server, Outgoing out) {
        int textStart = frame.bodyStart() + 1;
        text = SqlText.read(in, textStart, textEnd - textStart, named.dialect());
        if (mustAsk()) {
            return Followed.MUST_ASK;
        }
        if (!isWanted()) {
            return Followed.REJECTED;
        }
        if (!renames) {
            return Followed.AS_IT_CAME;
        }
        boolean names = text.has(Effect.PREPARED);
        if (names && rewriter.isInDoubt(text, server) || unnamed.isInDoubt(server, mayBeSkipped)) {
            return Followed.IN_DOUBT;
        }
        if (names && rewriter.lacksReadOtherwise(text, server)) {
            return readOtherwise(server);
        }
        boolean keeps = unnamed.isToBeKept(mayBeSkipped);
        int room = names ? rewriter.roomOfNew(text) : 0;
        int grows = names ? text.names().size() * PreparedStatement.LONGEST_NAME : 0;
        if (!shared.charge(room)) {
            return Followed.NO_ROOM;
        }
        if (!unnamed.takeRoom(frame.frameEnd() - frame.frameStart() + grows, keeps)) {
            shared.charge(-room);
            return Followed.NO_ROOM;
        }
        boolean marks = keeps && !unnamed.isNone();
        if (!names) {
            if (marks) {
                ServerStatements.writeProbe(out.replace(frame.frameStart(), frame.frameStart()));
                server.markSent();
            }
            Owed owed = keeps ? ServerStatements.markedParse(this, unnamed.keep(server)) : unnamed.parse();
            unnamed.is(in, frame.frameStart(), frame.frameEnd(), text, named.dialect(), server);
            server.parseSent(owed);
            unnamed.isOn(server);
            return Followed.AS_IT_CAME;
        }
        ByteBuf to = out.replace(frame.frameStart(), frame.frameEnd());
        rewriter.provide(text, server, to);
        if (marks) {
            ServerStatements.writeProbe(to);
        }
        int at = to.writerIndex();
        to.writeByte(Frontend.PARSE).writeInt(0).writeByte(0);
        TextChanges changes = rewriter.write(text, in, textStart, textEnd - textStart, Additions.NONE, server, to);
        to.writeBytes(in, textEnd, frame.frameEnd() - textEnd);
        to.setInt(at + 1, to.writerIndex() - at - 1);
        shared.charge(-room);
        if (marks) {
            server.markSent();
        }
        Owed owed = keeps ? ServerStatements.markedParse(this, unnamed.keep(server)) : unnamed.parse();
        // Should another server need it, the names are the same there.
        unnamed.is(to, at, to.writerIndex(), text, named.dialect(), server);
        server.changedParseSent(owed, changes);
        unnamed.isOn(server);
        return Followed.REWRITTEN;
    }

    private Followed tooLong(ServerStatements server) {
        text = null;
        if (renames) {
            unnamed.isTooLong(server);
        }
        return Followed.AS_IT_CAME;
    }

    // ---------------------------------------------------------------- Bind, Describe, Close

    private Followed bind(ByteBuf in, FrameScanner frame, ServerStatements server, Outgoing out) {
        int start = frame.bodyStart();
        int have = Math.min(frame.frameEnd(), in.writerIndex());
        int portalEnd = endOfString(in, start, have);
        int nameEnd = portalEnd < 0 ? -1 : endOfString(in, portalEnd + 1, have);
        if (nameEnd < 0) {
            return Followed.AS_IT_CAME;
        }
        if (nameEnd == portalEnd + 1) {
            text = unnamed.text();
            if (mustAsk()) {
                return Followed.MUST_ASK;
            }
            return unnamedUsed(frame, server, out);
        }
        PreparedStatement bound = named.get(server.probe().set(in, portalEnd + 1, nameEnd));
        if (server.isInDoubt(server.probe())) {
            return Followed.IN_DOUBT;
        }
        if (bound != null) {
            text = bound.text();
            if (mustAsk()) {
                return Followed.MUST_ASK;
            }
            if (bound.hasOtherColumns()
                    && frame.isWhole()
                    && !isDescribedNext(in, frame)
                    && !server.transaction().hasFailed()) {
                return Followed.COLUMNS_CHANGED;
            }
            boolean names = namesStatements();
            if (named.isReadOtherwise(bound, server) || names && !bound.isReadAlikeIn(named.dialect())) {
                return readOtherwise(server);
            }
            if (names && rewriter.lacksReadOtherwise(text, server)) {
                return readOtherwise(server);
            }
            if (!names && named.lacksInDoubt(bound, server)) {
                return Followed.IN_DOUBT;
            }
        }
        int room = bound != null && namesStatements() ? rewriter.roomOfNew(text) : 0;
        if (!shared.charge(room)) {
            return Followed.NO_ROOM;
        }
        ByteBuf to = out.replace(frame.frameStart(), nameEnd);
        byte[] standIn = bound == null
                        || named.isUsable(bound, server)
                        || !server.transaction().hasFailed()
                ? null
                : bound.standIn().forBind();
        if (standIn != null) {
            shared.charge(-room);
            server.provideStandIn(bound, standIn, to);
        } else if (bound != null && namesStatements()) {
            rewriter.provide(text, server, to);
            server.provideAs(bound, rewriter.bodyOf(bound, server), to);
            shared.charge(-room);
        } else if (bound != null && !named.isUsable(bound, server)) {
            bound = named.inContext(server.probe().copy(), bound, isSpokenOf(server));
            server.provide(bound, to);
        }
        byte[] name =
                bound != null ? bound.name() : server.missing(server.probe().copy());
        int grown = name.length - (nameEnd - portalEnd - 1);
        to.writeByte(Frontend.BIND);
        to.writeInt(4 + frame.bodyLength() + grown);
        to.writeBytes(in, start, portalEnd + 1 - start).writeBytes(name);
        return Followed.REWRITTEN;
    }

    private static boolean isDescribedNext(ByteBuf in, FrameScanner frame) {
        return frame.frameEnd() < in.writerIndex() && in.getByte(frame.frameEnd()) == Frontend.DESCRIBE;
    }

    /**
     * What a Bind names; null for nothing, and for the unnamed statement.
     *
     * @param bind where the frame begins; a whole one
     */
    public PreparedStatement boundBy(ByteBuf in, int bind) {
        int start = bind + FrameScanner.HEADER_LENGTH;
        int end = bind + 1 + in.getInt(bind + 1);
        int portalEnd = endOfString(in, start, end);
        int nameEnd = portalEnd < 0 ? -1 : endOfString(in, portalEnd + 1, end);
        return nameEnd < 0 ? null : named.get(ByteString.probe().set(in, portalEnd + 1, nameEnd));
    }

    private Followed describeOrClose(ByteBuf in, FrameScanner frame, ServerStatements server, Outgoing out) {
        int start = frame.bodyStart();
        int nameEnd = endOfString(in, start + 1, frame.frameEnd());
        if (nameEnd < 0 || nameEnd + 1 != frame.frameEnd()) {
            return Followed.AS_IT_CAME;
        }
        boolean close = frame.type() == Frontend.CLOSE;
        if (in.getByte(start) != 'S') {
            if (close) {
                server.closeSent();
            }
            return Followed.AS_IT_CAME;
        }
        if (nameEnd == start + 1) {
            if (!close) {
                return unnamedUsed(frame, server, out);
            }
            if (unnamed.isInDoubt(server, mayBeSkipped)) {
                return Followed.IN_DOUBT;
            }
            unnamed.close(server, mayBeSkipped);
            return Followed.AS_IT_CAME;
        }
        if (server.isInDoubt(server.probe().set(in, start + 1, nameEnd))) {
            return Followed.IN_DOUBT;
        }
        if (!close && named.isReadOtherwise(named.get(server.probe()), server)) {
            return readOtherwise(server);
        }
        if (!close && named.lacksInDoubt(named.get(server.probe()), server)) {
            return Followed.IN_DOUBT;
        }
        ByteBuf to = out.replace(frame.frameStart(), frame.frameEnd());
        if (close) {
            ByteString name = server.probe().set(in, start + 1, nameEnd).copy();
            server.close(named.remove(name), this, name, to);
            return Followed.REWRITTEN;
        }
        byte[] name = nameOnServer(in, start + 1, nameEnd, server, to);
        to.writeByte(Frontend.DESCRIBE);
        to.writeInt(4 + 1 + name.length + 1);
        to.writeByte('S').writeBytes(name).writeByte(0);
        return Followed.REWRITTEN;
    }

    /** Writes what the server lacks, and returns the name that the statement has there. */
    private byte[] nameOnServer(ByteBuf in, int start, int end, ServerStatements server, ByteBuf out) {
        PreparedStatement statement = named.get(server.probe().set(in, start, end));
        if (statement == null) {
            return server.missing(server.probe().copy());
        }
        if (named.isUsable(statement, server)) {
            return statement.name();
        }
        byte[] standIn = server.transaction().hasFailed() ? statement.standIn().forDescribe() : null;
        if (standIn != null) {
            server.provideStandIn(statement, standIn, out);
            return statement.name();
        }
        PreparedStatement now = named.inContext(server.probe().copy(), statement, isSpokenOf(server));
        server.provide(now, out);
        return now.name();
    }

    private boolean isSpokenOf(ServerStatements server) {
        return mayBeSkipped || server.isUnderWay();
    }

    private Followed unnamedUsed(FrameScanner frame, ServerStatements server, Outgoing out) {
        if (unnamed.isInDoubt(server)) {
            return Followed.IN_DOUBT;
        }
        if (unnamed.isThere(server)) {
            return Followed.AS_IT_CAME;
        }
        if (!unnamed.isNone() && server.transaction().isInDoubt()) {
            return Followed.IN_DOUBT;
        }
        StandIn standIn = !unnamed.isNone() && server.transaction().hasFailed() ? unnamed.standIn() : null;
        if (standIn == null && unnamed.isReadOtherwise(named.dialect())) {
            return readOtherwise(server);
        }
        byte[] body =
                standIn == null ? null : frame.type() == Frontend.BIND ? standIn.forBind() : standIn.forDescribe();
        unnamed.provide(server, body, out.replace(frame.frameStart(), frame.frameStart()));
        return Followed.AS_IT_CAME;
    }

    /** Index of the zero byte that ends a string; -1 if there is none before the end. */
    static int endOfString(ByteBuf in, int start, int end) {
        int length = in.bytesBefore(start, Math.max(0, end - start), (byte) 0);
        return length < 0 ? -1 : start + length;
    }

    // ---------------------------------------------------------------- what did not happen, and the end

    @Override
    public void parseDidNotHappen(ByteString name, PreparedStatement statement) {
        named.parseDidNotHappen(name, statement);
    }

    @Override
    public void closeDidNotHappen(ByteString name, PreparedStatement statement) {
        named.closeDidNotHappen(name, statement);
    }

    @Override
    public void unnamedFailed() {
        unnamed.failed();
    }

    @Override
    public void unnamedStays(UnnamedStatement.Earlier kept, ServerStatements server) {
        unnamed.stays(kept, server);
    }

    @Override
    public void unnamedIsReplaced(UnnamedStatement.Earlier kept) {
        unnamed.isReplaced(kept);
    }

    @Override
    public void clearHappened() {
        named.removeAllHappened();
    }

    @Override
    public void clearDidNotHappen() {
        named.removeAllDidNotHappen();
    }

    /** The client's name of a statement; null if the client has it not. */
    public ByteString nameOf(String nameOnServer) {
        return named.nameOf(nameOnServer);
    }

    /** The client has no statement any more. */
    public void clear() {
        named.clear();
        gathering.ended();
        unnamed.clear();
    }

    public int size() {
        return named.size();
    }
}

package org.pgweir.proxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
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
    /** What became of a frame. */
    public enum Followed {
        /** It goes on as it came. */
        AS_IT_CAME,
        /** It was written otherwise, or its beginning was and the rest goes on as it came. */
        REWRITTEN,
        /** More of it must be there first. */
        INCOMPLETE,
        /** It makes no sense. */
        MALFORMED,
        /** There is no room for another prepared statement. */
        NO_ROOM,
        /** Its SQL is not wanted; nothing was written. */
        REJECTED,
        /** What its name stands for is not known before the server has answered what was sent. */
        IN_DOUBT,
        /** It must wait until the server has {@link #needed()}. */
        NEEDS_STATEMENT,
        /** The server lacks a statement whose bytes meant something else, in other settings, when the client prepared it. */
        READ_OTHERWISE
    }

    /** The SQL of a Parse or Query that is longer than this is not read; an unnamed Parse of that size is not kept. */
    public static final int LONGEST_PARSE = 1024 * 1024;

    private final PreparedStatements shared;
    private final boolean renames;
    private final Predicate<SqlText> wanted;
    private final Function<SqlDialect, SqlContext> context;
    private final NamedStatements named;
    private final UnnamedStatement unnamed;
    private Additions additions = Additions.NONE;
    private int most;

    private SqlDialect dialect = SqlDialect.DEFAULT;
    private SqlText text = SqlText.PLAIN;
    private PreparedStatement needed;
    private boolean needsNameOnly;
    private boolean mayBeSkipped;

    /** What has come of a long Parse, as far as it takes room that others may miss; 0 if there is none. */
    private int gathered;

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
        this.context = context;
        named = new NamedStatements(shared);
        unnamed = new UnnamedStatement(shared, this);
    }

    /** What is to follow statements of the client's. */
    public void additions(Additions all) {
        additions = all;
    }

    /** How the client's SQL is to be read. */
    public void dialect(SqlDialect now) {
        dialect = now;
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
        return needsNameOnly;
    }

    /** The client has temporary objects for the first time: what its statements name may be one of them. */
    public void temporaryObjects() {
        named.outdate();
    }

    /** How many statements may be kept on a server ({@code max_prepared_statements}). */
    public void keepAtMost(int most) {
        this.most = most;
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
        Followed gathering = gather(in, frame);
        if (gathering != Followed.AS_IT_CAME) {
            return gathering;
        }
        text = SqlText.PLAIN;
        mayBeSkipped = inBatch;
        if (!renames && frame.type() != Frontend.QUERY && frame.type() != Frontend.PARSE) {
            return Followed.AS_IT_CAME;
        }
        return switch (frame.type()) {
            case Frontend.BIND -> bind(in, frame, server, out);
            case Frontend.PARSE -> parse(in, frame, server, out, again);
            case Frontend.DESCRIBE, Frontend.CLOSE -> describeOrClose(in, frame, server, out);
            default -> query(in, frame, server, out);
        };
    }

    // ---------------------------------------------------------------- what has come of a frame

    /**
     * Whether enough has come of the frame at which the scanner stands to {@link #follow} it; no server is needed to know that. Room is
     * taken for no more than what has come.
     *
     * @return {@code AS_IT_CAME} if so; else {@code INCOMPLETE}, {@code MALFORMED} or {@code NO_ROOM}
     */
    public Followed gather(ByteBuf in, FrameScanner frame) {
        if (frame.isWhole()) {
            return Followed.AS_IT_CAME;
        }
        int start = frame.bodyStart();
        int come = in.writerIndex() - start;
        boolean isShort = frame.bodyLength() <= LONGEST_PARSE;
        return switch (frame.type()) {
            case Frontend.QUERY -> isShort ? Followed.INCOMPLETE : Followed.AS_IT_CAME;
            case Frontend.PARSE -> gatherParse(in, start, come, isShort);
            case Frontend.BIND -> {
                int portalEnd = endOfString(in, start, in.writerIndex());
                yield portalEnd >= 0 && endOfString(in, portalEnd + 1, in.writerIndex()) >= 0 || !renames
                        ? Followed.AS_IT_CAME
                        : gatherNames(come);
            }
            case Frontend.DESCRIBE, Frontend.CLOSE -> renames ? gatherNames(come) : Followed.AS_IT_CAME;
            default -> Followed.AS_IT_CAME;
        };
    }

    /** An unnamed one that is long goes on as it comes; a named one is kept whole, and takes room from its first byte on. */
    private Followed gatherParse(ByteBuf in, int start, int come, boolean isShort) {
        if (isShort || come <= 0) {
            return Followed.INCOMPLETE;
        }
        if (!renames || in.getByte(start) == 0) {
            return Followed.AS_IT_CAME;
        }
        return charge(come) ? Followed.INCOMPLETE : Followed.NO_ROOM;
    }

    /** If a name will never have an end, PostgreSQL says what it thinks of that, unless it is absurdly long. */
    private static Followed gatherNames(int come) {
        return come > LONGEST_PARSE ? Followed.MALFORMED : Followed.INCOMPLETE;
    }

    /** What has come takes this much room, and no more. */
    private boolean charge(int come) {
        if (come != gathered) {
            if (!shared.charge(come - gathered)) {
                return false;
            }
            gathered = come;
        }
        return true;
    }

    // ---------------------------------------------------------------- Query, and names in SQL

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
        text = SqlText.read(in, start, length, dialect);
        if (!isWanted()) {
            return Followed.REJECTED;
        }
        boolean names = renames && text.has(Effect.PREPARED);
        if (names && namesInDoubt(server)) {
            return Followed.IN_DOUBT;
        }
        if (names && lacksReadOtherwise(server)) {
            return readOtherwise(server);
        }
        needed = names ? lacking(server) : null;
        if (needed != null) {
            return Followed.NEEDS_STATEMENT;
        }
        boolean adds = (text.has(Effect.RESETS) || text.has(Effect.LISTENS)) && additions.begin(text);
        if (!names && !adds) {
            return Followed.AS_IT_CAME;
        }
        int room = names ? roomOfNew() : 0;
        if (!shared.charge(room)) {
            return Followed.NO_ROOM;
        }
        ByteBuf to = out.replace(frame.frameStart(), frame.frameEnd());
        int at = to.writerIndex();
        to.writeByte(Frontend.QUERY).writeInt(0);
        server.changed(writeRenamed(in, start, length, adds ? additions : Additions.NONE, server, to));
        to.writeByte(0);
        to.setInt(at + 1, to.writerIndex() - at - 1);
        shared.charge(-room);
        return Followed.REWRITTEN;
    }

    private boolean namesStatements() {
        return text != null && text.has(Effect.PREPARED);
    }

    private boolean isWanted() {
        return text == null || text.isPlain() || wanted.test(text);
    }

    private boolean namesInDoubt(ServerStatements server) {
        for (NameUse use : text.names()) {
            if (use.name() != null && server.isInDoubt(ByteString.of(use.name()))) {
                return true;
            }
        }
        return false;
    }

    /** A statement that the text names and that the server has not; null if there is none. */
    private PreparedStatement lacking(ServerStatements server) {
        if (server.isInFailedTransaction()) {
            // Nothing can be prepared now, and nothing but its end will be executed.
            return null;
        }
        Set<ByteString> ended = Set.of();
        for (NameUse use : text.names()) {
            boolean executes = use.kind() == NameUse.Kind.EXECUTE;
            boolean ends = use.kind() == NameUse.Kind.DEALLOCATE || use.kind() == NameUse.Kind.PREPARE;
            ByteString name = executes || ends ? ByteString.of(use.name()) : null;
            PreparedStatement held = name == null || ended.contains(name) ? null : named.get(name);
            if (held != null && !has(server, held, executes)) {
                PreparedStatement now = inContext(name, held);
                if (now == held || !has(server, now, executes)) {
                    needsNameOnly = ends;
                    return now;
                }
            }
            if (ends && held != null) {
                // From here on the name stands for something else, or nothing is executed.
                ended = ended.isEmpty() ? new HashSet<>() : ended;
                ended.add(name);
            }
        }
        return null;
    }

    private boolean isUsable(PreparedStatement statement, ServerStatements server) {
        return server.isUsable(statement) && !named.isOutdated(statement);
    }

    private boolean has(ServerStatements server, PreparedStatement statement, boolean executes) {
        return executes ? isUsable(statement, server) : server.hasName(statement);
    }

    /** Whether the text runs a statement that cannot be prepared again; see {@link Followed#READ_OTHERWISE}. */
    private boolean lacksReadOtherwise(ServerStatements server) {
        for (NameUse use : text.names()) {
            if (use.kind() == NameUse.Kind.EXECUTE && isReadOtherwise(named.get(ByteString.of(use.name())), server)) {
                return true;
            }
        }
        return false;
    }

    private boolean isReadOtherwise(PreparedStatement statement, ServerStatements server) {
        return statement != null
                && !isUsable(statement, server)
                && !server.isInFailedTransaction()
                && !statement.isReadAlikeIn(dialect);
    }

    /** What takes the place of the message fails, and with it the unnamed statement on the server. */
    private static Followed readOtherwise(ServerStatements server) {
        server.noUnnamed();
        return Followed.READ_OTHERWISE;
    }

    /** Writes what the text names and the server has not. */
    private void provideNamed(ServerStatements server, ByteBuf out) {
        PreparedStatement lacking = lacking(server);
        while (lacking != null) {
            if (needsNameOnly) {
                server.provideName(lacking, most, out);
            } else {
                server.provide(lacking, most, out);
            }
            lacking = lacking(server);
        }
    }

    /** What the statements take that the text prepares, all together. Who has taken that much may write the text. */
    private int roomOfNew() {
        int room = 0;
        for (NameUse use : text.names()) {
            room += use.kind() == NameUse.Kind.PREPARE
                    ? PreparedStatement.OVERHEAD + use.statementEnd() - use.nameEnd()
                    : 0;
        }
        return room;
    }

    /** Writes the text with the names that its prepared statements have on the server, and with what is to be added. */
    private TextChanges writeRenamed(
            ByteBuf in, int start, int length, Additions added, ServerStatements server, ByteBuf to) {
        ChangedText changed = new ChangedText(in, start, dialect.charset(), to);
        for (NameUse use : text.names()) {
            byte[] name = renames ? nameInSql(in, start, use, server) : null;
            if (name != null) {
                changed.replace(start + use.nameStart(), start + use.nameEnd(), name);
            }
            if (use.undoes() && added != Additions.NONE) {
                add(added.behind(use), use, start, server, changed);
            }
        }
        return changed.end(start + length);
    }

    private static void add(
            Additions.Addition addition, NameUse use, int start, ServerStatements server, ChangedText changed) {
        boolean isSet = changed.isLetter('s', start + use.statementStart());
        if (!isSet) {
            sent(use, addition == null ? 0 : addition.count(), server);
        }
        if (addition != null) {
            // What stands in the place of SET … TO DEFAULT has the same tag.
            int from = start + (isSet ? use.statementStart() : use.statementEnd());
            byte[] sql = ((isSet ? "" : ";") + addition.sql()).getBytes(StandardCharsets.ISO_8859_1);
            changed.replace(from, start + use.statementEnd(), sql);
        }
    }

    private static void sent(NameUse use, int added, ServerStatements server) {
        if (use.kind() == NameUse.Kind.RESET || use.kind() == NameUse.Kind.RESET_ALL) {
            server.resetSent(added);
        } else {
            server.unlistenSent(added);
        }
    }

    /** The name to be written in the place of the client's; null if it stays. */
    private byte[] nameInSql(ByteBuf in, int start, NameUse use, ServerStatements server) {
        switch (use.kind()) {
            case DEALLOCATE_ALL, DISCARD_ALL -> {
                named.removeAll();
                server.clearSent(this);
                return null;
            }
            case PREPARE, EXECUTE, DEALLOCATE -> {}
            default -> {
                return null;
            }
        }
        ByteString name = ByteString.of(use.name());
        PreparedStatement held = named.get(name);
        if (use.kind() == NameUse.Kind.PREPARE) {
            return nameOfNew(in, start, use, name, held, server);
        }
        if (held == null) {
            return server.missing(name);
        }
        if (use.kind() == NameUse.Kind.DEALLOCATE) {
            named.remove(name);
            server.deallocateSent(held, this, name);
        }
        return held.name();
    }

    private byte[] nameOfNew(
            ByteBuf in, int start, NameUse use, ByteString name, PreparedStatement held, ServerStatements server) {
        if (held != null) {
            server.refusalExpected(held, name);
            return held.name();
        }
        byte[] rest = new byte[use.statementEnd() - use.nameEnd()];
        in.getBytes(start + use.nameEnd(), rest);
        PreparedStatement made = named.addBySql(name, rest, dialect);
        server.prepareSent(made, this, name);
        return made.name();
    }

    // ---------------------------------------------------------------- Parse

    private Followed parse(ByteBuf in, FrameScanner frame, ServerStatements server, Outgoing out, boolean again) {
        if (!frame.isWhole()) {
            return tooLong(server);
        }
        charge(0);
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
        text = isLong ? null : SqlText.read(in, nameEnd + 1, textEnd - nameEnd - 1, dialect);
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
            server.prepare(held, this, server.probe().copy(), most, out.replace(frame.frameStart(), frame.frameEnd()));
            return Followed.REWRITTEN;
        }
        if (isReadOtherwise(held, server)) {
            return readOtherwise(server);
        }
        if (held != null) {
            server.prepareAgain(
                    held, body, server.probe().copy(), most, out.replace(frame.frameStart(), frame.frameEnd()));
            return Followed.REWRITTEN;
        }
        ByteString name = server.probe().copy();
        PreparedStatement statement = named.add(name, body, text, dialect, context.apply(dialect));
        if (statement == null) {
            return Followed.NO_ROOM;
        }
        server.prepare(statement, this, name, most, out.replace(frame.frameStart(), frame.frameEnd()));
        return Followed.REWRITTEN;
    }

    private PreparedStatement inContext(ByteString name, PreparedStatement held) {
        return held.isBySql() ? held : named.inContext(name, held, dialect, context.apply(dialect));
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
        SqlContext now = nameEnd <= start + FrameScanner.HEADER_LENGTH ? null : context.apply(dialect);
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
        text = SqlText.read(in, textStart, textEnd - textStart, dialect);
        if (!isWanted()) {
            return Followed.REJECTED;
        }
        if (!renames) {
            return Followed.AS_IT_CAME;
        }
        boolean names = text.has(Effect.PREPARED);
        if (names && namesInDoubt(server) || unnamed.isInDoubt(server, mayBeSkipped)) {
            return Followed.IN_DOUBT;
        }
        if (names && lacksReadOtherwise(server)) {
            return readOtherwise(server);
        }
        boolean keeps = unnamed.isToBeKept(mayBeSkipped);
        int room = names ? roomOfNew() : 0;
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
            unnamed.is(in, frame.frameStart(), frame.frameEnd(), text, dialect, server);
            server.parseSent(owed);
            unnamed.isOn(server);
            return Followed.AS_IT_CAME;
        }
        ByteBuf to = out.replace(frame.frameStart(), frame.frameEnd());
        provideNamed(server, to);
        if (marks) {
            ServerStatements.writeProbe(to);
        }
        int at = to.writerIndex();
        to.writeByte(Frontend.PARSE).writeInt(0).writeByte(0);
        TextChanges changes = writeRenamed(in, textStart, textEnd - textStart, Additions.NONE, server, to);
        to.writeBytes(in, textEnd, frame.frameEnd() - textEnd);
        to.setInt(at + 1, to.writerIndex() - at - 1);
        shared.charge(-room);
        if (marks) {
            server.markSent();
        }
        Owed owed = keeps ? ServerStatements.markedParse(this, unnamed.keep(server)) : unnamed.parse();
        // Should another server need it, the names are the same there.
        unnamed.is(to, at, to.writerIndex(), text, dialect, server);
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
            return unnamedUsed(frame, server, out);
        }
        PreparedStatement bound = named.get(server.probe().set(in, portalEnd + 1, nameEnd));
        if (server.isInDoubt(server.probe())) {
            return Followed.IN_DOUBT;
        }
        if (bound != null) {
            text = bound.text();
            boolean names = namesStatements();
            if (isReadOtherwise(bound, server) || names && !bound.isReadAlikeIn(dialect)) {
                return readOtherwise(server);
            }
            if (names && lacksReadOtherwise(server)) {
                return readOtherwise(server);
            }
        }
        int room = bound != null && namesStatements() ? roomOfNew() : 0;
        if (!shared.charge(room)) {
            return Followed.NO_ROOM;
        }
        ByteBuf to = out.replace(frame.frameStart(), nameEnd);
        if (bound != null && namesStatements()) {
            provideNamed(server, to);
            server.provideAs(bound, renamedBody(bound, server), most, to);
            shared.charge(-room);
        } else if (bound != null && !isUsable(bound, server)) {
            bound = inContext(server.probe().copy(), bound);
            server.provide(bound, most, to);
        }
        byte[] name =
                bound != null ? bound.name() : server.missing(server.probe().copy());
        int grown = name.length - (nameEnd - portalEnd - 1);
        to.writeByte(Frontend.BIND);
        to.writeInt(4 + frame.bodyLength() + grown);
        to.writeBytes(in, start, portalEnd + 1 - start).writeBytes(name);
        return Followed.REWRITTEN;
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
        if (!close && isReadOtherwise(named.get(server.probe()), server)) {
            return readOtherwise(server);
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

    /** The body of a statement that speaks of others, with the names that those have on the server. */
    private byte[] renamedBody(PreparedStatement statement, ServerStatements server) {
        ByteBuf body = Unpooled.wrappedBuffer(statement.bodyBytes());
        ByteBuf renamed = Unpooled.buffer(body.readableBytes() + 64);
        int length = body.bytesBefore((byte) 0);
        writeRenamed(body, 0, length, Additions.NONE, server, renamed);
        renamed.writeBytes(body, length, body.readableBytes() - length);
        byte[] bytes = new byte[renamed.readableBytes()];
        renamed.readBytes(bytes);
        return bytes;
    }

    /** Writes what the server lacks, and returns the name that the statement has there. */
    private byte[] nameOnServer(ByteBuf in, int start, int end, ServerStatements server, ByteBuf out) {
        PreparedStatement statement = named.get(server.probe().set(in, start, end));
        if (statement == null) {
            return server.missing(server.probe().copy());
        }
        if (isUsable(statement, server)) {
            return statement.name();
        }
        PreparedStatement now = inContext(server.probe().copy(), statement);
        server.provide(now, most, out);
        return now.name();
    }

    private Followed unnamedUsed(FrameScanner frame, ServerStatements server, Outgoing out) {
        if (unnamed.isInDoubt(server)) {
            return Followed.IN_DOUBT;
        }
        if (unnamed.isThere(server)) {
            return Followed.AS_IT_CAME;
        }
        if (unnamed.isReadOtherwise(dialect)) {
            return readOtherwise(server);
        }
        unnamed.provide(server, out.replace(frame.frameStart(), frame.frameStart()));
        return Followed.AS_IT_CAME;
    }

    /** Index of the zero byte that ends a string; -1 if there is none before the end. */
    private static int endOfString(ByteBuf in, int start, int end) {
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
        charge(0);
        unnamed.clear();
    }

    public int size() {
        return named.size();
    }
}

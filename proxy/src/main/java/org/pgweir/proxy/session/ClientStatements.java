package org.pgweir.proxy.session;

import io.netty.buffer.ByteBuf;
import java.util.HashMap;
import java.util.Map;
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
        /** It was written otherwise, up to {@link #resumeAt()}. */
        REWRITTEN,
        /** More of it must be there first. */
        INCOMPLETE,
        /** It makes no sense. */
        MALFORMED,
        /** There is no room for another prepared statement. */
        NO_ROOM
    }

    /** A Parse that is longer than this is not kept. */
    public static final int LONGEST_PARSE = 1024 * 1024;

    private final PreparedStatements shared;
    private final Map<ByteString, PreparedStatement> named = new HashMap<>(4);
    private final ByteString probe = ByteString.probe();
    private final ServerStatements.Owed unnamedParse = ServerStatements.unnamedParse(this);
    private int most;

    /** The client's unnamed statement as a whole Parse message; its length is 0 if there is none. */
    private byte[] unnamed = {};

    private int unnamedLength;
    private long unnamedVersion;

    public ClientStatements(PreparedStatements shared) {
        this.shared = shared;
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
     * @param again whether the frame is sent a second time
     */
    public Followed follow(ByteBuf in, FrameScanner frame, ServerStatements server, Outgoing out, boolean again) {
        return switch (frame.type()) {
            case Frontend.BIND -> bind(in, frame, server, out);
            case Frontend.PARSE -> parse(in, frame, server, out, again);
            case Frontend.DESCRIBE, Frontend.CLOSE -> describeOrClose(in, frame, server, out);
            default -> {
                // PostgreSQL drops its unnamed statement at each Query.
                unnamedLength = 0;
                server.noUnnamed();
                yield Followed.AS_IT_CAME;
            }
        };
    }

    // ---------------------------------------------------------------- Parse

    private Followed parse(ByteBuf in, FrameScanner frame, ServerStatements server, Outgoing out, boolean again) {
        int start = frame.bodyStart();
        int have = Math.min(frame.frameEnd(), in.writerIndex());
        if (have <= start) {
            return frame.isWhole() ? Followed.MALFORMED : Followed.INCOMPLETE;
        }
        if (!frame.isWhole()) {
            if (frame.bodyLength() <= LONGEST_PARSE) {
                return Followed.INCOMPLETE;
            }
            return tooLong(in, start, server);
        }
        int nameEnd = endOfString(in, start, frame.frameEnd());
        if (nameEnd < 0 || !isParseBody(in, nameEnd + 1, frame.frameEnd())) {
            return Followed.MALFORMED;
        }
        if (nameEnd == start) {
            keepUnnamed(in, frame);
            server.parseSent(unnamedParse);
            server.unnamedIs(this, unnamedVersion);
            return Followed.AS_IT_CAME;
        }
        PreparedStatement held = named.get(probe.set(in, start, nameEnd));
        if (held != null && again) {
            server.prepare(held, this, probe.copy(), most, out.replace(frame.frameStart(), frame.frameEnd()));
            return Followed.REWRITTEN;
        }
        if (held != null) {
            server.prepareAgain(held, probe.copy(), most, out.replace(frame.frameStart(), frame.frameEnd()));
            return Followed.REWRITTEN;
        }
        byte[] body = new byte[frame.frameEnd() - nameEnd - 1];
        in.getBytes(nameEnd + 1, body);
        PreparedStatement statement = shared.hold(body);
        if (statement == null) {
            return Followed.NO_ROOM;
        }
        ByteString name = probe.copy();
        named.put(name, statement);
        server.prepare(statement, this, name, most, out.replace(frame.frameStart(), frame.frameEnd()));
        return Followed.REWRITTEN;
    }

    /** The text's end, and the types behind it. */
    private static boolean isParseBody(ByteBuf in, int start, int end) {
        int textEnd = endOfString(in, start, end);
        return textEnd >= 0 && end - textEnd - 1 >= 2 && end - textEnd - 3 == 4 * in.getUnsignedShort(textEnd + 1);
    }

    /** Only an unnamed statement may be longer than what is kept: it is good until the client's next message of that kind. */
    private Followed tooLong(ByteBuf in, int start, ServerStatements server) {
        if (in.getByte(start) != 0) {
            return Followed.NO_ROOM;
        }
        unnamedLength = 0;
        unnamedVersion++;
        server.parseSent(unnamedParse);
        server.unnamedIs(this, unnamedVersion);
        return Followed.AS_IT_CAME;
    }

    private void keepUnnamed(ByteBuf in, FrameScanner frame) {
        unnamedLength = frame.frameEnd() - frame.frameStart();
        if (unnamed.length < unnamedLength) {
            unnamed = new byte[unnamedLength];
        }
        in.getBytes(frame.frameStart(), unnamed, 0, unnamedLength);
        unnamedVersion++;
    }

    // ---------------------------------------------------------------- Bind, Describe, Close

    private Followed bind(ByteBuf in, FrameScanner frame, ServerStatements server, Outgoing out) {
        int start = frame.bodyStart();
        int have = Math.min(frame.frameEnd(), in.writerIndex());
        int portalEnd = endOfString(in, start, have);
        int nameEnd = portalEnd < 0 ? -1 : endOfString(in, portalEnd + 1, have);
        if (nameEnd < 0) {
            return incomplete(frame, have);
        }
        if (nameEnd == portalEnd + 1) {
            return unnamedUsed(frame, server, out);
        }
        ByteBuf to = out.replace(frame.frameStart(), nameEnd);
        byte[] name = nameOnServer(in, portalEnd + 1, nameEnd, server, to);
        int grown = name.length - (nameEnd - portalEnd - 1);
        to.writeByte(Frontend.BIND);
        to.writeInt(4 + frame.bodyLength() + grown);
        to.writeBytes(in, start, portalEnd + 1 - start).writeBytes(name);
        return Followed.REWRITTEN;
    }

    private Followed describeOrClose(ByteBuf in, FrameScanner frame, ServerStatements server, Outgoing out) {
        int start = frame.bodyStart();
        int have = Math.min(frame.frameEnd(), in.writerIndex());
        int nameEnd = have <= start ? -1 : endOfString(in, start + 1, have);
        if (nameEnd < 0 || !frame.isWhole()) {
            return incomplete(frame, have);
        }
        if (nameEnd + 1 != frame.frameEnd()) {
            return Followed.MALFORMED;
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
            unnamedLength = 0;
            server.noUnnamed();
            server.closeSent();
            return Followed.AS_IT_CAME;
        }
        ByteBuf to = out.replace(frame.frameStart(), frame.frameEnd());
        if (close) {
            ByteString name = probe.set(in, start + 1, nameEnd).copy();
            PreparedStatement closed = named.remove(name);
            if (closed != null) {
                shared.release(closed);
            }
            server.close(closed, this, name, to);
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
        PreparedStatement statement = named.get(probe.set(in, start, end));
        if (statement == null) {
            return server.missing(probe.copy());
        }
        server.provide(statement, most, out);
        return statement.name();
    }

    /** The server must have this client's unnamed statement, or none, and not what another client left there. */
    private Followed unnamedUsed(FrameScanner frame, ServerStatements server, Outgoing out) {
        if (server.isUnnamed(this, unnamedVersion)) {
            return Followed.AS_IT_CAME;
        }
        ByteBuf to = out.replace(frame.frameStart(), frame.frameStart());
        if (unnamedLength == 0) {
            server.closeUnnamed(to);
        } else {
            to.writeBytes(unnamed, 0, unnamedLength);
            server.ownUnnamedParseSent();
            server.unnamedIs(this, unnamedVersion);
        }
        return Followed.AS_IT_CAME;
    }

    private static Followed incomplete(FrameScanner frame, int have) {
        boolean hopeless = frame.isWhole() || have - frame.bodyStart() > LONGEST_PARSE;
        return hopeless ? Followed.MALFORMED : Followed.INCOMPLETE;
    }

    /** Index of the zero byte that ends a string; -1 if there is none before the end. */
    private static int endOfString(ByteBuf in, int start, int end) {
        int length = in.bytesBefore(start, Math.max(0, end - start), (byte) 0);
        return length < 0 ? -1 : start + length;
    }

    // ---------------------------------------------------------------- what did not happen, and the end

    @Override
    public void parseDidNotHappen(ByteString name, PreparedStatement statement) {
        if (named.remove(name, statement)) {
            shared.release(statement);
        }
    }

    @Override
    public void closeDidNotHappen(ByteString name, PreparedStatement statement) {
        if (named.putIfAbsent(name, statement) == null) {
            shared.holdAgain(statement);
        }
    }

    @Override
    public void unnamedParseDidNotHappen() {
        unnamedLength = 0;
    }

    /** The client's name of a statement; null if the client has it not. */
    public ByteString nameOf(String nameOnServer) {
        for (Map.Entry<ByteString, PreparedStatement> entry : named.entrySet()) {
            if (entry.getValue().toString().equals(nameOnServer)) {
                return entry.getKey();
            }
        }
        return null;
    }

    /** The client has no statement any more. */
    public void clear() {
        named.values().forEach(shared::release);
        named.clear();
        unnamedLength = 0;
    }

    public int size() {
        return named.size();
    }
}

package org.pgweir.protocol;

import io.netty.buffer.ByteBuf;

/**
 * Walks the frames of one direction of a connection in place, over buffers that end wherever the network cut them.
 *
 * <p>A frame is a type byte, a 4-byte big-endian length that counts itself and the body, and the body. Frames that nobody watches are
 * passed by their length. For a watched frame the walk stops, and the caller decides: {@link #take()} lets it go, also when its end
 * has not arrived yet (the scanner counts what is left); or the caller keeps the bytes from {@link #frameStart()} on until more
 * arrive, and calls {@link #begin} again with both joined.
 *
 * <pre>
 *   begin(buffer)
 *   while (next() == FRAME) { look at type(); take(); }
 *   all bytes up to position() may be forwarded; the rest (a cut header, or a watched frame that was not taken) must be kept
 * </pre>
 *
 * Allocates nothing. One object belongs to one connection and its event loop.
 */
public final class FrameScanner {
    /** The buffer is used up: it ended at the end of a frame or inside the body of one. */
    public static final int END = 0;

    /** A watched frame stands at {@link #frameStart()}. */
    public static final int FRAME = 1;

    /** From {@link #position()} on stand 1 to 4 bytes of a header. */
    public static final int CUT_HEADER = 2;

    /** From {@link #position()} on stands no frame: unknown type, or a length that cannot be. */
    public static final int MALFORMED = 3;

    /** Type byte and length. */
    public static final int HEADER_LENGTH = 5;

    /** Longest length word accepted; PostgreSQL itself sends and takes less than 1 GB. */
    public static final int MAX_LENGTH = 0x3fffffff;

    private final FrameTypes known;
    private FrameTypes watched;

    private ByteBuf buffer;
    private int position;
    private int limit;
    private int bodyLeft;
    private byte type;
    private int frameEnd;
    private int longest = MAX_LENGTH;

    public FrameScanner(FrameTypes known, FrameTypes watched) {
        this.known = known;
        this.watched = watched;
    }

    /** Stops at frames of these types from now on. */
    public void watch(FrameTypes types) {
        watched = types;
    }

    /** Takes no longer frames from now on, but never longer ones than {@link #MAX_LENGTH}. */
    public void limit(int longestLength) {
        longest = Math.min(longestLength, MAX_LENGTH);
    }

    /** Starts at the buffer's reader index; continues a frame whose end was missing. Does not take ownership of the buffer. */
    public void begin(ByteBuf buffer) {
        this.buffer = buffer;
        position = buffer.readerIndex();
        limit = buffer.writerIndex();
        if (bodyLeft > 0) {
            int passed = Math.min(bodyLeft, limit - position);
            bodyLeft -= passed;
            position += passed;
        }
    }

    /** Passes unwatched frames up to the next watched one. */
    public int next() {
        while (position < limit) {
            if (limit - position < HEADER_LENGTH) {
                // The type alone tells nonsense apart from a cut header.
                return known.contains(buffer.getByte(position)) ? CUT_HEADER : MALFORMED;
            }
            type = buffer.getByte(position);
            int length = buffer.getInt(position + 1);
            if (length < 4 || length > longest || !known.contains(type)) {
                return MALFORMED;
            }
            // Cannot overflow: both are below 2^30.
            frameEnd = position + 1 + length;
            if (watched.contains(type)) {
                return FRAME;
            }
            take();
        }
        return END;
    }

    /** Passes the frame at which {@link #next()} stopped. */
    public void take() {
        if (frameEnd <= limit) {
            position = frameEnd;
        } else {
            bodyLeft = frameEnd - limit;
            position = limit;
        }
    }

    /** Type byte of the frame at which {@link #next()} stopped. */
    public byte type() {
        return type;
    }

    /** Index of the type byte of the frame at which {@link #next()} stopped. */
    public int frameStart() {
        return position;
    }

    /** Index of the first byte of its body. */
    public int bodyStart() {
        return position + HEADER_LENGTH;
    }

    /** Index behind its last byte; may lie behind the end of the buffer. */
    public int frameEnd() {
        return frameEnd;
    }

    /** Bytes of its body. */
    public int bodyLength() {
        return frameEnd - position - HEADER_LENGTH;
    }

    /** Whether the buffer holds it up to its end. */
    public boolean isWhole() {
        return frameEnd <= limit;
    }

    /** Index up to which all bytes were passed. */
    public int position() {
        return position;
    }

    /** Whether all that was passed ends with a whole frame. */
    public boolean atBoundary() {
        return bodyLeft == 0;
    }
}

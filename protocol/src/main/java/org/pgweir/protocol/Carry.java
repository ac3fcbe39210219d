package org.pgweir.protocol;

import io.netty.buffer.ByteBuf;

/**
 * The bytes at the end of a read that cannot be forwarded yet: a cut header, or a cut frame that must be seen whole. They are few;
 * they wait here and are put before the next read. One object belongs to one direction of a connection.
 */
public final class Carry {
    private ByteBuf kept;
    private ByteBuf lastJoined;

    /** Takes ownership of {@code in}; returns the kept bytes and those of {@code in} as one buffer that the caller owns. */
    public ByteBuf join(ByteBuf in) {
        if (kept == null) {
            lastJoined = null;
            return in;
        }
        ByteBuf joined = kept;
        kept = null;
        lastJoined = joined;
        try {
            return joined.writeBytes(in);
        } finally {
            in.release();
        }
    }

    /**
     * Keeps the bytes from {@code index} on; the caller keeps ownership of {@code in}, but must not change it any more. A long message
     * that comes in many small pieces is copied only as its buffer grows.
     */
    public void keep(ByteBuf in, int index) {
        if (in == lastJoined && index == in.readerIndex()) {
            kept = in.retain();
            return;
        }
        int length = in.writerIndex() - index;
        kept = in.alloc().directBuffer(length + 512).writeBytes(in, index, length);
    }

    public boolean isEmpty() {
        return kept == null;
    }

    public void release() {
        if (kept != null) {
            kept.release();
            kept = null;
        }
    }
}

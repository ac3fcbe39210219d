package org.pgweir.proxy.relay;

import io.netty.buffer.ByteBuf;

/**
 * What has come of a client and must not go on yet, because it has no server or pgweir itself has something to do there; and whether
 * more of it is read. Owns the held bytes. On the client's loop.
 */
final class ClientInput {
    /** A client of which this much is held is not read further. */
    private static final int HELD_LIMIT = 64 * 1024;

    private final ClientEnd client;
    private ByteBuf held;
    private boolean readingStopped;

    ClientInput(ClientEnd client) {
        this.client = client;
    }

    /** Holds these bytes behind those that are held already; takes ownership. */
    void hold(ByteBuf bytes) {
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

    /** Holds the first bytes of a client that begins to wait; takes ownership. */
    void holdFirst(ByteBuf bytes) {
        held = bytes;
    }

    /** Holds the rest of a buffer of which the beginning goes on; shares it. */
    void holdFrom(ByteBuf in, int index) {
        held = in.retainedSlice(index, in.writerIndex() - index);
    }

    /** What is held, which stays there; null if nothing is. */
    ByteBuf held() {
        return held;
    }

    /** What is held, as the caller's own; null if nothing is. */
    ByteBuf take() {
        ByteBuf taken = held;
        held = null;
        return taken;
    }

    /** Drops what is held. */
    void release() {
        if (held != null) {
            held.release();
            held = null;
        }
    }

    void stopReading() {
        if (!readingStopped) {
            readingStopped = true;
            client.channel().config().setAutoRead(false);
        }
    }

    void resumeReading() {
        if (readingStopped) {
            readingStopped = false;
            client.channel().config().setAutoRead(!client.isSuspended());
        }
    }

    boolean isReadingStopped() {
        return readingStopped;
    }
}

package org.pgweir.proxy.client;

import io.netty.buffer.ByteBuf;
import org.pgweir.protocol.FrameScanner;
import org.pgweir.protocol.Frontend;
import org.pgweir.protocol.ProtocolViolation;

/** Gathers the small messages of the cold phases, up to a limit. */
final class Inbox {
    private final int limit;
    private ByteBuf pending;

    /** @param limit longest message in bytes */
    Inbox(int limit) {
        this.limit = limit;
    }

    /** Takes ownership of the buffer; refuses what is more than one message of the limit's size and its header. */
    void add(ByteBuf bytes) throws ProtocolViolation {
        if (pending == null) {
            pending = bytes;
        } else {
            ByteBuf joined = bytes.alloc().buffer(pending.readableBytes() + bytes.readableBytes());
            joined.writeBytes(pending).writeBytes(bytes);
            pending.release();
            bytes.release();
            pending = joined;
        }
        if (pending.readableBytes() > limit + FrameScanner.HEADER_LENGTH) {
            throw new ProtocolViolation("too many bytes before the login is done");
        }
    }

    /** All that is there and was not read yet; readable bytes may be none. Stays owned by the inbox. */
    ByteBuf bytes() {
        return pending;
    }

    boolean isEmpty() {
        return pending == null || !pending.isReadable();
    }

    /** The body of the next message, which must be of this type; null while it is not complete. Valid until the next call. */
    ByteBuf next(byte type) throws ProtocolViolation {
        if (isEmpty()) {
            return null;
        }
        int start = pending.readerIndex();
        if (pending.getByte(start) != type) {
            throw new ProtocolViolation("unexpected message type");
        }
        if (pending.readableBytes() < FrameScanner.HEADER_LENGTH) {
            return null;
        }
        int length = pending.getInt(start + 1);
        if (length < 4 || length > limit) {
            throw new ProtocolViolation("invalid message length");
        }
        if (pending.readableBytes() < length + 1) {
            return null;
        }
        pending.skipBytes(FrameScanner.HEADER_LENGTH);
        return pending.readSlice(length - 4);
    }

    /**
     * Takes ownership of the buffer, and takes the next message if it is there: one with a password, behind which nothing may come before it
     * is answered.
     *
     * @param isAnswering whether the last one is not answered yet
     */
    ByteBuf nextPassword(ByteBuf bytes, boolean isAnswering) throws ProtocolViolation {
        add(bytes);
        if (isAnswering) {
            throw new ProtocolViolation("unexpected message while the password is being checked");
        }
        ByteBuf body = next(Frontend.PASSWORD);
        if (body != null && !isEmpty()) {
            throw new ProtocolViolation("received data behind the password");
        }
        return body;
    }

    /** Hands what was not read to the caller, who owns it then; null if nothing is left. */
    ByteBuf takeRest() {
        ByteBuf rest = pending;
        pending = null;
        return rest;
    }

    void release() {
        if (pending != null) {
            pending.release();
            pending = null;
        }
    }
}

package org.pgweir.proxy.relay;

import io.netty.buffer.ByteBuf;
import org.pgweir.protocol.Frontend;

/**
 * A batch of the client's in the extended protocol, kept until its answer begins, so that it can be sent once more if the server fails
 * on a prepared statement whose plan went stale. Only a whole batch outside a transaction is kept: one that PostgreSQL rolls back as a
 * whole, and of which the client has heard nothing yet.
 */
final class Replay {
    private ByteBuf batch;
    private boolean failed;

    /** Keeps what the client sent; shares the buffer. */
    void keep(ByteBuf sent) {
        drop();
        batch = sent.retain();
    }

    /** The answer has begun, or there will be none. */
    void drop() {
        if (batch != null) {
            batch.release();
            batch = null;
        }
        failed = false;
    }

    boolean isPossible() {
        return batch != null;
    }

    /**
     * Whether the batch itself asks, behind each Bind, what columns the rows have. A client that does not ask reads the rows by what it was
     * told once, and a plan is stale because the columns are others now.
     */
    boolean describesRows() {
        int at = batch.readerIndex();
        boolean bound = false;
        while (at < batch.writerIndex()) {
            byte type = batch.getByte(at);
            if (bound && type != Frontend.DESCRIBE) {
                return false;
            }
            bound = type == Frontend.BIND;
            at += 1 + batch.getInt(at + 1);
        }
        return true;
    }

    /** The first Bind, which is what failed if nothing of the answer has come; -1 if there is none. */
    int firstBind() {
        int at = batch.readerIndex();
        while (at < batch.writerIndex() && batch.getByte(at) != Frontend.BIND) {
            at += 1 + batch.getInt(at + 1);
        }
        return at < batch.writerIndex() ? at : -1;
    }

    ByteBuf batch() {
        return batch;
    }

    /** The batch failed on a stale plan: its ReadyForQuery is the signal to send it again. */
    void failed() {
        failed = true;
    }

    boolean hasFailed() {
        return failed;
    }

    /** The batch, to be sent again; the caller owns it. */
    ByteBuf take() {
        ByteBuf again = batch;
        batch = null;
        failed = false;
        return again;
    }
}

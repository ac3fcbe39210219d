package org.pgweir.protocol;

import io.netty.buffer.ByteBuf;

/**
 * Bytes of one read on their way to the other side: the buffer as it came, until something in it must be changed. Only then are the
 * bytes before and behind the change copied. One object belongs to one direction of a connection.
 */
public final class Outgoing {
    private ByteBuf in;
    private ByteBuf changed;
    private int from;

    /** Takes ownership of the buffer; its bytes count from an index on. */
    public void begin(ByteBuf in, int from) {
        this.in = in;
        this.from = from;
    }

    /** Leaves out the bytes between two indexes; those before them go on. */
    public void leaveOut(int start, int end) {
        if (changed != null || start > from) {
            replace(start, end);
        } else {
            from = end;
        }
    }

    /**
     * Leaves out the bytes between two indexes.
     *
     * @return the buffer to which to append what stands in their place
     */
    public ByteBuf replace(int start, int end) {
        if (changed == null) {
            changed = in.alloc().directBuffer(in.writerIndex() - from + 256);
        }
        changed.writeBytes(in, from, start - from);
        from = end;
        return changed;
    }

    /** Whether something was put in or left out. */
    public boolean isChanged() {
        return changed != null;
    }

    /** Leaves out all bytes so far, also those that were put in, up to an index. */
    public void leaveOutAll(int end) {
        if (changed != null) {
            changed.clear();
        }
        from = end;
    }

    /**
     * Ends with the bytes up to an index.
     *
     * @return all that is to be sent, which the caller then owns; null if there is nothing
     */
    public ByteBuf end(int to) {
        ByteBuf whole = in;
        in = null;
        if (changed == null) {
            if (from < to) {
                return whole.setIndex(from, to);
            }
            whole.release();
            return null;
        }
        ByteBuf all = changed;
        changed = null;
        all.writeBytes(whole, from, to - from);
        whole.release();
        if (all.isReadable()) {
            return all;
        }
        all.release();
        return null;
    }
}

package org.pgweir.proxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.Charset;

/** Writes a text with parts of it replaced, from the first to the last, and takes note of what that does to positions. */
final class ChangedText {
    private final ByteBuf in;
    private final ByteBuf out;
    private final Charset charset;
    private final TextChanges changes = new TextChanges();
    private int from;

    /** @param from where the text begins */
    ChangedText(ByteBuf in, int from, Charset charset, ByteBuf out) {
        this.in = in;
        this.from = from;
        this.charset = charset;
        this.out = out;
    }

    /** Other bytes in the place of those between two indexes. */
    void replace(int start, int end, byte[] bytes) {
        keep(start);
        int before = TextChanges.characters(in, start, end - start, charset);
        changes.replaced(before, TextChanges.characters(Unpooled.wrappedBuffer(bytes), 0, bytes.length, charset));
        out.writeBytes(bytes);
        from = end;
    }

    /** Whether this letter stands at an index, in upper or lower case. */
    boolean isLetter(char lower, int index) {
        return (in.getByte(index) | 0x20) == lower;
    }

    /** The rest, up to an index. */
    TextChanges end(int end) {
        keep(end);
        return changes;
    }

    private void keep(int to) {
        changes.kept(TextChanges.characters(in, from, to - from, charset));
        out.writeBytes(in, from, to - from);
        from = to;
    }
}

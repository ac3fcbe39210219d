package org.pgweir.proxy.session;

import io.netty.buffer.ByteBuf;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What was changed in a text of SQL on its way to the server, so that a position which the server tells can be told to the client as one in
 * its own text. Lengths and positions are in characters, positions begin with 1, as in PostgreSQL's errors.
 */
public final class TextChanges {
    private static final int FIELDS = 3;
    private static final int CONTINUATION_MASK = 0xc0;
    private static final int CONTINUATION = 0x80;

    /** For each change: where it is in the changed text, from 0; how long what was there is, and what is there now. */
    private int[] changes = new int[FIELDS];

    private int count;
    private int length;

    /** Further text that stays. */
    void kept(int characters) {
        length += characters;
    }

    /** Further text that was changed. */
    void replaced(int characters, int byCharacters) {
        if (count == changes.length) {
            changes = Arrays.copyOf(changes, 2 * count);
        }
        changes[count++] = length;
        changes[count++] = characters;
        changes[count++] = byCharacters;
        length += byCharacters;
    }

    /** The position in the client's text; 0 if this is none in the changed text. */
    public int original(int position) {
        int at = position - 1;
        if (at < 0 || at > length) {
            return 0;
        }
        int shift = 0;
        for (int i = 0; i < count && at >= changes[i]; i += FIELDS) {
            if (at < changes[i] + changes[i + 2]) {
                int inside = Math.min(at - changes[i], Math.max(0, changes[i + 1] - 1));
                return changes[i] + shift + inside + 1;
            }
            shift += changes[i + 1] - changes[i + 2];
        }
        return at + shift + 1;
    }

    /** How many characters some bytes are. */
    static int characters(ByteBuf in, int start, int length, Charset charset) {
        if (!charset.equals(StandardCharsets.UTF_8)) {
            String text = in.toString(start, length, charset);
            return text.codePointCount(0, text.length());
        }
        int characters = 0;
        for (int i = start; i < start + length; i++) {
            characters += (in.getByte(i) & CONTINUATION_MASK) == CONTINUATION ? 0 : 1;
        }
        return characters;
    }
}

package org.pgweir.proxy.relay;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import org.pgweir.protocol.Frontend;
import org.pgweir.proxy.session.NameUse;
import org.pgweir.proxy.session.SqlText;

/**
 * Finds out whether all that a client did from one time that its server was free to the next was one SET or RESET that succeeded. Then its
 * effect is known, and the server need not be asked. Counts rather than understands: any message more, and there is a doubt.
 */
final class LoneSetting {
    private static final byte[] SET = "SET".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] RESET = "RESET".getBytes(StandardCharsets.US_ASCII);

    /** Null if there is none. */
    private SqlText text;

    private boolean fits;
    private int queries;
    private int binds;
    private int executes;
    private int tags;

    /**
     * SQL that is not plain goes to the server.
     *
     * @param first whether nothing else is under way there, and no transaction
     */
    void note(SqlText sql, boolean first) {
        if (first) {
            boolean lone = sql.loneSetting() != null;
            text = lone ? sql : null;
            fits = lone;
            queries = 0;
            binds = 0;
            executes = 0;
            tags = 0;
        } else if (sql != text) {
            text = null;
        }
    }

    /** Whether the other methods need to be called. */
    boolean isPossible() {
        return text != null;
    }

    void isNot() {
        text = null;
    }

    /** A message of the client's goes to the server, also the one that brings the SQL. */
    void sent(byte type) {
        switch (type) {
            case Frontend.QUERY -> queries++;
            case Frontend.BIND -> binds++;
            case Frontend.EXECUTE -> executes++;
            case Frontend.FUNCTION_CALL -> text = null;
            default -> {}
        }
    }

    /** CommandComplete came; its body stands between the indexes. */
    void completed(ByteBuf in, int start, int end) {
        tags++;
        boolean isSet = text.loneSetting().kind() == NameUse.Kind.SET;
        fits &= isTag(isSet ? SET : RESET, in, start, end);
        // SET … TO DEFAULT
        fits |= !isSet && tags == 1 && isTag(SET, in, start, end);
    }

    private static boolean isTag(byte[] tag, ByteBuf in, int start, int end) {
        if (end - start != tag.length + 1) {
            return false;
        }
        for (int i = 0; i < tag.length; i++) {
            if (in.getByte(start + i) != tag[i]) {
                return false;
            }
        }
        return true;
    }

    /** The statement that was all, now that the server is free again; null if it was not, or not for certain. */
    SqlText take() {
        boolean simple = queries == 1 && binds == 0 && executes == 0;
        boolean extended = queries == 0 && binds == 1 && executes == 1;
        SqlText done = fits && tags == 1 && (simple || extended) ? text : null;
        text = null;
        return done;
    }
}

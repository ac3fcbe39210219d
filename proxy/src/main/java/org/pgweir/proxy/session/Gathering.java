package org.pgweir.proxy.session;

import io.netty.buffer.ByteBuf;
import org.pgweir.protocol.FrameScanner;
import org.pgweir.protocol.Frontend;

/**
 * How much of a client's long frame must be there before it is followed, and the room that this takes meanwhile. On the client's loop.
 */
final class Gathering {
    /** What has come is not counted up to this; nearly all messages are shorter. */
    private static final int NOT_COUNTED = 16 * 1024;

    private final PreparedStatements shared;
    private final boolean renames;

    /** What has come of a frame, as far as it takes room that others may miss; 0 if there is none. */
    private int gathered;

    /**
     * @param shared counts the memory
     * @param renames see {@link ClientStatements}
     */
    Gathering(PreparedStatements shared, boolean renames) {
        this.shared = shared;
        this.renames = renames;
    }

    /**
     * Whether enough has come of the frame at which the scanner stands to {@link ClientStatements#follow} it; no server is needed to know
     * that. Room is taken for no more than what has come, since its client may stop anywhere. Where there is none, SQL goes on unread, as a
     * long text does.
     *
     * @return {@code AS_IT_CAME} if so; else {@code INCOMPLETE}, {@code MALFORMED} or {@code NO_ROOM}
     */
    Followed gather(ByteBuf in, FrameScanner frame) {
        if (frame.isWhole()) {
            return Followed.AS_IT_CAME;
        }
        int start = frame.bodyStart();
        int come = in.writerIndex() - start;
        boolean isShort = frame.bodyLength() <= ClientStatements.LONGEST_PARSE;
        return switch (frame.type()) {
            case Frontend.QUERY -> isShort && charge(come) ? Followed.INCOMPLETE : Followed.AS_IT_CAME;
            case Frontend.PARSE -> gatherParse(in, start, come, isShort);
            case Frontend.BIND -> {
                int portalEnd = ClientStatements.endOfString(in, start, in.writerIndex());
                yield portalEnd >= 0 && ClientStatements.endOfString(in, portalEnd + 1, in.writerIndex()) >= 0
                                || !renames
                        ? Followed.AS_IT_CAME
                        : gatherNames(come);
            }
            case Frontend.DESCRIBE, Frontend.CLOSE -> renames ? gatherNames(come) : Followed.AS_IT_CAME;
            default -> Followed.AS_IT_CAME;
        };
    }

    /** An unnamed one that is long goes on as it comes; a named one is kept whole. */
    private Followed gatherParse(ByteBuf in, int start, int come, boolean isShort) {
        if (come <= 0) {
            return Followed.INCOMPLETE;
        }
        boolean mayGoOn = !renames || in.getByte(start) == 0;
        if ((isShort || !mayGoOn) && charge(come)) {
            return Followed.INCOMPLETE;
        }
        return mayGoOn ? Followed.AS_IT_CAME : Followed.NO_ROOM;
    }

    /** If a name will never have an end, PostgreSQL says what it thinks of that, unless it is absurdly long. */
    private Followed gatherNames(int come) {
        if (come > ClientStatements.LONGEST_PARSE) {
            return Followed.MALFORMED;
        }
        return charge(come) ? Followed.INCOMPLETE : Followed.NO_ROOM;
    }

    /** It goes on, or will not come. */
    void ended() {
        charge(0);
    }

    /** What has come takes this much room, and no more. */
    private boolean charge(int come) {
        int counted = come > NOT_COUNTED ? come : 0;
        if (counted != gathered) {
            if (!shared.charge(counted - gathered)) {
                return false;
            }
            gathered = counted;
        }
        return true;
    }
}

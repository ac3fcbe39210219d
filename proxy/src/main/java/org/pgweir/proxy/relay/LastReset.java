package org.pgweir.proxy.relay;

import org.pgweir.protocol.Frontend;
import org.pgweir.proxy.session.NameUse;

/**
 * Finds out whether a RESET is the last that a batch of the extended protocol runs, or a DISCARD ALL all of a Query: then nothing comes
 * between it and pgweir's own words.
 */
final class LastReset {
    /** Null if there is none. */
    private NameUse use;

    private boolean simple;
    private int binds;
    private int executes;

    /** A statement that does this and nothing else is about to be bound. */
    void bound(NameUse reset) {
        begin(reset, false);
    }

    /** A Query with this and nothing else is about to be sent. */
    void queried(NameUse reset) {
        begin(reset, true);
    }

    private void begin(NameUse reset, boolean bySimpleQuery) {
        use = reset;
        simple = bySimpleQuery;
        binds = 0;
        executes = 0;
    }

    /** Whether {@link #sent} needs to be called; behind a Query or Sync, whether it was the last. */
    boolean isPossible() {
        return use != null;
    }

    /** A message of the client's goes to the server, also the one that brings the statement. */
    void sent(byte type) {
        boolean stillLast = switch (type) {
            case Frontend.QUERY -> simple;
            case Frontend.BIND -> !simple && ++binds == 1;
            case Frontend.EXECUTE -> !simple && ++executes == 1;
            case Frontend.SYNC -> !simple && executes == 1;
            case Frontend.FUNCTION_CALL -> false;
            default -> true;
        };
        use = stillLast ? use : null;
    }

    /** The last RESET; null if there was none. */
    NameUse peek() {
        return use;
    }

    /** As {@link #peek}, but only once. */
    NameUse take() {
        NameUse last = use;
        use = null;
        return last;
    }
}

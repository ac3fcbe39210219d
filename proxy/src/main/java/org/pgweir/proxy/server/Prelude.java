package org.pgweir.proxy.server;

import io.netty.buffer.ByteBuf;
import org.pgweir.protocol.Backend;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.protocol.FrontendMessages;
import org.pgweir.protocol.ProtocolViolation;
import org.pgweir.proxy.session.SessionState;

/**
 * A client's settings on their way to its server, in the same write as the client's first bytes and ahead of them.
 *
 * <pre>
 *   Query                   BEGIN; SET …; SET ROLE …   the server reports what has changed, then ReadyForQuery
 *   Parse, Bind, Execute    SAVEPOINT                  fails unless all of that was done
 *   Parse, Bind, Execute    COMMIT                     and no Sync
 *   the client's bytes
 * </pre>
 *
 * <p>PostgreSQL sends the last two answers together with that to the client's first request, or at a Flush.
 *
 * <p>The client's bytes never run under other settings. If a statement of the Query fails, there is no transaction, or a failed one,
 * and SAVEPOINT fails, too; after an error in the extended protocol PostgreSQL skips every message up to the next Sync, a Query as well.
 * So whoever sends the client's bytes must keep back what comes behind their first Sync, until this is done.
 */
public final class Prelude {
    /** How far it is. */
    public enum Progress {
        RUNS,
        /** All was done, and what the server sends from here on is for the client. */
        DONE,
        /** Nothing was done, and the server skips what it was sent behind, up to a Sync. */
        FAILED
    }

    private static final String BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED;";
    private static final String GUARD = "SAVEPOINT pgweir";
    private static final String END = "COMMIT";

    /** Answers to the guard and the end. */
    private int answersLeft = 2;

    private final SessionState state;
    private boolean told;
    private ErrorMessage error;

    /** @param state what the server has when this is done */
    Prelude(SessionState state) {
        this.state = state;
    }

    /** @param sql statements with a semicolon behind each; each char is a byte */
    static void write(ByteBuf out, String sql) {
        FrontendMessages.queryOfBytes(out, BEGIN + sql);
        FrontendMessages.extendedQuery(out, GUARD);
        FrontendMessages.extendedQuery(out, END);
    }

    SessionState state() {
        return state;
    }

    /** The server has made up its mind, and is at the client's bytes, or soon will be. */
    public boolean isDecided() {
        return told;
    }

    /** Why it failed. */
    public ErrorMessage error() {
        return error;
    }

    /** Takes a whole frame of the server. */
    Progress take(Server server, byte type, ByteBuf in, int start, int end) throws ProtocolViolation {
        switch (type) {
            case Backend.PARAMETER_STATUS -> server.answers().parameterStatus(in, start, end);
            case Backend.READY_FOR_QUERY -> {
                if (told) {
                    throw new ProtocolViolation("ReadyForQuery comes unasked");
                }
                told = true;
            }
            case Backend.COMMAND_COMPLETE -> answersLeft -= told ? 1 : 0;
            case Backend.ERROR_RESPONSE -> {
                ErrorMessage next = ErrorMessage.read(in, start, end);
                error = error == null ? next : error;
                if (next.isFatal()) {
                    server.sawFatal(next);
                }
                if (told || next.isFatal()) {
                    return Progress.FAILED;
                }
            }
            default -> {}
        }
        if (answersLeft > 0) {
            return Progress.RUNS;
        }
        if (error != null) {
            throw new ProtocolViolation("the settings of a client failed, but what came behind them did not");
        }
        return Progress.DONE;
    }
}

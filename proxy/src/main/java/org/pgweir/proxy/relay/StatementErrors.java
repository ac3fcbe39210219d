package org.pgweir.proxy.relay;

import io.netty.buffer.ByteBuf;
import org.pgweir.protocol.BackendMessages;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.protocol.FrameScanner;
import org.pgweir.protocol.Outgoing;
import org.pgweir.protocol.ProtocolViolation;
import org.pgweir.proxy.server.Server;
import org.pgweir.proxy.session.ByteString;
import org.pgweir.proxy.session.ClientStatements;
import org.pgweir.proxy.session.PreparedStatement;
import org.pgweir.proxy.session.SchemaChanges;
import org.pgweir.proxy.session.ServerStatements;
import org.pgweir.proxy.session.TextChanges;

/**
 * A server's errors in the client's words: about SQL that pgweir has refused, prepared statements under the client's names, places in the
 * client's text. One that only says that a plan went stale is not for the client at all, if its batch can be sent again.
 */
final class StatementErrors {
    private static final String NO_SUCH_STATEMENT = "26000";
    private static final String NOT_SUPPORTED = "0A000";
    private static final String INTERNAL_ERROR = "XX000";
    private static final String PROTOCOL_VIOLATION = "08P01";

    /** What raises an error about a plan that went stale; clients prepare again if they see this name. */
    private static final String REVALIDATION = "RevalidateCachedQuery";

    /** What finds that a Bind has another number of result formats than the statement has columns. */
    private static final String RESULT_FORMATS = "PortalSetResultFormat";

    private static final String NO_SUCH_TYPE = "cache lookup failed for type ";

    private final ClientStatements statements;
    private final Replay replay;
    private ErrorMessage rejection;

    StatementErrors(ClientStatements statements, Replay replay) {
        this.statements = statements;
        this.replay = replay;
    }

    /** Why the server gets SQL that it does not understand; null for nothing. */
    void rejected(ErrorMessage why) {
        rejection = why;
    }

    /** The error stands between the indexes. */
    void write(Server from, ErrorMessage error, ByteBuf in, int start, int end, Outgoing out) throws ProtocolViolation {
        if (rejection != null && error.message().contains(RelayErrors.REJECTED)) {
            write(rejection, out.replace(start, end));
            rejection = null;
            return;
        }
        boolean lost = error.sqlstate().equals(NO_SUCH_STATEMENT)
                && from.statements().refusedName() == null
                && ServerStatements.nameIn(error.message()) != null;
        boolean stale = error.sqlstate().equals(NOT_SUPPORTED)
                && ErrorMessage.isFrom(REVALIDATION, in, start + FrameScanner.HEADER_LENGTH, end);
        // Behind the text stands the number of a type that was dropped.
        boolean untyped =
                error.sqlstate().equals(INTERNAL_ERROR) && error.message().startsWith(NO_SUCH_TYPE);
        if (lost || stale || untyped) {
            from.statements().allStale();
            if (stale) {
                columnsChanged();
            }
            if (replay.isPossible() && (!stale || replay.describesRows())) {
                replay.failed();
                out.leaveOutAll(end);
                return;
            }
        }
        if (isOfOtherColumns(error, in, start, end)) {
            columnsChanged();
            write(RelayErrors.STALE_PLAN, out.replace(start, end));
            return;
        }
        inTheClientsNames(from, error, in, start, end, out);
    }

    private static void write(ErrorMessage own, ByteBuf out) {
        if (own == RelayErrors.STALE_PLAN) {
            BackendMessages.errorResponse(out, own, "plancache.c", REVALIDATION);
        } else {
            BackendMessages.errorResponse(out, own);
        }
    }

    /** Who prepares again now must not get what servers have prepared before. */
    private void columnsChanged() {
        SchemaChanges.happened();
        PreparedStatement bound = firstBound();
        if (bound != null) {
            bound.columnsChanged();
        }
    }

    /**
     * Whether a Bind fails since it was made for a statement's columns of before. PostgreSQL itself would have kept that statement, and said
     * that its plan is stale; here another server, or this one again, has prepared the text behind the change.
     */
    private boolean isOfOtherColumns(ErrorMessage error, ByteBuf in, int start, int end) {
        if (!error.sqlstate().equals(PROTOCOL_VIOLATION)
                || !ErrorMessage.isFrom(RESULT_FORMATS, in, start + FrameScanner.HEADER_LENGTH, end)) {
            return false;
        }
        PreparedStatement bound = firstBound();
        return bound != null && bound.isOutOfDate();
    }

    /** What the error is about, if it is the whole answer to a batch; else null. */
    private PreparedStatement firstBound() {
        int bind = replay.isPossible() ? replay.firstBind() : -1;
        return bind < 0 ? null : statements.boundBy(replay.batch(), bind);
    }

    /** An error that speaks of a statement by its name on the server, or of a place in a changed text, speaks of the client's own. */
    private void inTheClientsNames(Server from, ErrorMessage error, ByteBuf in, int start, int end, Outgoing out)
            throws ProtocolViolation {
        int body = start + FrameScanner.HEADER_LENGTH;
        TextChanges changes = from.statements().changes();
        int position = changes == null ? 0 : changes.original(ErrorMessage.position(in, body, end));
        String name = ServerStatements.nameIn(error.message());
        ByteString own = name == null ? null : clientsName(from, name);
        if (own != null || position > 0) {
            String message = own == null ? null : error.message().replace('"' + name + '"', '"' + own.toString() + '"');
            ErrorMessage.rewrite(in, body, end, message, position, out.replace(start, end));
        }
    }

    /** The client's name of a statement with this name on the server; null if it has none. */
    private ByteString clientsName(Server from, String name) {
        // What it has given up since, it may have under another name.
        ByteString own = from.statements().nameOf(name);
        if (own == null) {
            own = statements.nameOf(name);
        }
        return own == null ? from.statements().refusedName() : own;
    }
}

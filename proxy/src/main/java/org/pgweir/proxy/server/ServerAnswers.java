package org.pgweir.proxy.server;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import org.pgweir.protocol.Backend;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.protocol.FrameTypes;
import org.pgweir.protocol.ParameterStatus;
import org.pgweir.protocol.ProtocolViolation;
import org.pgweir.proxy.session.StatementAnswers;
import org.pgweir.proxy.session.StatementAnswers.Answer;

/**
 * What a server's messages tell about it, for whoever reads them: which frames must be seen, and what each means for the account of the
 * server, its {@link Exchange}, its statements and its settings. Indexes are those of a body, without type and length. On the server's loop.
 */
public final class ServerAnswers {
    /** Frames that must be seen; all others pass by their length. */
    static final FrameTypes WATCHED = FrameTypes.of(
            Backend.READY_FOR_QUERY,
            Backend.PARAMETER_STATUS,
            Backend.ERROR_RESPONSE,
            Backend.COPY_IN_RESPONSE,
            Backend.COPY_BOTH_RESPONSE,
            Backend.COMMAND_COMPLETE,
            Backend.PARSE_COMPLETE,
            Backend.CLOSE_COMPLETE,
            Backend.NOTIFICATION_RESPONSE);

    /** As {@link #WATCHED}, and rows. */
    private static final FrameTypes WATCHED_CLOSELY = WATCHED.and(Backend.DATA_ROW);

    /** As {@link #WATCHED}, and BindComplete. */
    private static final FrameTypes WATCHED_BINDING = WATCHED.and(Backend.BIND_COMPLETE);

    private final Server server;

    ServerAnswers(Server server) {
        this.server = server;
    }

    /** Whether rows are to be shown to the listener; they pass by their length otherwise. */
    void watchRows(boolean watch) {
        server.scanner().watch(watch ? WATCHED_CLOSELY : WATCHED);
    }

    /** ReadyForQuery came: returns the transaction status. Whether that is to be counted is the reader's affair. */
    public static byte readyForQuery(ByteBuf in, int start, int end) throws ProtocolViolation {
        if (end - start != 1) {
            throw new ProtocolViolation("ReadyForQuery has a wrong length");
        }
        return in.getByte(start);
    }

    /** ParameterStatus came. */
    public ParameterStatus parameterStatus(ByteBuf in, int start, int end) throws ProtocolViolation {
        ParameterStatus status = ParameterStatus.read(in, start, end);
        server.settings().reported(status.name(), status.value());
        return status;
    }

    /** ErrorResponse came. */
    public ErrorMessage errorResponse(ByteBuf in, int start, int end) throws ProtocolViolation {
        server.exchange().failed();
        ErrorMessage error = ErrorMessage.read(in, start, end);
        if (error.isFatal()) {
            server.sawFatal(error);
        }
        return error;
    }

    /** ParseComplete, BindComplete or CloseComplete came: what is to be done with it. */
    public Answer complete(byte type) {
        return switch (type) {
            case Backend.PARSE_COMPLETE -> parseComplete();
            case Backend.BIND_COMPLETE -> bindComplete();
            default -> closeComplete();
        };
    }

    private Answer parseComplete() {
        StatementAnswers answers = server.statements().answers();
        Answer answer = answers.parseComplete();
        if (answers.isPreparing()) {
            server.scanner().watch(WATCHED_BINDING);
        }
        return answer;
    }

    /** It is watched for only where it may be one that pgweir has asked for. */
    private Answer bindComplete() {
        server.scanner().watch(WATCHED);
        return server.statements().answers().isPreparing() ? Answer.SWALLOW : Answer.PASS;
    }

    private Answer closeComplete() {
        if (server.exchange().isProbing()) {
            server.exchange().probeClosed();
            return Answer.SWALLOW;
        }
        return server.statements().answers().closeComplete();
    }

    /**
     * CommandComplete came.
     *
     * @return whether it answers something that pgweir has put in
     */
    public boolean commandComplete(ByteBuf in, int start, int end) {
        StatementAnswers answers = server.statements().answers();
        return answers.awaitsTags()
                && end - start > 1
                && answers.commandComplete(in.toString(start, end - start - 1, StandardCharsets.US_ASCII));
    }
}

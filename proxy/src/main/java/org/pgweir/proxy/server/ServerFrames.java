package org.pgweir.proxy.server;

import io.netty.buffer.ByteBuf;
import org.pgweir.protocol.Backend;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.protocol.FrameScanner;
import org.pgweir.protocol.ProtocolViolation;

/**
 * Reads a server's frames while pgweir itself has it, and nothing is forwarded: own statements, clean-up, idling. Keeps the server's
 * settings and its exchange up to date; what is left to a subclass is the meaning of errors and of ReadyForQuery.
 */
abstract class ServerFrames implements ServerListener {
    /** Errors longer than this are not kept to be read; they pass as any other frame. */
    static final int LONGEST_ERROR = 64 * 1024;

    @Override
    public final void onServerBytes(Server server, ByteBuf bytes, long nowNanos) {
        ByteBuf in = server.carry().join(bytes);
        try {
            read(server, in, nowNanos);
        } catch (ProtocolViolation e) {
            // It cannot be trusted any more.
            server.closeNow();
        } finally {
            in.release();
        }
    }

    private void read(Server server, ByteBuf in, long nowNanos) throws ProtocolViolation {
        FrameScanner scanner = server.scanner();
        scanner.begin(in);
        while (true) {
            switch (scanner.next()) {
                case FrameScanner.FRAME -> {
                    if (!scanner.isWhole() && scanner.bodyLength() <= LONGEST_ERROR) {
                        server.carry().keep(in, scanner.frameStart());
                        return;
                    }
                    onFrame(server, in, scanner, nowNanos);
                    if (server.listener() != this) {
                        passOn(server, in, scanner.position(), nowNanos);
                        return;
                    }
                }
                case FrameScanner.CUT_HEADER -> {
                    server.carry().keep(in, scanner.position());
                    return;
                }
                case FrameScanner.MALFORMED -> throw new ProtocolViolation("the server sent no PostgreSQL message");
                default -> {
                    return;
                }
            }
        }
    }

    /** Ready, and given away: what comes unasked behind that is for the next one. */
    private static void passOn(Server server, ByteBuf in, int from, long nowNanos) {
        in.readerIndex(from);
        server.passOn(in.retain(), nowNanos);
    }

    private void onFrame(Server server, ByteBuf in, FrameScanner scanner, long nowNanos) throws ProtocolViolation {
        byte type = scanner.type();
        int start = scanner.bodyStart();
        int end = scanner.frameEnd();
        boolean whole = scanner.isWhole();
        scanner.take();
        if (!whole) {
            if (server.exchange().inPrelude() && type == Backend.ERROR_RESPONSE) {
                throw new ProtocolViolation("an error that is too long to be read");
            }
            if (type == Backend.ERROR_RESPONSE) {
                server.exchange().failed();
            }
            return;
        }
        if (server.exchange().inPrelude()) {
            if (server.takePrelude(type, in, start, end) != Prelude.Progress.RUNS) {
                onPreludeEnd(server, nowNanos);
            }
            return;
        }
        switch (type) {
            case Backend.READY_FOR_QUERY -> {
                byte status = ServerAnswers.readyForQuery(in, start, end);
                if (!server.exchange().endProbe()) {
                    server.exchange().ready(status);
                }
                onReady(server, nowNanos);
            }
            case Backend.PARAMETER_STATUS -> server.answers().parameterStatus(in, start, end);
            case Backend.ERROR_RESPONSE -> onError(server, server.answers().errorResponse(in, start, end));
            case Backend.PARSE_COMPLETE, Backend.BIND_COMPLETE, Backend.CLOSE_COMPLETE ->
                server.answers().complete(type);
            case Backend.COPY_IN_RESPONSE, Backend.COPY_BOTH_RESPONSE -> {
                server.exchange().copyBegan();
                onCopyIn(server);
            }
            case Backend.COMMAND_COMPLETE -> server.answers().commandComplete(in, start, end);
            case Backend.NOTIFICATION_RESPONSE -> server.notified(in, start - FrameScanner.HEADER_LENGTH, end);
            case Backend.DATA_ROW -> onRow(in, start, end);
            default -> {}
        }
    }

    /** A row, where rows are watched. */
    void onRow(ByteBuf in, int start, int end) {}

    abstract void onReady(Server server, long nowNanos);

    abstract void onError(Server server, ErrorMessage error);

    void onCopyIn(Server server) {}

    /** The prelude that was on its way is done, or has failed. */
    void onPreludeEnd(Server server, long nowNanos) {}
}

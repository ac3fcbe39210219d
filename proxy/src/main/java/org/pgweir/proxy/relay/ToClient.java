package org.pgweir.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import org.pgweir.protocol.Backend;
import org.pgweir.protocol.BackendMessages;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.protocol.FrameScanner;
import org.pgweir.protocol.Outgoing;
import org.pgweir.protocol.ParameterStatus;
import org.pgweir.protocol.ProtocolViolation;
import org.pgweir.proxy.server.Prelude;
import org.pgweir.proxy.server.Server;
import org.pgweir.proxy.server.ServerAnswers;
import org.pgweir.proxy.session.StatementAnswers;

/**
 * The server's messages on their way to the client. They go on as they came, whole or cut; what is kept back is a cut header, and a cut
 * frame that must be read. Left out are the answers to what pgweir itself has sent.
 */
final class ToClient {
    /** Longest frame of the server that is kept back to be read. */
    private static final int LONGEST_READ_FRAME = 64 * 1024;

    private final Relay relay;

    /** Null where the session is the client's own affair. */
    private final FollowedSession followed;

    private final Outgoing out = new Outgoing();
    private boolean dirty;
    private ErrorMessage refusal;

    /** @param relay complete but for its two directions */
    ToClient(Relay relay) {
        this.relay = relay;
        followed = relay.followed;
    }

    /** One read of the server; takes ownership. Returns false if it ended with the client or its link. */
    boolean pass(Server from, ByteBuf bytes, long nowNanos) {
        ByteBuf in = from.carry().join(bytes);
        out.begin(in, in.readerIndex());
        FrameScanner frames = from.scanner();
        frames.begin(in);
        int event = frames.next();
        while (event == FrameScanner.FRAME && isReadable(frames)) {
            int frameStart = frames.frameStart();
            boolean good =
                    from.exchange().inPrelude() ? watchPrelude(from, in, frames) : watch(from, in, frames, nowNanos);
            if (!good && refusal == null) {
                preludeFailed(from, in, frames.position(), nowNanos);
                return false;
            }
            if (!good) {
                return giveUp(from, frameStart);
            }
            event = frames.next();
        }
        if (event == FrameScanner.MALFORMED) {
            refusal = RelayErrors.SERVER_NONSENSE.withDetail(
                    "The server sent no PostgreSQL message, or one beyond max_packet_size.");
            return giveUp(from, frames.position());
        }
        if (event == FrameScanner.FRAME) {
            from.carry().keep(in, frames.frameStart());
        } else if (event == FrameScanner.CUT_HEADER) {
            from.carry().keep(in, frames.position());
        }
        if (from.exchange().inPrelude()) {
            out.leaveOutAll(frames.position());
        }
        send(frames.position());
        return true;
    }

    /** Whether the frame is there as a whole, or so long that it is passed unread. */
    private static boolean isReadable(FrameScanner frames) {
        return frames.isWhole() || frames.bodyLength() > LONGEST_READ_FRAME;
    }

    /** The client gets the good frames up to an index and then the refusal. */
    private boolean giveUp(Server doubtful, int end) {
        send(end);
        relay.giveUp(doubtful, refusal);
        return false;
    }

    /** What the server said behind the index is for its next listener. */
    private void preludeFailed(Server from, ByteBuf in, int end, long nowNanos) {
        ByteBuf rest = in.retainedSlice(end, in.writerIndex() - end);
        send(end);
        relay.preludeFailed(from, rest, nowNanos);
    }

    /** As {@link #watch}, while the server gets the client's settings; false without a refusal if it does not take them. */
    private boolean watchPrelude(Server from, ByteBuf in, FrameScanner frames) {
        byte type = frames.type();
        int start = frames.bodyStart();
        int end = frames.frameEnd();
        boolean whole = frames.isWhole();
        out.leaveOutAll(frames.frameStart());
        frames.take();
        try {
            if (!whole) {
                throw new ProtocolViolation("a message of more than " + LONGEST_READ_FRAME + " bytes comes unasked");
            }
            Prelude.Progress progress = from.takePrelude(type, in, start, end);
            out.leaveOutAll(end);
            if (progress == Prelude.Progress.DONE) {
                relay.parametersApplied(from.settings().parameters());
            }
            if (from.prelude().isDecided() && progress != Prelude.Progress.FAILED) {
                relay.cancellation.runLater();
            }
            return progress != Prelude.Progress.FAILED;
        } catch (ProtocolViolation e) {
            refusal = RelayErrors.SERVER_NONSENSE.withDetail(e.getMessage());
            return false;
        }
    }

    /** Looks at a frame of the server and passes it; false, and a refusal, if the client cannot go on. */
    private boolean watch(Server from, ByteBuf in, FrameScanner frames, long nowNanos) {
        byte type = frames.type();
        int frameStart = frames.frameStart();
        int start = frames.bodyStart();
        int end = frames.frameEnd();
        boolean whole = frames.isWhole();
        frames.take();
        if (!whole) {
            if (type == Backend.ERROR_RESPONSE) {
                from.exchange().failed();
            }
            return true;
        }
        try {
            switch (type) {
                case Backend.READY_FOR_QUERY -> refusal = ready(from, in, frameStart, start, end, nowNanos);
                case Backend.COPY_IN_RESPONSE, Backend.COPY_BOTH_RESPONSE ->
                    from.exchange().copyBegan();
                case Backend.COMMAND_COMPLETE -> {
                    if (from.answers().commandComplete(in, start, end)) {
                        out.leaveOut(frameStart, end);
                    } else if (followed != null && followed.session().lone().isPossible()) {
                        followed.session().lone().completed(in, start, end);
                    }
                }
                case Backend.PARSE_COMPLETE, Backend.BIND_COMPLETE, Backend.CLOSE_COMPLETE ->
                    answer(from.answers().complete(type), in, frameStart, end);
                case Backend.PARAMETER_STATUS -> parameterStatus(from, in, frameStart, start, end);
                case Backend.ERROR_RESPONSE -> error(from, in, frameStart, start, end);
                case Backend.NOTIFICATION_RESPONSE -> notification(in, frameStart, end);
                default -> {}
            }
            return refusal == null;
        } catch (ProtocolViolation e) {
            refusal = RelayErrors.SERVER_NONSENSE.withDetail(e.getMessage());
            return false;
        }
    }

    /** Returns why the client cannot go on, null if it can. */
    private ErrorMessage ready(Server from, ByteBuf in, int frameStart, int start, int end, long nowNanos)
            throws ProtocolViolation {
        byte status = ServerAnswers.readyForQuery(in, start, end);
        if (from.exchange().endProbe()) {
            out.leaveOut(frameStart, end);
            return null;
        }
        if (relay.replay.hasFailed()) {
            from.exchange().ready(status);
            out.leaveOutAll(end);
            return null;
        }
        return relay.ready(from, status, nowNanos);
    }

    private void error(Server from, ByteBuf in, int frameStart, int start, int end) throws ProtocolViolation {
        ErrorMessage error = from.answers().errorResponse(in, start, end);
        if (!error.isFatal() && from.exchange().isProbing()) {
            throw new ProtocolViolation("an error came that nothing could have caused: " + error.message());
        }
        if (followed != null) {
            if (from.exchange().awaited() == 1) {
                followed.upkeep().failed();
            }
            followed.session().lone().isNot();
            followed.errors().write(from, error, in, frameStart, end, out);
        }
    }

    private void notification(ByteBuf in, int frameStart, int end) {
        if (followed != null) {
            byte[] frame = new byte[end - frameStart];
            in.getBytes(frameStart, frame);
            if (followed.upkeep().comesElsewhere(frame)) {
                out.leaveOut(frameStart, end);
            }
        }
    }

    private void parameterStatus(Server from, ByteBuf in, int frameStart, int start, int end) throws ProtocolViolation {
        ParameterStatus status = from.answers().parameterStatus(in, start, end);
        String restored = followed == null ? null : followed.upkeep().restoredValue(from, status.name());
        if (restored == null) {
            relay.reported(status.name(), status.value());
        } else {
            tellInstead(frameStart, end, status.name(), restored);
        }
    }

    private void tellInstead(int start, int end, String name, String value) {
        if (value.equals(relay.parameters().get(name))) {
            out.leaveOut(start, end);
        } else {
            BackendMessages.parameterStatus(out.replace(start, end), name, value);
            relay.reported(name, value);
        }
    }

    private void answer(StatementAnswers.Answer answer, ByteBuf in, int start, int end) {
        switch (answer) {
            case SWALLOW -> out.leaveOut(start, end);
            case AS_PARSE_COMPLETE -> in.setByte(start, Backend.PARSE_COMPLETE);
            case PASS -> {}
        }
    }

    private void send(int to) {
        ByteBuf bytes = out.end(to);
        if (bytes == null) {
            return;
        }
        relay.replay.drop();
        relay.counters.bytesSent += bytes.readableBytes();
        Channel channel = relay.channel;
        channel.write(bytes, channel.voidPromise());
        dirty = true;
        if (!channel.isWritable()) {
            channel.flush();
            if (!channel.isWritable() && relay.server() != null) {
                relay.server().stopReading();
            }
        }
    }

    /** A setting that is the client's now, unasked. */
    void tell(String name, String value) {
        Channel channel = relay.channel;
        ByteBuf status = channel.alloc().directBuffer(64);
        BackendMessages.parameterStatus(status, name, value);
        channel.write(status, channel.voidPromise());
        dirty = true;
    }

    void flush() {
        if (dirty) {
            dirty = false;
            relay.channel.flush();
        }
    }
}

package org.pgweir.bench;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.HdrHistogram.SingleWriterRecorder;
import org.pgweir.protocol.AuthenticationRequest;
import org.pgweir.protocol.Backend;
import org.pgweir.protocol.Carry;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.protocol.FrameScanner;
import org.pgweir.protocol.FrameTypes;
import org.pgweir.protocol.FrontendMessages;
import org.pgweir.protocol.ProtocolViolation;
import org.pgweir.protocol.StartupPacket;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.Scram;

/**
 * One client of a {@link LoadGenerator}. Lives on one event loop; its connection may be another one after a loss.
 *
 * <pre>
 *   OFFLINE ──▶ LOGIN ──▶ RESTING ──▶ BUSY ⇄ (next transaction) ──▶ OFFLINE
 * </pre>
 */
final class LoadClient extends ChannelInboundHandlerAdapter {
    private static final FrameTypes WATCHED =
            FrameTypes.of(Backend.READY_FOR_QUERY, Backend.ERROR_RESPONSE, Backend.AUTHENTICATION);
    private static final Transaction ROLLBACK = Transaction.of("ROLLBACK");

    private enum State {
        OFFLINE,
        LOGIN,
        RESTING,
        BUSY
    }

    private final LoadGenerator generator;
    private final EventLoop loop;
    private final SingleWriterRecorder latencies;
    private final SplittableRandom random;
    private State state = State.OFFLINE;
    private Channel channel;
    private FrameScanner scanner;
    private Carry carry;
    private Transaction transaction;
    private int step;
    private boolean broken;
    private long beganNanos;
    private String lastError;
    private Scram scram;

    LoadClient(LoadGenerator generator, EventLoop loop, SingleWriterRecorder latencies, SplittableRandom random) {
        this.generator = generator;
        this.loop = loop;
        this.latencies = latencies;
        this.random = random;
    }

    /** After a loss the same object serves the next connection. */
    @Override
    public boolean isSharable() {
        return true;
    }

    void connect() {
        generator.open(this, loop);
    }

    /** From any thread. */
    void begin() {
        loop.execute(() -> {
            if (state == State.RESTING) {
                next();
            }
        });
    }

    /** From any thread. */
    void leaveIfIdle() {
        if (!loop.isShuttingDown()) {
            loop.execute(() -> {
                if (state == State.RESTING) {
                    leave();
                }
            });
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        channel = context.channel();
        scanner = new FrameScanner(Backend.ALL, WATCHED);
        carry = new Carry();
        state = State.LOGIN;
        lastError = null;
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("user", generator.target().user());
        parameters.put("database", generator.target().database());
        parameters.put("application_name", "pgweir-load");
        ByteBuf out = channel.alloc().directBuffer(128);
        FrontendMessages.startup(out, StartupPacket.VERSION_3_0, parameters);
        channel.writeAndFlush(out, channel.voidPromise());
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        State last = state;
        state = State.OFFLINE;
        carry.release();
        if (last == State.RESTING || last == State.BUSY) {
            generator.gone();
        }
        if (last != State.OFFLINE) {
            generator.lost(this, loop, lastError == null ? "the connection was closed" : lastError);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws ProtocolViolation {
        ByteBuf in = carry.join((ByteBuf) message);
        try {
            scanner.begin(in);
            int found = scanner.next();
            while (found == FrameScanner.FRAME && scanner.isWhole()) {
                on(in);
                scanner.take();
                found = scanner.next();
            }
            switch (found) {
                case FrameScanner.FRAME, FrameScanner.CUT_HEADER -> carry.keep(in, scanner.position());
                case FrameScanner.MALFORMED -> throw new ProtocolViolation("what came is no PostgreSQL message");
                default -> {}
            }
        } finally {
            in.release();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        lastError = cause.toString();
        context.close();
    }

    private void on(ByteBuf in) throws ProtocolViolation {
        switch (scanner.type()) {
            case Backend.AUTHENTICATION ->
                authenticate(AuthenticationRequest.read(
                        in.slice(scanner.bodyStart(), scanner.frameEnd() - scanner.bodyStart())));
            case Backend.ERROR_RESPONSE -> {
                ErrorMessage error = ErrorMessage.read(in, scanner.bodyStart(), scanner.frameEnd());
                lastError = error.message();
                if (!error.isFatal()) {
                    broken = true;
                    generator.failed(error.message());
                }
            }
            default -> onReady(in.getByte(scanner.bodyStart()));
        }
    }

    private void authenticate(AuthenticationRequest request) throws ProtocolViolation {
        String password = generator.target().password();
        if (request instanceof AuthenticationRequest.Sasl && !password.isEmpty()) {
            scram = new Scram(password);
            send(Frames.saslInitialResponse(Scram.MECHANISM, scram.clientFirst()));
        } else if (request instanceof AuthenticationRequest.SaslContinue next) {
            send(Frames.saslResponse(scram.clientFinal(next.data().getBytes(StandardCharsets.US_ASCII))));
        } else if (request instanceof AuthenticationRequest.SaslFinal last) {
            scram.verify(last.data().getBytes(StandardCharsets.US_ASCII));
        } else if (!(request instanceof AuthenticationRequest.Ok)) {
            throw new ProtocolViolation("a password is asked for that the load generator does not have");
        }
    }

    private void onReady(byte status) {
        if (state == State.LOGIN) {
            state = State.RESTING;
            generator.loggedIn();
            if (generator.isRunning()) {
                next();
            }
        } else if (broken && status != Backend.IDLE) {
            transaction = ROLLBACK;
            step = 0;
            sendStep();
        } else if (!broken && step + 1 < transaction.length()) {
            step++;
            sendStep();
        } else {
            if (!broken) {
                latencies.recordValue(System.nanoTime() - beganNanos);
            }
            next();
        }
    }

    private void next() {
        if (generator.isStopping()) {
            leave();
            return;
        }
        state = State.BUSY;
        broken = false;
        transaction = generator.workload().next(random);
        step = 0;
        beganNanos = System.nanoTime();
        sendStep();
    }

    private void sendStep() {
        send(transaction.frame(step));
    }

    private void send(byte[] frame) {
        ByteBuf out = channel.alloc().directBuffer(frame.length).writeBytes(frame);
        channel.writeAndFlush(out, channel.voidPromise());
    }

    private void leave() {
        ByteBuf out = channel.alloc().directBuffer(8);
        FrontendMessages.terminate(out);
        channel.writeAndFlush(out).addListener(done -> channel.close());
    }
}

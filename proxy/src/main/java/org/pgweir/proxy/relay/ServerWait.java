package org.pgweir.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.function.Consumer;
import org.pgweir.protocol.Backend;
import org.pgweir.protocol.BackendMessages;
import org.pgweir.protocol.FrameScanner;
import org.pgweir.protocol.Frontend;
import org.pgweir.proxy.session.ClientStatements;
import org.pgweir.proxy.session.PreparedStatement;
import org.pgweir.proxy.stats.Counters;

/**
 * A parked client's wait for a server: since when, what it is told meanwhile, when it has been too long, and the requests that pgweir can
 * answer without a server. On the client's loop.
 */
final class ServerWait {
    private final Relay relay;
    private long sinceNanos;
    private boolean told;

    ServerWait(Relay relay) {
        this.relay = relay;
    }

    void begins() {
        told = false;
    }

    void since(long nowNanos) {
        sinceNanos = nowNanos;
    }

    long sinceNanos() {
        return sinceNanos;
    }

    /**
     * Whoever waits for its statement to be prepared may be the one who holds all servers, as a thread of pgbench with many clients does:
     * what is known to be good needs none. Asked when the client begins to wait, when more has come of it, and at each tick, since
     * a server that was on its way may have gone to somebody else.
     */
    void prepareWithoutServer() {
        if (relay.state() != Relay.State.PARKED || relay.followed == null) {
            return;
        }
        ClientStatements statements = relay.followed.statements();
        ByteBuf held = relay.input.held();
        boolean mayAdopt = held.getByte(held.readerIndex()) == Frontend.PARSE && relay.pool.isShort();
        PreparedStatement known = mayAdopt ? statements.adoptable(held) : null;
        if (known != null && relay.pool.unpark(relay)) {
            statements.adopt(held, known);
            Counters counters = relay.counters;
            counters.clientParses++;
            counters.queries++;
            counters.transactions++;
            answer(out -> {
                BackendMessages.parseComplete(out);
                BackendMessages.readyForQuery(out, Backend.IDLE);
            });
        }
    }

    /** Cancels the request of a client that has sent no more than that one. */
    void cancel() {
        if (isOneRequest(relay.input.held()) && relay.pool.unpark(relay)) {
            answer(out -> {
                BackendMessages.errorResponse(out, RelayErrors.CANCELED);
                BackendMessages.readyForQuery(out, Backend.IDLE);
            });
        }
    }

    /** Answers all that the client has sent; it does not wait for a server any more. */
    private void answer(Consumer<ByteBuf> answers) {
        relay.input.release();
        relay.unparked();
        Channel channel = relay.channel;
        ByteBuf answer = channel.alloc().directBuffer(128);
        answers.accept(answer);
        channel.writeAndFlush(answer, channel.voidPromise());
        relay.input.resumeReading();
    }

    /** Whether these are whole messages of which only the last one, a Query or a Sync, is answered by ReadyForQuery. */
    private static boolean isOneRequest(ByteBuf bytes) {
        FrameScanner frames = new FrameScanner(Frontend.SERVING, Frontend.SERVING);
        frames.begin(bytes);
        boolean ended = false;
        int event = frames.next();
        while (event == FrameScanner.FRAME && !ended) {
            ended = frames.type() == Frontend.QUERY || frames.type() == Frontend.SYNC;
            frames.take();
            event = frames.next();
        }
        return ended && event == FrameScanner.END && frames.atBoundary();
    }

    /** Ends a client that has waited for too long, and tells one that has waited for long. */
    void check(Timeouts timeouts, long nowNanos) {
        if (QueryClock.isOver(timeouts.query(), sinceNanos, nowNanos)) {
            relay.client.fail(RelayErrors.QUERY_TIMEOUT_WAITING);
        } else if (!told && QueryClock.isOver(timeouts.queryWaitNotify(), sinceNanos, nowNanos)) {
            told = true;
            Channel channel = relay.channel;
            ByteBuf out = channel.alloc().directBuffer(128);
            BackendMessages.noticeResponse(out, RelayErrors.QUEUED);
            channel.writeAndFlush(out, channel.voidPromise());
        }
    }
}

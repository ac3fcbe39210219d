package org.pgweir.proxy.server;

import io.netty.buffer.ByteBuf;
import java.util.concurrent.TimeUnit;
import org.pgweir.protocol.Backend;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.protocol.Frontend;
import org.pgweir.protocol.FrontendMessages;

/**
 * Saves a server whose client went away in the middle of something: ends an unfinished COPY or batch, reads the answers to the end,
 * rolls an open transaction back. A statement that runs on is not cancelled, since its client may count on it; if it does not end
 * soon, the server is closed, as PostgreSQL's own client would do by leaving.
 */
public final class ServerCleanup extends ServerFrames {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final ServerStatement.Outcome outcome;
    private boolean rolledBack;
    private boolean ended;

    private ServerCleanup(ServerStatement.Outcome outcome) {
        this.outcome = outcome;
    }

    /** The caller has made sure that the server got whole frames only and that its exchange is not in doubt. */
    public static void run(Server server, long nowNanos, ServerStatement.Outcome outcome) {
        ServerCleanup cleanup = new ServerCleanup(outcome);
        server.handTo(cleanup, ServerState.TESTED);
        server.resumeReading();
        cleanup.endUnfinished(server);
        server.loop().postAfter(PATIENCE_NANOS, () -> cleanup.timeout(server));
        if (server.exchange().needsProbe()) {
            server.probe();
        } else if (server.exchange().isQuiet()) {
            cleanup.rollBackOrEnd(server, nowNanos);
        }
    }

    private void endUnfinished(Server server) {
        Exchange exchange = server.exchange();
        if (exchange.isOnlyPrelude()) {
            ByteBuf out = server.channel().alloc().directBuffer(8);
            FrontendMessages.sync(out);
            exchange.sent(Frontend.SYNC);
            server.write(out);
            server.flush();
            return;
        }
        if (!exchange.inCopyIn() && !exchange.inBatch()) {
            return;
        }
        ByteBuf out = server.channel().alloc().directBuffer(128);
        if (exchange.inCopyIn()) {
            FrontendMessages.copyFail(out, "the client disconnected");
            exchange.sent(Frontend.COPY_FAIL);
        }
        if (exchange.inBatch()) {
            // A Sync alone would commit what the client has not: PostgreSQL, left by its client here, rolls back.
            FrontendMessages.extendedQuery(out, "ROLLBACK");
            FrontendMessages.sync(out);
            exchange.sent(Frontend.SYNC);
        }
        server.write(out);
        server.flush();
    }

    private void rollBackOrEnd(Server server, long nowNanos) {
        if (server.exchange().status() == Backend.IDLE) {
            ended = true;
            outcome.done(server, null, nowNanos);
        } else if (rolledBack) {
            server.closeNow();
        } else {
            rolledBack = true;
            ByteBuf out = server.channel().alloc().directBuffer(32);
            FrontendMessages.query(out, "ROLLBACK");
            server.exchange().sent(Frontend.QUERY);
            server.write(out);
            server.flush();
        }
    }

    private void timeout(Server server) {
        if (!ended) {
            server.closeNow();
        }
    }

    @Override
    void onReady(Server server, long nowNanos) {
        if (server.exchange().isDoubtful()) {
            server.closeNow();
        } else if (server.exchange().needsProbe()) {
            server.probe();
        } else if (server.exchange().isQuiet()) {
            rollBackOrEnd(server, nowNanos);
        }
    }

    @Override
    void onError(Server server, ErrorMessage error) {
        // Expected: what was cut off fails.
    }

    @Override
    void onPreludeEnd(Server server, long nowNanos) {
        if (server.exchange().isQuiet()) {
            rollBackOrEnd(server, nowNanos);
        } else {
            // If it has failed, the server waits for a Sync.
            endUnfinished(server);
        }
    }

    @Override
    void onCopyIn(Server server) {
        endUnfinished(server);
    }

    @Override
    public void onServerClosed(Server server, long nowNanos) {
        ended = true;
        outcome.lost(server, "the client disconnected in the middle of a statement that did not end", nowNanos);
    }
}

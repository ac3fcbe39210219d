package org.pgweir.proxy.server;

import io.netty.buffer.ByteBuf;
import org.pgweir.protocol.Backend;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.protocol.Frontend;
import org.pgweir.protocol.FrontendMessages;

/**
 * Runs a statement of pgweir's own on a server that nobody else has, and swallows its answer: check queries, resets, settings,
 * connect_query. If it takes too long, or the server dies, the server is closed.
 */
public final class ServerStatement extends ServerFrames {
    /** What came of it; called once, on the server's loop. */
    public interface Outcome {
        /** @param error null if the statement succeeded; the server is outside a transaction in both cases */
        void done(Server server, ErrorMessage error, long nowNanos);

        /** The server is closed, or closing. */
        void lost(Server server, String reason, long nowNanos);
    }

    private final Outcome outcome;
    private ErrorMessage firstError;
    private boolean ended;

    private ServerStatement(Outcome outcome) {
        this.outcome = outcome;
    }

    public static void run(Server server, String sql, long timeoutNanos, Outcome outcome) {
        ServerStatement statement = new ServerStatement(outcome);
        server.handTo(statement, ServerState.TESTED);
        ByteBuf query = server.channel().alloc().directBuffer(sql.length() + 16);
        FrontendMessages.query(query, sql);
        server.exchange().sent(Frontend.QUERY);
        server.write(query);
        server.flush();
        if (timeoutNanos > 0) {
            server.loop().postAfter(timeoutNanos, () -> statement.timeout(server));
        }
    }

    private void timeout(Server server) {
        if (!ended) {
            server.closeNow();
        }
    }

    @Override
    void onReady(Server server, long nowNanos) {
        if (server.exchange().awaited() > 0) {
            return;
        }
        if (server.exchange().status() != Backend.IDLE) {
            onDoubt(server, "a statement of pgweir's own left a transaction open", nowNanos);
            return;
        }
        ended = true;
        outcome.done(server, firstError, nowNanos);
    }

    @Override
    void onError(Server server, ErrorMessage error) {
        if (firstError == null) {
            firstError = error;
        }
    }

    @Override
    void onCopyIn(Server server) {
        // A check or connect query that wants data can never end.
        server.closeNow();
    }

    @Override
    void onDoubt(Server server, String reason, long nowNanos) {
        server.closeNow();
    }

    @Override
    public void onServerClosed(Server server, long nowNanos) {
        ended = true;
        String reason =
                firstError != null ? firstError.message() : "the server closed the connection or did not answer";
        outcome.lost(server, reason, nowNanos);
    }
}

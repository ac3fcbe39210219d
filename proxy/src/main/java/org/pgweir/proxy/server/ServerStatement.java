package org.pgweir.proxy.server;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
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

    /** Gets the rows of the answer. */
    public interface Rows {
        /** @param values in text format as the server sent them, read as ISO 8859-1, which loses nothing; null for NULL */
        void row(List<String> values);
    }

    private final Outcome outcome;
    private final Rows rows;
    private final byte statusBefore;
    private ErrorMessage firstError;
    private boolean ended;

    private ServerStatement(Outcome outcome, Rows rows, byte statusBefore) {
        this.outcome = outcome;
        this.rows = rows;
        this.statusBefore = statusBefore;
    }

    public static void run(Server server, String sql, long timeoutNanos, Outcome outcome) {
        query(server, sql, timeoutNanos, null, outcome);
    }

    /** @param rows gets the rows; null if there are none of interest */
    public static void query(Server server, String sql, long timeoutNanos, Rows rows, Outcome outcome) {
        ByteBuf query = server.channel().alloc().directBuffer(sql.length() + 16);
        FrontendMessages.query(query, sql);
        request(server, query, Frontend.QUERY, timeoutNanos, rows, outcome);
    }

    /**
     * As {@link #query}, for a text in which each char is a byte as it came from the server.
     */
    public static void queryOfBytes(Server server, String sql, long timeoutNanos, Rows rows, Outcome outcome) {
        ByteBuf query = server.channel().alloc().directBuffer(sql.length() + 16);
        FrontendMessages.queryOfBytes(query, sql);
        request(server, query, Frontend.QUERY, timeoutNanos, rows, outcome);
    }

    /**
     * @param messages a Query, or messages that end with a Sync; this call takes ownership
     * @param type of the last one
     */
    public static void request(
            Server server, ByteBuf messages, byte type, long timeoutNanos, Rows rows, Outcome outcome) {
        ServerStatement statement =
                new ServerStatement(outcome, rows, server.exchange().status());
        server.handTo(statement, ServerState.TESTED);
        if (rows != null) {
            server.answers().watchRows(true);
        }
        // Its last client may have been one that did not read.
        server.resumeReading();
        server.exchange().sent(type);
        // A Query ends what its client has prepared without a name.
        server.statements().noUnnamed();
        server.write(messages);
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
        byte status = server.exchange().status();
        if (status != statusBefore && status != Backend.FAILED_TRANSACTION) {
            // It has left a transaction open.
            server.closeNow();
            return;
        }
        ended = true;
        server.answers().watchRows(false);
        outcome.done(server, firstError, nowNanos);
    }

    @Override
    void onRow(ByteBuf in, int start, int end) {
        if (rows != null) {
            rows.row(values(in.slice(start, end - start)));
        }
    }

    private static List<String> values(ByteBuf row) {
        int count = row.readUnsignedShort();
        List<String> values = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int length = row.readInt();
            values.add(
                    length < 0
                            ? null
                            : row.readCharSequence(length, StandardCharsets.ISO_8859_1)
                                    .toString());
        }
        return values;
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
    public void onServerClosed(Server server, long nowNanos) {
        ended = true;
        String reason =
                firstError != null ? firstError.message() : "the server closed the connection or did not answer";
        outcome.lost(server, reason, nowNanos);
    }
}

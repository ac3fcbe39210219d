package org.pgweir.bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.pgweir.protocol.Frontend;

/**
 * Simple queries, or a COPY, that a client sends one after the other, each when the one before has been answered, and that end
 * outside a transaction block. Encoded once, so that running it costs the load generator little.
 */
public final class Transaction {
    private static final int HEADER = 5;

    private final byte[][] frames;

    private Transaction(byte[][] frames) {
        this.frames = frames;
    }

    public static Transaction of(String... statements) {
        return new Transaction(Stream.of(statements).map(Transaction::query).toArray(byte[][]::new));
    }

    /**
     * A COPY FROM STDIN with all its data at once: the server's leave to send them is not waited for.
     *
     * @param frameBytes how much of the rows a CopyData message carries
     */
    public static Transaction copyIn(String sql, byte[] rows, int frameBytes) {
        int frames = (rows.length + frameBytes - 1) / frameBytes;
        byte[] query = query(sql);
        ByteBuffer all = ByteBuffer.allocate(query.length + rows.length + (frames + 1) * HEADER);
        all.put(query);
        for (int from = 0; from < rows.length; from += frameBytes) {
            int length = Math.min(frameBytes, rows.length - from);
            all.put(Frontend.COPY_DATA).putInt(4 + length).put(rows, from, length);
        }
        all.put(Frontend.COPY_DONE).putInt(4);
        return new Transaction(new byte[][] {all.array()});
    }

    int length() {
        return frames.length;
    }

    /** What is sent for one step. */
    byte[] frame(int step) {
        return frames[step];
    }

    private static byte[] query(String sql) {
        byte[] text = sql.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(1 + 4 + text.length + 1)
                .put((byte) 'Q')
                .putInt(4 + text.length + 1)
                .put(text)
                .array();
    }
}

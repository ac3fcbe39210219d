package org.pgweir.bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;

/**
 * Simple queries that a client sends one after the other, each when the one before has been answered, and that end outside a
 * transaction block. Encoded once, so that running it costs the load generator little.
 */
public final class Transaction {
    private final byte[][] frames;

    private Transaction(byte[][] frames) {
        this.frames = frames;
    }

    public static Transaction of(String... statements) {
        return new Transaction(Stream.of(statements).map(Transaction::query).toArray(byte[][]::new));
    }

    int length() {
        return frames.length;
    }

    /** The Query message of one step. */
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

package org.pgweir.proxy.behaviour;

import java.util.stream.Stream;
import org.pgweir.testkit.FaultProxy;

/** How bytes reach the pooler. */
enum Delivery {
    /** As they were sent. */
    WHOLE,
    /** Those of clients one by one. */
    CLIENT_BYTE_BY_BYTE,
    /** Those of PostgreSQL one by one. */
    SERVER_BYTE_BY_BYTE,
    /** Those of PostgreSQL in pieces of random length. */
    SERVER_IN_CHUNKS;

    private static final long SEED = 42;
    private static final int LONGEST_CHUNK = 40;

    static Stream<Delivery> broken() {
        return Stream.of(values()).filter(delivery -> delivery != WHOLE);
    }

    boolean isSlowFromClient() {
        return this == CLIENT_BYTE_BY_BYTE;
    }

    boolean isWhole() {
        return this == WHOLE;
    }

    void applyTo(FaultProxy line) {
        if (this == SERVER_BYTE_BY_BYTE) {
            line.byteByByte();
        } else if (this == SERVER_IN_CHUNKS) {
            line.inChunks(SEED, LONGEST_CHUNK);
        }
    }
}

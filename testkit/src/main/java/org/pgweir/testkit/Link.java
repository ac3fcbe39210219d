package org.pgweir.testkit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;

/** A byte stream in both directions where no wait is endless. One thread may read while another writes. */
interface Link {

    /** Reads at least one byte, or returns -1 at the end of the stream. */
    int read(ByteBuffer into, Duration timeout) throws IOException;

    /** Writes everything. */
    void write(ByteBuffer from, Duration timeout) throws IOException;

    /** Sends the end of the stream and goes on reading. */
    void shutdownOutput() throws IOException;

    /** Closes with a TCP reset where there is TCP. */
    void abort() throws IOException;

    void close() throws IOException;
}

package org.pgweir.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.pgweir.protocol.Backend;
import org.pgweir.protocol.BackendMessages;
import org.pgweir.protocol.FrameScanner;
import org.pgweir.protocol.FrameTypes;

/**
 * Walking the answer of a query with 97 rows, 100 frames, as the relay does: all frames pass by their length but the ReadyForQuery at
 * the end.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class FrameScannerBenchmark {
    private static final int ROWS = 97;

    private final FrameScanner scanner = new FrameScanner(
            Backend.ALL, FrameTypes.of(Backend.READY_FOR_QUERY, Backend.ERROR_RESPONSE, Backend.PARAMETER_STATUS));
    private ByteBuf whole;
    private ByteBuf head;
    private ByteBuf tail;

    @Setup
    public void writeAnswer() {
        whole = Unpooled.directBuffer();
        BackendMessages.rowDescription(
                whole, List.of(new BackendMessages.Column("balance", BackendMessages.ColumnType.INT4)));
        for (int row = 0; row < ROWS; row++) {
            BackendMessages.dataRow(whole, List.of(row));
        }
        BackendMessages.commandComplete(whole, "SELECT " + ROWS);
        BackendMessages.readyForQuery(whole, Backend.IDLE);
        int cut = whole.writerIndex() / 2;
        while (!cutsBody(cut)) {
            cut++;
        }
        head = whole.slice(0, cut);
        tail = whole.slice(cut, whole.writerIndex() - cut);
    }

    /** Whether a cut here leaves a frame with a whole header and half a body. */
    private boolean cutsBody(int cut) {
        scanner.begin(whole.slice(0, cut));
        boolean inBody = scanner.next() == FrameScanner.END && !scanner.atBoundary();
        scanner.begin(whole.slice(cut, whole.writerIndex() - cut));
        return inBody;
    }

    /** One read brought all. */
    @Benchmark
    public int wholeAnswer() {
        return walk(whole);
    }

    /** Two reads, the cut in the body of a row. */
    @Benchmark
    public int answerInTwoReads() {
        return walk(head) + walk(tail);
    }

    private int walk(ByteBuf buffer) {
        int watched = 0;
        scanner.begin(buffer);
        while (scanner.next() == FrameScanner.FRAME) {
            watched++;
            scanner.take();
        }
        return watched + scanner.position();
    }
}

package org.pgweir.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
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
import org.pgweir.protocol.FrameScanner;
import org.pgweir.protocol.Frontend;
import org.pgweir.protocol.Outgoing;
import org.pgweir.proxy.session.ClientStatements;
import org.pgweir.proxy.session.PreparedStatements;
import org.pgweir.proxy.session.ServerStatements;
import org.pgweir.proxy.session.SessionState;
import org.pgweir.proxy.session.SqlContext;
import org.pgweir.proxy.session.SqlDialect;
import org.pgweir.proxy.session.SqlText;

/** What transaction mode adds to a query: reading its text, and changing the name in a Bind. Run with {@code -prof gc}. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class SessionBenchmark {
    private static final byte[] SELECT =
            "SELECT abalance FROM pgbench_accounts WHERE aid = 12345;".getBytes(StandardCharsets.US_ASCII);

    private final FrameScanner scanner = new FrameScanner(Frontend.SERVING, Frontend.SERVING);
    private final Outgoing out = new Outgoing();
    private final ServerStatements server = new ServerStatements();
    private final ClientStatements client = new ClientStatements(
            new PreparedStatements(),
            true,
            text -> true,
            dialect -> SqlContext.of(dialect, List.of(), SessionState.NONE));
    private ByteBuf text;
    private ByteBuf bind;

    @Setup
    public void prepare() {
        text = Unpooled.directBuffer().writeBytes(SELECT);
        server.keepAtMost(200);
        ByteBuf parse = frame(Frontend.PARSE, "P0_1\0SELECT abalance FROM pgbench_accounts WHERE aid = $1;\0\0\0");
        follow(parse).release();
        server.requestSent();
        server.answers().closeComplete();
        server.answers().parseComplete();
        server.answers().ready(Backend.IDLE);
        // portal, statement, no formats, one parameter, no result formats
        bind = frame(Frontend.BIND, "\0P0_1\0\0\0\0\1\0\0\0\00512345\0\0");
    }

    private static ByteBuf frame(byte type, String body) {
        ByteBuf frame = PooledByteBufAllocator.DEFAULT.directBuffer();
        frame.writeByte(type).writeInt(4 + body.length());
        frame.writeCharSequence(body, StandardCharsets.ISO_8859_1);
        return frame;
    }

    /** pgbench's query, of which nothing lasts. */
    @Benchmark
    public SqlText readSelect() {
        return SqlText.read(text, 0, SELECT.length, SqlDialect.DEFAULT);
    }

    /** A Bind that goes on under the statement's name on the server. */
    @Benchmark
    public int renameBind() {
        bind.retain();
        bind.setIndex(0, bind.writerIndex());
        ByteBuf renamed = follow(bind);
        int length = renamed.readableBytes();
        renamed.release();
        return length;
    }

    private ByteBuf follow(ByteBuf frame) {
        scanner.begin(frame);
        scanner.next();
        out.begin(frame, frame.readerIndex());
        client.follow(frame, scanner, server, out, false, false);
        scanner.take();
        return out.end(scanner.position());
    }
}

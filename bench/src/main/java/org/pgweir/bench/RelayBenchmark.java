package org.pgweir.bench;

import com.sun.management.ThreadMXBean;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.pgweir.config.ConfigurationException;
import org.pgweir.config.ConfigurationLoader;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.auth.ScramKeys;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.net.Loops;
import org.pgweir.proxy.net.Resolver;
import org.pgweir.proxy.net.Transport;
import org.pgweir.proxy.net.Workers;
import org.pgweir.proxy.pool.LoopPool;
import org.pgweir.proxy.pool.Pools;
import org.pgweir.proxy.relay.ClientEnd;
import org.pgweir.proxy.relay.Relay;
import org.pgweir.proxy.route.Catalog;
import org.pgweir.proxy.route.Database;
import org.pgweir.proxy.server.Server;
import org.pgweir.proxy.server.ServerConnector;
import org.pgweir.proxy.server.TrackedParameters;
import org.pgweir.proxy.session.SessionState;

/**
 * One transaction through the relay, in transaction mode with everything kept: the client's bytes in, a server taken from its pool,
 * the bytes out, the answer in and out, the server given back. The channels have no socket and swallow what is written. Run with
 * {@code -prof gc}: what {@code gc.alloc.rate.norm} shows is the relay's and the pool's, but for the buffers' own objects.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class RelayBenchmark {
    static final int ROUNDS = 10_000;

    private Path file;
    private Loops loops;
    private Workers workers;
    private Relay relay;
    private Server server;
    private ByteBuf query;
    private ByteBuf queryAnswer;
    private ByteBuf prepared;
    private ByteBuf preparedAnswer;

    @Setup
    public void connect() throws IOException, ConfigurationException, ExecutionException, InterruptedException {
        file = Files.createTempFile("pgweir-bench", ".ini");
        Files.writeString(
                file,
                "[databases]\nshop = host=127.0.0.1 port=1\n[pgbouncer]\npool_mode = transaction\nlog_disconnections = 0\n");
        loops = new Loops(Transport.NIO, 1);
        workers = new Workers("bench-worker", 1);
        Catalog catalog = new Catalog(ConfigurationLoader.load(file));
        Pools pools = new Pools(
                catalog,
                loops,
                new ServerConnector(Transport.NIO, new Resolver(Transport.NIO, workers), workers, database -> null),
                new ScramKeys());
        Database database = catalog.database("shop").orElseThrow();
        LoopPool pool = pools.pool(database, "bob").on(loops.all().get(0));
        onLoop(() -> {
            server = new Server(channel(), pool.loop(), database.hosts().get(0), 0, Loop.nowNanos());
            pool.release(server, Loop.nowNanos());
            relay = new Relay(
                    new Application(channel()), pool, TrackedParameters.NONE, SessionState.NONE, Loop.nowNanos());
        });
        makeMessages();
        // The statement gets its name on the server.
        transaction(
                bytes(frame('P', "P0_1\0SELECT abalance FROM pgbench_accounts WHERE aid = $1;\0\0\0") + frame('S', "")),
                bytes(frame('3', "") + frame('1', "") + frame('Z', "I")),
                1);
    }

    private void makeMessages() {
        String row = frame('D', "\0\1\0\0\0\1" + "0");
        query = bytes(frame('Q', "SELECT abalance FROM pgbench_accounts WHERE aid = 12345;\0"));
        String columns = frame('T', "\0\1abalance\0\0\0\100\0\0\3\0\0\0\27\0\4\377\377\377\377\0\0");
        queryAnswer = bytes(columns + row + frame('C', "SELECT 1\0") + frame('Z', "I"));
        prepared = bytes(frame('B', "\0P0_1\0\0\0\0\1\0\0\0\00512345\0\0")
                + frame('D', "P\0")
                + frame('E', "\0\0\0\0\0")
                + frame('S', ""));
        preparedAnswer = bytes(frame('2', "") + columns + row + frame('C', "SELECT 1\0") + frame('Z', "I"));
    }

    private static EmbeddedChannel channel() {
        EmbeddedChannel channel = new EmbeddedChannel();
        channel.config().setAllocator(PooledByteBufAllocator.DEFAULT);
        channel.pipeline().addLast(new Swallow());
        return channel;
    }

    private static String frame(char type, String body) {
        int length = 4 + body.length();
        return "" + type + (char) (length >> 24) + (char) (length >> 16 & 0xff) + (char) (length >> 8 & 0xff)
                + (char) (length & 0xff) + body;
    }

    private static ByteBuf bytes(String text) {
        return PooledByteBufAllocator.DEFAULT.directBuffer().writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private void onLoop(Runnable task) throws ExecutionException, InterruptedException {
        loops.all().get(0).eventLoop().submit(task).get();
    }

    private void transaction(ByteBuf request, ByteBuf answer, int times)
            throws ExecutionException, InterruptedException {
        onLoop(() -> {
            for (int i = 0; i < times; i++) {
                relay.onClientBytes(whole(request), Loop.nowNanos());
                relay.onClientReadComplete();
                relay.onServerBytes(server, whole(answer), Loop.nowNanos());
                relay.onServerReadComplete(server);
                if (relay.server() != null || relay.isGone()) {
                    throw new IllegalStateException("the transaction did not end");
                }
            }
        });
    }

    private static ByteBuf whole(ByteBuf message) {
        return message.setIndex(0, message.writerIndex()).retain();
    }

    /** pgbench's SELECT in the simple protocol. */
    @Benchmark
    @OperationsPerInvocation(ROUNDS)
    public void simpleQuery() throws ExecutionException, InterruptedException {
        transaction(query, queryAnswer, ROUNDS);
    }

    /** The same as a prepared statement, whose name is changed on the way. */
    @Benchmark
    @OperationsPerInvocation(ROUNDS)
    public void preparedStatement() throws ExecutionException, InterruptedException {
        transaction(prepared, preparedAnswer, ROUNDS);
    }

    /** By the loop's thread since its start. */
    long allocatedBytes() throws ExecutionException, InterruptedException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        return loops.all()
                .get(0)
                .eventLoop()
                .submit(threads::getCurrentThreadAllocatedBytes)
                .get();
    }

    @TearDown
    public void end() throws IOException {
        loops.close();
        workers.close();
        Files.delete(file);
    }

    private record Application(Channel channel) implements ClientEnd {
        @Override
        public String user() {
            return "app";
        }

        @Override
        public void fail(ErrorMessage error) {
            throw new IllegalStateException(error.message());
        }

        @Override
        public void close(String reason) {
            throw new IllegalStateException(reason);
        }
    }

    private static final class Swallow extends ChannelOutboundHandlerAdapter {
        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            ((ByteBuf) message).release();
        }

        @Override
        public void flush(ChannelHandlerContext context) {
            // There is no socket.
        }
    }
}

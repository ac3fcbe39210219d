package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.PooledByteBufAllocator;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.pgweir.proxy.Pooler;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.FaultProxy;
import org.pgweir.testkit.FaultProxy.Direction;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.WireClient;

/** Sides that do not take what the other sends: nothing may pile up in between. */
@EveryTransport
final class SlowReaderTest {
    private static final long MEGABYTE = 1 << 20;

    /** Socket buffers of the kernel on four ends and a few of ours; much less than what is sent. */
    private static final long ENOUGH = 40 * MEGABYTE;

    private static final int ROWS = 1000;
    private static final long A_WHILE_NANOS = TimeUnit.MILLISECONDS.toNanos(150);
    private static final long RESULT = 200 * MEGABYTE;

    private final Setup setup;

    SlowReaderTest(Setup setup) {
        this.setup = setup;
    }

    private Pooler behind(FaultProxy line) {
        return setup.emptyPooler()
                .database(setup.postgres().database(), "pool_size=2 host=" + line.host() + " port=" + line.port())
                .start();
    }

    static long memory() {
        return PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory();
    }

    /** Waits until the number has stayed the same for a while. */
    static long settled(LongSupplier number) {
        AtomicLong last = new AtomicLong(-1);
        AtomicLong since = new AtomicLong();
        Await.until("the flow to stop", () -> {
            long now = number.getAsLong();
            if (last.getAndSet(now) != now) {
                since.set(System.nanoTime());
            }
            return System.nanoTime() - since.get() > A_WHILE_NANOS;
        });
        return last.get();
    }

    @Test
    void aClientThatStopsReadingStopsTheServer() {
        try (FaultProxy line = FaultProxy.to(setup.postgres());
                Pooler pooler = behind(line);
                WireClient slow = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres())) {
            other.query("SELECT 1");
            long before = memory();
            long sentBefore = line.forwarded(Direction.TO_CLIENT);
            // given 200 rows of a megabyte each
            slow.send(Frames.query("SELECT repeat('x', 1048576) FROM generate_series(1, 200)"));
            slow.expect("T");
            // when the client does not go on reading
            long sent = settled(() -> line.forwarded(Direction.TO_CLIENT)) - sentBefore;
            // then the server's bytes stop, and memory does not grow
            assertThat(sent).isLessThan(ENOUGH);
            assertThat(memory() - before).isLessThan(ENOUGH);
            assertThat(other.query("SELECT 1")).hasSize(1);
            // and at last the client gets it all
            long got = 0;
            WireClient.Header header = slow.readHeader();
            while (header.type() == 'D') {
                slow.skip(header.bodyLength());
                got += header.bodyLength();
                header = slow.readHeader();
            }
            assertThat(got).isGreaterThanOrEqualTo(RESULT);
            slow.skip(header.bodyLength());
            slow.expect("Z");
            assertThat(slow.query("SELECT 1")).hasSize(1);
        }
    }

    @Test
    void aServerThatStopsReadingStopsTheClient() throws InterruptedException {
        setup.postgres().execute("DROP TABLE IF EXISTS slow; CREATE UNLOGGED TABLE slow (a text)");
        try (FaultProxy line = FaultProxy.to(setup.postgres());
                Pooler pooler = behind(line);
                WireClient client = pooler.client(setup.postgres())) {
            client.send(Frames.query("COPY slow FROM STDIN"));
            client.expect("G");
            long before = memory();
            byte[] row = Frames.copyData("x".repeat(1 << 16) + "\n");
            // when the server takes nothing
            line.blackHole();
            AtomicLong sent = new AtomicLong();
            Thread sender = new Thread(() -> {
                for (int i = 0; i < ROWS; i++) {
                    client.send(row);
                    sent.addAndGet(row.length);
                }
                client.send(Frames.copyDone());
            });
            sender.start();
            // then the client has to stop as well
            assertThat(settled(sent::get)).isPositive().isLessThan(ENOUGH);
            assertThat(memory() - before).isLessThan(ENOUGH);
            // and all arrives when it goes on
            line.heal();
            sender.join();
            client.expect("C Z");
            assertThat(client.query("SELECT count(*) FROM slow").get(0)).containsExactly("" + ROWS);
        } finally {
            setup.postgres().execute("DROP TABLE slow");
        }
    }
}

package org.pgweir.proxy.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.pgweir.testkit.Await;

/** Somebody may ask for work, and leave, faster than it can be done: then it is not done, and not kept. */
final class WorkersTest {
    /** Sees whether it is still in memory. */
    private static final class Heavy implements Supplier<String>, Runnable {
        private final List<String> done;

        Heavy(List<String> done) {
            this.done = done;
        }

        @Override
        public String get() {
            done.add("done");
            return "done";
        }

        @Override
        public void run() {
            get();
        }
    }

    private static void isForgotten(WeakReference<?> reference) {
        Await.until(Duration.ofSeconds(10), "the end of what was abandoned", () -> {
            System.gc();
            return reference.get() == null;
        });
    }

    @Test
    void whatIsAbandonedIsNeitherDoneNorKept() throws Exception {
        List<String> done = new ArrayList<>();
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch idle = new CountDownLatch(1);
        Loops loops = new Loops(Transport.NIO, 1);
        try (Workers workers = new Workers("test", 1)) {
            Loop loop = loops.all().get(0);
            workers.run(() -> await(busy));
            Heavy work = new Heavy(done);
            WeakReference<Heavy> reference = new WeakReference<>(work);
            Workers.Job job = workers.run(loop, work, done::add);
            work = null;
            workers.run(idle::countDown);

            job.abandon();

            isForgotten(reference);
            busy.countDown();
            idle.await();
            assertThat(done).isEmpty();
        } finally {
            loops.close();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void theHandshakeOfAConnectionThatHasGoneIsNotComputed() {
        Queue<Runnable> queue = new ArrayDeque<>();
        List<String> done = new ArrayList<>();
        EmbeddedChannel stays = new EmbeddedChannel();
        EmbeddedChannel goes = new EmbeddedChannel();
        Heavy work = new Heavy(done);
        WeakReference<Heavy> reference = new WeakReference<>(work);
        HandshakeTasks.of(stays, queue::add).execute(() -> done.add("stays"));
        HandshakeTasks.of(goes, queue::add).execute(work);
        work = null;

        goes.close();

        isForgotten(reference);
        queue.forEach(Runnable::run);
        assertThat(done).containsExactly("stays");
        stays.close();
    }
}

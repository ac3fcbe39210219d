package org.pgweir.proxy.net;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Threads for what blocks or burns CPU: key derivation, name resolution, files. Never an event loop's work. */
public final class Workers implements AutoCloseable {
    private final ThreadPoolExecutor executor;

    /** @param name what its threads are called */
    public Workers(String name, int threads) {
        executor = new ThreadPoolExecutor(
                threads,
                threads,
                30,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                new DefaultThreadFactory(name, true));
        executor.allowCoreThreadTimeOut(true);
    }

    /** Work that was handed in. */
    public interface Job {
        /** Nothing was handed in. */
        Job NONE = () -> {};

        /**
         * Nobody waits for the result any more: nobody will get it, if this is called on the loop that was to get it. What has not begun
         * is not done then, and whatever belongs to it is not kept in memory until its turn would have come.
         */
        void abandon();
    }

    /** Runs the work on a worker and hands its result back to the loop. The work must not throw. */
    public <T> Job run(Loop loop, Supplier<T> work, Consumer<T> result) {
        Errand<T> errand = new Errand<>(loop, work, result);
        executor.execute(errand);
        return errand;
    }

    private static final class Errand<T> implements Job, Runnable {
        private final Loop loop;
        private volatile Supplier<T> work;
        private volatile Consumer<T> result;

        Errand(Loop loop, Supplier<T> work, Consumer<T> result) {
            this.loop = loop;
            this.work = work;
            this.result = result;
        }

        @Override
        public void run() {
            Supplier<T> wanted = work;
            if (wanted != null) {
                T value = wanted.get();
                loop.post(() -> handOver(value));
            }
        }

        private void handOver(T value) {
            Consumer<T> waiting = result;
            if (waiting != null) {
                waiting.accept(value);
            }
        }

        @Override
        public void abandon() {
            work = null;
            result = null;
        }
    }

    public void run(Runnable work) {
        executor.execute(work);
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}

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

    /** Runs the work on a worker and hands its result back to the loop. The work must not throw. */
    public <T> void run(Loop loop, Supplier<T> work, Consumer<T> result) {
        executor.execute(() -> {
            T value = work.get();
            loop.post(() -> result.accept(value));
        });
    }

    public void run(Runnable work) {
        executor.execute(work);
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}

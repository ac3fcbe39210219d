package org.pgweir.proxy.net;

import io.netty.channel.Channel;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Hands what one TLS handshake has to compute to the workers, one task at a time. When the connection is gone, its task is not done any
 * more, and not kept until its turn would have come: somebody may open and drop connections faster than keys can be used.
 */
final class HandshakeTasks implements Executor {
    private final Executor workers;
    private final AtomicReference<Runnable> waiting = new AtomicReference<>();

    private HandshakeTasks(Executor workers) {
        this.workers = workers;
    }

    static HandshakeTasks of(Channel channel, Executor workers) {
        HandshakeTasks tasks = new HandshakeTasks(workers);
        channel.closeFuture().addListener(closed -> tasks.waiting.set(null));
        return tasks;
    }

    @Override
    public void execute(Runnable task) {
        waiting.set(task);
        workers.execute(this::runWaiting);
    }

    private void runWaiting() {
        Runnable task = waiting.getAndSet(null);
        if (task != null) {
            task.run();
        }
    }
}

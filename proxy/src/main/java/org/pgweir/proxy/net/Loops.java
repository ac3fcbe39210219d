package org.pgweir.proxy.net;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** All event loops of one transport. May be used from any thread. */
public final class Loops implements AutoCloseable {
    private static final String THREADS = "pgweir-loop";

    private final Transport transport;
    private final MultiThreadIoEventLoopGroup group;
    private final List<Loop> loops;

    public Loops(Transport transport, int count) {
        this.transport = transport;
        group = new MultiThreadIoEventLoopGroup(count, new DefaultThreadFactory(THREADS), transport.ioHandlerFactory());
        List<Loop> all = new ArrayList<>();
        for (EventExecutor executor : group) {
            all.add(new Loop(all.size(), (EventLoop) executor));
        }
        loops = List.copyOf(all);
    }

    /** Whether this thread is an event loop's, where nothing may take long. For assertions. */
    public static boolean isLoopThread() {
        return Thread.currentThread().getName().startsWith(THREADS);
    }

    public Transport transport() {
        return transport;
    }

    /** The loops in the order of their index. */
    public List<Loop> all() {
        return loops;
    }

    public int count() {
        return loops.size();
    }

    /** The group behind the loops; Netty deals accepted channels out in turn. */
    MultiThreadIoEventLoopGroup group() {
        return group;
    }

    /** The loop that runs on this event loop. */
    public Loop of(EventLoop eventLoop) {
        for (Loop loop : loops) {
            if (loop.eventLoop() == eventLoop) {
                return loop;
            }
        }
        throw new IllegalArgumentException("not one of our event loops");
    }

    /** Asks every loop a question on its own thread; answers in the order of the loops. */
    public <T> CompletableFuture<List<T>> collect(Function<Loop, T> question) {
        List<CompletableFuture<T>> answers = new ArrayList<>();
        for (Loop loop : loops) {
            CompletableFuture<T> answer = new CompletableFuture<>();
            answers.add(answer);
            loop.post(() -> {
                try {
                    answer.complete(question.apply(loop));
                } catch (RuntimeException e) {
                    answer.completeExceptionally(e);
                }
            });
        }
        return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                .thenApply(done -> answers.stream().map(CompletableFuture::join).toList());
    }

    /** Ends all loops; waits until their threads are gone. Not on a loop. */
    @Override
    public void close() {
        group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(10, TimeUnit.SECONDS);
    }
}

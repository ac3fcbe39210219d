package org.pgweir.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SingleWriterRecorder;

/**
 * Many clients that run transactions one after the other without a pause, on few threads. A closed loop: a client that waits sends
 * nothing, so a stall of the server shows as few long latencies and not as many.
 *
 * <p>Clients log in without a password or with SCRAM, whose keys are derived once for all. One that loses its connection comes back a moment later.
 */
public final class LoadGenerator implements AutoCloseable {
    /** Logins at a time: more would overflow the other side's listen backlog. */
    private static final int LOGINS_AT_A_TIME = 32;

    private static final long LOGIN_SECONDS = 30;
    private static final long RETRY_MILLIS = 200;
    private static final long GOODBYE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    /**
     * Where the clients connect to.
     *
     * @param password empty for a user who gets in without; with one, SCRAM is expected
     */
    public record Target(InetSocketAddress address, String user, String password, String database) {}

    private final Target target;
    private final Workload workload;
    private final MultiThreadIoEventLoopGroup group;
    private final boolean epoll = Epoll.isAvailable();
    private final List<SingleWriterRecorder> recorders = new ArrayList<>();
    private final List<LoadClient> clients = new ArrayList<>();
    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicInteger connected = new AtomicInteger();
    private final AtomicLong errors = new AtomicLong();
    private final AtomicReference<String> firstError = new AtomicReference<>();
    private final CompletableFuture<Void> allIn = new CompletableFuture<>();
    private final AtomicInteger loggedIn = new AtomicInteger();
    private volatile boolean running;
    private volatile boolean stopping;
    private long sampledAtNanos;
    private long errorsSampled;

    private LoadGenerator(Target target, int clientCount, int threads, Workload workload) {
        this.target = target;
        this.workload = workload;
        group = new MultiThreadIoEventLoopGroup(
                threads,
                new DefaultThreadFactory("load", true),
                epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        List<EventLoop> loops = new ArrayList<>();
        for (EventExecutor loop : group) {
            loops.add((EventLoop) loop);
            recorders.add(new SingleWriterRecorder(3));
        }
        SplittableRandom seeds = new SplittableRandom(clientCount);
        for (int i = 0; i < clientCount; i++) {
            int thread = i % threads;
            clients.add(new LoadClient(this, loops.get(thread), recorders.get(thread), seeds.split()));
        }
    }

    /**
     * Logs all clients in; they wait for {@link #start()}.
     *
     * @throws IOException with the reason if one of them cannot get in
     */
    public static LoadGenerator connect(Target target, int clients, int threads, Workload workload)
            throws IOException, InterruptedException {
        LoadGenerator generator = new LoadGenerator(target, clients, Math.min(clients, threads), workload);
        try {
            for (int i = 0; i < LOGINS_AT_A_TIME; i++) {
                generator.connectNext();
            }
            generator.allIn.get(LOGIN_SECONDS, TimeUnit.SECONDS);
            return generator;
        } catch (ExecutionException e) {
            generator.close();
            throw new IOException(e.getCause().getMessage(), e.getCause());
        } catch (TimeoutException e) {
            int missing = clients - generator.loggedIn.get();
            generator.close();
            throw new IOException(
                    missing + " of " + clients + " clients were not logged in within " + LOGIN_SECONDS + " s", e);
        }
    }

    /** Lets the clients run. */
    public void start() {
        sampledAtNanos = System.nanoTime();
        running = true;
        clients.forEach(LoadClient::begin);
    }

    /** What happened since the last sample, or since the start. One thread at a time. */
    public LoadSample sample() {
        long now = System.nanoTime();
        long elapsed = now - sampledAtNanos;
        sampledAtNanos = now;
        Histogram latencies = new Histogram(3);
        recorders.forEach(recorder -> latencies.add(recorder.getIntervalHistogram()));
        long allErrors = errors.get();
        long newErrors = allErrors - errorsSampled;
        errorsSampled = allErrors;
        return new LoadSample(elapsed, latencies, newErrors);
    }

    /** Clients that are logged in. */
    public int connected() {
        return connected.get();
    }

    /** The text of the first error; null if there was none. */
    public String firstError() {
        return firstError.get();
    }

    /** From now on clients say goodbye at the end of their transaction, and what goes wrong does not count. Does not wait. */
    public void stop() {
        stopping = true;
        clients.forEach(LoadClient::leaveIfIdle);
    }

    /** {@link #stop()}, and waits, not for long, for the end of the clients; then for that of their threads. */
    @Override
    public void close() {
        stop();
        long began = System.nanoTime();
        try {
            while (connected.get() > 0 && System.nanoTime() - began < GOODBYE_NANOS) {
                TimeUnit.MILLISECONDS.sleep(5);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    }

    // What the clients call

    Target target() {
        return target;
    }

    Workload workload() {
        return workload;
    }

    boolean isRunning() {
        return running;
    }

    boolean isStopping() {
        return stopping;
    }

    void open(LoadClient client, EventLoop loop) {
        new Bootstrap()
                .group(loop)
                .channelFactory(epoll ? EpollSocketChannel::new : NioSocketChannel::new)
                .option(ChannelOption.TCP_NODELAY, true)
                .handler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline().addLast(client);
                    }
                })
                .connect(target.address())
                .addListener(done -> {
                    if (!done.isSuccess()) {
                        lost(client, loop, done.cause().getMessage());
                    }
                });
    }

    void loggedIn() {
        connected.incrementAndGet();
        if (loggedIn.incrementAndGet() == clients.size()) {
            allIn.complete(null);
        }
        connectNext();
    }

    /** The connection of a client that was logged in has ended. */
    void gone() {
        connected.decrementAndGet();
    }

    /** A client has no connection any more, or never got one. */
    void lost(LoadClient client, EventLoop loop, String reason) {
        if (stopping) {
            return;
        }
        failed(reason);
        if (allIn.isDone()) {
            loop.schedule(() -> open(client, loop), RETRY_MILLIS, TimeUnit.MILLISECONDS);
        } else {
            allIn.completeExceptionally(new IOException(reason));
        }
    }

    void failed(String reason) {
        if (!stopping) {
            errors.incrementAndGet();
            firstError.compareAndSet(null, reason);
        }
    }

    private void connectNext() {
        int next = asked.getAndIncrement();
        if (next < clients.size()) {
            clients.get(next).connect();
        }
    }
}

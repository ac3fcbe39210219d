package org.pgweir.proxy.net;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One event loop thread. Also its mailbox: {@link #post} is the only way by which another thread reaches what lives on this loop.
 */
public final class Loop {
    /** Timeouts are looked at this often. */
    public static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    /** What wants to look at the time now and then; runs on the loop. */
    public interface Ticker {
        void tick(long nowNanos);
    }

    private static final Logger LOG = LoggerFactory.getLogger(Loop.class);

    private final int index;
    private final EventLoop eventLoop;
    private final AtomicLong worstLagNanos = new AtomicLong();
    private long tickDueNanos;
    private final List<Ticker> tickers = new ArrayList<>();

    Loop(int index, EventLoop eventLoop) {
        this.index = index;
        this.eventLoop = eventLoop;
        tickDueNanos = nowNanos() + TICK_NANOS;
        eventLoop.scheduleWithFixedDelay(this::tick, TICK_NANOS, TICK_NANOS, TimeUnit.NANOSECONDS);
    }

    /** From 0 to the number of loops less one. */
    public int index() {
        return index;
    }

    /** For Netty's own calls: registering channels, scheduling. */
    public EventLoop eventLoop() {
        return eventLoop;
    }

    /** Runs the task on this loop, later; from any thread. Silently dropped once the loop has ended. */
    public void post(Runnable task) {
        if (!eventLoop.isShuttingDown()) {
            eventLoop.execute(task);
        }
    }

    /** Runs the task after a delay; from any thread. For cold paths: the query path has the tick. */
    public void postAfter(long nanos, Runnable task) {
        if (!eventLoop.isShuttingDown()) {
            eventLoop.schedule(task, nanos, TimeUnit.NANOSECONDS);
        }
    }

    /** The time of this process's monotonic clock; read once a read cycle and passed on. */
    public static long nowNanos() {
        return System.nanoTime();
    }

    /** On the loop only. */
    public void addTicker(Ticker ticker) {
        tickers.add(ticker);
    }

    /** On the loop only. */
    public void removeTicker(Ticker ticker) {
        tickers.remove(ticker);
    }

    /**
     * How late this loop was at worst since the last call: the time by which a tick came after its due time. From any thread.
     */
    public long takeWorstLagNanos() {
        return worstLagNanos.getAndSet(0);
    }

    private void tick() {
        long now = nowNanos();
        long lag = now - tickDueNanos;
        tickDueNanos = now + TICK_NANOS;
        if (lag > worstLagNanos.get()) {
            worstLagNanos.set(lag);
        }
        // A ticker may remove itself or add others.
        for (Ticker ticker : List.copyOf(tickers)) {
            try {
                ticker.tick(now);
            } catch (RuntimeException e) {
                // The others, and the next tick, must not suffer.
                LOG.error("a periodic task failed", e);
            }
        }
    }

    @Override
    public String toString() {
        return "loop-" + index;
    }
}

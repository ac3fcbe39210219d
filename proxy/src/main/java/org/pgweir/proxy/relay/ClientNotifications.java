package org.pgweir.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.ArrayDeque;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.pool.SharedListener;

/**
 * The notifications of one client that listens, on its loop. They reach the client between its transactions.
 *
 * <p>A channel is first <em>taken over</em> from the server on which the client has said LISTEN: up to the mark that is sent there
 * (see {@link SharedListener}) the server delivers, from then on the shared connection does, alone.
 */
final class ClientNotifications implements SharedListener.Subscriber {
    /** A client that does not take its notifications is closed before they take more than this. */
    private static final int MOST_BYTES = 8 * 1024 * 1024;

    /** A mark that has not come after this time went to another host. */
    private static final long MARK_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final Relay relay;
    private final Channel channel;
    private final Loop loop;
    private final SharedListener listener;
    private final Set<String> shared = new TreeSet<>();
    private final Set<String> takenOver = new TreeSet<>();
    private final ArrayDeque<byte[]> queue = new ArrayDeque<>();
    private int queuedBytes;
    private int subscription;
    private boolean ready;

    /** What the client's server listens to, for when the taking over that is under way has ended; null for nothing new. */
    private Set<String> later;

    /** The mark that was sent last; null before the taking over has begun. */
    private String mark;

    private boolean markedHere;
    private boolean markedThere;

    ClientNotifications(Relay relay, Channel channel, Loop loop, SharedListener listener) {
        this.relay = relay;
        this.channel = channel;
        this.loop = loop;
        this.listener = listener;
    }

    /** What the shared connection delivers, or will as soon as the mark comes. */
    Set<String> channels() {
        Set<String> all = new TreeSet<>(shared);
        if (mark != null) {
            all.addAll(takenOver);
        }
        return all;
    }

    // ---------------------------------------------------------------- taking over

    /**
     * A transaction has changed what the client listens to.
     *
     * @param kept what is left of {@link #channels}
     * @param onServer what its server listens to
     */
    void listensTo(Set<String> kept, Set<String> onServer) {
        if (mark != null) {
            // First the one before has to end.
            shared.retainAll(kept);
            takenOver.retainAll(kept);
            dropSilenced();
            later = onServer;
            subscription++;
            ready = false;
            return;
        }
        boolean same = kept.equals(shared) && takenOver.equals(without(onServer, kept));
        shared.retainAll(kept);
        dropSilenced();
        takenOver.clear();
        takenOver.addAll(without(onServer, shared));
        if (!same) {
            subscribe();
        }
    }

    private void dropSilenced() {
        queue.removeIf(frame -> !isDelivered(SharedListener.channelOf(frame)));
        queuedBytes = queue.stream().mapToInt(frame -> frame.length).sum();
    }

    private static Set<String> without(Set<String> all, Set<String> some) {
        Set<String> rest = new TreeSet<>(all);
        rest.removeAll(some);
        return rest;
    }

    private void subscribe() {
        Set<String> all = new TreeSet<>(shared);
        all.addAll(takenOver);
        int mine = ++subscription;
        ready = takenOver.isEmpty();
        listener.subscribe(this, all, () -> loop.post(() -> isListenedTo(mine)));
    }

    private void isListenedTo(int which) {
        if (which == subscription && !ready && !relay.isGone()) {
            ready = true;
            relay.sharedListening();
        }
    }

    /** Whether the client's server need not listen any more, once the mark has been sent. */
    boolean isReady() {
        return ready;
    }

    /**
     * The taking over begins.
     *
     * @return what to send to the client's server before it ends to listen; null for nothing
     */
    String begin() {
        if (takenOver.isEmpty()) {
            return null;
        }
        String sent = listener.awaitMark(this);
        mark = sent;
        markedHere = false;
        markedThere = false;
        loop.postAfter(MARK_NANOS, () -> {
            if (sent.equals(mark)) {
                markedThere();
            }
        });
        String markChannel = '"' + listener.markChannel() + '"';
        return "LISTEN " + markChannel + ";NOTIFY " + markChannel + ",'" + sent + "'";
    }

    /**
     * The client's server listens no more.
     *
     * @param sent whether the mark was
     */
    void moved(boolean sent) {
        markedHere = true;
        if (mark != null && (markedThere || !sent)) {
            markedThere();
        }
    }

    private void markedThere() {
        markedThere = true;
        if (markedHere) {
            shared.addAll(takenOver);
            takenOver.clear();
            listener.forgetMark(mark);
            mark = null;
            Set<String> next = later;
            later = null;
            if (next != null) {
                takenOver.addAll(without(next, shared));
                subscribe();
                if (ready) {
                    // Nothing new, so nobody else will tell.
                    loop.post(relay::sharedListening);
                }
            }
        }
    }

    @Override
    public void marked(String which) {
        loop.post(() -> {
            if (which.equals(mark)) {
                markedThere();
            }
        });
    }

    @Override
    public void interrupted() {
        loop.post(() -> {
            if (relay.isGone()) {
                return;
            }
            if (mark != null) {
                markedThere();
            } else if (!takenOver.isEmpty()) {
                subscribe();
            }
        });
    }

    /** The client is gone. */
    void end() {
        if (mark != null) {
            listener.forgetMark(mark);
        }
        listener.unsubscribe(this);
    }

    // ---------------------------------------------------------------- delivering

    /** Whether the client gets this, which its own server has delivered, from the shared connection; or need not get it. */
    boolean comesElsewhere(byte[] frame) {
        String name = SharedListener.channelOf(frame);
        if (name.equals(listener.markChannel())) {
            markedHere = true;
            return true;
        }
        return shared.contains(name) || mark != null && markedHere && takenOver.contains(name);
    }

    @Override
    public void notified(byte[] frame) {
        loop.post(() -> arrived(frame));
    }

    private void arrived(byte[] frame) {
        if (relay.isGone() || !isDelivered(SharedListener.channelOf(frame))) {
            return;
        }
        queue.addLast(frame);
        queuedBytes += frame.length;
        if (queuedBytes > MOST_BYTES) {
            relay.doesNotRead();
        } else {
            deliver();
        }
    }

    private boolean isDelivered(String name) {
        return shared.contains(name) || mark != null && markedThere && takenOver.contains(name);
    }

    /** Sends what has come, if the client may and can take it. */
    void deliver() {
        if (queue.isEmpty() || !channel.isWritable() || !relay.isBetweenTransactions()) {
            return;
        }
        ByteBuf out = channel.alloc().directBuffer(queuedBytes);
        queue.forEach(out::writeBytes);
        queue.clear();
        queuedBytes = 0;
        channel.writeAndFlush(out, channel.voidPromise());
    }
}

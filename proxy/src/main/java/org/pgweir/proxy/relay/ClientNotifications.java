package org.pgweir.proxy.relay;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.pool.SharedListener;

/**
 * The notifications of one client that listens, on its loop. They come from the pool's shared connection and reach the client between
 * its transactions. While the client moves over from the server on which it said LISTEN, both deliver; what the server has delivered
 * is not delivered again.
 */
final class ClientNotifications implements SharedListener.Subscriber {
    /** A client that does not take its notifications is closed before they take more than this. */
    private static final int MOST_BYTES = 8 * 1024 * 1024;

    private static final int MOST_SEEN = 1000;

    private final Relay relay;
    private final Channel channel;
    private final Loop loop;
    private final Set<String> channels = new TreeSet<>();
    private final Set<String> subscribed = new TreeSet<>();
    private final ArrayDeque<byte[]> queue = new ArrayDeque<>();
    private final List<byte[]> seen = new ArrayList<>();
    private int queuedBytes;
    private boolean moving;

    ClientNotifications(Relay relay, Channel channel, Loop loop) {
        this.relay = relay;
        this.channel = channel;
        this.loop = loop;
    }

    /** What the client listens to by way of the shared connection. */
    Set<String> channels() {
        return channels;
    }

    /** What the shared connection delivers to it; more than it listens to, for a moment after UNLISTEN. */
    Set<String> subscribed() {
        return subscribed;
    }

    void listensTo(Set<String> now) {
        channels.clear();
        channels.addAll(now);
    }

    void subscribedTo(Set<String> now) {
        subscribed.clear();
        subscribed.addAll(now);
        listensTo(now);
    }

    /** The client's own server still delivers, too. */
    void moves() {
        moving = true;
    }

    /** It does not deliver any more. */
    void moved() {
        moving = false;
        queue.removeIf(this::wasSeen);
        queuedBytes = queue.stream().mapToInt(frame -> frame.length).sum();
    }

    /** The client's own server has delivered this. */
    void seen(byte[] frame) {
        if (moving && seen.size() < MOST_SEEN) {
            seen.add(frame);
        }
    }

    @Override
    public void notified(byte[] frame) {
        loop.post(() -> arrived(frame));
    }

    private void arrived(byte[] frame) {
        if (relay.isGone() || !channels.contains(SharedListener.channelOf(frame)) || !moving && wasSeen(frame)) {
            return;
        }
        queue.addLast(frame);
        queuedBytes += frame.length;
        if (queuedBytes > MOST_BYTES) {
            relay.doesNotRead();
        } else if (!moving && relay.isBetweenTransactions()) {
            deliver();
        }
    }

    private boolean wasSeen(byte[] frame) {
        for (int i = 0; i < seen.size(); i++) {
            if (Arrays.equals(seen.get(i), frame)) {
                seen.remove(i);
                return true;
            }
        }
        return false;
    }

    /** Sends what has come, if the client takes it. */
    void deliver() {
        if (moving || queue.isEmpty() || !channel.isWritable()) {
            return;
        }
        ByteBuf out = channel.alloc().directBuffer(queuedBytes);
        queue.forEach(out::writeBytes);
        queue.clear();
        queuedBytes = 0;
        channel.writeAndFlush(out, channel.voidPromise());
    }
}

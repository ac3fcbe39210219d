package org.pgweir.proxy.net;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.security.Security;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.pgweir.config.HostAddress;

/**
 * Turns the host of a configuration into addresses, without ever blocking a loop. Names are asked of the system on a worker, once for
 * all who want to know, and kept for a while. Whoever asks is answered in time, even if the system is not. May be used from any thread.
 */
public final class Resolver {
    /** How long anybody waits for the system; an answer that comes later is still of use. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final long SHORTEST_REFRESH_NANOS = TimeUnit.SECONDS.toNanos(1);

    static {
        // Java would keep names by itself, without looking at our settings.
        Security.setProperty("networkaddress.cache.ttl", "0");
        Security.setProperty("networkaddress.cache.negative.ttl", "0");
    }

    private final Transport transport;
    private final Workers workers;
    private final LookUp lookUp;
    private final Map<String, Name> names = new ConcurrentHashMap<>();
    private volatile long maxTtlNanos = TimeUnit.SECONDS.toNanos(15);
    private volatile long missingTtlNanos = TimeUnit.SECONDS.toNanos(15);

    /** Asks the system; may block. */
    interface LookUp {
        InetAddress[] addresses(String name) throws UnknownHostException;
    }

    /**
     * A name as the console shows it.
     *
     * @param ttlSeconds until it is asked for again; not below 0
     */
    public record KnownName(String name, long ttlSeconds, List<InetAddress> addresses) {}

    public Resolver(Transport transport, Workers workers) {
        this(transport, workers, InetAddress::getAllByName);
    }

    Resolver(Transport transport, Workers workers, LookUp lookUp) {
        this.transport = transport;
        this.workers = workers;
        this.lookUp = lookUp;
    }

    /**
     * For how long answers are kept, from the next one on.
     *
     * @param maxTtl {@code dns_max_ttl}, nanoseconds
     * @param missingTtl {@code dns_nxdomain_ttl}, for names that do not exist
     */
    public void keep(long maxTtl, long missingTtl) {
        maxTtlNanos = maxTtl;
        missingTtlNanos = missingTtl;
    }

    /**
     * Hands the addresses to {@code result} on the loop: at once for numbers, folders of Unix sockets and names that are known, else
     * later. Each call begins with the next address of the name, and has the others behind it. Empty if the name is not
     * known, or is an abstract socket that the transport cannot use.
     */
    public void resolve(Loop loop, String host, int port, Consumer<List<SocketAddress>> result) {
        if (new HostAddress(host, port).isUnixSocket()) {
            SocketAddress socket = transport.unixAddress(host, port);
            result.accept(socket == null ? List.of() : List.of(socket));
            return;
        }
        InetAddress literal = literal(host);
        if (literal != null) {
            result.accept(List.of(new InetSocketAddress(literal, port)));
            return;
        }
        Name name = names.computeIfAbsent(host, Name::new);
        List<InetAddress> kept = name.kept(Loop.nowNanos());
        if (kept != null) {
            result.accept(withPort(kept, port));
        } else {
            name.ask(loop, addresses -> result.accept(withPort(addresses, port)));
        }
    }

    private static InetAddress literal(String host) {
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(host);
        try {
            return bytes == null ? null : InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 or 16 bytes are an address", e);
        }
    }

    private static List<SocketAddress> withPort(List<InetAddress> addresses, int port) {
        List<SocketAddress> all = new ArrayList<>();
        addresses.forEach(address -> all.add(new InetSocketAddress(address, port)));
        return all;
    }

    /**
     * Whether the host still has the address, as far as is known. Looks the name up again, for the next who asks, when its time has
     * come.
     */
    public boolean isCurrent(String host, SocketAddress address, long nowNanos) {
        Name name = names.get(host);
        if (name == null || !(address instanceof InetSocketAddress inet)) {
            return true;
        }
        return name.mayHave(inet.getAddress(), nowNanos);
    }

    /** The names that were asked for, in alphabetical order, with what is known of them. */
    public List<KnownName> knownNames(long nowNanos) {
        return names.values().stream()
                .map(name -> name.shown(nowNanos))
                .sorted(java.util.Comparator.comparing(KnownName::name))
                .toList();
    }

    /** One name, and those who wait for its addresses. Its monitor is held for moments only. */
    private final class Name {
        private final String host;
        private final List<Asker> waiting = new ArrayList<>();
        private List<InetAddress> addresses = List.of();
        private boolean known;
        private long freshUntilNanos;
        private boolean asking;
        private long askedAtNanos;
        private int turn;

        Name(String host) {
            this.host = host;
        }

        /** Null if the system must be asked. */
        synchronized List<InetAddress> kept(long nowNanos) {
            return known && nowNanos - freshUntilNanos < 0 ? nextTurn() : null;
        }

        private List<InetAddress> nextTurn() {
            List<InetAddress> rotated = new ArrayList<>(addresses);
            if (!rotated.isEmpty()) {
                java.util.Collections.rotate(rotated, -(turn % rotated.size()));
                turn = (turn + 1) & Integer.MAX_VALUE;
            }
            return rotated;
        }

        void ask(Loop loop, Consumer<List<InetAddress>> result) {
            Asker asker = new Asker(loop, result);
            synchronized (this) {
                waiting.add(asker);
                askUnlessAsking(Loop.nowNanos());
            }
            loop.postAfter(PATIENCE_NANOS, () -> giveUp(asker));
        }

        /** A question that the system has not answered for long is asked again; the first answer counts. */
        private void askUnlessAsking(long nowNanos) {
            if (!asking || nowNanos - askedAtNanos > PATIENCE_NANOS) {
                asking = true;
                askedAtNanos = nowNanos;
                workers.run(this::lookUp);
            }
        }

        private void lookUp() {
            List<InetAddress> found = List.of();
            boolean answered = true;
            try {
                found = List.of(lookUp.addresses(host));
            } catch (UnknownHostException e) {
                // "Temporary failure in name resolution": nobody said that there is no such name.
                answered = e.getMessage() == null || !e.getMessage().contains("Temporary failure");
            } catch (RuntimeException e) {
                answered = false;
            }
            answered(found, answered, Loop.nowNanos());
        }

        private void answered(List<InetAddress> found, boolean answered, long nowNanos) {
            List<Asker> askers;
            synchronized (this) {
                asking = false;
                if (answered || !known) {
                    addresses = found;
                }
                known = true;
                freshUntilNanos = nowNanos + (found.isEmpty() ? missingTtlNanos : maxTtlNanos);
                askers = List.copyOf(waiting);
                waiting.clear();
            }
            askers.forEach(this::answer);
        }

        private void answer(Asker asker) {
            List<InetAddress> all;
            synchronized (this) {
                all = nextTurn();
            }
            asker.loop.post(() -> asker.result.accept(all));
        }

        /** On the asker's loop: it gets what was known before, if anything was. */
        private void giveUp(Asker asker) {
            boolean waits;
            synchronized (this) {
                waits = waiting.remove(asker);
            }
            if (waits) {
                answer(asker);
            }
        }

        synchronized boolean mayHave(InetAddress address, long nowNanos) {
            if (nowNanos - freshUntilNanos >= 0 && nowNanos - askedAtNanos > SHORTEST_REFRESH_NANOS) {
                askUnlessAsking(nowNanos);
            }
            return addresses.isEmpty() || addresses.contains(address);
        }

        synchronized KnownName shown(long nowNanos) {
            long left = known ? Math.max(0, freshUntilNanos - nowNanos) : 0;
            return new KnownName(host, TimeUnit.NANOSECONDS.toSeconds(left), addresses);
        }
    }

    private record Asker(Loop loop, Consumer<List<InetAddress>> result) {}
}

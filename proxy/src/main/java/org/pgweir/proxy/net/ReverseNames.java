package org.pgweir.proxy.net;

import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * The names of addresses, as far as name and address lead to each other. Asks the system's resolver: on a worker only. Keeps the
 * latest answers for a few seconds, so that many clients of one host cost one question.
 */
public final class ReverseNames {
    private static final long KEPT_NANOS = TimeUnit.SECONDS.toNanos(15);
    private static final int MOST_KEPT = 1000;

    private record Answer(String name, long atNanos) {}

    private final Function<InetAddress, String> resolver;
    private final Map<InetAddress, Answer> answers = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<InetAddress, Answer> eldest) {
            return size() > MOST_KEPT;
        }
    };

    public ReverseNames() {
        this(ReverseNames::ask);
    }

    /** @param resolver gives the confirmed name of an address, or null */
    public ReverseNames(Function<InetAddress, String> resolver) {
        this.resolver = resolver;
    }

    /** The name in full; null if there is none, or if it does not lead back to the address. */
    public String nameOf(InetAddress address, long nowNanos) {
        synchronized (answers) {
            Answer kept = answers.get(address);
            if (kept != null && nowNanos - kept.atNanos < KEPT_NANOS) {
                return kept.name;
            }
        }
        String name = resolver.apply(address);
        synchronized (answers) {
            answers.remove(address);
            answers.put(address, new Answer(name, nowNanos));
        }
        return name;
    }

    /** Java makes sure that the name leads back to the address, and answers with the address itself otherwise. */
    private static String ask(InetAddress address) {
        InetAddress nameless = bare(address);
        String name = nameless.getCanonicalHostName();
        return name.equals(nameless.getHostAddress()) ? null : name;
    }

    /** The same address by its bytes alone, without a name and without a scope. */
    static InetAddress bare(InetAddress address) {
        try {
            return InetAddress.getByAddress(address.getAddress());
        } catch (java.net.UnknownHostException e) {
            throw new IllegalStateException("the bytes of an address are an address", e);
        }
    }
}

package org.pgweir.proxy.net;

import java.net.InetAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;

/** The addresses of this machine and the networks around them. Asks the kernel now and then: on a worker only. */
public final class OwnNetworks {
    private static final long KEPT_NANOS = TimeUnit.SECONDS.toNanos(5);

    private record Own(InetAddress address, int bits) {}

    private List<Own> kept;
    private long keptSinceNanos;

    /** Whether the address is one of this machine's. */
    public boolean isHost(InetAddress address, long nowNanos) {
        return any(nowNanos, (own, bits) -> own.equals(address));
    }

    /** Whether the address is in one of the networks that this machine is in. */
    public boolean isNet(InetAddress address, long nowNanos) {
        return any(nowNanos, (own, bits) -> sameStart(own.getAddress(), address.getAddress(), bits));
    }

    private static boolean sameStart(byte[] one, byte[] other, int bits) {
        if (one.length != other.length) {
            return false;
        }
        for (int bit = 0; bit < bits; bit++) {
            if (((one[bit / 8] ^ other[bit / 8]) & 0x80 >> bit % 8) != 0) {
                return false;
            }
        }
        return true;
    }

    private boolean any(long nowNanos, BiPredicate<InetAddress, Integer> condition) {
        for (Own own : own(nowNanos)) {
            if (condition.test(own.address, own.bits)) {
                return true;
            }
        }
        return false;
    }

    private synchronized List<Own> own(long nowNanos) {
        if (kept == null || nowNanos - keptSinceNanos > KEPT_NANOS) {
            List<Own> found = new ArrayList<>();
            try {
                NetworkInterface.networkInterfaces().forEach(each -> addAll(each, found));
            } catch (SocketException e) {
                // Without an answer no address is near: who relies on it stays out.
            }
            kept = List.copyOf(found);
            keptSinceNanos = nowNanos;
        }
        return kept;
    }

    private static void addAll(NetworkInterface each, List<Own> found) {
        for (InterfaceAddress address : each.getInterfaceAddresses()) {
            // An IPv6 address of an interface carries its name, and is equal to no client's address.
            InetAddress own = ReverseNames.bare(address.getAddress());
            int bits = address.getNetworkPrefixLength();
            // Without a network of its own, such as an end of a tunnel, nobody is near.
            found.add(new Own(own, bits > 0 ? bits : own.getAddress().length * 8));
        }
    }
}

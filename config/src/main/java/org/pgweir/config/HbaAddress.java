package org.pgweir.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Locale;

/** Which clients a rule is for, by their address. */
public sealed interface HbaAddress {

    /** Every address; also what a {@code local} line has. */
    record All() implements HbaAddress {}

    /** The addresses of the machine itself. */
    record SameHost() implements HbaAddress {}

    /** The networks that the machine is in. */
    record SameNet() implements HbaAddress {}

    /**
     * A client whose address leads to this name, and whose name leads to this address.
     *
     * @param name in lower case; what begins with a dot is the end of a name
     */
    record HostName(String name) implements HbaAddress {
        public boolean matches(String hostName) {
            String other = hostName.toLowerCase(Locale.ROOT);
            return name.startsWith(".") ? other.endsWith(name) : other.equals(name);
        }
    }

    /** The addresses that are equal to this one where the mask has bits. */
    record Network(InetAddress address, InetAddress mask) implements HbaAddress {
        public boolean contains(InetAddress other) {
            byte[] own = address.getAddress();
            byte[] given = other.getAddress();
            byte[] bits = mask.getAddress();
            if (own.length != given.length) {
                return false;
            }
            for (int i = 0; i < own.length; i++) {
                if (((own[i] ^ given[i]) & bits[i]) != 0) {
                    return false;
                }
            }
            return true;
        }
    }

    /** The addresses whose first {@code bits} are those of this address. */
    static Network network(InetAddress address, int bits) {
        byte[] mask = new byte[address.getAddress().length];
        Arrays.fill(mask, 0, bits / 8, (byte) 0xff);
        if (bits % 8 > 0) {
            mask[bits / 8] = (byte) (0xff00 >> bits % 8);
        }
        return new Network(address, ofBytes(mask));
    }

    /** The address that these letters and digits are, without asking anybody; null if they are none. */
    static InetAddress literal(String text) {
        try {
            if (text.indexOf(':') >= 0) {
                return text.matches("[0-9A-Fa-f:.]+") ? InetAddress.getByName(text) : null;
            }
            String[] parts = text.split("\\.", -1);
            byte[] bytes = new byte[4];
            if (parts.length != bytes.length) {
                return null;
            }
            for (int i = 0; i < bytes.length; i++) {
                if (!parts[i].matches("[0-9]{1,3}") || Integer.parseInt(parts[i]) > 255) {
                    return null;
                }
                bytes[i] = (byte) Integer.parseInt(parts[i]);
            }
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            return null;
        }
    }

    private static InetAddress ofBytes(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 or 16 bytes are an address", e);
        }
    }
}

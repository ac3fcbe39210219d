package org.pgweir.config;

import java.net.InetSocketAddress;

/**
 * Where a PostgreSQL listens.
 *
 * @param host a name, an IP address, or the folder of a Unix socket: it starts with {@code /}, or with {@code @} for
 *     the abstract name space
 * @param port the TCP port, also the ending of the Unix socket's name
 */
public record HostAddress(String host, int port) {

    /** PostgreSQL's own port. */
    public static final int DEFAULT_PORT = 5432;

    /** Where that socket is bound, or connected to. */
    public static HostAddress of(InetSocketAddress address) {
        return new HostAddress(address.getAddress().getHostAddress(), address.getPort());
    }

    /** Whether this is a Unix socket. */
    public boolean isUnixSocket() {
        return host.startsWith("/") || isAbstract();
    }

    /** Whether this is a Unix socket in Linux's abstract name space. */
    public boolean isAbstract() {
        return host.startsWith("@");
    }

    /** The name of the Unix socket's file; with {@code @} in front it is no file. */
    public String unixSocketPath() {
        return host + "/.s.PGSQL." + port;
    }

    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}

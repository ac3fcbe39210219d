package org.pgweir.config;

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

    /** Whether this is a Unix socket. */
    public boolean isUnixSocket() {
        return host.startsWith("/") || host.startsWith("@");
    }

    /** The name of the Unix socket's file. */
    public String unixSocketPath() {
        return host + "/.s.PGSQL." + port;
    }

    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}

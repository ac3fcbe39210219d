package org.pgweir.proxy.auth;

import java.net.InetAddress;

/**
 * What is known of a client before it has proved anything.
 *
 * @param address null on a Unix socket
 * @param tls whether the connection is encrypted
 * @param physicalReplication whether it wants all of the write-ahead log, whatever database it names
 */
public record LoginRequest(
        String database, String user, InetAddress address, boolean tls, boolean physicalReplication) {}

package org.pgweir.proxy.pool;

import org.pgweir.proxy.route.Host;

/**
 * A server that is connecting or logging in.
 *
 * @param beganMillis wall clock, milliseconds since 1970
 */
public record Opening(Host host, long beganMillis) {}

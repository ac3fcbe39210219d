/**
 * Bytes between a client and the server that is linked to it: forwarded as they came, with an eye on where a transaction ends. One
 * {@link org.pgweir.proxy.relay.Relay} a client, on the client's loop.
 */
package org.pgweir.proxy.relay;

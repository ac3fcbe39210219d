/**
 * Bytes between a client and the server that is linked to it: forwarded as they came, with an eye on where a transaction ends. One
 * {@link org.pgweir.proxy.relay.Relay} a client, on the client's loop: it is the link, and its two directions, what waits, and what is
 * followed of the session are classes of their own around it.
 */
package org.pgweir.proxy.relay;

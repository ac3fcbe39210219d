/**
 * The pooler. The rooms below are listed in the order in which they may call each other: process, net, stats, route, auth, session,
 * server, pool, relay, client, admin; a room calls only those before it (a test holds that). {@code Pgweir} assembles them, {@code Main} is
 * the command line.
 */
package org.pgweir.proxy;

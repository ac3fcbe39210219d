/**
 * From the name of a database to the host that serves it: databases, their hosts and what is known of each host's health, users, and
 * the limits that count over all pools. Shared by all loops: what changes here is atomic or volatile.
 */
package org.pgweir.proxy.route;

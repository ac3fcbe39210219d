/**
 * The process as the operating system and its owner see it: the command line in PgBouncer's way, pid file, signals, the log and where it
 * goes, systemd. Runs at the start and the end, and on threads of its own; none of it knows about clients and servers.
 */
package org.pgweir.proxy.process;

/**
 * One connection to PostgreSQL: connect, log in, check, reset, clean up, cancel, close. A server and all that is bound to it live on
 * one loop at a time; {@link org.pgweir.proxy.server.ServerListener} is whoever has it at the moment, and gets its bytes.
 */
package org.pgweir.proxy.server;

/**
 * The administration console, PgBouncer's words and columns: {@link org.pgweir.proxy.admin.ConsoleSession} speaks
 * with one client, {@link org.pgweir.proxy.admin.AdminConsole} finds what a text means, one class runs each family of commands, one
 * class makes each SHOW table. What lives on a loop is asked on that loop.
 */
package org.pgweir.proxy.admin;

/**
 * What tests need and production does not: real PostgreSQL servers out of Maven artifacts ({@link
 * org.pgweir.testkit.EmbeddedPostgres}), a scripted frontend ({@link org.pgweir.testkit.WireClient}), a scripted backend for
 * bytes that PostgreSQL would never send ({@link org.pgweir.testkit.ScriptedServer}), and a TCP proxy that breaks things
 * ({@link org.pgweir.testkit.FaultProxy}).
 *
 * <p>Nothing here uses pgweir's own protocol code, so a mistake there cannot hide behind the same mistake here. Everything is
 * blocking and runs on the thread of the caller, except for the two servers, which have threads of their own. Every wait has an
 * end: what hangs fails with a sentence that says what was waited for.
 */
package org.pgweir.testkit;

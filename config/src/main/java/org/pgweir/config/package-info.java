/**
 * The configuration of pgweir: one declarative table of settings ({@link org.pgweir.config.Settings}), the readers of
 * {@code pgbouncer.ini}, of {@code pgweir.conf} (HOCON) and of {@code userlist.txt}, and the immutable
 * {@link org.pgweir.config.Configuration} that they produce. Both formats are first read into the same raw form (names,
 * texts, positions) and then checked and typed in one place, so they cannot drift apart. Everything here is cold code
 * without a thread of its own; what is loaded never changes and may be shared by all threads.
 */
package org.pgweir.config;

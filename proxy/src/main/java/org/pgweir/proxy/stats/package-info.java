/**
 * Counters: what happened since the start. A {@link org.pgweir.proxy.stats.Counters} has one writer, the loop that it lives on; sums
 * are made on request, by asking each loop.
 */
package org.pgweir.proxy.stats;

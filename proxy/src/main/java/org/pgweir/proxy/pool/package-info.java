/**
 * Pools: which client gets which server, and when. A {@link org.pgweir.proxy.pool.Pool} is shared by all loops and holds what is
 * global: limits, failures, settings. A {@link org.pgweir.proxy.pool.LoopPool} is its part on one loop: idle servers and parked
 * clients, touched by that loop alone.
 */
package org.pgweir.proxy.pool;

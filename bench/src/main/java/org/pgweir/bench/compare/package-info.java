/**
 * Measures pgweir beside PgBouncer and PostgreSQL itself: all as processes of their own, under the load of pgbench, in turns, so that
 * what the machine does meanwhile hits all alike.
 */
package org.pgweir.bench.compare;

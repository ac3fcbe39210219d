/**
 * The demo, the load generator and the JMH benchmarks. {@link org.pgweir.bench.LoadGenerator} drives any pooler or PostgreSQL server
 * with many clients on few threads; {@link org.pgweir.bench.Demo} puts it together with a real PostgreSQL and the pooler in one
 * process.
 */
package org.pgweir.bench;

/**
 * The PostgreSQL wire protocol, version 3: frame scanning, startup packets, and the few messages that a pooler reads or writes
 * itself. Buffers in, buffers out: nothing here knows a channel, a thread or a log. Everything may be used from any thread as long
 * as one object is used by one thread at a time.
 *
 * <p>Source of the formats: PostgreSQL documentation, chapter "Frontend/Backend Protocol".
 */
package org.pgweir.protocol;

/**
 * Transports (io_uring, epoll, NIO), event loops, listeners, TLS for both sides and the worker pool for what blocks. A {@link org.pgweir.proxy.net.Loop}
 * is one event loop thread; state that lives on a loop is touched by that loop alone, and {@link org.pgweir.proxy.net.Loop#post} is
 * the only way from one loop to another.
 */
package org.pgweir.proxy.net;

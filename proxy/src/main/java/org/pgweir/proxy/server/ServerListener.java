package org.pgweir.proxy.server;

import io.netty.buffer.ByteBuf;

/** Whoever has a server at the moment. All calls come on the server's loop. */
public interface ServerListener {
    /** Bytes from the server, as they came. Takes ownership of the buffer. */
    void onServerBytes(Server server, ByteBuf bytes, long nowNanos);

    /** The bytes of this read cycle are through. */
    default void onServerReadComplete(Server server) {}

    /** The server's socket takes more, or no more, bytes. */
    default void onServerWritability(Server server, boolean writable) {}

    /** The connection is gone. Called once. */
    void onServerClosed(Server server, long nowNanos);
}

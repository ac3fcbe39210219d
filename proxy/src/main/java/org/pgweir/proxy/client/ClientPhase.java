package org.pgweir.proxy.client;

import io.netty.buffer.ByteBuf;

/**
 * Where a client stands. Each phase holds what is valid in it, and its methods lead to the next.
 *
 * <pre>
 *   Startup ◀──▶ TlsHandshake
 *   Startup ──▶ Cancelling
 *   Startup ──▶ Gate ──▶ LookUp ──▶ Password ──▶ LoginWait or OwnServerWait ──▶ Serving
 *      │          │   └───────────▶ DirectoryLogin ──▶ the same             ──▶ InConsole
 *      └──────────┴───────── any ─────────────────────────▶ Closing
 * </pre>
 */
sealed interface ClientPhase
        permits Startup,
                TlsHandshake,
                Gate,
                LookUp,
                Password,
                DirectoryLogin,
                LoginWait,
                OwnServerWait,
                Serving,
                InConsole,
                Cancelling,
                Closing {
    /** Takes ownership of the buffer. */
    void onBytes(ByteBuf bytes, long nowNanos);

    default void onReadComplete() {}

    default void onWritability(boolean writable) {}

    /** The phase is left, for the next one or because the connection ends. */
    default void leave(long nowNanos) {}

    /** Whether the client is logged in. */
    default boolean isLoggedIn() {
        return false;
    }
}

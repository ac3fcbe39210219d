package org.pgweir.proxy.client;

import io.netty.buffer.ByteBuf;
import org.pgweir.proxy.stats.Logins.Failure;

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

    /** Some time has passed, a part of a second. Until the client is logged in, {@code client_login_timeout} runs. */
    default void tick(Client client, long nowNanos) {
        if (client.isLoginOverdue(nowNanos)) {
            client.refuse(Failure.TIMEOUT, ClientErrors.LOGIN_TIMEOUT);
        }
    }

    /** Whether it comes to its end though the client is suspended. */
    default boolean endsSuspended() {
        return false;
    }

    /** Whether the client is logged in. */
    default boolean isLoggedIn() {
        return false;
    }
}

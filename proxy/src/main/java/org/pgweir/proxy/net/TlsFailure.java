package org.pgweir.proxy.net;

import java.nio.channels.ClosedChannelException;

/** Why a handshake has failed, in one line for people. */
public final class TlsFailure {
    private TlsFailure() {}

    /** The innermost reason: those around it only say that there is one. */
    public static String reason(Throwable failure) {
        if (failure instanceof ClosedChannelException) {
            return "the other side has closed the connection";
        }
        Throwable cause = failure;
        while (cause.getCause() != null && cause.getCause().getMessage() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }
}

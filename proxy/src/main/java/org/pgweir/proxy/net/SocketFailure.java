package org.pgweir.proxy.net;

import io.netty.channel.ConnectTimeoutException;
import java.io.FileNotFoundException;

/** Why a socket could not be had, in the kernel's words: around them Netty has the address and the name of a call. */
public final class SocketFailure {
    private SocketFailure() {}

    /** Such as {@code Connection refused}, the same with every transport. */
    public static String reason(Throwable cause) {
        if (cause instanceof ConnectTimeoutException) {
            return "Connection timed out";
        }
        if (cause instanceof FileNotFoundException) {
            // Of a Unix socket, and without a word.
            return "No such file or directory";
        }
        Throwable root = cause.getCause() != null ? cause.getCause() : cause;
        String text = String.valueOf(root.getMessage());
        int words = text.lastIndexOf(": ");
        return words < 0 ? text : text.substring(words + 2);
    }
}

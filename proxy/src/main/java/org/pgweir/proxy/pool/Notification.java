package org.pgweir.proxy.pool;

import java.nio.charset.StandardCharsets;

/** NotificationResponse: type, length, int32 process, channel, payload (PostgreSQL documentation, "Message Formats"). */
final class Notification {
    private static final int CHANNEL = 9;

    private Notification() {}

    /** Each byte a char. */
    static String channelOf(byte[] frame) {
        int end = CHANNEL;
        while (end < frame.length && frame[end] != 0) {
            end++;
        }
        return new String(frame, CHANNEL, Math.max(0, end - CHANNEL), StandardCharsets.ISO_8859_1);
    }
}

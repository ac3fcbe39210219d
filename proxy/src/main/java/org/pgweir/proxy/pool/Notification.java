package org.pgweir.proxy.pool;

import java.nio.charset.StandardCharsets;

/**
 * NotificationResponse: type, length, int32 process, channel, payload (PostgreSQL documentation, "Message Formats"). Each byte of a
 * text is a char here.
 */
final class Notification {
    private static final int CHANNEL = 9;

    private Notification() {}

    static String channelOf(byte[] frame) {
        return string(frame, CHANNEL, endOf(frame, CHANNEL));
    }

    static String payloadOf(byte[] frame) {
        int start = endOf(frame, CHANNEL) + 1;
        return string(frame, start, endOf(frame, start));
    }

    private static int endOf(byte[] frame, int start) {
        int end = start;
        while (end < frame.length && frame[end] != 0) {
            end++;
        }
        return end;
    }

    private static String string(byte[] frame, int start, int end) {
        return new String(frame, start, Math.max(0, end - start), StandardCharsets.ISO_8859_1);
    }
}

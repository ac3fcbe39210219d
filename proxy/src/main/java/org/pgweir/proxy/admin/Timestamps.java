package org.pgweir.proxy.admin;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.TimeUnit;

/** Times as PgBouncer shows them. */
final class Timestamps {
    private static final DateTimeFormatter FORMAT =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'").withZone(ZoneOffset.UTC);

    private Timestamps() {}

    static String text(long epochMillis) {
        return FORMAT.format(Instant.ofEpochMilli(epochMillis));
    }

    /** The wall clock's time of a moment of the monotonic clock. */
    static String textOfNanos(long moment, long nowNanos) {
        return text(System.currentTimeMillis() - TimeUnit.NANOSECONDS.toMillis(nowNanos - moment));
    }

    static long wholeSeconds(long nanos) {
        return TimeUnit.NANOSECONDS.toSeconds(nanos);
    }

    static long microsOfSecond(long nanos) {
        return TimeUnit.NANOSECONDS.toMicros(nanos) % 1_000_000;
    }
}

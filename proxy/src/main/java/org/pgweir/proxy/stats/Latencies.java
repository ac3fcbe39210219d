package org.pgweir.proxy.stats;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.IntCountsHistogram;
import org.HdrHistogram.PackedHistogram;

/**
 * How long things take in one pool on one loop. Written and read by that loop alone, so recording takes no lock, no atomic operation
 * and, but for the first value of a kind, no allocation.
 *
 * <p>Two views of the same values: percentiles over the last minute, from windows of ten seconds each; and counts since the start in
 * fixed buckets, which only grow, for Prometheus.
 */
public final class Latencies {
    /** What is measured. */
    public enum Kind {
        /** A client waited for a server. */
        PARKED,
        /** From the first byte of a request to its ReadyForQuery. */
        QUERY,
        /** From the first byte of a transaction to the ReadyForQuery that ended it. */
        TRANSACTION,
        /** A server was connected to and logged in to. */
        LOGIN;

        /** As the console and the metrics write it. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Upper bounds of the fixed buckets in microseconds; the last bucket has none. */
    private static final long[] BOUNDS_MICROS = {
        50,
        100,
        250,
        500,
        1_000,
        2_500,
        5_000,
        10_000,
        25_000,
        50_000,
        100_000,
        250_000,
        500_000,
        1_000_000,
        2_500_000,
        5_000_000,
        10_000_000,
        60_000_000
    };

    private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int WINDOWS = 6;
    private static final long LONGEST_MICROS = TimeUnit.HOURS.toMicros(1);
    private static final int DIGITS = 2;

    private final Track[] tracks = new Track[Kind.values().length];
    private long windowBeganNanos;

    public Latencies(long nowNanos) {
        windowBeganNanos = nowNanos;
    }

    /** Upper bounds of the fixed buckets in seconds, without the infinite one. */
    public static double[] boundsSeconds() {
        return Arrays.stream(BOUNDS_MICROS).mapToDouble(micros -> micros / 1e6).toArray();
    }

    /** One kind's values. */
    private static final class Track {
        private final IntCountsHistogram window = new IntCountsHistogram(LONGEST_MICROS, DIGITS);
        private final ArrayDeque<Histogram> closed = new ArrayDeque<>();
        private final long[] buckets = new long[BOUNDS_MICROS.length + 1];
        private long sumMicros;
    }

    public void record(Kind kind, long nanos, long nowNanos) {
        if (nowNanos - windowBeganNanos >= WINDOW_NANOS) {
            closeWindows(nowNanos);
        }
        Track track = tracks[kind.ordinal()];
        if (track == null) {
            track = new Track();
            tracks[kind.ordinal()] = track;
        }
        long micros = Math.min(LONGEST_MICROS, Math.max(0, nanos / 1000));
        track.window.recordValue(micros);
        track.sumMicros += micros;
        int bucket = 0;
        while (bucket < BOUNDS_MICROS.length && micros > BOUNDS_MICROS[bucket]) {
            bucket++;
        }
        track.buckets[bucket]++;
    }

    private void closeWindows(long nowNanos) {
        long passed = Math.min(WINDOWS + 1, (nowNanos - windowBeganNanos) / WINDOW_NANOS);
        windowBeganNanos += (nowNanos - windowBeganNanos) / WINDOW_NANOS * WINDOW_NANOS;
        for (Track track : tracks) {
            for (long i = 0; track != null && i < passed; i++) {
                closeWindow(track);
            }
        }
    }

    private static void closeWindow(Track track) {
        Histogram packed = new PackedHistogram(LONGEST_MICROS, DIGITS);
        packed.add(track.window);
        track.window.reset();
        track.closed.addLast(packed);
        if (track.closed.size() > WINDOWS) {
            track.closed.removeFirst();
        }
    }

    /** One kind's values as they are now; may be merged with those of other loops, on any thread. */
    public static final class Reading {
        private final Histogram lastMinute = new Histogram(LONGEST_MICROS, DIGITS);
        private final long[] buckets = new long[BOUNDS_MICROS.length + 1];
        private long sumMicros;

        private Reading() {}

        /** Of nothing. */
        public static Reading empty() {
            return new Reading();
        }

        /** Microseconds. */
        public Histogram lastMinute() {
            return lastMinute;
        }

        /** Values since the start in each fixed bucket, the infinite one last; not cumulative. */
        public long[] buckets() {
            return buckets.clone();
        }

        public double sumSeconds() {
            return sumMicros / 1e6;
        }

        public Reading plus(Reading other) {
            lastMinute.add(other.lastMinute);
            for (int i = 0; i < buckets.length; i++) {
                buckets[i] += other.buckets[i];
            }
            sumMicros += other.sumMicros;
            return this;
        }
    }

    /** On the loop. Null if no value of that kind has come yet. */
    public Reading read(Kind kind, long nowNanos) {
        if (nowNanos - windowBeganNanos >= WINDOW_NANOS) {
            closeWindows(nowNanos);
        }
        Track track = tracks[kind.ordinal()];
        if (track == null) {
            return null;
        }
        Reading reading = new Reading();
        reading.lastMinute.add(track.window);
        track.closed.forEach(reading.lastMinute::add);
        System.arraycopy(track.buckets, 0, reading.buckets, 0, track.buckets.length);
        reading.sumMicros = track.sumMicros;
        return reading;
    }
}

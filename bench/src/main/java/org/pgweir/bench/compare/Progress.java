package org.pgweir.bench.compare;

import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Tells on standard error which run of how many it is, and how long it may still take. */
final class Progress {
    private final PrintStream out;
    private final int runs;
    private final long plannedSeconds;
    private long beganNanos;
    private int run;
    private long doneSeconds;

    /**
     * @param runs how many there will be
     * @param plannedSeconds of all runs together, without what comes between them
     */
    Progress(PrintStream out, int runs, long plannedSeconds) {
        this.out = out;
        this.runs = runs;
        this.plannedSeconds = plannedSeconds;
    }

    /** A run begins that was planned to last so long. */
    void next(String what, long seconds) {
        if (run == 0) {
            beganNanos = System.nanoTime();
        }
        run++;
        say("[%d/%d] %s%s", run, runs, what, left());
        doneSeconds += seconds;
    }

    void say(String format, Object... values) {
        out.printf(Locale.ROOT, format + "%n", values);
    }

    private String left() {
        if (doneSeconds == 0) {
            return "";
        }
        long elapsed = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - beganNanos);
        long left = elapsed * (plannedSeconds - doneSeconds) / doneSeconds;
        return left < 90 ? ", " + left + " s left" : ", " + (left + 30) / 60 + " min left";
    }
}

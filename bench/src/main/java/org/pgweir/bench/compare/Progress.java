package org.pgweir.bench.compare;

import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Tells on standard error which step of how many it is, and how long all may still take. */
final class Progress {
    /** Below it the time left is told in seconds. */
    private static final long SOON_SECONDS = 90;

    private final PrintStream out;
    private final int steps;
    private final double plannedSeconds;
    private final long beganNanos = System.nanoTime();
    private int step;
    private double doneSeconds;

    /** @param plannedSeconds of all steps together, more or less */
    Progress(PrintStream out, int steps, double plannedSeconds) {
        this.out = out;
        this.steps = steps;
        this.plannedSeconds = plannedSeconds;
    }

    /** A step begins that was planned to last so long. */
    void next(String what, double seconds) {
        step++;
        double elapsed = (System.nanoTime() - beganNanos) / (double) TimeUnit.SECONDS.toNanos(1);
        out.printf(Locale.ROOT, "[%d/%d] %s%s%n", step, steps, what, left(elapsed));
        doneSeconds += seconds;
    }

    /** What was planned, corrected by how much longer the steps until now have taken. */
    private String left(double elapsed) {
        double pace = doneSeconds == 0 ? 1 : elapsed / doneSeconds;
        long left = Math.round(pace * (plannedSeconds - doneSeconds));
        return left < SOON_SECONDS ? ", " + left + " s left" : ", " + (left + 30) / 60 + " min left";
    }
}

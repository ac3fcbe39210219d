package org.pgweir.bench.compare;

import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** The processes that this one has started, so that all of them can be ended whatever happens. From any thread. */
final class Children {
    private static final long PATIENCE_SECONDS = 5;

    private final Set<Process> running = new LinkedHashSet<>();
    private boolean ended;

    synchronized Process start(ProcessBuilder builder) throws IOException {
        if (ended) {
            throw new IOException("everything is being ended");
        }
        running.removeIf(process -> !process.isAlive());
        Process process = builder.start();
        running.add(process);
        return process;
    }

    /** Asks it to end, and insists if it does not. */
    void end(Process process) {
        process.destroy();
        try {
            if (process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        kill(process);
    }

    /** Ends all, and lets nobody start another one. */
    synchronized void endAll() {
        ended = true;
        running.forEach(Children::kill);
        running.clear();
    }

    private static void kill(Process process) {
        // Some ways of starting put a process in between.
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    /** The process that does the work: the child that some ways of starting put in between has it as its only child. */
    static long pidOf(Process process) {
        return process.descendants()
                .reduce((first, second) -> second)
                .map(ProcessHandle::pid)
                .orElse(process.pid());
    }
}

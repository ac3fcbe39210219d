package org.pgweir.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** The processes of one running server: the postmaster, and its children by their process ids. */
final class Postmaster {

    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);

    private final Process process;
    private final Path data;

    private Postmaster(Process process, Path data) {
        this.process = process;
        this.data = data;
    }

    /** Starts the server and does not wait for it. */
    static Postmaster start(PostgresBinaries binaries, Path data, Path log) {
        try {
            Process process = Unprivileged.instance()
                    .process(binaries.command("postgres", "-D", data.toString()))
                    .directory(data.toFile())
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            return new Postmaster(process, data);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Sends a signal that ends the server and waits until it has ended. */
    void stop(String signal) {
        signal("CONT");
        signal(signal);
        try {
            if (!process.waitFor(STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException("PostgreSQL did not stop within " + STOP_TIMEOUT.toSeconds() + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while PostgreSQL was stopping", e);
        }
    }

    /** Ends all processes of the server without asking them. */
    void kill() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    /** Sends a signal, by its name without SIG, to the postmaster. */
    void signal(String name) {
        signal(name, pid());
    }

    /** Sends a signal to a backend, which must be a child of this server and not just any process. */
    void signalBackend(String name, int pid) {
        long parent = pid();
        ProcessHandle.of(pid)
                .flatMap(ProcessHandle::parent)
                .filter(process -> process.pid() == parent)
                .orElseThrow(() -> new IllegalArgumentException("no backend of this server has the process id " + pid));
        signal(name, pid);
    }

    /** Some ways of starting put a process in between, so the file knows better than the process handle. */
    private long pid() {
        try {
            return Long.parseLong(
                    Files.readAllLines(data.resolve("postmaster.pid")).get(0));
        } catch (IOException e) {
            throw new UncheckedIOException("PostgreSQL is not running", e);
        }
    }

    private static void signal(String name, long pid) {
        try {
            // The shell's own kill: not every container has the program.
            Process kill = new ProcessBuilder("sh", "-c", "kill -" + name + " " + pid)
                    .redirectErrorStream(true)
                    .start();
            String output = new String(kill.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (kill.waitFor() != 0) {
                throw new IllegalStateException("SIG" + name + " to " + pid + ": " + output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}

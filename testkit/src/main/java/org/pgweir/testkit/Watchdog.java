package org.pgweir.testkit;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Stops a server and deletes its folder when this JVM is gone without having done so, even after a SIGKILL. A shell that reads from
 * a pipe whose other end only this JVM holds: at the end of the pipe it goes to work.
 */
final class Watchdog implements AutoCloseable {

    private static final String SCRIPT = "trap '' INT HUP TERM\n"
            + "while read -r line; do :; done\n"
            + "if pid=$(head -n 1 \"$1/data/postmaster.pid\"); then\n"
            + "  kill -CONT $pid; kill -QUIT $pid\n"
            + "  n=0; while kill -0 $pid && [ $n -lt 100 ]; do sleep 0.1; n=$((n+1)); done\n"
            + "fi\n"
            + "rm -rf \"$1\"\n";

    private final Process shell;

    private Watchdog(Process shell) {
        this.shell = shell;
    }

    static Watchdog over(Path folder) throws IOException {
        return new Watchdog(new ProcessBuilder("sh", "-c", SCRIPT, "pgweir-testkit-watchdog", folder.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start());
    }

    /** Nothing is left to be done: the folder has been deleted. */
    @Override
    public void close() throws IOException {
        shell.getOutputStream().close();
    }
}

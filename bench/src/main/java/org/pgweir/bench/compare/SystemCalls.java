package org.pgweir.bench.compare;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Counts the system calls of another process, all threads together: with perf, which costs the process little, else with strace,
 * which slows it down several times.
 */
final class SystemCalls implements AutoCloseable {
    /** Which program counts. */
    enum Counter {
        PERF,
        STRACE,
        NONE;

        /** perf is there in many places where the kernel does not let it count. */
        static Counter find() {
            if (Programs.succeeds("perf", "stat", "-e", PERF_EVENT, "-p", Long.toString(ownPid()), "true")) {
                return PERF;
            }
            return Programs.onPath("strace").isPresent() ? STRACE : NONE;
        }

        private static long ownPid() {
            return ProcessHandle.current().pid();
        }
    }

    private static final String PERF_EVENT = "raw_syscalls:sys_enter";

    private final Counter counter;
    private final Children children;
    private final Process process;
    private final Path output;

    private SystemCalls(Counter counter, Children children, Process process, Path output) {
        this.counter = counter;
        this.children = children;
        this.process = process;
        this.output = output;
    }

    /** Counts from the return of this method on; nothing if it is not allowed to. */
    static Optional<SystemCalls> begin(Counter counter, Stage stage, long pid) throws IOException {
        if (counter == Counter.NONE) {
            return Optional.empty();
        }
        Path output = Files.createTempFile(stage.folder(), "system-calls", "");
        List<String> command = counter == Counter.PERF
                // It counts as long as the command runs, which runs until its input ends.
                ? List.of(
                        "perf",
                        "stat",
                        "-x",
                        ",",
                        "-e",
                        PERF_EVENT,
                        "-o",
                        output.toString(),
                        "-p",
                        Long.toString(pid),
                        "sh",
                        "-c",
                        "echo counting; exec cat")
                : List.of("strace", "-c", "-f", "-o", output.toString(), "-p", Long.toString(pid));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("LC_ALL", "C");
        Process process = stage.children().start(builder);
        // Both say a line when they have begun.
        BufferedReader said =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String line = said.readLine();
        if (line == null || !(line.equals("counting") || line.contains(" attached"))) {
            stage.children().end(process);
            return Optional.empty();
        }
        return Optional.of(new SystemCalls(counter, stage.children(), process, output));
    }

    /** Ends the counting. */
    OptionalLong end() throws IOException, InterruptedException {
        if (counter == Counter.PERF) {
            process.getOutputStream().close();
            process.waitFor();
            return parsePerf(Files.readString(output));
        }
        children.end(process);
        return parseStrace(Files.readString(output));
    }

    /** {@code 61432,,raw_syscalls:sys_enter,2002041938,100.00,,}. */
    static OptionalLong parsePerf(String output) {
        return output.lines()
                .map(line -> line.split(","))
                .filter(fields -> fields.length > 2 && fields[2].equals(PERF_EVENT) && fields[0].matches("\\d+"))
                .mapToLong(fields -> Long.parseLong(fields[0]))
                .findFirst();
    }

    /** {@code 100.00    0.012345          12      1234         5 total}. */
    static OptionalLong parseStrace(String output) {
        return output.lines()
                .map(line -> line.trim().split("\\s+"))
                .filter(fields -> fields.length >= 5 && fields[fields.length - 1].equals("total"))
                .mapToLong(fields -> Long.parseLong(fields[3]))
                .findFirst();
    }

    @Override
    public void close() throws IOException {
        if (process.isAlive()) {
            children.end(process);
        }
        Files.deleteIfExists(output);
    }
}

package org.pgweir.bench.compare;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Programs that are installed on this machine. */
final class Programs {
    private static final Path DEBIAN = Path.of("/usr/lib/postgresql");
    private static final String PATH = System.getenv().getOrDefault("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin";

    private Programs() {}

    /** The programs of the newest PostgreSQL server of Debian's packages. */
    static Optional<Path> postgresFolder() {
        if (!Files.isDirectory(DEBIAN)) {
            return Optional.empty();
        }
        try (Stream<Path> versions = Files.list(DEBIAN)) {
            return versions.filter(folder -> folder.getFileName().toString().matches("\\d+"))
                    .sorted(Comparator.comparing((Path folder) ->
                                    Integer.valueOf(folder.getFileName().toString()))
                            .reversed())
                    .map(folder -> folder.resolve("bin"))
                    .filter(folder -> Files.isExecutable(folder.resolve("postgres")))
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    static Optional<Path> pgbench() {
        return postgresFolder()
                .map(folder -> folder.resolve("pgbench"))
                .filter(Files::isExecutable)
                .or(() -> onPath("pgbench"));
    }

    /** Where the shell would find it; also in the folders for administrators, which not everybody has in the path. */
    static Optional<Path> onPath(String name) {
        return Stream.of(PATH.split(":"))
                .filter(folder -> folder.startsWith("/"))
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** Whether a command can be run and ends without an error. */
    static boolean succeeds(String... command) {
        return run(command).isPresent();
    }

    /** What a command prints on standard output, for example with --version; empty if it fails. */
    static String output(String... command) {
        return run(command).orElse("");
    }

    static String firstLine(String... command) {
        return output(command).lines().findFirst().orElse("");
    }

    private static Optional<String> run(String... command) {
        try {
            Process process = new ProcessBuilder(List.of(command))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor() == 0 ? Optional.of(output) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    /** How many files this process, and what it starts, may have open. */
    static long mostOpenFiles() {
        try {
            String limits = Files.readString(Path.of("/proc/self/limits"));
            Matcher line = Pattern.compile("Max open files +(\\d+)").matcher(limits);
            // Else it is "unlimited".
            return line.find() ? Long.parseLong(line.group(1)) : Long.MAX_VALUE;
        } catch (IOException e) {
            return Long.MAX_VALUE;
        }
    }
}

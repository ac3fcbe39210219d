package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.pgweir.proxy.Pooler;

/** PostgreSQL 15's own client programs, where Debian's packages are installed; tests are skipped elsewhere. */
final class DebianProgram {
    private static final Path FOLDER = Path.of("/usr/lib/postgresql/15/bin");

    /** With {@code PGWEIR_PROGRAMS=required} in the environment a missing program fails. */
    private static final boolean REQUIRED = "required".equals(System.getenv("PGWEIR_PROGRAMS"));

    private final Pooler pooler;
    private final String name;

    private DebianProgram(Pooler pooler, String name) {
        this.pooler = pooler;
        this.name = name;
    }

    /** The program of that name, as the superuser through the pooler. */
    static DebianProgram through(Pooler pooler, String name) {
        assumeTrue(REQUIRED || Files.isExecutable(FOLDER.resolve(name)), () -> name + " of PostgreSQL 15 is not here");
        return new DebianProgram(pooler, name);
    }

    /** Runs it to its end, and gives what it wrote; fails unless it ended well. */
    String run(String... arguments) {
        List<String> command = new ArrayList<>(List.of(FOLDER.resolve(name).toString()));
        command.addAll(List.of(arguments));
        try {
            Path output = Files.createTempFile("pgweir-test", ".out");
            try {
                ProcessBuilder builder =
                        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
                builder.environment()
                        .putAll(Map.of(
                                "PGHOST", "127.0.0.1",
                                "PGPORT", "" + pooler.port(),
                                "PGUSER", "postgres",
                                "PGSSLMODE", "disable",
                                "LC_ALL", "C"));
                Process process = builder.start();
                boolean ended = process.waitFor(60, TimeUnit.SECONDS);
                if (!ended) {
                    process.destroyForcibly().waitFor();
                }
                String text = Files.readString(output, StandardCharsets.UTF_8);
                assertThat(ended).as("%s ended in time: %s", name, text).isTrue();
                assertThat(process.exitValue()).as("%s: %s", name, text).isZero();
                return text;
            } finally {
                Files.delete(output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}

package org.pgweir.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** In a process of its own, as the launcher runs it. */
class TrainingTest {
    @TempDir
    Path folder;

    @Test
    void notes_the_classes_of_a_start_and_leaves_nothing_behind() throws Exception {
        Path temporary = Files.createDirectory(folder.resolve("t"));
        Path classes = folder.resolve("classes");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-Djava.io.tmpdir=" + temporary,
                        "-Xshare:off",
                        "-XX:DumpLoadedClassList=" + classes,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Training.class.getName())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();

        boolean ended = process.waitFor(90, TimeUnit.SECONDS);

        process.destroyForcibly();
        assertThat(ended).isTrue();
        assertThat(process.exitValue()).as(said()).isZero();
        // Newer Javas write more behind the name.
        assertThat(Files.readAllLines(classes).stream().map(line -> line.split(" ")[0]))
                .contains(
                        "org/pgweir/proxy/Main",
                        "org/pgweir/proxy/auth/ScramExchange",
                        "io/netty/channel/nio/NioIoHandler");
        assertThat(trainingFolders(temporary)).isEmpty();
    }

    private String said() throws IOException {
        return Files.readString(folder.resolve("log"));
    }

    private static List<Path> trainingFolders(Path temporary) throws IOException {
        try (Stream<Path> files = Files.list(temporary)) {
            return files.filter(file -> file.getFileName().toString().startsWith("pgweir-training"))
                    .toList();
        }
    }
}

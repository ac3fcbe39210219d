package org.pgweir.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.Ports;

class DemoTest {
    private static final Pattern SUMMARY = Pattern.compile("([\\d,]+) transactions in [\\d.]+ s: .*, (\\d+) errors");

    private final ByteArrayOutputStream output = new ByteArrayOutputStream();

    @ParameterizedTest
    @ValueSource(strings = {"transaction", "session", "statement"})
    void runsAndLeavesNothing(String mode) {
        List<Long> before = children();

        int exitCode = demo("--seconds", "1", "--clients", "4", "--mode", mode, "--port", freePort());

        assertThat(exitCode).as(text()).isZero();
        Matcher summary = SUMMARY.matcher(text());
        assertThat(summary.find()).as(text()).isTrue();
        assertThat(Integer.parseInt(summary.group(1).replace(",", ""))).isPositive();
        assertThat(summary.group(2)).isEqualTo("0");
        assertThat(text()).contains("4 clients on ").contains("psql -h 127.0.0.1 -p ");
        assertThat(foldersOf(ProcessHandle.current().pid())).isEmpty();
        Await.until("all processes to be gone", () -> before.containsAll(children()));
    }

    @Test
    void saysWhichPortIsInUse() throws IOException {
        try (ServerSocket taken = new ServerSocket()) {
            taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            String port = Integer.toString(taken.getLocalPort());
            PrintStream standardError = System.err;
            ByteArrayOutputStream errors = new ByteArrayOutputStream();
            System.setErr(new PrintStream(errors, true, StandardCharsets.UTF_8));
            int exitCode;
            try {
                exitCode = demo("--port", port);
            } finally {
                System.setErr(standardError);
            }

            assertThat(exitCode).isEqualTo(1);
            assertThat(errors.toString(StandardCharsets.UTF_8))
                    .contains("port " + port + " is in use")
                    .contains("choose another with --port");
        }
    }

    @Test
    void refusesNumbersThatMakeNoSense() {
        assertThat(demo("--clients", "0")).isEqualTo(2);
        assertThat(demo("--seconds", "-1")).isEqualTo(2);
        assertThat(demo("--port", "70000")).isEqualTo(2);
        assertThat(demo("--clients", "1000", "--mode", "session")).isEqualTo(2);
    }

    /** SIGTERM runs the same hook as Ctrl-C. */
    @Test
    void leavesNothingWhenItIsInterrupted(@TempDir Path place) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Dpgweir.testkit.dir=" + place,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Demo.class.getName(),
                        "--seconds",
                        "0",
                        "--clients",
                        "4",
                        "--port",
                        freePort())
                .redirectErrorStream(true)
                .start();
        StringBuilder said = new StringBuilder();
        List<ProcessHandle> children;
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line = reader.readLine();
            while (line != null && !line.contains("transactions/s")) {
                said.append(line).append('\n');
                line = reader.readLine();
            }
            children = process.descendants().toList();
            // Not Process.destroy(), which closes the stream that is still to be read.
            process.toHandle().destroy();
            reader.lines().forEach(rest -> said.append(rest).append('\n'));
        }

        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(said).containsPattern(SUMMARY);
        assertThat(children).isNotEmpty();
        Await.until(
                Duration.ofSeconds(10),
                "all processes to be gone",
                () -> children.stream().noneMatch(ProcessHandle::isAlive));
        Await.until("the server's folder to be gone", () -> isEmpty(place));
        assertThat(foldersOf(process.pid())).isEmpty();
    }

    private int demo(String... arguments) {
        return Demo.run(new PrintStream(output, true, StandardCharsets.UTF_8), arguments);
    }

    private String text() {
        return output.toString(StandardCharsets.UTF_8);
    }

    private static String freePort() {
        return Integer.toString(Ports.free());
    }

    private static List<Long> children() {
        return ProcessHandle.current().descendants().map(ProcessHandle::pid).toList();
    }

    private static List<Path> foldersOf(long pid) {
        try (Stream<Path> all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return all.filter(path -> path.getFileName().toString().startsWith("pgweir-demo-" + pid + "-"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isEmpty(Path folder) {
        try (Stream<Path> all = Files.list(folder)) {
            return all.findAny().isEmpty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

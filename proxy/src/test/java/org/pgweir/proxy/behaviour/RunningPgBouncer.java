package org.pgweir.proxy.behaviour;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.Ports;
import org.pgweir.testkit.Unprivileged;
import org.pgweir.testkit.WireClient;

/** PgBouncer itself, to compare with: the one that is installed. Tests that need it are skipped where there is none. */
final class RunningPgBouncer implements AutoCloseable {
    private final Path folder;
    private final Process process;
    private final int port;

    private RunningPgBouncer(Path folder, Process process, int port) {
        this.folder = folder;
        this.process = process;
        this.port = port;
    }

    /** In front of the same database and for the same users as the tests' {@code Pooler}. */
    static RunningPgBouncer start(EmbeddedPostgres postgres) {
        Path program = Stream.of("/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer")
                .map(Path::of)
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(null);
        assumeTrue(program != null, "PgBouncer is not installed");
        int port = Ports.free();
        try {
            Path folder = Files.createTempDirectory("pgbouncer-test");
            Files.writeString(folder.resolve("userlist.txt"), "\"postgres\" \"\"\n\"stats\" \"\"\n");
            Files.write(
                    folder.resolve("pgbouncer.ini"),
                    List.of(
                            "[databases]",
                            postgres.database() + " = host=" + postgres.host() + " port=" + postgres.port() + " dbname="
                                    + postgres.database(),
                            "[pgbouncer]",
                            "listen_addr = 127.0.0.1",
                            "listen_port = " + port,
                            "unix_socket_dir =",
                            "auth_type = trust",
                            "auth_file = " + folder.resolve("userlist.txt"),
                            "pool_mode = transaction",
                            "admin_users = postgres",
                            "stats_users = stats"));
            folder.toFile().setReadable(true, false);
            folder.toFile().setExecutable(true, false);
            Unprivileged.instance().handOver(folder);
            Process process = Unprivileged.instance()
                    .process(List.of(
                            program.toString(), folder.resolve("pgbouncer.ini").toString()))
                    .redirectOutput(folder.resolve("log").toFile())
                    .start();
            RunningPgBouncer started = new RunningPgBouncer(folder, process, port);
            Await.until("PgBouncer lets somebody in", started::answers);
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean answers() {
        try (WireClient console = console("postgres")) {
            return console.backendPid() != 0;
        } catch (UncheckedIOException notYet) {
            return false;
        }
    }

    int port() {
        return port;
    }

    WireClient console(String user) {
        WireClient console = WireClient.connect("127.0.0.1", port);
        console.timeout(Duration.ofSeconds(20)).login(user, "", "pgbouncer");
        return console;
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : (Iterable<Path>) files::iterator) {
                    Files.delete(file);
                }
            }
            Files.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

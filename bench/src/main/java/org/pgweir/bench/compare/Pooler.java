package org.pgweir.bench.compare;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.pgweir.testkit.KnownSecrets;
import org.pgweir.testkit.Ports;
import org.pgweir.testkit.Unprivileged;
import org.pgweir.testkit.WireClient;
import org.pgweir.testkit.WireError;

/** A pooler that runs as a process of its own, with the same file for all kinds. */
final class Pooler implements AutoCloseable {
    private static final long START_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long PAUSE_NANOS = 200_000;
    private static final int LOG_LINES = 20;

    private static final String USERS = "userlist.txt";
    private static final String CERTIFICATE = "server.crt";
    private static final String KEY = "server.key";

    private final Stage stage;
    private final Contender contender;
    private final int port;
    private final Path log;
    private final Process process;
    private final long pid;
    private final long nanosToLogin;

    private Pooler(Stage stage, Contender contender, Profile profile, int poolSize) throws IOException {
        this.stage = stage;
        this.contender = contender;
        this.port = Ports.free();
        Path folder = Files.createDirectories(stage.folder().resolve(contender.id()));
        log = folder.resolve("log");
        Files.write(folder.resolve(USERS), stage.userList(profile));
        Files.writeString(folder.resolve(CERTIFICATE), stage.certificate().certificatePem());
        Files.writeString(folder.resolve(KEY), stage.certificate().keyPem());
        Path file = Files.write(
                folder.resolve("pgbouncer.ini"),
                configuration(contender, profile, poolSize, stage.postgresPort(), port, folder));
        Unprivileged.instance().handOver(folder);
        ProcessBuilder builder = command(file).redirectErrorStream(true).redirectOutput(log.toFile());
        long began = System.nanoTime();
        process = stage.children().start(builder);
        try {
            awaitLogin(profile, began);
            nanosToLogin = System.nanoTime() - began;
            pid = Children.pidOf(process);
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /** Starts it and waits until a client can log in. */
    static Pooler start(Stage stage, Contender contender, Profile profile, int poolSize) throws IOException {
        return new Pooler(stage, contender, profile, poolSize);
    }

    private ProcessBuilder command(Path file) {
        if (contender.kind() == Contender.Kind.PGBOUNCER) {
            return Unprivileged.instance()
                    .process(List.of(stage.tools().pgbouncer().toString(), file.toString()));
        }
        ProcessBuilder builder = new ProcessBuilder(stage.tools().pgweir().toString(), "run", file.toString());
        // Whoever edits the sources meanwhile would have them built when it starts the next time.
        builder.environment().put("PGWEIR_AS_BUILT", "1");
        return builder;
    }

    static List<String> configuration(
            Contender contender, Profile profile, int poolSize, int postgresPort, int port, Path folder) {
        List<String> lines = new ArrayList<>(List.of(
                "[databases]",
                Stage.DATABASE + " = host=127.0.0.1 port=" + postgresPort + " user=" + Stage.USER,
                "",
                "[pgbouncer]",
                "listen_addr = 127.0.0.1",
                "listen_port = " + port,
                "unix_socket_dir =",
                "auth_type = " + profile.authType(),
                "auth_file = " + folder.resolve(USERS),
                "pool_mode = " + profile.mode(),
                "default_pool_size = " + poolSize,
                "max_client_conn = " + Stage.MOST_CLIENTS,
                "ignore_startup_parameters = extra_float_digits",
                "server_tls_sslmode = disable",
                "log_connections = 0",
                "log_disconnections = 0",
                "log_stats = 0"));
        lines.addAll(profile.moreSettings());
        if (profile.isEncrypted()) {
            lines.add("client_tls_cert_file = " + folder.resolve(CERTIFICATE));
            lines.add("client_tls_key_file = " + folder.resolve(KEY));
        }
        if (contender.kind() == Contender.Kind.PGWEIR) {
            lines.add("transport = " + contender.transport());
            lines.add("event_loops = " + contender.loops());
        }
        return lines;
    }

    private void awaitLogin(Profile profile, long began) throws IOException {
        while (!canLogIn(profile)) {
            if (!process.isAlive()) {
                throw new IOException(contender.title() + " did not start:\n" + lastLog());
            }
            if (System.nanoTime() - began > START_NANOS) {
                throw new IOException(contender.title() + " lets nobody in:\n" + lastLog());
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private boolean canLogIn(Profile profile) throws IOException {
        try (WireClient client = WireClient.connect("127.0.0.1", port)) {
            client.timeout(Duration.ofNanos(START_NANOS)).login(profile.user(), Stage.PASSWORD, Stage.DATABASE);
            return true;
        } catch (UncheckedIOException notYet) {
            return false;
        } catch (WireError | AssertionError e) {
            throw new IOException(contender.title() + " lets nobody in: " + e.getMessage() + "\n" + lastLog(), e);
        }
    }

    ProcessUsage usage() throws IOException {
        return ProcessUsage.of(pid);
    }

    long residentBytes() throws IOException {
        return ProcessUsage.residentBytes(pid);
    }

    boolean isAlive() {
        return process.isAlive();
    }

    int port() {
        return port;
    }

    long pid() {
        return pid;
    }

    Contender contender() {
        return contender;
    }

    /** From the start of the process until a client was logged in. */
    long nanosToLogin() {
        return nanosToLogin;
    }

    String lastLog() {
        try {
            List<String> lines = Files.readAllLines(log);
            return String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()));
        } catch (IOException e) {
            return "(no log: " + e.getMessage() + ")";
        }
    }

    /** @throws IllegalStateException if its log has a secret in it */
    @Override
    public void close() {
        stage.children().end(process);
        if (contender.kind() == Contender.Kind.PGWEIR && Files.exists(log)) {
            requireNoSecrets(log);
        }
    }

    static void requireNoSecrets(Path log) {
        try {
            String where = KnownSecrets.in(Files.readString(log));
            if (where != null) {
                throw new IllegalStateException("a secret stands in " + log + ": " + where);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

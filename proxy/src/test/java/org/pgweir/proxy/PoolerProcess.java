package org.pgweir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.KnownSecrets;
import org.pgweir.testkit.Ports;
import org.pgweir.testkit.Unprivileged;
import org.pgweir.testkit.WireClient;

/**
 * The pooler as a process of its own, from its command line to its exit code; not root, even if the tests are. Everything is in one
 * folder: configuration, standard output and standard error.
 */
public final class PoolerProcess implements AutoCloseable {
    private static final Duration LONGEST = Duration.ofSeconds(30);

    private final Path folder;
    private final int port;
    private final Process process;

    private PoolerProcess(Path folder, int port, Process process) {
        this.folder = folder;
        this.port = port;
        this.process = process;
    }

    public static Builder in(Path folder) {
        return new Builder(folder);
    }

    /** Collects settings and options; what is not set is: trust, user and admin postgres, transaction mode, a Unix socket in the folder. */
    public static final class Builder {
        private final Path folder;
        private final Map<String, String> settings = new LinkedHashMap<>();
        private final Map<String, String> environment = new LinkedHashMap<>();
        private final List<String> jvmOptions = new ArrayList<>();
        private String databases = "";
        private String program = "pgbouncer";
        private List<String> prefix = List.of();
        private boolean asMyself;

        private Builder(Path folder) {
            this.folder = folder;
            set("listen_addr", "127.0.0.1");
            set("listen_port", Integer.toString(Ports.free()));
            set("unix_socket_dir", folder.toString());
            set("auth_type", "trust");
            set("auth_file", folder.resolve("userlist.txt").toString());
            set("pool_mode", "transaction");
            set("admin_users", "postgres");
        }

        /** A setting of the section [pgbouncer]. */
        public Builder set(String name, String value) {
            settings.put(name, value);
            return this;
        }

        /** The text of the section [databases]. */
        public Builder databases(String text) {
            databases = text;
            return this;
        }

        public Builder environment(String name, String value) {
            environment.put(name, value);
            return this;
        }

        /** An option of the JVM, such as -Dname=value. */
        public Builder jvmOption(String option) {
            jvmOptions.add(option);
            return this;
        }

        /** The name by which it is started: pgbouncer unless told otherwise. */
        public Builder program(String name) {
            program = name;
            return this;
        }

        /** A program that starts it. */
        public Builder under(String... command) {
            prefix = List.of(command);
            return this;
        }

        /** As the user of the tests, who may be root. */
        public Builder asMyself() {
            asMyself = true;
            return this;
        }

        public Path file() {
            return folder.resolve("pgbouncer.ini");
        }

        /** Writes the configuration; a reload makes it take effect. */
        public Builder write() {
            StringBuilder ini =
                    new StringBuilder("[databases]\n").append(databases).append("\n[pgbouncer]\n");
            settings.forEach((name, value) ->
                    ini.append(name).append(" = ").append(value).append('\n'));
            try {
                Files.writeString(file(), ini);
                Files.writeString(folder.resolve("userlist.txt"), "\"postgres\" \"\"\n");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return this;
        }

        /** Writes the configuration and starts with these options and the file. */
        public PoolerProcess start(String... options) {
            write();
            List<String> arguments = new ArrayList<>(Arrays.asList(options));
            arguments.add(file().toString());
            return startWith(arguments);
        }

        /** Starts with this command line. */
        public PoolerProcess startWith(List<String> arguments) {
            // A shell's background processes ignore INT, and so would Java.
            List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT,QUIT"));
            command.addAll(prefix);
            command.addAll(List.of(
                    System.getProperty("java.home") + "/bin/java",
                    "-Xmx64m",
                    "-XX:TieredStopAtLevel=1",
                    "-Dpgweir.program=" + program));
            command.addAll(jvmOptions);
            command.addAll(List.of("-cp", System.getProperty("java.class.path"), "org.pgweir.proxy.Main"));
            command.addAll(arguments);
            ProcessBuilder builder = asMyself
                    ? new ProcessBuilder(command)
                    : Unprivileged.instance().process(command);
            builder.environment().putAll(environment);
            builder.redirectErrorStream(false);
            builder.redirectOutput(folder.resolve("out").toFile());
            builder.redirectError(folder.resolve("err").toFile());
            try {
                if (!asMyself) {
                    Unprivileged.instance().handOver(folder);
                }
                return new PoolerProcess(folder, Integer.parseInt(settings.get("listen_port")), builder.start());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    public long pid() {
        return process.pid();
    }

    public int port() {
        return port;
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Returns when it listens. */
    public PoolerProcess awaitUp() {
        Await.until(LONGEST, "the pooler listens", () -> {
            assertThat(process.isAlive()).as(err()).isTrue();
            return !Ports.isFree(port);
        });
        return this;
    }

    /** Returns when it is gone. */
    public int awaitExit() {
        try {
            assertThat(process.waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS))
                    .as(err())
                    .isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return process.exitValue();
    }

    /** @param name without SIG */
    public void signal(String name) {
        try {
            assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(pid()))
                            .inheritIO()
                            .start()
                            .waitFor())
                    .isZero();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    public String out() {
        return read(folder.resolve("out"));
    }

    public String err() {
        return read(folder.resolve("err"));
    }

    /** Returns when standard error has this. */
    public void awaitErr(String text) {
        Await.until(LONGEST, "\"" + text + "\" on standard error", () -> err().contains(text));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public WireClient client(String database) {
        WireClient client = WireClient.connect("127.0.0.1", port);
        client.login("postgres", "", database);
        return client;
    }

    /** Runs a command on the console. */
    public List<List<String>> console(String command) {
        try (WireClient console = client("pgbouncer")) {
            return console.query(command);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        awaitExit();
        assertThat(KnownSecrets.in(out() + err()))
                .as("secrets in the output of the process")
                .isNull();
    }
}

package org.pgweir.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.pgweir.config.ConfigurationException;
import org.pgweir.config.ConfigurationLoader;
import org.pgweir.proxy.Main;
import org.pgweir.proxy.Pgweir;
import org.pgweir.proxy.net.Transport;
import org.pgweir.testkit.Folders;
import org.pgweir.testkit.Ports;
import org.pgweir.testkit.WireClient;
import org.pgweir.testkit.WireError;

/**
 * Runs the pooler for a moment, so that the JVM can note which classes it needs; the launcher makes a class-data archive of them.
 * Clients come over a Unix socket in a folder of its own, and the pooler is its own PostgreSQL: the database {@code loop} leads to
 * the console of the same process. The exit code is 0 if all went well.
 */
public final class Training {
    private static final int PORT = 6432;
    private static final String PASSWORD = "sesame";

    /** What PostgreSQL would store of that password, with a salt of zeros. */
    private static final String VERIFIER = "SCRAM-SHA-256$4096:AAAAAAAAAAAAAAAAAAAAAA==$"
            + "p81rD7fyNHr2YTETaPKB+IV0iKnY3dZioKevYTRAZB0=:6Ucadz9USaDZGUpfNtEba0boX4tk9AuUj6J1LIovdHc=";

    /** Whatever hangs, nobody waits longer for an archive that saves some tenths of a second. */
    private static final long LONGEST_MILLIS = TimeUnit.SECONDS.toMillis(60);

    private static final long PAUSE_MILLIS = 20;

    private final Path folder;

    private Training(Path folder) {
        this.folder = folder;
    }

    public static void main(String[] arguments) throws Exception {
        inBackground("training-limit", () -> {
            Thread.sleep(LONGEST_MILLIS);
            Runtime.getRuntime().halt(1);
        });
        Path folder = Files.createTempDirectory("pgweir-training");
        // The last part ends the process.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
        Training training = new Training(folder);
        for (Transport transport : Transport.values()) {
            if (transport.unavailability() == null) {
                training.runOn(transport);
            }
        }
        training.runAsProcess();
    }

    /** Every transport has its own classes, and whoever configures another than the best shall start as fast. */
    private void runOn(Transport transport) throws IOException, ConfigurationException {
        int httpPort = Ports.free();
        Path file = configuration(
                "transport = " + transport.settingName(), "auth_type = md5", "http_listen = 127.0.0.1:" + httpPort);
        try (Pgweir pgweir = Pgweir.start(ConfigurationLoader.load(file))) {
            logIn("plain", "loop", "SHOW VERSION");
            for (String table : List.of("HELP", "CONFIG", "DATABASES", "POOLS", "CLIENTS", "SERVERS", "STATS")) {
                logIn("plain", "pgbouncer", "SHOW " + table);
            }
            readMetrics(httpPort);
            pgweir.reload();
        }
    }

    private static void readMetrics(int port) {
        try (InputStream answer =
                URI.create("http://127.0.0.1:" + port + "/metrics").toURL().openStream()) {
            answer.readAllBytes();
        } catch (IOException e) {
            System.err.println("training: no metrics: " + e.getMessage());
        }
    }

    /** As the launcher starts it, with SCRAM; ends this process. */
    private void runAsProcess() throws IOException {
        Path file = configuration("auth_type = scram-sha-256");
        inBackground("training-client", () -> {
            while (!Files.exists(socket())) {
                Thread.sleep(PAUSE_MILLIS);
            }
            logIn("plain", "loop", "SHOW VERSION");
            logIn("verifier", "loop", "SHOW VERSION");
            logIn("plain", "pgbouncer", "SHUTDOWN");
        });
        Main.main(new String[] {"run", file.toString()});
    }

    private Path configuration(String... settings) throws IOException {
        Path users = Files.write(
                folder.resolve("userlist.txt"),
                List.of("\"plain\" \"" + PASSWORD + "\"", "\"verifier\" \"" + VERIFIER + "\""));
        List<String> lines = new ArrayList<>(List.of(
                "[databases]",
                "loop = host=" + folder + " port=" + PORT + " dbname=pgbouncer user=plain password=" + PASSWORD,
                "",
                "[pgbouncer]",
                "listen_addr =",
                "listen_port = " + PORT,
                "unix_socket_dir = " + folder,
                "auth_file = " + users,
                "admin_users = plain",
                "pool_mode = transaction"));
        lines.addAll(List.of(settings));
        return Files.write(folder.resolve("pgbouncer.ini"), lines);
    }

    private Path socket() {
        return folder.resolve(".s.PGSQL." + PORT);
    }

    private void logIn(String user, String database, String query) {
        try (WireClient client = WireClient.connect(socket())) {
            client.login(user, PASSWORD, database).query(query);
        } catch (UncheckedIOException | WireError e) {
            // A shutdown closes the connection.
            System.err.println("training: " + query + " on " + database + ": " + e.getMessage());
        }
    }

    private interface Work {
        void run() throws Exception;
    }

    private static void inBackground(String name, Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (Exception | AssertionError e) {
                        System.err.println("training: " + e);
                        Runtime.getRuntime().exit(1);
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
    }

    private static void delete(Path folder) {
        try {
            Folders.delete(folder);
        } catch (IOException e) {
            System.err.println("training: " + folder + " is left behind: " + e.getMessage());
        }
    }
}

package org.pgweir.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A real PostgreSQL server for tests, out of Maven artifacts or, with {@code -Dpgweir.postgres.bin=/usr/lib/postgresql/15/bin}, an
 * installed one. It listens on 127.0.0.1 and on a Unix socket in its own folder, and leaves nothing behind: not after
 * {@link #close()}, not after Ctrl-C, not after a SIGKILL of the JVM.
 *
 * <p>The data lies in memory (/dev/shm) where there is much of it, else in the folder for temporary files, or where
 * {@code -Dpgweir.testkit.dir} says. fsync and full_page_writes are off. The methods may be called from any thread, one at a time.
 */
public final class EmbeddedPostgres implements AutoCloseable {

    private static final Duration START_TIMEOUT = Duration.ofSeconds(30);
    private static final String HOST = "127.0.0.1";

    private final PostgresBinaries binaries;
    private final Path folder;
    private final int port;
    private final String password;
    private final String database;
    private final Watchdog watchdog;
    private final Thread shutdownHook = new Thread(this::destroy, "pgweir-testkit-shutdown");
    private Postmaster postmaster;

    private EmbeddedPostgres(PostgresBinaries binaries, Path folder, int port, String password, String database)
            throws IOException {
        this.binaries = binaries;
        this.folder = folder;
        this.port = port;
        this.password = password;
        this.database = database;
        this.watchdog = Watchdog.over(folder);
        Runtime.getRuntime().addShutdownHook(shutdownHook);
    }

    public static Builder builder() {
        return new Builder();
    }

    /** What a server is to be like. */
    public static final class Builder {

        private final Map<String, String> settings = new LinkedHashMap<>();
        private final Map<String, String> files = new LinkedHashMap<>();
        private final List<String> hba = new ArrayList<>();
        private PostgresVersion version = PostgresVersion.CURRENT;
        private int port;
        private String password = "sesame-of-postgres";
        private String auth = "trust";
        private String database = "postgres";

        private Builder() {
            settings.put("listen_addresses", HOST);
            settings.put("fsync", "off");
            settings.put("full_page_writes", "off");
            settings.put("synchronous_commit", "off");
            settings.put("max_connections", "200");
        }

        public Builder version(PostgresVersion version) {
            this.version = version;
            return this;
        }

        /** The TCP port; 0, the default, takes a free one. */
        public Builder port(int port) {
            this.port = port;
            return this;
        }

        /** A line of postgresql.conf; the value needs no quotes. Socket directories are added to the server's own. */
        public Builder setting(String name, String value) {
            settings.put(name, value);
            return this;
        }

        /**
         * Lines of pg_hba.conf instead of those of {@link #auth}. A line that trusts the superuser on the Unix socket is added behind
         * them, for {@link #execute} and {@link #query}.
         */
        public Builder hba(String... lines) {
            hba.addAll(List.of(lines));
            return this;
        }

        /** The method for everybody, everywhere: trust (the default), password, md5 or scram-sha-256. */
        public Builder auth(String method) {
            this.auth = method;
            return this;
        }

        /** The password of the superuser {@code postgres}; the default is {@code postgres}. */
        public Builder superuserPassword(String password) {
            this.password = password;
            return this;
        }

        /** A database to create; {@link #execute} and {@link #query} use it. Without one they use {@code postgres}. */
        public Builder database(String name) {
            this.database = name;
            return this;
        }

        /** A file in the data directory, for example server.key, readable for the server only. */
        public Builder file(String name, String content) {
            files.put(name, content);
            return this;
        }

        /** Creates the server and waits until it can be used. */
        public EmbeddedPostgres start() {
            PostgresBinaries binaries = PostgresBinaries.of(version);
            int attempts = port == 0 ? 5 : 1;
            for (int attempt = 1; ; attempt++) {
                EmbeddedPostgres server = create(binaries);
                try {
                    server.start();
                    server.createDatabase();
                    return server;
                } catch (RuntimeException | AssertionError e) {
                    boolean portTaken = server.log().contains("Address already in use");
                    server.close();
                    if (!portTaken || attempt == attempts) {
                        throw e;
                    }
                }
            }
        }

        private EmbeddedPostgres create(PostgresBinaries binaries) {
            try {
                Path folder = Folders.createForServer();
                EmbeddedPostgres server =
                        new EmbeddedPostgres(binaries, folder, port == 0 ? Ports.free() : port, password, database);
                try {
                    ClusterTemplate.copyTo(server.dataDirectory(), binaries, auth, password);
                    configure(server);
                } catch (RuntimeException | IOException e) {
                    server.close();
                    throw e;
                }
                return server;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void configure(EmbeddedPostgres server) throws IOException {
            server.configure(settings);
            for (Map.Entry<String, String> file : files.entrySet()) {
                Path path = server.dataDirectory().resolve(file.getKey());
                Files.writeString(path, file.getValue());
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
            }
            server.writeHba(
                    hba.isEmpty()
                            ? List.of(
                                    "local all all " + auth,
                                    "host all all 127.0.0.1/32 " + auth,
                                    "local replication all " + auth,
                                    "host replication all 127.0.0.1/32 " + auth)
                            : hba);
            Unprivileged.instance().handOver(server.folder);
        }
    }

    // Where it is

    public String host() {
        return HOST;
    }

    public int port() {
        return port;
    }

    public String superuser() {
        return ClusterTemplate.SUPERUSER;
    }

    public String superuserPassword() {
        return password;
    }

    /** The database that {@link Builder#database} named, or postgres. */
    public String database() {
        return database;
    }

    /** A libpq connection URI for the superuser, over TCP. */
    public String connectionString() {
        return "postgresql://" + superuser() + ":" + password + "@" + HOST + ":" + port + "/" + database;
    }

    /** A JDBC URL without user and password, over TCP. */
    public String jdbcUrl() {
        return "jdbc:postgresql://" + HOST + ":" + port + "/" + database;
    }

    /** The folder of the Unix socket, as libpq's host parameter and PgBouncer's host setting want it. */
    public Path socketDirectory() {
        return folder;
    }

    /** The Unix socket. */
    public Path socket() {
        return folder.resolve(".s.PGSQL." + port);
    }

    public Path dataDirectory() {
        return folder.resolve("data");
    }

    /** What the server has logged since it was created. */
    public String log() {
        try {
            return Files.exists(logFile()) ? Files.readString(logFile()) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path logFile() {
        return folder.resolve("server.log");
    }

    // Start and stop

    /** Starts the server again after a stop, with the same port and data, and waits until it can be used. */
    public void start() {
        if (isRunning()) {
            throw new IllegalStateException("already running");
        }
        postmaster = Postmaster.start(binaries, dataDirectory(), logFile());
        Await.until(START_TIMEOUT, "PostgreSQL to accept connections", () -> !postmaster.isAlive() || accepts());
        if (!postmaster.isAlive()) {
            throw new IllegalStateException("PostgreSQL did not start:\n" + log());
        }
    }

    /** Stops at once but in order ("fast"): open transactions are rolled back, clients get an error with SQLSTATE 57P01. */
    public void stop() {
        stop("INT");
    }

    /** Stops without any order ("immediate"), as a crash would; the next start recovers from the log. Clients get a warning. */
    public void stopImmediately() {
        stop("QUIT");
    }

    /** {@link #stop()} and {@link #start()}. */
    public void restart() {
        stop();
        start();
    }

    public boolean isRunning() {
        return postmaster != null && postmaster.isAlive();
    }

    private void stop(String signal) {
        if (isRunning()) {
            postmaster.stop(signal);
        }
    }

    private boolean accepts() {
        try (WireClient client = superuserClient(superuser())) {
            return client.transactionStatus() == 'I';
        }
    }

    private void createDatabase() {
        if (query("postgres", "SELECT 1 FROM pg_database WHERE datname = " + literal(database))
                .isEmpty()) {
            execute("postgres", "CREATE DATABASE \"" + database.replace("\"", "\"\"") + "\"");
        }
    }

    // Replicas

    /**
     * Starts a hot standby of this server that streams from it, on a free port, with the same settings and pg_hba.conf. Close it
     * like any other.
     */
    public EmbeddedPostgres startReplica() {
        try {
            EmbeddedPostgres replica =
                    new EmbeddedPostgres(binaries, Folders.createForServer(), Ports.free(), password, database);
            try {
                Standby.copy(this, replica.dataDirectory());
                replica.configure(Map.of());
                Unprivileged.instance().handOver(replica.folder);
                replica.start();
                return replica;
            } catch (RuntimeException | IOException | AssertionError e) {
                replica.close();
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether this server is a standby. */
    public boolean isReplica() {
        return query("postgres", "SELECT pg_is_in_recovery()").get(0).get(0).equals("t");
    }

    /** Makes a standby a primary and waits until it is one. */
    public void promote() {
        execute("postgres", "SELECT pg_promote(true, 30)");
        Await.until("the promotion", () -> !isReplica());
    }

    /** Waits until this standby shows all that its primary has committed up to now. */
    public void awaitReplay(EmbeddedPostgres primary) {
        String written = primary.query("postgres", "SELECT pg_current_wal_insert_lsn()")
                .get(0)
                .get(0);
        // Commits are not synchronous; this makes the WAL writer's work certain.
        primary.execute("postgres", "SET synchronous_commit = on; SELECT pg_logical_emit_message(true, 'pgweir', '')");
        Await.until(
                "the standby to replay " + written,
                () -> query("postgres", "SELECT pg_last_wal_replay_lsn() >= '" + written + "'")
                        .get(0)
                        .get(0)
                        .equals("t"));
    }

    // Trouble

    /**
     * Sends SIGKILL to one backend of this server. PostgreSQL then ends all sessions and recovers, as after any crash of a
     * backend.
     */
    public void kill9Backend(int pid) {
        postmaster.signalBackend("KILL", pid);
    }

    /** Freezes the postmaster with SIGSTOP: new connections get no answer, existing sessions go on. */
    public void pause() {
        postmaster.signal("STOP");
    }

    /** Ends {@link #pause()}. */
    public void resume() {
        postmaster.signal("CONT");
    }

    /** Freezes one backend with SIGSTOP. It must be resumed before the server is stopped. */
    public void pauseBackend(int pid) {
        postmaster.signalBackend("STOP", pid);
    }

    /** Ends {@link #pauseBackend(int)}. */
    public void resumeBackend(int pid) {
        postmaster.signalBackend("CONT", pid);
    }

    // SQL and configuration

    /** A new connection over TCP, logged in. */
    public WireClient client(String user, String password, String database) {
        return loggedIn(WireClient.connect(HOST, port), user, password, database);
    }

    /** A new connection over TCP, logged in as the superuser. */
    public WireClient client() {
        return client(superuser(), password, database);
    }

    /** Runs SQL as the superuser in {@link #database()}, over the Unix socket. */
    public void execute(String sql) {
        execute(database, sql);
    }

    public void execute(String database, String sql) {
        query(database, sql);
    }

    /** Runs SQL as the superuser in {@link #database()} and returns the rows as text. */
    public List<List<String>> query(String sql) {
        return query(database, sql);
    }

    public List<List<String>> query(String database, String sql) {
        try (WireClient client = superuserClient(database)) {
            return client.query(sql);
        }
    }

    /** Replaces pg_hba.conf, as {@link Builder#hba}, and waits until it is in force. */
    public void hba(String... lines) {
        try {
            writeHba(List.of(lines));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        reload();
    }

    /** Reads the configuration again and waits until new connections see it. */
    public void reload() {
        String loadTime = "SELECT pg_conf_load_time()";
        List<List<String>> before = query("postgres", loadTime);
        postmaster.signal("HUP");
        Await.until(
                "the configuration to be loaded",
                () -> !query("postgres", loadTime).equals(before));
    }

    private WireClient superuserClient(String database) {
        return loggedIn(WireClient.connect(socket()), superuser(), password, database);
    }

    private static WireClient loggedIn(WireClient client, String user, String password, String database) {
        try {
            return client.login(user, password, database);
        } catch (RuntimeException | AssertionError e) {
            client.close();
            throw e;
        }
    }

    private void configure(Map<String, String> settings) throws IOException {
        Map<String, String> all = new LinkedHashMap<>(settings);
        all.put("port", Integer.toString(port));
        all.merge("unix_socket_directories", folder.toString(), (further, own) -> own + ", " + further);
        List<String> lines = new ArrayList<>();
        all.forEach((name, value) -> lines.add(name + " = " + literal(value)));
        Files.write(dataDirectory().resolve("postgresql.conf"), lines, StandardOpenOption.APPEND);
    }

    private void writeHba(List<String> lines) throws IOException {
        List<String> all = new ArrayList<>(lines);
        all.add("local all " + superuser() + " trust");
        all.add("local replication " + superuser() + " trust");
        Files.write(dataDirectory().resolve("pg_hba.conf"), all);
    }

    private static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    // The end

    /** Stops the server and deletes its folder. */
    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(shutdownHook);
        } catch (IllegalStateException shuttingDown) {
            return;
        }
        destroy();
    }

    private void destroy() {
        try {
            stopImmediately();
        } catch (RuntimeException e) {
            // It was not up yet, or a frozen backend keeps it from going.
            postmaster.kill();
        }
        try {
            Folders.delete(folder);
            watchdog.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

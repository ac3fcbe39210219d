package org.pgweir.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.pgweir.config.ConfigurationException;
import org.pgweir.config.ConfigurationLoader;
import org.pgweir.config.PoolMode;
import org.pgweir.proxy.Pgweir;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.WireClient;

/** What the demo starts, in this order: a PostgreSQL, the pooler, the clients. Ends them in the other. */
final class DemoStage implements AutoCloseable {
    static final String DATABASE = "demo";
    static final String USER = "postgres";

    /** Beside the pool's: those of the demo itself and of curious visitors. */
    private static final int SPARE_CONNECTIONS = 20;

    private final int port;
    private EmbeddedPostgres postgres;
    private WireClient observer;
    private Path folder;
    private Pgweir pgweir;
    private LoadGenerator load;

    DemoStage(int port) {
        this.port = port;
    }

    void startPostgres(int poolSize) {
        postgres = EmbeddedPostgres.builder()
                .database(DATABASE)
                .setting("max_connections", Integer.toString(poolSize + SPARE_CONNECTIONS))
                .start();
        for (String statement : DemoWorkload.SCHEMA) {
            postgres.execute(statement);
        }
        observer = postgres.client(USER, postgres.superuserPassword(), "postgres");
    }

    void startPooler(PoolMode mode, int poolSize, int clients) throws IOException, ConfigurationException {
        folder = Files.createTempDirectory(
                "pgweir-demo-" + ProcessHandle.current().pid() + "-");
        Path users = Files.write(folder.resolve("userlist.txt"), List.of("\"" + USER + "\" \"\""));
        Path file = Files.write(
                folder.resolve("pgbouncer.ini"),
                List.of(
                        "[databases]",
                        DATABASE + " = host=" + postgres.host() + " port=" + postgres.port(),
                        "",
                        "[pgbouncer]",
                        "listen_addr = 127.0.0.1",
                        "listen_port = " + port,
                        "unix_socket_dir =",
                        "auth_type = trust",
                        "auth_file = " + users,
                        "admin_users = " + USER,
                        "pool_mode = " + mode,
                        "default_pool_size = " + poolSize,
                        "max_client_conn = " + (clients + SPARE_CONNECTIONS),
                        "log_connections = 0",
                        "log_disconnections = 0",
                        "log_stats = 0"));
        pgweir = Pgweir.start(ConfigurationLoader.load(file));
    }

    void startLoad(PoolMode mode, int clients) throws IOException, InterruptedException {
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        load = LoadGenerator.connect(
                new LoadGenerator.Target(address, USER, "", DATABASE), clients, 1, new DemoWorkload(mode));
        load.start();
    }

    LoadGenerator load() {
        return load;
    }

    String transport() {
        return pgweir.transport().settingName();
    }

    /** Connections that PostgreSQL has open for the pooler. */
    int servers() {
        return Integer.parseInt(
                observer.query("SELECT count(*) FROM pg_stat_activity WHERE datname = '" + DATABASE + "'")
                        .get(0)
                        .get(0));
    }

    /** The clients end; from any thread. */
    void quiet() {
        LoadGenerator started = load;
        if (started != null) {
            started.stop();
        }
    }

    /** Ends all that was started. */
    @Override
    public synchronized void close() {
        if (load != null) {
            load.close();
            load = null;
        }
        if (pgweir != null) {
            pgweir.close();
            pgweir = null;
        }
        if (observer != null) {
            observer.close();
            observer = null;
        }
        if (postgres != null) {
            postgres.close();
            postgres = null;
        }
        deleteFolder();
    }

    private void deleteFolder() {
        if (folder == null) {
            return;
        }
        try {
            Files.deleteIfExists(folder.resolve("userlist.txt"));
            Files.deleteIfExists(folder.resolve("pgbouncer.ini"));
            Files.deleteIfExists(folder);
            folder = null;
        } catch (IOException e) {
            System.err.println("pgweir demo: " + folder + " is left behind: " + e.getMessage());
        }
    }
}

package org.pgweir.proxy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.pgweir.config.ConfigurationException;
import org.pgweir.config.ConfigurationLoader;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.KnownSecrets;
import org.pgweir.testkit.Ports;
import org.pgweir.testkit.WireClient;

/** A pooler for tests: a real one in this process, from a real pgbouncer.ini, on a free port of the loopback address. */
public final class Pooler implements AutoCloseable {
    /** As in auth_file. */
    private static final Pattern USER_AND_SECRET = Pattern.compile("(?m)^\"[^\"]*\" \"([^\"]*)\"");

    private final Path folder;
    private final Pgweir pgweir;

    private Pooler(Path folder, Pgweir pgweir) {
        this.folder = folder;
        this.pgweir = pgweir;
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Collects a configuration; what is not set is: trust, users postgres and stats, admin postgres, transaction mode, no Unix socket. */
    public static final class Builder {
        private final Map<String, String> databases = new LinkedHashMap<>();
        private final Map<String, String> users = new LinkedHashMap<>();
        private final Map<String, String> peers = new LinkedHashMap<>();
        private final Map<String, String> settings = new LinkedHashMap<>();
        private String userList = "\"postgres\" \"\"\n\"stats\" \"\"\n";

        private Builder() {
            set("listen_addr", "127.0.0.1");
            set("listen_port", Integer.toString(Ports.free()));
            set("unix_socket_dir", "");
            set("auth_type", "trust");
            set("pool_mode", "transaction");
            set("admin_users", "postgres");
            set("stats_users", "stats");
        }

        /** A setting of the section [pgbouncer]. */
        public Builder set(String name, String value) {
            settings.put(name, value);
            return this;
        }

        /** An entry of [databases]: the PostgreSQL's own database under the same name, with further keys. */
        public Builder database(EmbeddedPostgres postgres, String furtherKeys) {
            return database(
                    postgres.database(),
                    "host=" + postgres.host() + " port=" + postgres.port() + " dbname=" + postgres.database() + " "
                            + furtherKeys);
        }

        public Builder database(String name, String connectionString) {
            databases.put(name, connectionString);
            return this;
        }

        /** An entry of [users]. */
        public Builder user(String name, String values) {
            users.put(name, values);
            return this;
        }

        /** An entry of [peers]. */
        public Builder peer(int id, String connectionString) {
            peers.put(Integer.toString(id), connectionString);
            return this;
        }

        /** The whole text of auth_file. */
        public Builder userList(String text) {
            USER_AND_SECRET.matcher(text).results().forEach(line -> KnownSecrets.stored(line.group(1)));
            userList = text;
            return this;
        }

        private String ini(Path folder) {
            StringBuilder ini = new StringBuilder();
            section(ini, "databases", databases);
            section(ini, "users", users);
            section(ini, "peers", peers);
            section(ini, "pgbouncer", settings);
            return ini.append("auth_file = ")
                    .append(folder.resolve("userlist.txt"))
                    .append('\n')
                    .toString();
        }

        private static void section(StringBuilder ini, String name, Map<String, String> entries) {
            ini.append('[').append(name).append("]\n");
            entries.forEach(
                    (key, value) -> ini.append(key).append(" = ").append(value).append('\n'));
        }

        public Pooler start() {
            try {
                Path folder = Files.createTempDirectory("pgweir-test");
                boolean started = false;
                try {
                    write(folder);
                    Pooler pooler =
                            new Pooler(folder, Pgweir.start(ConfigurationLoader.load(folder.resolve("pgbouncer.ini"))));
                    started = true;
                    return pooler;
                } finally {
                    if (!started) {
                        delete(folder);
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (ConfigurationException e) {
                throw new IllegalArgumentException(e);
            }
        }

        private void write(Path folder) throws IOException {
            Files.writeString(folder.resolve("userlist.txt"), userList);
            Files.writeString(folder.resolve("pgbouncer.ini"), ini(folder));
        }
    }

    public Pgweir pgweir() {
        return pgweir;
    }

    public int port() {
        return pgweir.port();
    }

    /** Replaces the configuration file; a reload makes it take effect. */
    public void rewrite(Builder builder) {
        try {
            builder.write(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A connection that has not sent anything yet. */
    public WireClient connect() {
        return WireClient.connect("127.0.0.1", port());
    }

    /** A client that is logged in. */
    public WireClient client(String user, String password, String database) {
        WireClient client = connect();
        client.login(user, password, database);
        return client;
    }

    /** As the superuser, who needs no password in the default configuration. */
    public WireClient client(EmbeddedPostgres postgres) {
        return client("postgres", "", postgres.database());
    }

    /** Runs a command on the console. */
    public List<List<String>> console(String command) {
        try (WireClient console = client("postgres", "", "pgbouncer")) {
            return console.query(command);
        }
    }

    public String jdbcUrl(String database) {
        return "jdbc:postgresql://127.0.0.1:" + port() + "/" + database + "?user=postgres&sslmode=disable";
    }

    @Override
    public void close() {
        pgweir.close();
        try {
            delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path folder) throws IOException {
        Files.deleteIfExists(folder.resolve("userlist.txt"));
        Files.deleteIfExists(folder.resolve("pgbouncer.ini"));
        Files.deleteIfExists(folder);
    }
}

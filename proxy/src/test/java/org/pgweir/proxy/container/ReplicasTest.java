package org.pgweir.proxy.container;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.pgweir.testkit.Await;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.lifecycle.Startables;
import org.testcontainers.utility.MountableFile;

/** The topology of docker/compose.yaml, with its scripts and its database entries: a primary, two streaming replicas, pgweir. */
@WithContainers
final class ReplicasTest {
    /** The value of PGWEIR_DATABASES: the lines that are indented deeper. */
    private static final Pattern ENTRIES = Pattern.compile("(?m)^( *)PGWEIR_DATABASES: \\|\n((?:\\1 +.*\n)+)");

    private static final String USER = "app";

    /** As docker/postgres/primary.sh has it. */
    private static final String PASSWORD = "secret";

    private static final Path DOCKER = PgweirImage.root().resolve("docker");

    private static Network network;
    private static GenericContainer<?> primary;
    private static List<GenericContainer<?>> replicas;
    private static GenericContainer<?> pgweir;

    @BeforeAll
    static void start() throws IOException {
        network = Network.newNetwork();
        primary = postgres("primary")
                .withCopyFileToContainer(file("primary.sh"), "/docker-entrypoint-initdb.d/primary.sh")
                .withCommand("postgres", "-c", "max_wal_senders=8", "-c", "wal_keep_size=256MB");
        replicas = List.of(replica("replica1"), replica("replica2"));
        pgweir = PgweirImage.container(network)
                .withEnv("PGWEIR_DATABASES", entriesOfComposeFile())
                .withEnv("PGWEIR_USERLIST", "\"" + USER + "\" \"" + PASSWORD + "\"")
                .withEnv("PGWEIR_AUTH_TYPE", "scram-sha-256")
                .withEnv("PGWEIR_IGNORE_STARTUP_PARAMETERS", "extra_float_digits")
                .withEnv("PGWEIR_POOL_MODE", "transaction");
        // The replicas wait for the primary, and pgweir for nobody.
        List<GenericContainer<?>> all = new ArrayList<>(replicas);
        all.addAll(List.of(primary, pgweir));
        Startables.deepStart(all).join();
    }

    @AfterAll
    static void stop() {
        if (pgweir != null) {
            pgweir.close();
            replicas.forEach(GenericContainer::close);
            primary.close();
        }
        if (network != null) {
            network.close();
        }
    }

    private static String entriesOfComposeFile() throws IOException {
        Matcher entries = ENTRIES.matcher(Files.readString(DOCKER.resolve("compose.yaml")));
        assertThat(entries.find()).as("PGWEIR_DATABASES in the compose file").isTrue();
        return entries.group(2).stripIndent();
    }

    private static MountableFile file(String name) {
        return MountableFile.forHostPath(DOCKER.resolve("postgres").resolve(name), 0644);
    }

    private static GenericContainer<?> postgres(String alias) {
        return new GenericContainer<>(Engine.POSTGRES_IMAGE)
                .withNetwork(network)
                .withNetworkAliases(alias)
                .withEnv("POSTGRES_PASSWORD", PASSWORD)
                .withEnv("PGDATA", "/var/lib/postgresql/data")
                .waitingFor(Wait.forSuccessfulCommand("pg_isready -q -h 127.0.0.1 -U postgres"));
    }

    private static GenericContainer<?> replica(String alias) {
        return postgres(alias)
                .withCopyFileToContainer(file("replica"), "/replica")
                .withCreateContainerCmdModifier(
                        command -> command.withUser("postgres").withEntrypoint("bash", "/replica"));
    }

    /** A client of pgweir that keeps its server, since its transaction stays open. */
    private static Connection transaction(String database) throws SQLException {
        Connection connection = DriverManager.getConnection(
                "jdbc:postgresql://" + pgweir.getHost() + ":" + pgweir.getMappedPort(PgweirImage.PORT) + "/" + database,
                USER,
                PASSWORD);
        connection.setAutoCommit(false);
        return connection;
    }

    private static String ask(Connection connection, String query) {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            assertThat(rows.next()).isTrue();
            return rows.getString(1);
        } catch (SQLException e) {
            throw new AssertionError(query, e);
        }
    }

    @Test
    void writesGoToThePrimaryAndReadsToBothReplicasByTurns() throws SQLException {
        try (Connection writer = transaction("app");
                Statement statement = writer.createStatement()) {
            assertThat(ask(writer, "SELECT pg_is_in_recovery()")).isEqualTo("f");
            statement.execute("CREATE TABLE told (what text)");
            statement.execute("INSERT INTO told VALUES ('seen')");
            writer.commit();
        }

        List<Connection> readers = new ArrayList<>();
        try {
            Map<String, Integer> servedBy = new TreeMap<>();
            for (int i = 0; i < 6; i++) {
                Connection reader = transaction("app_ro");
                readers.add(reader);
                assertThat(ask(reader, "SELECT pg_is_in_recovery()")).isEqualTo("t");
                servedBy.merge(ask(reader, "SELECT inet_server_addr()"), 1, Integer::sum);
                Await.until(
                        "what was written",
                        () -> ask(reader, "SELECT count(*) FROM pg_class WHERE relname = 'told'")
                                .equals("1"));
                assertThat(ask(reader, "SELECT what FROM told")).isEqualTo("seen");
            }
            assertThat(servedBy.values()).containsExactly(3, 3);
        } finally {
            for (Connection reader : readers) {
                reader.close();
            }
        }
    }
}

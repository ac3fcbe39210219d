package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgweir.proxy.Pooler;
import org.pgweir.testkit.Await;
import org.postgresql.PGConnection;
import org.postgresql.largeobject.LargeObject;
import org.postgresql.largeobject.LargeObjectManager;

/** The JDBC driver, two connections on one server in transaction mode, each on its own in session mode. */
@ParameterizedClass(name = "{0}, {1} mode")
@MethodSource("arguments")
@ExtendWith(NoComplaints.class)
final class JdbcTest {
    private static final int SESSIONS = 6;

    private final Setup setup;
    private final String mode;
    private Pooler pooler;
    private Connection connection;
    private Connection other;

    JdbcTest(Setup setup, String mode) {
        this.setup = setup;
        this.mode = mode;
    }

    static Stream<Arguments> arguments() {
        return Setup.transports().stream()
                .flatMap(setup -> Stream.of("transaction", "session").map(mode -> Arguments.of(setup, mode)));
    }

    @BeforeEach
    void connect() throws SQLException {
        pooler = setup.pooler()
                .set("pool_mode", mode)
                .set("default_pool_size", mode.equals("session") ? "3" : "1")
                .set("ignore_startup_parameters", "extra_float_digits")
                .start();
        connection = open("&prepareThreshold=0");
        other = open("&prepareThreshold=0");
        try (Statement statement = connection.createStatement()) {
            statement.execute("DROP TABLE IF EXISTS jdbc; CREATE TABLE jdbc (id int PRIMARY KEY, text text)");
        }
    }

    @AfterEach
    void disconnect() throws SQLException {
        connection.close();
        other.close();
        pooler.close();
        setup.postgres().execute("DROP TABLE jdbc");
    }

    private Connection open(String further) throws SQLException {
        return DriverManager.getConnection(pooler.jdbcUrl(setup.postgres().database()) + further);
    }

    /** What the driver does for an application that prepares everything, and with savepoints that it sets itself; step by step. */
    private static List<String> seen(String url, int session) {
        String table = "jdbc_" + session;
        String autosave = session % 2 == 0 ? "always" : "conservative";
        List<String> seen = new ArrayList<>();
        try (Connection connection =
                        DriverManager.getConnection(url + "&prepareThreshold=1&preparedStatementCacheQueries=6"
                                + "&cleanupSavepoints=" + (session % 3 == 0) + "&autosave=" + autosave);
                Statement statement = connection.createStatement()) {
            statement.execute("DROP TABLE IF EXISTS " + table);
            statement.execute("CREATE TABLE " + table + " (id int PRIMARY KEY, text text)");
            for (int turn = 0; turn < 8; turn++) {
                connection.setAutoCommit(false);
                insert(connection, table, turn, seen);
                insert(connection, table, turn, seen);
                insert(connection, table, 100 + turn, seen);
                end(connection, turn % 3 != 2, seen);
                connection.setAutoCommit(true);
                insert(connection, table, turn, seen);
                rows(connection, "SELECT * FROM " + table + " WHERE id >= ? ORDER BY id", turn, seen);
                rows(connection, "SELECT " + session + ", ?::int", turn, seen);
                rows(connection, "SELECT 1 / ?::int", turn - 4, seen);
                for (int n = 0; n < 8; n++) {
                    rows(connection, "SELECT " + n + " + ?::int", turn, seen);
                }
                if (turn == 3) {
                    statement.execute("ALTER TABLE " + table + " ADD more int DEFAULT 7");
                }
            }
            statement.execute("DROP TABLE " + table);
        } catch (SQLException e) {
            seen.add(e.toString());
        }
        return seen;
    }

    private static void insert(Connection connection, String table, int id, List<String> seen) {
        try (PreparedStatement statement =
                connection.prepareStatement("INSERT INTO " + table + " VALUES (?, 'text')")) {
            statement.setInt(1, id);
            statement.addBatch();
            statement.setInt(1, -1 - id);
            statement.addBatch();
            seen.add("inserted " + Arrays.toString(statement.executeBatch()));
        } catch (SQLException e) {
            seen.add(e.getSQLState() + " " + e.getMessage());
        }
    }

    private static void rows(Connection connection, String sql, int parameter, List<String> seen) {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setInt(1, parameter);
            try (ResultSet rows = statement.executeQuery()) {
                int columns = rows.getMetaData().getColumnCount();
                while (rows.next()) {
                    StringBuilder row = new StringBuilder();
                    for (int column = 1; column <= columns; column++) {
                        row.append(rows.getString(column)).append('|');
                    }
                    seen.add(row.toString());
                }
            }
        } catch (SQLException e) {
            seen.add(e.getSQLState() + " " + e.getMessage());
        }
    }

    private static void end(Connection connection, boolean commits, List<String> seen) {
        try {
            if (commits) {
                connection.commit();
            } else {
                connection.rollback();
            }
            seen.add(commits ? "committed" : "rolled back");
        } catch (SQLException e) {
            seen.add(e.getSQLState() + " " + e.getMessage());
        }
    }

    private static int count(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT count(*) FROM jdbc")) {
            rows.next();
            return rows.getInt(1);
        }
    }

    private static void insert(Connection connection, int id, String text) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("INSERT INTO jdbc VALUES (?, ?)")) {
            statement.setInt(1, id);
            statement.setString(2, text);
            assertThat(statement.executeUpdate()).isEqualTo(1);
        }
    }

    @Test
    void preparedStatementsByTurns() throws SQLException {
        for (int i = 0; i < 10; i++) {
            insert(connection, i, "one");
            insert(other, 100 + i, "two");
        }
        assertThat(count(other)).isEqualTo(20);
    }

    @Test
    void namedStatementsInsideATransaction() throws SQLException {
        try (Connection named = open("&prepareThreshold=1")) {
            named.setAutoCommit(false);
            try (PreparedStatement statement = named.prepareStatement("SELECT ?::int * 2")) {
                for (int i = 0; i < 5; i++) {
                    statement.setInt(1, i);
                    try (ResultSet rows = statement.executeQuery()) {
                        rows.next();
                        assertThat(rows.getInt(1)).isEqualTo(2 * i);
                    }
                }
            }
            named.commit();
        }
    }

    @Test
    void namedStatementsAndAutosaveAsWithoutAPooler() {
        String pooled = pooler.jdbcUrl(setup.postgres().database());
        String direct = setup.postgres().jdbcUrl() + "?user=" + setup.postgres().superuser();
        List<List<String>> expected =
                IntStream.range(0, SESSIONS).mapToObj(i -> seen(direct, i)).toList();
        assertThat(expected).allSatisfy(seen -> assertThat(seen).hasSizeGreaterThan(100));
        ExecutorService threads = Executors.newFixedThreadPool(SESSIONS);
        try {
            List<CompletableFuture<List<String>>> sessions = IntStream.range(0, SESSIONS)
                    .mapToObj(i -> CompletableFuture.supplyAsync(() -> seen(pooled, i), threads))
                    .toList();
            for (int i = 0; i < SESSIONS; i++) {
                assertThat(sessions.get(i).join()).containsExactlyElementsOf(expected.get(i));
            }
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void batches() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("INSERT INTO jdbc VALUES (?, 'batch')")) {
            for (int i = 0; i < 500; i++) {
                statement.setInt(1, i);
                statement.addBatch();
            }
            assertThat(statement.executeBatch()).hasSize(500).containsOnly(1);
        }
        assertThat(count(other)).isEqualTo(500);
    }

    @Test
    void aBatchThatFails() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.addBatch("INSERT INTO jdbc VALUES (1, 'a')");
            statement.addBatch("INSERT INTO jdbc VALUES (1, 'again')");
            statement.addBatch("INSERT INTO jdbc VALUES (2, 'b')");
            assertThatThrownBy(statement::executeBatch).isInstanceOf(SQLException.class);
        }
        insert(other, 7, "fine");
    }

    @Test
    void transactions() throws SQLException {
        connection.setAutoCommit(false);
        insert(connection, 1, "lost");
        connection.rollback();
        assertThat(count(other)).isZero();
        insert(connection, 1, "kept");
        assertThatThrownBy(() -> insert(connection, 1, "twice"))
                .isInstanceOfSatisfying(
                        SQLException.class,
                        error -> assertThat(error.getSQLState()).isEqualTo("23505"));
        connection.rollback();
        insert(connection, 2, "kept");
        connection.commit();
        assertThat(count(other)).isEqualTo(1);
        connection.setAutoCommit(true);
    }

    @Test
    void fetchSize() throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.setFetchSize(10);
            try (ResultSet rows = statement.executeQuery("SELECT generate_series(1, 95)")) {
                int sum = 0;
                while (rows.next()) {
                    sum += rows.getInt(1);
                }
                assertThat(sum).isEqualTo(95 * 96 / 2);
            }
        }
        connection.commit();
        assertThat(count(other)).isZero();
    }

    @Test
    void copyInAndOut() throws SQLException, IOException {
        var copy = connection.unwrap(PGConnection.class).getCopyAPI();
        assertThat(copy.copyIn("COPY jdbc FROM STDIN", new StringReader("1\tone\n2\ttwo\n")))
                .isEqualTo(2);
        StringWriter out = new StringWriter();
        copy.copyOut("COPY (SELECT * FROM jdbc ORDER BY id) TO STDOUT", out);
        assertThat(out).hasToString("1\tone\n2\ttwo\n");
        assertThatThrownBy(() -> copy.copyIn("COPY jdbc FROM STDIN", new StringReader("x\ty\n")))
                .isInstanceOfSatisfying(
                        SQLException.class,
                        error -> assertThat(error.getSQLState()).isEqualTo("22P02"));
        assertThat(count(connection)).isEqualTo(2);
        assertThat(count(other)).isEqualTo(2);
    }

    @Test
    void largeObjects() throws SQLException {
        byte[] content = new byte[100_000];
        new Random(7).nextBytes(content);
        connection.setAutoCommit(false);
        LargeObjectManager manager = connection.unwrap(PGConnection.class).getLargeObjectAPI();
        long oid = manager.createLO();
        try (LargeObject object = manager.open(oid)) {
            object.write(content);
        }
        try (LargeObject object = manager.open(oid)) {
            assertThat(object.read(content.length)).isEqualTo(content);
        }
        manager.delete(oid);
        connection.commit();
        assertThat(count(other)).isZero();
    }

    @Test
    void cancel() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            CompletableFuture<Void> canceller = CompletableFuture.runAsync(() -> cancelOnceItRuns(statement));
            assertThatThrownBy(() -> statement.execute("SELECT pg_sleep(20)"))
                    .isInstanceOfSatisfying(
                            SQLException.class,
                            error -> assertThat(error.getSQLState()).isEqualTo("57014"));
            canceller.join();
        }
        assertThat(count(connection)).isZero();
        assertThat(count(other)).isZero();
    }

    private void cancelOnceItRuns(Statement statement) {
        Await.until(
                "the query to run",
                () -> !setup.postgres()
                        .query(
                                "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(20)'")
                        .isEmpty());
        try {
            statement.cancel();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}

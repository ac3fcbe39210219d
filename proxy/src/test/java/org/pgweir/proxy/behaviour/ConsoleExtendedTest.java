package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.SharedPostgres;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.Message;
import org.pgweir.testkit.WireClient;

/** The console over the extended query protocol: by hand, and with drivers that know no other. */
@ExtendWith(NoComplaints.class)
final class ConsoleExtendedTest {
    private final EmbeddedPostgres postgres = SharedPostgres.current();
    private Pooler pooler;
    private WireClient console;

    @BeforeEach
    void open() {
        pooler = Pooler.builder().database(postgres, "").start();
        console = pooler.client("postgres", "", "pgbouncer");
    }

    @AfterEach
    void close() {
        console.close();
        pooler.close();
    }

    private static byte[] bind(String portal, String statement, int... formats) {
        ByteBuffer body = ByteBuffer.allocate(200);
        body.put(portal.getBytes(StandardCharsets.UTF_8)).put((byte) 0);
        body.put(statement.getBytes(StandardCharsets.UTF_8)).put((byte) 0);
        body.putShort((short) 0).putShort((short) 0).putShort((short) formats.length);
        for (int format : formats) {
            body.putShort((short) format);
        }
        return Frames.message('B', Arrays.copyOf(body.array(), body.position()));
    }

    @Test
    void givenAShowWhenPreparedThenItIsDescribedAndRunAsOftenAsWanted() {
        List<Message> described = console.send(
                        Frames.parse("s", "SHOW LISTS"), Frames.describeStatement("s"), Frames.sync())
                .expect("1 t T Z");
        assertThat(described.get(1).int16(0)).isZero();
        assertThat(described.get(2).columns()).containsExactly("list", "items");
        for (int i = 0; i < 2; i++) {
            List<Message> answer = console.send(
                            Frames.bind("p", "s"), Frames.describePortal("p"), Frames.execute("p"), Frames.sync())
                    .expect("2 T D+ C Z");
            assertThat(answer.get(2).row()).containsExactly("databases", "2");
        }
        console.send(Frames.closeStatement("s"), Frames.sync()).expect("3 Z");
        assertThat(console.send(Frames.bind("", "s"), Frames.sync())
                        .expect("E Z")
                        .get(0)
                        .asError()
                        .sqlstate())
                .isEqualTo("26000");
    }

    @Test
    void givenBinaryResultsWhenAskedForThenNumbersComeInBinary() {
        List<Message> answer = console.send(
                        Frames.parse("", "SHOW DATABASES"),
                        bind("", "", 1),
                        Frames.describePortal(""),
                        Frames.execute(""),
                        Frames.sync())
                .expect("1 2 T D+ C Z");
        ByteBuffer row = ByteBuffer.wrap(answer.get(4).body());
        assertThat(row.getShort()).isEqualTo((short) 17);
        assertThat(text(row)).isIn("pgbouncer", postgres.database());
        text(row);
        assertThat(row.getInt()).isEqualTo(4);
        assertThat(row.getInt()).isIn(pooler.port(), postgres.port());
    }

    private static String text(ByteBuffer row) {
        int length = row.getInt();
        if (length < 0) {
            return null;
        }
        byte[] bytes = new byte[length];
        row.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @Test
    void givenFewerRowsThanThereAreWhenExecutedThenThePortalIsSuspendedAndGoesOn() {
        List<Message> answer = console.send(
                        Frames.parse("", "SHOW LISTS"),
                        Frames.bind("", ""),
                        Frames.execute("", 5),
                        Frames.execute("", 5),
                        Frames.execute("", 0),
                        Frames.sync())
                .expect("1 2 D D D D D s D D D D D s D D D D C Z");
        assertThat(answer.get(14).row().get(0)).isEqualTo("dns_names");
    }

    @Test
    void givenAnErrorInABatchWhenItGoesOnThenAllIsDroppedUpToSync() {
        List<Message> answer = console.send(
                        Frames.parse("", "NONSENSE"),
                        Frames.bind("", ""),
                        Frames.execute(""),
                        Frames.query("SHOW VERSION"),
                        Frames.sync(),
                        Frames.query("SHOW VERSION"))
                .expect("E Z T D C Z");
        assertThat(answer.get(0).asError().message()).isEqualTo("invalid command 'NONSENSE', use SHOW HELP;");
    }

    @Test
    void givenACommandThatFailsWhenExecutedThenTheRestOfTheBatchIsDropped() {
        List<Message> answer = console.send(
                        Frames.parse("", "RESUME"),
                        Frames.describeStatement(""),
                        Frames.bind("", ""),
                        Frames.execute(""),
                        Frames.execute(""),
                        Frames.sync())
                .expect("1 t n 2 E Z");
        assertThat(answer.get(4).asError().message()).isEqualTo("pooler is not paused/suspended");
    }

    @Test
    void givenParametersWhenBoundThenTheyAreRefused() {
        assertThat(console.send(Frames.parse("", "SHOW VERSION"), Frames.bind("", "", "x"), Frames.sync())
                        .expect("1 E Z")
                        .get(1)
                        .asError()
                        .message())
                .contains("no parameters");
    }

    @Test
    void givenAnEmptyStatementWhenRunThenItIsAnEmptyQuery() {
        console.send(
                        Frames.parse("", ""),
                        Frames.describeStatement(""),
                        Frames.bind("", ""),
                        Frames.execute(""),
                        Frames.sync())
                .expect("1 t n 2 I Z");
    }

    @Test
    void givenAPauseWhenPreparedThenItWaitsAndTheBatchBehindItToo() {
        try (WireClient busy = pooler.client(postgres)) {
            busy.query("BEGIN");
            console.send(
                    Frames.parse("", "PAUSE"),
                    Frames.bind("", ""),
                    Frames.execute(""),
                    Frames.parse("", "SHOW VERSION"),
                    Frames.bind("", ""),
                    Frames.execute(""),
                    Frames.sync());
            console.expect("1 2");
            assertThat(console.isQuietFor(java.time.Duration.ofMillis(50))).isTrue();
            busy.query("COMMIT");
            console.expect("C 1 2 D C Z");
        }
    }

    @Test
    void givenTooManyStatementsWhenPreparedThenTheyAreRefused() {
        for (int i = 0; i < 200; i++) {
            console.send(Frames.parse("s" + i, "SHOW VERSION"));
        }
        console.send(Frames.sync()).readUntil('Z');
        assertThat(console.send(Frames.parse("more", "SHOW VERSION"), Frames.sync())
                        .expect("E Z")
                        .get(0)
                        .asError()
                        .sqlstate())
                .isEqualTo("53400");
        console.send(Frames.parse("", "SHOW VERSION"), Frames.sync()).expect("E Z");
        console.send(Frames.closeStatement("s7"), Frames.parse("more", "SHOW VERSION"), Frames.sync())
                .expect("3 1 Z");
    }

    @Test
    void givenBytesOneByOneWhenSentThenTheAnswerIsTheSame() {
        console.sendSlowly(Frames.parse("", "SHOW VERSION"), Frames.bind("", ""), Frames.execute(""), Frames.sync());
        console.expect("1 2 D C Z");
    }

    // ---------------------------------------------------------------- drivers

    @ParameterizedTest
    @ValueSource(strings = {"", "&preferQueryMode=simple", "&binaryTransfer=true&prepareThreshold=-1"})
    void givenTheJdbcDriverWhenItAsksThenItGetsRowsAndErrors(String options) throws SQLException {
        try (Connection connection = DriverManager.getConnection(pooler.jdbcUrl("pgbouncer") + options);
                PreparedStatement databases = connection.prepareStatement("SHOW DATABASES");
                Statement statement = connection.createStatement()) {
            assertThat(connection.isValid(5)).isTrue();
            // More often than it takes the driver to prepare it on the server.
            for (int i = 0; i < 7; i++) {
                try (ResultSet rows = databases.executeQuery()) {
                    assertThat(rows.getMetaData().getColumnType(3)).isEqualTo(Types.INTEGER);
                    assertThat(rows.next()).isTrue();
                    assertThat(rows.getString("name")).isEqualTo("pgbouncer");
                    assertThat(rows.getInt("port")).isEqualTo(pooler.port());
                    assertThat(rows.getString("host")).isNull();
                    assertThat(rows.next()).isTrue();
                    assertThat(rows.getInt("pool_size")).isEqualTo(20);
                }
            }
            try (ResultSet rows = statement.executeQuery("SHOW TOTALS")) {
                assertThat(rows.next()).isTrue();
                assertThat(rows.getBigDecimal("value")).isNotNull();
            }
            assertThat(statement.executeUpdate("SET verbose = 0")).isZero();
            assertThat(statement.execute("RECONNECT")).isFalse();
            org.assertj.core.api.Assertions.assertThatThrownBy(() -> statement.execute("PAUSE nowhere"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("no such database: nowhere");
            assertThat(connection.isValid(5)).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"psycopg", "asyncpg", "psycopg2"})
    void givenAPythonDriverWhenItAsksThenItGetsRowsAndErrors(String driver) throws Exception {
        String program = switch (driver) {
            case "psycopg" -> PSYCOPG;
            case "asyncpg" -> ASYNCPG;
            default -> PSYCOPG2;
        };
        assumeTrue(python("import " + driver).endsWith("exit 0"), driver + " is not installed");
        assertThat(python(program.replace("PORT", "" + pooler.port()))).isEqualTo("done\nexit 0");
    }

    private static final String PSYCOPG = """
            import psycopg
            c = psycopg.connect("host=127.0.0.1 port=PORT user=postgres dbname=pgbouncer", autocommit=True,
                                prepare_threshold=2)
            for binary in (False, True):
                for i in range(5):
                    rows = c.cursor(binary=binary).execute("SHOW DATABASES").fetchall()
                    assert rows[0][0] == "pgbouncer" and rows[0][2] == PORT, rows
                    totals = dict(c.cursor(binary=binary).execute("SHOW TOTALS").fetchall())
                    assert totals["total_query_count"] > 0, totals
            try:
                c.execute("PAUSE nowhere")
                raise SystemExit("no error")
            except psycopg.Error as e:
                assert e.sqlstate == "08P01", e
            assert c.execute("SHOW VERSION").fetchone()[0].startswith("PgBouncer")
            print("done")
            """;

    private static final String ASYNCPG = """
            import asyncio, asyncpg
            async def main():
                c = await asyncpg.connect(host="127.0.0.1", port=PORT, user="postgres", database="pgbouncer", ssl=False)
                for i in range(3):
                    rows = await c.fetch("SHOW DATABASES")
                    assert rows[0]["name"] == "pgbouncer" and rows[0]["port"] == PORT, rows
                    totals = dict(map(tuple, await c.fetch("SHOW TOTALS")))
                    assert totals["total_query_count"] > 0, totals
                try:
                    await c.execute("PAUSE nowhere")
                    raise SystemExit("no error")
                except asyncpg.PostgresError as e:
                    assert e.sqlstate == "08P01", e
                assert (await c.fetchval("SHOW VERSION")).startswith("PgBouncer")
                await c.close()
            asyncio.run(main())
            print("done")
            """;

    private static final String PSYCOPG2 = """
            import psycopg2
            c = psycopg2.connect(host="127.0.0.1", port=PORT, user="postgres", dbname="pgbouncer")
            c.autocommit = True
            q = c.cursor()
            q.execute("SHOW DATABASES")
            rows = q.fetchall()
            assert rows[0][0] == "pgbouncer" and rows[0][2] == PORT, rows
            print("done")
            """;

    /** What it prints, and its exit code. */
    private static String python(String program) throws IOException, InterruptedException {
        Path interpreter = Path.of("/usr/bin/python3");
        assumeTrue(Files.isExecutable(interpreter), "Python is not installed");
        ProcessBuilder builder = new ProcessBuilder(interpreter.toString(), "-c", program).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
        Process process = builder.start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return printed + "exit " + process.exitValue();
    }
}

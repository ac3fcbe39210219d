package org.pgweir.proxy.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgweir.config.LogFormat;
import org.pgweir.config.SyslogFacility;
import org.pgweir.proxy.PoolerProcess;
import org.pgweir.proxy.Sees;
import org.pgweir.proxy.SharedPostgres;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.WireClient;

/** The log as operators and their programs read it. */
class LogTest {
    /** Time, zone, process, level, message: what every reader of PgBouncer's log relies on. */
    private static final Pattern LINE = Pattern.compile(
            "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3} UTC \\[(\\d+)] (FATAL|ERROR|WARNING|LOG|DEBUG|NOISE) (.*)");

    /** A line about a connection, as pgBadger takes it apart: which one, database, user, host, port, what. */
    private static final Pattern CONNECTION = Pattern.compile(
            "([CS])-0x[0-9a-f]+: ([\\w.\\[\\]-]+)/([\\w.\\[\\]-]+)@([\\w.-]+|[0-9a-f:]+)(?:\\(\\d+\\))?:(\\d+) (.*)");

    private static final Pattern STATS =
            Pattern.compile("stats: (\\d+) xacts/s, (\\d+) queries/s, (\\d+) client parses/s,"
                    + " (\\d+) server parses/s, (\\d+) binds/s, in (\\d+) B/s, out (\\d+) B/s, xact (\\d+) us, query (\\d+) us,"
                    + " wait (\\d+) us");

    private static EmbeddedPostgres postgres;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() {
        postgres = SharedPostgres.current();
    }

    private PoolerProcess.Builder pooler() {
        return PoolerProcess.in(folder)
                .databases("shop = host=" + postgres.host() + " port=" + postgres.port() + " dbname="
                        + postgres.database())
                .set("stats_period", "1");
    }

    /** One client's visit, from the start to the end of the process; the lines of standard error. */
    private static List<String> visited(PoolerProcess.Builder builder) {
        try (PoolerProcess process = builder.start()) {
            process.awaitErr("process up");
            try (WireClient client = process.client("shop")) {
                client.query("SELECT 1");
                process.awaitErr("stats: ");
                client.send(Frames.terminate());
            }
            process.awaitErr("client close request");
            process.signal("INT");
            assertThat(process.awaitExit()).isZero();
            return process.err().lines().toList();
        }
    }

    @Test
    void givenAVisitWhenLoggedThenTheLinesAreThoseThatPgBouncersReadersKnow() {
        List<String> lines = visited(pooler());

        assertThat(lines).isNotEmpty().allMatch(line -> LINE.matcher(line).matches());
        List<String> messages = lines.stream().map(LogTest::message).toList();
        assertThat(messages)
                .anyMatch(message -> message.matches("kernel file descriptor limit: \\d+ \\(hard: \\d+\\);"
                        + " max_client_conn: 100, max expected fd use: 170"))
                .anyMatch(message -> message.matches("listening on 127\\.0\\.0\\.1:\\d+"))
                .anyMatch(message -> message.matches("listening on unix:/.*/\\.s\\.PGSQL\\.\\d+"))
                .anyMatch(message -> message.startsWith("process up: "))
                .anyMatch(message -> STATS.matcher(message).matches())
                .contains("got SIGINT, shutting down, waiting for all servers connections to be released")
                .contains("server connections dropped, exiting");
        assertThat(connections(messages))
                .contains("C shop/postgres 127.0.0.1 login attempt: db=shop user=postgres tls=no replication=no")
                .anyMatch(line ->
                        line.matches("C shop/postgres 127.0.0.1 closing because: client close request \\(age=\\d+s\\)"))
                .anyMatch(line ->
                        line.matches("S shop/postgres 127.0.0.1 new connection to server \\(from 127.0.0.1:\\d+\\)"))
                .anyMatch(
                        line -> line.matches("S shop/postgres 127.0.0.1 closing because: pause mode \\(age=\\d+s\\)"));
    }

    private static String message(String line) {
        Matcher parts = LINE.matcher(line);
        assertThat(parts.matches()).as(line).isTrue();
        return parts.group(3);
    }

    private static List<String> connections(List<String> messages) {
        return messages.stream()
                .filter(message -> message.matches("[CS]-.*"))
                .map(message -> {
                    Matcher parts = CONNECTION.matcher(message);
                    assertThat(parts.matches()).as(message).isTrue();
                    return parts.group(1) + " " + parts.group(2) + "/" + parts.group(3) + " " + parts.group(4) + " "
                            + parts.group(6);
                })
                .toList();
    }

    @Test
    void givenAClientOnTheUnixSocketWhenLoggedThenItHasAHostAndAPort() {
        try (PoolerProcess process = pooler().start()) {
            process.awaitErr("process up");
            try (WireClient client = WireClient.connect(folder.resolve(".s.PGSQL." + process.port()))) {
                client.login("postgres", "", "shop");
                // The process at the other end is this one, unless it is in another name space.
                Await.until(
                        "the line about the login",
                        () -> Pattern.compile(
                                        ": shop/postgres@unix(\\(\\d+\\))?:" + process.port() + " login attempt: ")
                                .matcher(process.err())
                                .find());
            }
        }
    }

    @Test
    @Sees({"log_format", "logfile"})
    void givenJsonWhenLoggedThenEachLineIsAnObject() throws Exception {
        Path log = folder.resolve("log");
        visited(pooler().set("log_format", "json").set("logfile", log.toString()));

        List<Config> lines =
                Files.readAllLines(log).stream().map(ConfigFactory::parseString).toList();
        assertThat(lines)
                .isNotEmpty()
                .allSatisfy(line -> assertThat(line.root().keySet())
                        .containsExactlyInAnyOrder("time", "level", "pid", "thread", "logger", "message"));
        assertThat(lines).anySatisfy(line -> {
            assertThat(line.getString("message")).contains("login attempt: db=shop");
            assertThat(line.getString("level")).isEqualTo("LOG");
            assertThat(line.getString("thread")).isNotBlank();
        });
    }

    @Test
    @Sees({"log_format", "verbose"})
    void givenTextWhenLoggedThenThreadAndPartAreThere() {
        assertThat(visited(pooler().set("log_format", "text").set("verbose", "1")))
                .anyMatch(line -> line.matches(".* DEBUG +\\[.+] Start: 'pool_mode' = 'transaction'"))
                .anyMatch(
                        line -> line.matches(
                                "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z LOG     \\[.+] Client: C-0x.* login attempt: .*"));
    }

    @Test
    void givenStrangeTextWhenWrittenAsJsonThenItReadsBack() {
        String strange = "\"quoted\" \\ back\u00e4\ud83d\ude00 tab\tand\u0001";
        LogRecord event = new LogRecord(Level.WARNING, strange);
        event.setThrown(new IllegalStateException("line one\nline two"));

        String line = new LogLine(LogFormat.JSON).format(event);

        assertThat(line).endsWith("}\n");
        assertThat(line.strip()).doesNotContain("\n");
        Config read = ConfigFactory.parseString(line);
        assertThat(read.getString("message")).isEqualTo("\"quoted\" \\ back\u00e4\ud83d\ude00 tab?and?");
        assertThat(read.getString("error")).startsWith("java.lang.IllegalStateException: line one\nline two\n");
    }

    @Test
    @Sees({"syslog", "syslog_ident", "syslog_facility"})
    void givenSyslogWhenStartedThenItGetsTheLogUnderThatNameAndFacility() throws Exception {
        Path path = folder.resolve("syslog");
        PoolerProcess.Builder builder = pooler().set("syslog", "1")
                .set("syslog_ident", "pooler")
                .set("syslog_facility", "local3")
                .jvmOption("-Dpgweir.syslog=" + path);
        try (Datagrams syslog = new Datagrams(path);
                PoolerProcess process = builder.start()) {
            assertThat(syslog.next())
                    .startsWith("<158>")
                    .contains(" pooler[" + process.pid() + "]: ", "kernel file descriptor limit");
        }
    }

    @Test
    void givenSyslogWhenLoggedThenItGetsWhatSyslog3Sends() throws Exception {
        Path path = folder.resolve("syslog");
        SyslogHandler handler = new SyslogHandler(path.toString(), "pooler", SyslogFacility.LOCAL3);
        try {
            // Nobody is there yet: lost, as with syslog(3).
            handler.publish(new LogRecord(Level.INFO, "lost"));
            try (Datagrams syslog = new Datagrams(path)) {
                handler.publish(new LogRecord(Level.INFO, "hello\nworld"));
                assertThat(syslog.next())
                        .matches("<158>[A-Z][a-z]{2} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d pooler\\["
                                + ProcessHandle.current().pid() + "]: hello\\?world");
                handler.publish(new LogRecord(LogLine.FATAL, "x".repeat(20_000)));
                assertThat(syslog.next()).startsWith("<154>").hasSize(8192);
            }
        } finally {
            handler.close();
        }
    }
}

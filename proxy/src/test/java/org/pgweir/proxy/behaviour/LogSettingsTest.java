package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.Sees;
import org.pgweir.proxy.SharedPostgres;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.WireClient;
import org.pgweir.testkit.WireError;

/** What is logged, and what is not if the operator does not want it. */
@ExtendWith(NoComplaints.class)
final class LogSettingsTest {
    private final EmbeddedPostgres postgres = SharedPostgres.current();

    /** A client and a server come and go; returns when both are gone, with what was logged. */
    private List<String> visit(Pooler pooler, WireClient console) {
        try (LogLines log = new LogLines()) {
            try (WireClient client = pooler.client(postgres)) {
                client.query("SELECT 1");
                console.query("RECONNECT");
                Await.until(
                        "the server to go",
                        () -> ConsoleRows.all(console, "SHOW SERVERS").isEmpty());
                client.send(Frames.terminate()).expectClosed();
            }
            Await.until(
                    "the client to go",
                    () -> ConsoleRows.all(console, "SHOW CLIENTS").size() == 1);
            return log.lines();
        }
    }

    @Test
    @Sees({"log_connections", "log_disconnections"})
    void connectionsAreLoggedIfTheOperatorWants() {
        String arrived = "C-.* login attempt: .*";
        String opened = "S-.* new connection to server .*";
        String left = "C-.* closing because: client close request .*";
        String closed = "S-.* closing because: .*";
        try (Pooler pooler = Pooler.builder().database(postgres, "").start();
                WireClient console = pooler.client("postgres", "", "pgbouncer")) {
            assertThat(visit(pooler, console))
                    .anyMatch(line -> line.matches(arrived))
                    .anyMatch(line -> line.matches(opened))
                    .anyMatch(line -> line.matches(left))
                    .anyMatch(line -> line.matches(closed));
            console.query("SET log_connections = 0");
            assertThat(visit(pooler, console))
                    .noneMatch(line -> line.matches(arrived) || line.matches(opened))
                    .anyMatch(line -> line.matches(left))
                    .anyMatch(line -> line.matches(closed));
            console.query("SET log_connections = 1");
            console.query("SET log_disconnections = 0");
            assertThat(visit(pooler, console))
                    .anyMatch(line -> line.matches(arrived))
                    .anyMatch(line -> line.matches(opened))
                    .noneMatch(line -> line.matches(left) || line.matches(closed));
        }
    }

    private static List<String> refusal(Pooler pooler) {
        try (LogLines log = new LogLines()) {
            assertThatThrownBy(() -> pooler.client("postgres", "", "nowhere")).isInstanceOf(WireError.class);
            // the line comes before the answer
            return log.lines();
        }
    }

    @Test
    @Sees("log_pooler_errors")
    void errorsAreLoggedIfTheOperatorWants() {
        String error = ".* pooler error: no such database: nowhere";
        try (Pooler pooler = Pooler.builder().start()) {
            assertThat(refusal(pooler))
                    .anyMatch(line -> line.matches(error))
                    // also of those who do not get in
                    .anyMatch(line -> line.matches(".*nowhere/postgres@.* login attempt: db=nowhere user=postgres .*"));
            pooler.console("SET log_pooler_errors = 0");
            assertThat(refusal(pooler)).noneMatch(line -> line.matches(error));
        }
    }

    @Test
    @Sees({"log_stats", "stats_period"})
    void statisticsAreLoggedIfTheOperatorWants() {
        try (LogLines log = new LogLines();
                Pooler pooler = Pooler.builder()
                        .database(postgres, "")
                        .set("log_stats", "0")
                        .start();
                WireClient client = pooler.client(postgres);
                WireClient console = pooler.client("postgres", "", "pgbouncer")) {
            // the period that has begun is shorter, too
            console.query("SET stats_period = 1");
            client.query("SELECT 1; SELECT 2");
            // given periods that have ended, and would have been logged before: averages are not of all times
            Await.until(
                    "the second period to end",
                    () -> ConsoleRows.all(console, "SHOW STATS").stream()
                            .filter(row -> row.get("database").equals(postgres.database()))
                            .allMatch(row -> row.get("avg_recv").equals("0")));
            assertThat(stats(log)).isZero();
            console.query("SET log_stats = 1");
            Await.until("a line about the next", () -> stats(log) == 1);
        }
    }

    private static long stats(LogLines log) {
        return log.lines().stream().filter(line -> line.startsWith("stats: ")).count();
    }
}

package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.Sees;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.ErrorFields;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.Message;
import org.pgweir.testkit.Ports;
import org.pgweir.testkit.WireClient;

/** The console, as PgBouncer's users and their scripts know it. */
@EveryTransport
final class ConsoleTest {
    private static final Duration A_MOMENT = Duration.ofMillis(50);

    private final Setup setup;

    ConsoleTest(Setup setup) {
        this.setup = setup;
    }

    private static WireClient console(Pooler pooler) {
        return pooler.client("postgres", "", "pgbouncer");
    }

    private static ErrorFields failure(WireClient console, String command) {
        List<Message> answer = console.send(Frames.query(command)).expect("E Z");
        return answer.get(0).asError();
    }

    private static void does(WireClient console, String command, String tag) {
        List<Message> answer = console.send(Frames.query(command)).expect("C Z");
        assertThat(answer.get(0).commandTag()).isEqualTo(tag);
    }

    @Test
    void tablesTellTheTruth() {
        String database = setup.postgres().database();
        try (Pooler pooler = setup.pooler().start();
                WireClient idle = pooler.client(setup.postgres());
                WireClient busy = pooler.client(setup.postgres())) {
            idle.query("SET application_name = 'idler'");
            // SET makes pgweir ask its server what has changed: only then the client has none.
            Await.until(
                    "an idle client",
                    () -> ConsoleRows.of(pooler, "SHOW CLIENTS", "application_name", "idler")
                            .get("state")
                            .equals("idle"));
            busy.query("BEGIN");
            int backend = Backends.of(busy);

            assertThat(ConsoleRows.pool(pooler, database))
                    .containsEntry("user", "postgres")
                    .containsEntry("cl_waiting", "0")
                    .containsEntry("sv_active", "1")
                    .containsEntry("pool_mode", "transaction");
            assertThat(ConsoleRows.all(pooler, "SHOW SERVERS"))
                    .filteredOn(row -> row.get("state").equals("active"))
                    .singleElement()
                    .satisfies(row -> assertThat(row)
                            .containsEntry("type", "S")
                            .containsEntry("remote_pid", "" + backend)
                            .containsEntry("port", "" + setup.postgres().port()));
            List<Map<String, String>> clients = ConsoleRows.all(pooler, "SHOW CLIENTS").stream()
                    .filter(row -> row.get("database").equals(database))
                    .toList();
            assertThat(clients).hasSize(2).allMatch(row -> row.get("type").equals("C"));
            assertThat(clients)
                    .filteredOn(row -> row.get("application_name").equals("idler"))
                    .singleElement()
                    .satisfies(row ->
                            assertThat(row).containsEntry("state", "idle").containsEntry("link", ""));
            assertThat(ConsoleRows.all(pooler, "SHOW DATABASES"))
                    .extracting(row -> row.get("name"))
                    .containsExactlyInAnyOrder(database, "pgbouncer");
            assertThat(ConsoleRows.all(pooler, "SHOW STATS"))
                    .filteredOn(row -> row.get("database").equals(database))
                    .singleElement()
                    .satisfies(row -> assertThat(Integer.parseInt(row.get("total_query_count")))
                            .isGreaterThanOrEqualTo(3));
            assertThat(ConsoleRows.all(pooler, "SHOW CONFIG"))
                    .filteredOn(row -> row.get("key").equals("listen_port"))
                    .singleElement()
                    .satisfies(row -> assertThat(row)
                            .containsEntry("value", "" + pooler.port())
                            .containsEntry("default", "6432")
                            .containsEntry("changeable", "no"));
        }
    }

    @Test
    void helpIsANotice() {
        try (Pooler pooler = setup.pooler().start();
                WireClient console = console(pooler)) {
            List<Message> answer = console.send(Frames.query("SHOW HELP")).expect("N C Z");
            assertThat(answer.get(0).asError().message()).isEqualTo("Console usage");
            assertThat(answer.get(0).asError().detail()).contains("SHOW", "PAUSE", "RELOAD");
        }
    }

    @Test
    void unknownCommands() {
        try (Pooler pooler = setup.pooler().start();
                WireClient console = console(pooler)) {
            for (String command : List.of("NONSENSE", "SHOW NONSENSE", "SHOW", "42", "'", "SELECT 1")) {
                ErrorFields error = failure(console, command);
                assertThat(error.severity()).isEqualTo("ERROR");
                assertThat(error.sqlstate()).isEqualTo("08P01");
                assertThat(error.message()).isEqualTo("invalid command '" + command + "', use SHOW HELP;");
            }
            for (String nothing : List.of("", ";", " ; -- really", "/* nothing */")) {
                console.send(Frames.query(nothing)).expect("I Z");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PAUSE",
                "RESUME",
                "RELOAD",
                "SHUTDOWN",
                "SUSPEND",
                "KILL",
                "KILL_CLIENT 1",
                "RECONNECT",
                "WAIT_CLOSE",
                "DISABLE test",
                "ENABLE test",
                "SET verbose = 1",
                "SHOW FDS"
            })
    @Sees("stats_users")
    void statsUsersMayOnlyLook(String command) {
        try (Pooler pooler = setup.pooler().start();
                WireClient console = pooler.client("stats", "", "pgbouncer")) {
            assertThat(failure(console, command).message()).isEqualTo("admin access needed");
            assertThat(console.query("SHOW VERSION")).hasSize(1);
        }
    }

    @Test
    @Sees("admin_users")
    void administratorsAreThoseOfTheSetting() {
        try (Pooler pooler = setup.pooler()
                        .userList("\"postgres\" \"\"\n\"bob\" \"\"\n")
                        .set("admin_users", "bob")
                        .start();
                WireClient bob = pooler.client("bob", "", "pgbouncer")) {
            assertThatThrownBy(() -> console(pooler)).hasMessageContaining("not allowed");
            does(bob, "SET admin_users = 'eve, postgres'", "SET admin_users=eve, postgres");
            try (WireClient console = console(pooler)) {
                does(console, "RELOAD", "RELOAD");
            }
        }
    }

    @Test
    void strangersMayNotEnter() {
        try (Pooler pooler = setup.pooler()
                        .userList("\"postgres\" \"\"\n\"bob\" \"\"\n")
                        .start();
                WireClient client = pooler.connect()) {
            client.startup(Map.of("user", "bob", "database", "pgbouncer"));
            assertThat(Ending.of(client).sqlstate()).isEqualTo("28000");
        }
    }

    @Test
    void pauseWaitsForTheEndOfTransactions() {
        String database = setup.postgres().database();
        try (Pooler pooler = setup.pooler().start();
                WireClient busy = pooler.client(setup.postgres());
                WireClient waiting = pooler.client(setup.postgres());
                WireClient console = console(pooler)) {
            busy.query("BEGIN");
            // when the operator pauses in the middle of a transaction
            console.send(Frames.query("PAUSE"));
            assertThat(console.isQuietFor(A_MOMENT)).isTrue();
            assertThat(busy.query("SELECT 1")).hasSize(1);
            busy.query("COMMIT");
            // then the answer comes when no server is left
            assertThat(console.expect("C Z").get(0).commandTag()).isEqualTo("PAUSE");
            assertThat(Backends.count(setup.postgres())).isZero();
            assertThat(ConsoleRows.all(pooler, "SHOW DATABASES"))
                    .filteredOn(row -> row.get("name").equals(database))
                    .allMatch(row -> row.get("paused").equals("1"));
            // and queries wait for RESUME
            waiting.send(Frames.query("SELECT 1"));
            assertThat(waiting.isQuietFor(A_MOMENT)).isTrue();
            does(console, "RESUME", "RESUME");
            waiting.expect("T D C Z");
        }
    }

    @Test
    void resumeEndsAPauseThatWaits() {
        try (Pooler pooler = setup.pooler().start();
                WireClient busy = pooler.client(setup.postgres());
                WireClient console = console(pooler);
                WireClient other = console(pooler)) {
            busy.query("BEGIN");
            console.send(Frames.query("PAUSE " + setup.postgres().database()));
            assertThat(console.isQuietFor(A_MOMENT)).isTrue();
            does(other, "RESUME " + setup.postgres().database(), "RESUME");
            assertThat(console.expect("E Z").get(0).asError().message()).isEqualTo("ended by RESUME");
            busy.query("COMMIT");
            assertThat(busy.query("SELECT 1")).hasSize(1);
        }
    }

    @Test
    void pauseOfADatabaseThatIsNotThere() {
        try (Pooler pooler = setup.pooler().start();
                WireClient console = console(pooler)) {
            assertThat(failure(console, "PAUSE nowhere").message()).isEqualTo("no such database: nowhere");
        }
    }

    @Test
    void reloadTakesWhatIsNew() {
        Pooler.Builder before = setup.pooler().set("default_pool_size", "1");
        try (Pooler pooler = before.start();
                WireClient first = pooler.client(setup.postgres());
                WireClient second = pooler.client(setup.postgres());
                WireClient console = console(pooler)) {
            // given one server too few
            first.query("BEGIN");
            second.send(Frames.query("SELECT 1"));
            assertThat(second.isQuietFor(A_MOMENT)).isTrue();
            // when the pool may be larger, and a database is added
            pooler.rewrite(before.set("default_pool_size", "2")
                    .database(
                            "added",
                            "host=" + setup.postgres().host() + " port="
                                    + setup.postgres().port() + " dbname=postgres"));
            does(console, "RELOAD", "RELOAD");
            // then those who wait have it at once
            second.expect("T D C Z");
            try (WireClient added = pooler.client("postgres", "", "added")) {
                assertThat(added.query("SELECT current_database()")).containsExactly(List.of("postgres"));
            }
            first.query("COMMIT");
        }
    }

    @Test
    void reloadSendsClientsOfALostDatabaseAway() {
        String place =
                "host=" + setup.postgres().host() + " port=" + setup.postgres().port() + " dbname=postgres";
        Pooler.Builder with = setup.pooler().database("doomed", place);
        try (Pooler pooler = with.start();
                WireClient doomed = pooler.client("postgres", "", "doomed");
                WireClient safe = pooler.client(setup.postgres());
                WireClient console = console(pooler)) {
            doomed.query("SELECT 1");
            pooler.rewrite(setup.pooler().set("listen_port", "" + pooler.port()));
            does(console, "RELOAD", "RELOAD");
            assertThat(Ending.of(doomed).message()).isEqualTo("database removed");
            assertThat(safe.query("SELECT 1")).hasSize(1);
        }
    }

    @Test
    void whatNeedsANewStartStaysAsItIs() {
        Pooler.Builder builder = setup.pooler();
        try (LogLines log = new LogLines();
                Pooler pooler = builder.start();
                WireClient client = pooler.client(setup.postgres());
                WireClient console = console(pooler)) {
            List<List<String>> before = console.query("SHOW CONFIG");
            pooler.rewrite(builder.set("disable_pqexec", "1").set("listen_backlog", "5"));
            does(console, "RELOAD", "RELOAD");
            assertThat(console.query("SHOW CONFIG")).isEqualTo(before);
            assertThat(client.query("SELECT 1")).hasSize(1);
            assertThat(log.lines())
                    .contains(
                            "changed in the file, but in effect only after a new start: disable_pqexec, listen_backlog");
        }
    }

    @Test
    void aBadReloadChangesNothing() {
        Pooler.Builder good = setup.pooler().set("default_pool_size", "1");
        try (Pooler pooler = good.start();
                WireClient client = pooler.client(setup.postgres());
                WireClient console = console(pooler)) {
            int backend = Backends.of(client);
            pooler.rewrite(good.set("default_pool_size", "7").set("pool_mode", "nonsense"));
            ErrorFields error = failure(console, "RELOAD");
            assertThat(error.sqlstate()).isEqualTo("F0000");
            assertThat(error.message()).isEqualTo("RELOAD failed, see logs for additional details");
            assertThat(error.detail()).contains("pool_mode", "nonsense");
            assertThat(ConsoleRows.all(pooler, "SHOW CONFIG"))
                    .filteredOn(row -> row.get("key").equals("default_pool_size"))
                    .allMatch(row -> row.get("value").equals("1"));
            assertThat(Backends.of(client)).isEqualTo(backend);
        }
    }

    @Test
    void shutdownEndsEverything() throws InterruptedException {
        try (Pooler pooler = setup.pooler().start();
                WireClient client = pooler.client(setup.postgres());
                WireClient console = console(pooler)) {
            client.query("SELECT 1");
            console.send(Frames.query("SHUTDOWN"));
            assertThat(Ending.of(client).message()).isEqualTo("server shutting down");
            pooler.pgweir().awaitEnd();
            assertThat(Backends.count(setup.postgres())).isZero();
        }
    }

    @Test
    void shutdownMayWaitForClients() throws InterruptedException {
        try (Pooler pooler = setup.pooler().start();
                WireClient console = console(pooler)) {
            try (WireClient client = pooler.client(setup.postgres())) {
                does(console, "SHUTDOWN WAIT_FOR_CLIENTS", "SHUTDOWN");
                Await.until("the port to be closed", () -> Ports.isFree(pooler.port()));
                assertThat(client.query("SELECT 1")).hasSize(1);
            }
            pooler.pgweir().awaitEnd();
            assertThat(Backends.count(setup.postgres())).isZero();
        }
    }

    @Test
    void shutdownMayWaitForServers() throws InterruptedException {
        try (Pooler pooler = setup.pooler().set("default_pool_size", "1").start();
                WireClient busy = pooler.client(setup.postgres());
                WireClient idle = pooler.client(setup.postgres());
                WireClient late = pooler.client(setup.postgres());
                WireClient waiting = pooler.client(setup.postgres());
                WireClient console = console(pooler)) {
            busy.query("BEGIN");
            waiting.send(Frames.query("SELECT 1"));
            Await.until(
                    "the client waits",
                    () -> ConsoleRows.all(console, "SHOW POOLS").stream()
                            .anyMatch(row -> row.get("cl_waiting").equals("1")));
            does(console, "SHUTDOWN WAIT_FOR_SERVERS", "SHUTDOWN");
            // who has no server gets none, and is told so at once
            assertThat(Ending.of(waiting).message()).isEqualTo("server shutting down");
            late.send(Frames.query("SELECT 1"));
            assertThat(Ending.of(late).message()).isEqualTo("server shutting down");
            // who has one goes on
            assertThat(busy.query("SELECT 1")).hasSize(1);
            busy.query("COMMIT");
            assertThat(Ending.of(idle).message()).isEqualTo("server shutting down");
            pooler.pgweir().awaitEnd();
            assertThat(Backends.count(setup.postgres())).isZero();
        }
    }
}

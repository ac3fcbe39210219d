package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.Sees;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.ErrorFields;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.WireClient;

/** What the commands of the console do to clients and servers. */
@EveryTransport
final class ConsoleCommandsTest {
    private static final Duration A_MOMENT = Duration.ofMillis(50);

    private final Setup setup;

    ConsoleCommandsTest(Setup setup) {
        this.setup = setup;
    }

    private static WireClient console(Pooler pooler) {
        return pooler.client("postgres", "", "pgbouncer");
    }

    private static ErrorFields failure(WireClient console, String command) {
        return console.send(Frames.query(command)).expect("E Z").get(0).asError();
    }

    private static void does(WireClient console, String command) {
        String tag = command.split(" ")[0];
        assertThat(console.send(Frames.query(command)).expect("C Z").get(0).commandTag())
                .isEqualTo(tag);
    }

    private String database() {
        return setup.postgres().database();
    }

    @Test
    void aDisabledDatabaseLetsNobodyNewIn() {
        try (Pooler pooler = setup.pooler().start();
                WireClient inside = pooler.client(setup.postgres());
                WireClient console = console(pooler)) {
            does(console, "DISABLE " + database());
            try (WireClient late = pooler.connect()) {
                late.startup(Map.of("user", "postgres", "database", database()));
                assertThat(Ending.of(late).message()).isEqualTo("database \"" + database() + "\" is disabled");
            }
            assertThat(inside.query("SELECT 1")).hasSize(1);
            assertThat(ConsoleRows.of(pooler, "SHOW DATABASES", "name", database()))
                    .containsEntry("disabled", "1");
            does(console, "ENABLE " + database());
            try (WireClient again = pooler.client(setup.postgres())) {
                assertThat(again.query("SELECT 1")).hasSize(1);
            }
        }
    }

    @Test
    void reconnectReplacesServersAndWaitCloseWaitsForIt() {
        try (Pooler pooler = setup.pooler().start();
                WireClient busy = pooler.client(setup.postgres());
                WireClient resting = pooler.client(setup.postgres());
                WireClient console = console(pooler);
                WireClient second = console(pooler)) {
            busy.query("BEGIN");
            int old = Backends.of(busy);
            int other = Backends.of(resting);
            does(console, "RECONNECT " + database());
            assertThat(ConsoleRows.of(pooler, "SHOW SERVERS", "remote_pid", "" + old))
                    .containsEntry("close_needed", "1");
            console.send(Frames.query("WAIT_CLOSE " + database()));
            second.send(Frames.query("WAIT_CLOSE"));
            assertThat(console.isQuietFor(A_MOMENT)).isTrue();
            assertThat(Backends.of(busy)).isEqualTo(old);
            busy.query("COMMIT");
            assertThat(console.expect("C Z").get(0).commandTag()).isEqualTo("WAIT_CLOSE");
            assertThat(second.expect("C Z").get(0).commandTag()).isEqualTo("WAIT_CLOSE");
            assertThat(Backends.pids(setup.postgres())).doesNotContain(old, other);
            assertThat(Backends.of(busy)).isNotIn(old, other);
        }
    }

    @Test
    void reconnectReplacesTheConnectionThatListens() {
        try (Pooler pooler = setup.pooler().start();
                WireClient listener = pooler.client(setup.postgres());
                WireClient speaker = pooler.client(setup.postgres());
                WireClient console = console(pooler)) {
            listener.query("LISTEN news");
            speaker.query("SELECT 1");
            List<Integer> before = Backends.pids(setup.postgres());
            does(console, "RECONNECT");
            Await.until(
                    "new servers",
                    () -> Backends.pids(setup.postgres()).stream().noneMatch(before::contains));
            Await.until("a word that is heard", () -> {
                speaker.query("NOTIFY news");
                return !listener.isQuietFor(A_MOMENT);
            });
        }
    }

    @ParameterizedTest
    @CsvSource({"KILL test", "KILL"})
    void killEndsClientsAndServersAtOnce(String command) {
        try (Pooler pooler = setup.pooler().start();
                WireClient busy = pooler.client(setup.postgres());
                WireClient idle = pooler.client(setup.postgres());
                WireClient console = console(pooler)) {
            busy.query("BEGIN");
            idle.query("SELECT 1");
            does(console, command);
            assertThat(Ending.of(busy).message()).isEqualTo("admin forced disconnect");
            assertThat(Ending.of(idle).message()).isEqualTo("admin forced disconnect");
            Await.until("no server", () -> Backends.count(setup.postgres()) == 0);
            try (WireClient late = pooler.client(setup.postgres())) {
                late.send(Frames.query("SELECT 1"));
                assertThat(late.isQuietFor(A_MOMENT)).isTrue();
                assertThat(failure(console, "RESUME").message()).isEqualTo("pooler is not paused/suspended");
                does(console, "RESUME " + database());
                late.expect("T D C Z");
            }
            assertThat(ConsoleRows.of(pooler, "SHOW LISTS", "list", "used_servers"))
                    .containsEntry("items", "1");
        }
    }

    @Test
    void killClientEndsOne() {
        try (Pooler pooler = setup.pooler().start();
                WireClient doomed = pooler.client(setup.postgres());
                WireClient safe = pooler.client(setup.postgres());
                WireClient console = console(pooler)) {
            doomed.query("SET application_name = 'doomed'");
            String id = ConsoleRows.of(pooler, "SHOW CLIENTS", "application_name", "doomed")
                    .get("id");
            assertThat(failure(console, "KILL_CLIENT").message()).isEqualTo("invalid client pointer supplied");
            assertThat(failure(console, "KILL_CLIENT x").message()).isEqualTo("invalid client pointer supplied");
            assertThat(failure(console, "KILL_CLIENT 999999999").message()).isEqualTo("client not found");
            does(console, "KILL_CLIENT " + id);
            ErrorFields error = Ending.of(doomed);
            assertThat(error.message()).isEqualTo("admin forced disconnect");
            assertThat(error.sqlstate()).isEqualTo("57P01");
            assertThat(failure(console, "KILL_CLIENT " + id).message()).isEqualTo("client not found");
            assertThat(safe.query("SELECT 1")).hasSize(1);
        }
    }

    @Test
    void suspendLeavesAllSocketsAlone() {
        try (Pooler pooler = setup.pooler().start();
                WireClient busy = pooler.client(setup.postgres());
                WireClient idle = pooler.client(setup.postgres());
                WireClient console = console(pooler)) {
            busy.query("BEGIN");
            int backend = Backends.of(busy);
            does(console, "SUSPEND");
            assertThat(pooler.console("SHOW STATE"))
                    .containsExactly(List.of("active", "no"), List.of("paused", "no"), List.of("suspended", "yes"));
            busy.send(Frames.query("SELECT pg_backend_pid()"));
            idle.send(Frames.query("SELECT 1"));
            try (WireClient late = pooler.client(setup.postgres())) {
                late.send(Frames.query("SELECT 1"));
                assertThat(busy.isQuietFor(A_MOMENT)).isTrue();
                assertThat(idle.isQuietFor(A_MOMENT)).isTrue();
                assertThat(late.isQuietFor(A_MOMENT)).isTrue();
                does(console, "RESUME");
                late.expect("T D C Z");
            }
            assertThat(busy.expect("T D C Z").get(1).row()).containsExactly("" + backend);
            idle.expect("T D C Z");
            busy.query("COMMIT");
            assertThat(idle.query("SELECT 1")).hasSize(1);
        }
    }

    @Test
    void theLastConsoleToLeaveEndsASuspension() {
        try (Pooler pooler = setup.pooler().start();
                WireClient client = pooler.client(setup.postgres())) {
            try (WireClient console = console(pooler)) {
                does(console, "SUSPEND");
                client.send(Frames.query("SELECT 1"));
                assertThat(client.isQuietFor(A_MOMENT)).isTrue();
            }
            client.expect("T D C Z");
        }
    }

    @Sees("suspend_timeout")
    @Test
    void suspendDoesNotWaitForEverForOneWhoDoesNotRead() {
        try (Pooler pooler = setup.pooler().set("suspend_timeout", "0.5").start();
                WireClient stuck = pooler.client(setup.postgres());
                WireClient console = console(pooler)) {
            stuck.send(Frames.query("SELECT repeat('x', 1000000) FROM generate_series(1, 100)"));
            List<String> unsent = new ArrayList<>(List.of("0"));
            Await.until("bytes that nobody takes", () -> {
                unsent.add(ConsoleRows.of(pooler, "SHOW SOCKETS", "database", database())
                        .get("send_avail"));
                List<String> last = unsent.subList(Math.max(0, unsent.size() - 6), unsent.size());
                return last.size() == 6 && Set.copyOf(last).size() == 1 && !last.contains("0");
            });
            does(console, "SUSPEND");
            does(console, "RESUME");
            assertThat(ConsoleRows.all(pooler, "SHOW CLIENTS"))
                    .noneMatch(row -> row.get("database").equals(database()));
        }
    }

    @ParameterizedTest
    @CsvSource({"PAUSE", "PAUSE test"})
    void aCancelRequestEndsAPauseAndTakesItBack(String command) {
        try (Pooler pooler = setup.pooler().start();
                WireClient busy = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres());
                WireClient console = console(pooler)) {
            busy.query("BEGIN");
            console.send(Frames.query(command));
            other.send(Frames.query("SELECT 1"));
            assertThat(console.isQuietFor(A_MOMENT)).isTrue();
            WireClient.cancel("127.0.0.1", pooler.port(), console.backendPid(), console.backendSecret());
            ErrorFields error = console.expect("E Z").get(0).asError();
            assertThat(error.sqlstate()).isEqualTo("57014");
            other.expect("T D C Z");
            busy.query("COMMIT");
            assertThat(pooler.console("SHOW STATE")).contains(List.of("active", "yes"));
            // and the console goes on
            assertThat(console.query("SHOW VERSION")).hasSize(1);
        }
    }

    @Test
    void aCancelRequestEndsWaitClose() {
        try (Pooler pooler = setup.pooler().start();
                WireClient busy = pooler.client(setup.postgres());
                WireClient console = console(pooler)) {
            busy.query("BEGIN");
            does(console, "RECONNECT");
            console.send(Frames.query("WAIT_CLOSE"));
            assertThat(console.isQuietFor(A_MOMENT)).isTrue();
            WireClient.cancel("127.0.0.1", pooler.port(), console.backendPid(), console.backendSecret());
            assertThat(console.expect("E Z").get(0).asError().sqlstate()).isEqualTo("57014");
            busy.query("COMMIT");
        }
    }

    @Test
    void aPauseStaysWhenItsConsoleLeaves() {
        try (Pooler pooler = setup.pooler().start();
                WireClient busy = pooler.client(setup.postgres())) {
            busy.query("BEGIN");
            try (WireClient console = console(pooler)) {
                console.send(Frames.query("PAUSE"));
                assertThat(console.isQuietFor(A_MOMENT)).isTrue();
            }
            busy.query("COMMIT");
            busy.send(Frames.query("SELECT 1"));
            assertThat(busy.isQuietFor(A_MOMENT)).isTrue();
            pooler.console("RESUME");
            busy.expect("T D C Z");
        }
    }

    @Test
    void aDatabaseThatIsPausedByItsNameIsResumedByItsName() {
        try (Pooler pooler = setup.pooler().start();
                WireClient client = pooler.client(setup.postgres());
                WireClient console = console(pooler)) {
            client.query("SELECT 1");
            does(console, "PAUSE \"" + database() + "\"");
            does(console, "PAUSE");
            does(console, "RESUME");
            client.send(Frames.query("SELECT 1"));
            assertThat(client.isQuietFor(A_MOMENT)).isTrue();
            does(console, "RESUME " + database());
            client.expect("T D C Z");
        }
    }

    @Test
    void setChangesASettingUntilTheNextReload() {
        try (Pooler pooler = setup.pooler().set("default_pool_size", "1").start();
                WireClient first = pooler.client(setup.postgres());
                WireClient second = pooler.client(setup.postgres());
                WireClient console = console(pooler)) {
            first.query("BEGIN");
            second.send(Frames.query("SELECT 1"));
            assertThat(second.isQuietFor(A_MOMENT)).isTrue();
            assertThat(console.send(Frames.query("set default_pool_size TO '2';"))
                            .expect("C Z")
                            .get(0)
                            .commandTag())
                    .isEqualTo("SET default_pool_size=2");
            second.expect("T D C Z");
            first.query("COMMIT");
            assertThat(ConsoleRows.of(pooler, "SHOW CONFIG", "key", "default_pool_size"))
                    .containsEntry("value", "2");
            does(console, "RELOAD");
            assertThat(ConsoleRows.of(pooler, "SHOW CONFIG", "key", "default_pool_size"))
                    .containsEntry("value", "1");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SET nonsense = 1 | There is no setting nonsense",
                "SET listen_port = 1 | needs a new start",
                "SET pool_mode = nonsense | one of session, transaction, statement",
                "SET query_wait_timeout = '-1' | query_wait_timeout"
            })
    void setRefusesWhatCannotBe(String command, String detail) {
        try (Pooler pooler = setup.pooler().start();
                WireClient console = console(pooler)) {
            List<List<String>> before = console.query("SHOW CONFIG");
            ErrorFields error = failure(console, command);
            assertThat(error.message()).isEqualTo("SET failed");
            assertThat(error.detail()).contains(detail);
            assertThat(console.query("SHOW CONFIG")).isEqualTo(before);
        }
    }

    @Sees("conffile")
    @Test
    void conffileIsTheFileOfTheNextReload() throws java.io.IOException {
        java.nio.file.Path other = java.nio.file.Files.createTempFile("pgweir", ".ini");
        try (Pooler pooler = setup.pooler().start();
                WireClient console = console(pooler)) {
            java.nio.file.Files.writeString(
                    other,
                    "[databases]\nelsewhere = host=127.0.0.1\n[pgbouncer]\nauth_type = trust\nlisten_port = "
                            + pooler.port() + "\nadmin_users = postgres\n");
            console.send(Frames.query("SET conffile = '" + other + "'")).expect("C Z");
            does(console, "RELOAD");
            assertThat(console.query("SHOW DATABASES").stream().map(row -> row.get(0)))
                    .containsExactly("elsewhere", "pgbouncer");
        } finally {
            java.nio.file.Files.delete(other);
        }
    }

    /** Not only of those that upkeep has got to. */
    @Test
    void noServerOfBeforeAReconnectServesAnybodyAfterIt() {
        try (Pooler pooler = setup.pooler().start();
                WireClient client = pooler.client(setup.postgres());
                WireClient console = console(pooler)) {
            for (int round = 0; round < 3; round++) {
                int before = Backends.of(client);
                does(console, "RECONNECT");
                assertThat(Backends.of(client)).isNotEqualTo(before);
            }
        }
    }

    @Test
    void aServerThatIsBeingCheckedDuringAReconnectServesNobodyAfterIt() {
        String lock = "4711)";
        try (Pooler pooler = setup.pooler()
                        .set("server_check_delay", "0")
                        .set(
                                "server_check_query",
                                "SELECT pg_advisory_lock_shared(" + lock + ", pg_advisory_unlock_shared(" + lock)
                        .start();
                WireClient client = pooler.client(setup.postgres());
                WireClient console = console(pooler);
                WireClient direct = WireClient.connect(
                        setup.postgres().host(), setup.postgres().port())) {
            direct.login("postgres", "", database());
            int before = Backends.of(client);
            direct.query("SELECT pg_advisory_lock(" + lock);
            client.send(Frames.query("SELECT pg_backend_pid()"));
            Await.until(
                    "the check",
                    () -> direct.query("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'advisory' AND pid = "
                                            + before)
                                    .size()
                            == 1);
            does(console, "RECONNECT");
            direct.query("SELECT pg_advisory_unlock(" + lock);
            assertThat(client.expect("T D C Z").get(1).row()).doesNotContain("" + before);
        }
    }

    @Test
    void aShutdownThatIsTakenBackLeavesWhatWasPaused() {
        try (Pooler pooler = setup.pooler().start();
                WireClient busy = pooler.client(setup.postgres());
                WireClient client = pooler.client(setup.postgres());
                WireClient pausing = console(pooler);
                WireClient console = console(pooler)) {
            busy.query("BEGIN");
            pausing.send(Frames.query("PAUSE"));
            assertThat(pausing.isQuietFor(A_MOMENT)).isTrue();
            does(console, "SHUTDOWN WAIT_FOR_SERVERS");
            does(console, "SHUTDOWN WAIT_FOR_CLIENTS");
            client.send(Frames.query("SELECT 1"));
            assertThat(client.isQuietFor(A_MOMENT)).isTrue();
        }
    }

    @Test
    void aSecondShutdownChangesWhatIsWaitedFor() throws InterruptedException {
        try (Pooler pooler = setup.pooler().start();
                WireClient busy = pooler.client(setup.postgres());
                WireClient idle = pooler.client(setup.postgres());
                WireClient console = console(pooler)) {
            busy.query("BEGIN");
            does(console, "SHUTDOWN WAIT_FOR_SERVERS");
            does(console, "SHUTDOWN WAIT_FOR_CLIENTS");
            assertThat(idle.query("SELECT 1")).hasSize(1);
            busy.query("COMMIT");
            assertThat(busy.query("SELECT 1")).hasSize(1);
            busy.send(Frames.terminate());
            idle.send(Frames.terminate());
            pooler.pgweir().awaitEnd();
        }
    }

    @Test
    void resumeIsRefusedDuringAShutdown() throws InterruptedException {
        try (Pooler pooler = setup.pooler().start();
                WireClient busy = pooler.client(setup.postgres());
                WireClient console = console(pooler)) {
            busy.query("BEGIN");
            does(console, "SHUTDOWN WAIT_FOR_SERVERS");
            assertThat(failure(console, "RESUME").message()).isEqualTo("pooler is shutting down");
            busy.query("COMMIT");
            pooler.pgweir().awaitEnd();
        }
    }
}

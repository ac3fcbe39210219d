package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.Sees;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.ErrorFields;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.Message;
import org.pgweir.testkit.WireClient;

/** What a client may count on in each pool_mode. */
@EverySetup
final class PoolModeTest {
    private static final Duration A_MOMENT = Duration.ofMillis(30);

    private final Setup setup;

    PoolModeTest(Setup setup) {
        this.setup = setup;
    }

    private Pooler pooler(String mode, int size) {
        return setup.pooler()
                .set("pool_mode", mode)
                .set("default_pool_size", Integer.toString(size))
                .start();
    }

    @Test
    void transactionModeSharesOneServer() {
        try (Pooler pooler = pooler("transaction", 1);
                WireClient first = pooler.client(setup.postgres());
                WireClient second = pooler.client(setup.postgres())) {
            int backend = Backends.of(first);
            assertThat(Backends.of(second)).isEqualTo(backend);
            assertThat(Backends.of(first)).isEqualTo(backend);
        }
    }

    @Test
    void transactionModeKeepsTheServerForATransaction() {
        try (Pooler pooler = pooler("transaction", 1);
                WireClient first = pooler.client(setup.postgres());
                WireClient second = pooler.client(setup.postgres())) {
            // given a client inside a transaction
            first.query("BEGIN");
            int backend = Backends.of(first);
            // when another asks
            second.send(Frames.query("SELECT pg_backend_pid()"));
            // then it waits for the end of that transaction
            assertThat(second.isQuietFor(A_MOMENT)).isTrue();
            first.query("COMMIT");
            List<Message> answer = second.readUntil('Z');
            assertThat(answer.get(1).row()).containsExactly("" + backend);
        }
    }

    @Test
    void thePoolNeverOutgrowsItsSize() {
        int size = 3;
        try (Pooler pooler = pooler("transaction", size)) {
            List<WireClient> clients = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                clients.add(pooler.client(setup.postgres()));
            }
            // when all clients ask at once, three times
            Set<String> backends = new HashSet<>();
            for (int round = 0; round < 3; round++) {
                clients.forEach(client -> client.send(Frames.query("SELECT pg_backend_pid(), pg_sleep(0.001)")));
                assertThat(Backends.count(setup.postgres())).isLessThanOrEqualTo(size);
                for (WireClient client : clients) {
                    backends.add(client.readUntil('Z').get(1).row().get(0));
                }
            }
            // then no more servers than allowed have worked for them
            assertThat(backends).hasSizeLessThanOrEqualTo(size);
            clients.forEach(WireClient::close);
        }
    }

    @Test
    void waitingClientsOfALoopAreServedInTheirOrder() {
        // Over several loops the order is kept up to a factor of two of the waiting time.
        try (Pooler pooler = setup.pooler()
                        .set("event_loops", "1")
                        .set("default_pool_size", "1")
                        .start();
                WireClient holder = pooler.client(setup.postgres())) {
            setup.postgres().execute("DROP SEQUENCE IF EXISTS turn; CREATE SEQUENCE turn");
            holder.query("BEGIN");
            List<WireClient> queue = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                WireClient client = pooler.client(setup.postgres());
                client.send(Frames.query("SELECT nextval('turn')"));
                queue.add(client);
                int parked = i + 1;
                Await.until(parked + " clients to be parked", () -> waiting(pooler) == parked);
            }
            // when the server becomes free
            holder.query("COMMIT");
            // then each gets its turn
            for (int i = 0; i < queue.size(); i++) {
                List<Message> answer = queue.get(i).readUntil('Z');
                assertThat(answer.get(1).row()).as("client %d", i).containsExactly("" + (i + 1));
            }
            queue.forEach(WireClient::close);
            setup.postgres().execute("DROP SEQUENCE turn");
        }
    }

    @Test
    void everyWaitingClientIsServed() {
        try (Pooler pooler = pooler("transaction", 1);
                WireClient holder = pooler.client(setup.postgres())) {
            holder.query("BEGIN");
            List<WireClient> queue = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                WireClient client = pooler.client(setup.postgres());
                client.send(Frames.query("SELECT " + i));
                queue.add(client);
            }
            Await.until("all to be parked", () -> waiting(pooler) == queue.size());
            holder.query("COMMIT");
            for (int i = 0; i < queue.size(); i++) {
                assertThat(queue.get(i).readUntil('Z').get(1).row()).containsExactly("" + i);
            }
            queue.forEach(WireClient::close);
        }
    }

    private int waiting(Pooler pooler) {
        return Integer.parseInt(
                ConsoleRows.pool(pooler, setup.postgres().database()).get("cl_waiting"));
    }

    @Test
    void sessionModeKeepsTheServerUntilTheClientLeaves() {
        try (Pooler pooler = pooler("session", 1);
                WireClient first = pooler.client(setup.postgres());
                WireClient second = pooler.client(setup.postgres())) {
            // given a client that has all sorts of state
            int backend = Backends.of(first);
            first.query("SET work_mem = '7MB'; CREATE TEMP TABLE mine (a int); PREPARE p AS SELECT 1; LISTEN news");
            assertThat(Backends.of(first)).isEqualTo(backend);
            second.send(Frames.query("SELECT pg_backend_pid()"));
            assertThat(second.isQuietFor(A_MOMENT)).isTrue();
            // when it leaves
            first.send(Frames.terminate());
            first.expectClosed();
            // then the next gets the same server, as good as new
            assertThat(second.readUntil('Z').get(1).row()).containsExactly("" + backend);
            assertThat(second.query("SELECT count(*) FROM pg_prepared_statements"))
                    .containsExactly(List.of("0"));
            assertThat(second.query("SELECT count(*) FROM pg_listening_channels()"))
                    .containsExactly(List.of("0"));
            assertThat(second.query("SELECT to_regclass('pg_temp.mine') IS NULL"))
                    .containsExactly(List.of("t"));
            assertThat(second.query("SHOW work_mem")).isNotEqualTo(List.of(List.of("7MB")));
        }
    }

    @Test
    void sessionModeKeepsPreparedStatementsAndPortals() {
        try (Pooler pooler = pooler("session", 2);
                WireClient client = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres())) {
            client.send(Frames.parse("mine", "SELECT 6 * $1::int"), Frames.sync());
            client.expect("1 Z");
            other.query("SELECT 1");
            client.send(Frames.bind("", "mine", "7"), Frames.execute(""), Frames.sync());
            assertThat(client.expect("2 D C Z").get(1).row()).containsExactly("42");
        }
    }

    @Test
    void sessionModeBringsNotifications() {
        try (Pooler pooler = pooler("session", 2);
                WireClient listener = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres())) {
            listener.query("LISTEN news");
            other.query("NOTIFY news, 'it rains'");
            Message notification = listener.read();
            assertThat(notification.type()).isEqualTo('A');
            assertThat(notification.cstring(4)).isEqualTo("news");
            assertThat(notification.cstring(9)).isEqualTo("it rains");
            // and while a query is on its way
            listener.send(Frames.query("NOTIFY news, 'it pours'"));
            listener.expect("C A Z");
        }
    }

    @Test
    void sessionModeResetsAfterATransactionThatWasLeftOpen() {
        try (Pooler pooler = pooler("session", 1);
                WireClient second = pooler.client(setup.postgres())) {
            int backend;
            try (WireClient first = pooler.client(setup.postgres())) {
                backend = Backends.of(first);
                first.query("BEGIN; SET LOCAL work_mem = '7MB'; SELECT pg_advisory_lock(99)");
            }
            assertThat(Backends.of(second)).isEqualTo(backend);
            assertThat(second.query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"))
                    .containsExactly(List.of("0"));
            assertThat(second.transactionStatus()).isEqualTo('I');
        }
    }

    @Test
    @Sees({"server_reset_query", "server_reset_query_always"})
    void aResetQueryOfOnesOwn() {
        try (Pooler pooler = setup.pooler()
                        .set("default_pool_size", "1")
                        .set("server_reset_query", "SET work_mem = '9MB'")
                        .set("server_reset_query_always", "1")
                        .start();
                WireClient client = pooler.client(setup.postgres())) {
            client.query("SET work_mem = '5MB'");
            assertThat(client.query("SHOW work_mem")).containsExactly(List.of("9MB"));
        }
    }

    @Test
    @Sees("pool_mode")
    void statementModeRefusesTransactions() {
        try (Pooler pooler = pooler("statement", 1);
                WireClient client = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres())) {
            int backend = Backends.of(client);
            assertThat(Backends.of(other)).isEqualTo(backend);
            client.send(Frames.query("BEGIN"));
            ErrorFields error = Ending.of(client);
            assertThat(error.sqlstate()).isEqualTo("08P01");
            assertThat(error.message()).isEqualTo("transaction blocks not allowed in statement pooling mode");
            // and the other sees nothing of that transaction
            assertThat(other.query("SELECT 1")).hasSize(1);
            assertThat(other.transactionStatus()).isEqualTo('I');
        }
    }

    @Test
    @Sees({"database.pool_mode", "user.pool_mode"})
    void theUsersModeBeatsTheDatabasesAndThatTheGlobalOne() {
        String database = setup.postgres().database();
        try (Pooler pooler = setup.emptyPooler()
                .database(setup.postgres(), "pool_mode=session")
                .user("stats", "pool_mode=statement")
                .start()) {
            setup.postgres().execute("DROP ROLE IF EXISTS stats; CREATE ROLE stats LOGIN");
            try (WireClient client = pooler.client("stats", "", database);
                    WireClient keeper = pooler.client(setup.postgres())) {
                client.send(Frames.query("BEGIN"));
                assertThat(Ending.of(client).message()).contains("statement pooling mode");
                keeper.query("SELECT 1");
                assertThat(ConsoleRows.pool(pooler, database, "postgres"))
                        .containsEntry("pool_mode", "session")
                        .containsEntry("sv_active", "1");
            }
        } finally {
            setup.postgres().execute("DROP ROLE IF EXISTS stats");
        }
    }

    @Test
    void trackedParametersFollowTheClient() {
        try (Pooler pooler = pooler("transaction", 1);
                WireClient tokyo = pooler.client(setup.postgres());
                WireClient lima = pooler.client(setup.postgres())) {
            Map<String, String> before = Map.copyOf(lima.parameterStatus());
            // given two clients with settings of their own on the same server
            tokyo.query("SET application_name = 'in tokyo'; SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German'");
            lima.query("SET application_name = 'in lima'; SET IntervalStyle = 'iso_8601'");
            for (int round = 0; round < 3; round++) {
                // when they take turns, each has its own
                assertThat(tokyo.query("SHOW application_name")).containsExactly(List.of("in tokyo"));
                assertThat(lima.query("SHOW application_name")).containsExactly(List.of("in lima"));
                assertThat(tokyo.query("SHOW TimeZone")).containsExactly(List.of("Asia/Tokyo"));
                assertThat(lima.query("SHOW TimeZone")).containsExactly(List.of(before.get("TimeZone")));
                assertThat(tokyo.query("SELECT date '2026-11-21', interval '1 day'"))
                        .containsExactly(List.of("21.11.2026", "1 day"));
                assertThat(lima.query("SELECT date '2026-11-21', interval '1 day'"))
                        .containsExactly(List.of("2026-11-21", "P1D"));
            }
            // and was told of its own changes only
            assertThat(tokyo.parameterStatus("TimeZone")).isEqualTo("Asia/Tokyo");
            assertThat(lima.parameterStatus("TimeZone")).isEqualTo(before.get("TimeZone"));
        }
    }

    @Test
    void aRolledBackSettingIsForgotten() {
        try (Pooler pooler = pooler("transaction", 1);
                WireClient client = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres())) {
            client.query("SET application_name = 'kept'");
            client.query("BEGIN");
            client.query("SET application_name = 'lost'");
            client.query("ROLLBACK");
            other.query("SELECT 1");
            assertThat(client.query("SHOW application_name")).containsExactly(List.of("kept"));
            assertThat(client.parameterStatus("application_name")).isEqualTo("kept");
        }
    }

    @Test
    @Sees({"database.timezone", "database.client_encoding", "database.application_name"})
    void settingsOfTheDatabaseEntryAreTheDefaults() {
        try (Pooler pooler = setup.emptyPooler()
                        .database(
                                setup.postgres(), "timezone='Asia/Tokyo' application_name=entry client_encoding=LATIN1")
                        .start();
                WireClient client = pooler.client(setup.postgres())) {
            assertThat(client.parameterStatus("TimeZone")).isEqualTo("Asia/Tokyo");
            assertThat(client.query("SHOW TimeZone")).containsExactly(List.of("Asia/Tokyo"));
            assertThat(client.query("SHOW client_encoding")).containsExactly(List.of("LATIN1"));
            assertThat(client.query("SHOW application_name")).containsExactly(List.of("entry"));
        }
    }
}

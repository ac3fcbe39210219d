package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.Sees;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.ErrorFields;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.WireClient;
import org.pgweir.testkit.WireError;

/** How many servers and clients there may be. */
@EveryTransport
final class LimitsTest {
    private final Setup setup;

    LimitsTest(Setup setup) {
        this.setup = setup;
    }

    private String database() {
        return setup.postgres().database();
    }

    private Pooler.Builder twoDatabases(String keysOfOne, String keysOfTwo) {
        return setup.emptyPooler().database("one", place(keysOfOne)).database("two", place(keysOfTwo));
    }

    private String place(String furtherKeys) {
        return "host=" + setup.postgres().host() + " port=" + setup.postgres().port() + " dbname=" + database() + " "
                + furtherKeys;
    }

    @Test
    @Sees({"reserve_pool_size", "reserve_pool_timeout"})
    void reserveServersHelpThoseWhoWaitedLong() {
        String warning = setup.postgres().database() + "/postgres taking connection from reserve_pool";
        try (LogLines log = new LogLines();
                Pooler pooler = setup.pooler()
                        .set("default_pool_size", "1")
                        .set("reserve_pool_size", "1")
                        .set("reserve_pool_timeout", "0.5")
                        .start();
                WireClient holder = pooler.client(setup.postgres());
                WireClient second = pooler.client(setup.postgres());
                WireClient third = pooler.client(setup.postgres())) {
            holder.query("BEGIN");
            int backend = Backends.of(holder);
            // when two wait, for less than the default of reserve_pool_timeout
            second.timeout(Duration.ofSeconds(4));
            second.send(Frames.query("BEGIN; SELECT pg_backend_pid()"));
            assertThat(Backends.count(setup.postgres())).isEqualTo(1);
            assertThat(log.lines()).doesNotContain(warning);
            third.send(Frames.query("SELECT 1"));
            // then one of them gets the reserve, the other must wait on
            assertThat(second.readUntil('Z').get(2).row()).doesNotContain("" + backend);
            assertThat(Backends.count(setup.postgres())).isEqualTo(2);
            assertThat(log.lines()).containsOnlyOnce(warning);
            second.query("COMMIT");
            third.readUntil('Z');
        }
    }

    @Test
    @Sees("database.min_pool_size")
    void theMinimumIsOpenedBeforehandAndKeptOpen() {
        try (Pooler pooler = setup.emptyPooler()
                .database(setup.postgres(), "user=postgres min_pool_size=2")
                .set("server_idle_timeout", "0.1")
                .start()) {
            Await.until("two servers", () -> Backends.count(setup.postgres()) == 2);
            List<Integer> first = Backends.pids(setup.postgres());
            // when one is lost
            Backends.terminate(setup.postgres(), first.get(0));
            // then another one comes
            Await.until("two servers again", () -> {
                List<Integer> now = Backends.pids(setup.postgres());
                return now.size() == 2 && !now.contains(first.get(0));
            });
            assertThat(Backends.pids(setup.postgres())).contains(first.get(1));
            assertThat(ConsoleRows.pool(pooler, database()).get("sv_idle")).isEqualTo("2");
        }
    }

    @Test
    @Sees("min_pool_size")
    void withoutAForcedUserTheMinimumNeedsAClient() {
        try (Pooler pooler = setup.pooler().set("min_pool_size", "2").start()) {
            assertThat(Backends.count(setup.postgres())).isZero();
            try (WireClient client = pooler.client(setup.postgres())) {
                Await.until("two servers", () -> Backends.count(setup.postgres()) == 2);
                assertThat(client.query("SELECT 1")).hasSize(1);
            }
        }
    }

    @Test
    @Sees("max_client_conn")
    void tooManyClients() {
        try (Pooler pooler = setup.pooler().set("max_client_conn", "2").start();
                WireClient first = pooler.client(setup.postgres())) {
            try (WireClient second = pooler.client(setup.postgres());
                    WireClient third = pooler.connect()) {
                third.startup(Map.of("user", "postgres", "database", database()));
                ErrorFields error = Ending.of(third);
                assertThat(error.sqlstate()).isEqualTo("53300");
                assertThat(error.message()).isEqualTo("no more connections allowed (max_client_conn)");
                // the console is always open
                assertThat(pooler.console("SHOW VERSION")).hasSize(1);
                assertThat(second.query("SELECT 1")).hasSize(1);
            }
            // a place that was left can be taken
            Await.until("a free place", () -> {
                try (WireClient next = pooler.client(setup.postgres())) {
                    return next.query("SELECT 1").size() == 1;
                }
            });
            assertThat(first.query("SELECT 1")).hasSize(1);
        }
    }

    @Test
    void aDatabasesIdleServerMakesRoomForAnotherUser() {
        setup.postgres().execute("DROP ROLE IF EXISTS stats; CREATE ROLE stats LOGIN");
        try (Pooler pooler = setup.emptyPooler()
                        .database(setup.postgres(), "max_db_connections=1")
                        .start();
                WireClient first = pooler.client(setup.postgres())) {
            int backend = Backends.of(first);
            // when another user's pool needs the place of the idle server
            try (WireClient second = pooler.client("stats", "", database())) {
                assertThat(Backends.of(second)).isNotEqualTo(backend);
                assertThat(Backends.pids(setup.postgres())).hasSize(1).doesNotContain(backend);
                // and back again
                assertThat(first.query("SELECT current_user")).containsExactly(List.of("postgres"));
                assertThat(second.query("SELECT current_user")).containsExactly(List.of("stats"));
            }
        } finally {
            setup.postgres().execute("DROP ROLE stats");
        }
    }

    @Test
    void aDatabasesBusyServerIsNotTakenAway() {
        setup.postgres().execute("DROP ROLE IF EXISTS stats; CREATE ROLE stats LOGIN");
        try (Pooler pooler = setup.emptyPooler()
                        .database(setup.postgres(), "max_db_connections=2")
                        .start();
                WireClient first = pooler.client(setup.postgres());
                WireClient second = pooler.client("stats", "", database())) {
            first.query("BEGIN");
            int backend = Backends.of(first);
            second.query("BEGIN");
            try (WireClient third = pooler.client(setup.postgres())) {
                third.send(Frames.query("SELECT pg_backend_pid()"));
                Await.until(
                        "the third to wait",
                        () -> ConsoleRows.all(pooler, "SHOW POOLS").stream()
                                .anyMatch(row -> row.get("cl_waiting").equals("1")));
                assertThat(Backends.count(setup.postgres())).isEqualTo(2);
                second.query("COMMIT");
                assertThat(third.readUntil('Z').get(1).row()).doesNotContain("" + backend);
                assertThat(first.transactionStatus()).isEqualTo('T');
                first.query("COMMIT");
            }
        } finally {
            setup.postgres().execute("DROP ROLE stats");
        }
    }

    @Test
    @Sees("user.max_user_connections")
    void aUsersServersCountOverAllDatabases() {
        try (Pooler pooler = twoDatabases("", "")
                        .user("postgres", "max_user_connections=1")
                        .start();
                WireClient one = pooler.client("postgres", "", "one");
                WireClient two = pooler.client("postgres", "", "two")) {
            int backend = Backends.of(one);
            assertThat(Backends.of(two)).isNotEqualTo(backend);
            assertThat(Backends.count(setup.postgres())).isEqualTo(1);
            two.query("BEGIN");
            one.send(Frames.query("SELECT 1"));
            assertThat(one.isQuietFor(Duration.ofMillis(50))).isTrue();
            two.query("COMMIT");
            one.readUntil('Z');
        }
    }

    @Test
    void aPoolWithoutALimit() {
        try (Pooler pooler = setup.pooler().set("default_pool_size", "0").start()) {
            List<WireClient> clients = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                WireClient client = pooler.client(setup.postgres());
                client.query("BEGIN");
                clients.add(client);
            }
            assertThat(Backends.count(setup.postgres())).isEqualTo(10);
            clients.forEach(WireClient::close);
        }
    }

    @Test
    @Sees({"default_pool_size", "database.pool_size", "user.pool_size"})
    void theUsersPoolSizeBeatsTheDatabasesAndThatTheDefault() {
        try (Pooler pooler = twoDatabases("", "pool_size=2")
                .set("default_pool_size", "1")
                .user("stats", "pool_size=3")
                .start()) {
            assertServers(pooler, "postgres", "one", 1);
            assertServers(pooler, "postgres", "two", 2);
            asStats(() -> assertServers(pooler, "stats", "two", 3));
        }
    }

    @Test
    @Sees({"reserve_pool_size", "database.reserve_pool_size", "database.reserve_pool", "user.reserve_pool_size"})
    void theUsersReserveBeatsTheDatabasesAndThatTheGlobalOne() {
        try (Pooler pooler = twoDatabases("reserve_pool=1", "reserve_pool_size=2")
                .database("three", place(""))
                .set("default_pool_size", "1")
                .set("reserve_pool_size", "2")
                .set("reserve_pool_timeout", "0.1")
                .user("stats", "reserve_pool_size=1")
                .start()) {
            assertServers(pooler, "postgres", "one", 2);
            assertServers(pooler, "postgres", "three", 3);
            pooler.console("SET reserve_pool_size = 0");
            assertServers(pooler, "postgres", "two", 3);
            asStats(() -> assertServers(pooler, "stats", "two", 2));
        }
    }

    @Test
    @Sees({"max_db_connections", "database.max_db_connections"})
    void aDatabaseHasItsOwnLimitOrTheGlobalOne() {
        try (Pooler pooler = twoDatabases("", "max_db_connections=2")
                .set("max_db_connections", "1")
                .start()) {
            assertServers(pooler, "postgres", "one", 1);
            assertServers(pooler, "postgres", "two", 2);
        }
    }

    @Test
    @Sees({"max_user_connections", "user.max_user_connections"})
    void aUserHasItsOwnLimitOrTheGlobalOne() {
        try (Pooler pooler = twoDatabases("", "")
                .set("max_user_connections", "1")
                .user("stats", "max_user_connections=2")
                .start()) {
            assertServers(pooler, "postgres", "one", 1);
            asStats(() -> assertServers(pooler, "stats", "two", 2));
        }
    }

    private void asStats(Runnable test) {
        setup.postgres().execute("DROP ROLE IF EXISTS stats; CREATE ROLE stats LOGIN");
        try {
            test.run();
        } finally {
            setup.postgres().execute("DROP OWNED BY stats; DROP ROLE stats");
        }
    }

    /** Four clients begin transactions at the same time: so many servers there are for them, and the others wait. */
    private static void assertServers(Pooler pooler, String user, String database, int expected) {
        CountDownLatch end = new CountDownLatch(1);
        List<CompletableFuture<Integer>> backends = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            backends.add(CompletableFuture.supplyAsync(
                    () -> {
                        try (WireClient client = pooler.client(user, "", database)) {
                            client.query("BEGIN");
                            end.await();
                            int backend = Backends.of(client);
                            client.query("COMMIT");
                            return backend;
                        } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                        }
                    },
                    task -> new Thread(task).start()));
        }
        try {
            Await.until(expected + " of four to have a server", () -> {
                Map<String, String> pool = ConsoleRows.pool(pooler, database, user);
                return pool.get("sv_active").equals("" + expected)
                        && pool.get("cl_waiting").equals("" + (4 - expected))
                        && pool.get("sv_login").equals("0");
            });
        } finally {
            end.countDown();
        }
        Set<Integer> different = backends.stream().map(CompletableFuture::join).collect(Collectors.toSet());
        assertThat(different).as("servers of " + user + " in " + database).hasSize(expected);
    }

    @Test
    void lastUsedServersAreUsedFirst() {
        try (Pooler pooler = setup.pooler().set("event_loops", "1").start()) {
            List<Integer> backends = openIdle(pooler, 3);
            try (WireClient client = pooler.client(setup.postgres())) {
                for (int i = 0; i < 5; i++) {
                    assertThat(Backends.of(client)).isEqualTo(backends.get(2));
                }
            }
        }
    }

    @Test
    @Sees("server_round_robin")
    void serversTakeTurnsWithRoundRobin() {
        try (Pooler pooler = setup.pooler()
                .set("event_loops", "1")
                .set("server_round_robin", "1")
                .start()) {
            List<Integer> backends = openIdle(pooler, 3);
            try (WireClient client = pooler.client(setup.postgres())) {
                for (int i = 0; i < 6; i++) {
                    assertThat(Backends.of(client)).as("turn %d", i).isEqualTo(backends.get(i % 3));
                }
            }
        }
    }

    private void assertRefused(Pooler pooler, String user, String database, String message) {
        try (WireClient refused = pooler.connect()) {
            refused.startup(Map.of("user", user, "database", database));
            ErrorFields error = Ending.of(refused);
            assertThat(error.sqlstate()).isEqualTo("53300");
            assertThat(error.message()).isEqualTo(message);
        }
    }

    @Test
    @Sees({"max_db_client_connections", "database.max_db_client_connections"})
    void aDatabaseTakesSoManyClients() {
        String message = "client connections exceeded (max_db_client_connections)";
        try (Pooler pooler = twoDatabases("", "max_db_client_connections=2")
                        .set("max_db_client_connections", "1")
                        .start();
                WireClient inTwo = pooler.client("postgres", "", "two");
                WireClient alsoInTwo = pooler.client("postgres", "", "two")) {
            assertRefused(pooler, "postgres", "two", message);
            try (WireClient inOne = pooler.client("postgres", "", "one")) {
                assertRefused(pooler, "postgres", "one", message);
                assertThat(inOne.query("SELECT 1")).hasSize(1);
            }
            // a place that was left can be taken
            Await.until("a free place", () -> {
                try (WireClient next = pooler.client("postgres", "", "one")) {
                    return next.query("SELECT 1").size() == 1;
                }
            });
            assertThat(inTwo.query("SELECT 1")).isEqualTo(alsoInTwo.query("SELECT 1"));
        }
    }

    @Test
    @Sees({"max_user_client_connections", "user.max_user_client_connections"})
    void aUserTakesSoManyClientsInAllDatabases() {
        String message = "client connections exceeded (max_user_client_connections)";
        try (Pooler pooler = twoDatabases("user=postgres", "user=postgres")
                        .set("max_user_client_connections", "1")
                        .user("postgres", "max_user_client_connections=2")
                        .start();
                WireClient second = pooler.client("postgres", "", "two");
                WireClient other = pooler.client("stats", "", "one")) {
            try (WireClient first = pooler.client("postgres", "", "one")) {
                assertRefused(pooler, "postgres", "one", message);
                assertRefused(pooler, "stats", "two", message);
                assertThat(first.query("SELECT 1")).hasSize(1);
            }
            Await.until("a free place", () -> {
                try (WireClient next = pooler.client("postgres", "", "two")) {
                    return next.query("SELECT 1").size() == 1;
                }
            });
            assertThat(second.query("SELECT 1")).isEqualTo(other.query("SELECT 1"));
        }
    }

    /** Somebody who watches too often must not be able to open consoles without end; administrators always get in. */
    @Test
    void theConsoleTakesSoManyClients() {
        try (Pooler pooler = twoDatabases("user=postgres", "user=postgres")
                        .set("max_db_client_connections", "2")
                        .set("max_user_client_connections", "3")
                        .set("admin_users", "postgres")
                        .set("stats_users", "stats")
                        .start();
                WireClient first = pooler.client("stats", "", "pgbouncer")) {
            try (WireClient second = pooler.client("stats", "", "pgbouncer")) {
                assertThat(refusal(pooler, "stats"))
                        .isEqualTo("client connections exceeded (max_db_client_connections)");
                try (WireClient inOne = pooler.client("stats", "", "one")) {
                    assertThat(inOne.query("SELECT 1")).isEqualTo(List.of(List.of("1")));
                    assertRefused(pooler, "stats", "two", "client connections exceeded (max_user_client_connections)");
                    // Of two limits PgBouncer names that of the database.
                    assertThat(refusal(pooler, "stats"))
                            .isEqualTo("client connections exceeded (max_db_client_connections)");
                }
                try (WireClient administrator = pooler.client("postgres", "", "pgbouncer")) {
                    assertThat(administrator.query("SHOW VERSION")).hasSize(1);
                }
                assertThat(second.query("SHOW VERSION")).isEqualTo(first.query("SHOW VERSION"));
            }
            Await.until("a free place", () -> refusal(pooler, "stats").isEmpty());
        }
    }

    /** Why the console does not let the user in; empty if it does. */
    private static String refusal(Pooler pooler, String user) {
        try (WireClient client = pooler.client(user, "", "pgbouncer")) {
            return client.query("SHOW VERSION").size() == 1 ? "" : "no version";
        } catch (WireError e) {
            return e.fields().message();
        }
    }

    /** Leaves so many servers idle; the result is in the order in which they became so. */
    private List<Integer> openIdle(Pooler pooler, int count) {
        List<WireClient> clients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            WireClient client = pooler.client(setup.postgres());
            client.query("BEGIN");
            clients.add(client);
        }
        List<Integer> backends = new ArrayList<>();
        for (WireClient client : clients) {
            backends.add(Backends.of(client));
            client.query("COMMIT");
        }
        clients.forEach(WireClient::close);
        return backends;
    }
}

package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgweir.proxy.Pooler;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.ErrorFields;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.Message;
import org.pgweir.testkit.PostgresVersion;
import org.pgweir.testkit.WireClient;

/** Streaming replication through the pooler: each client has a server of its own. */
@EveryTransport
final class ReplicationTest {
    private static EmbeddedPostgres postgres;

    private final Setup setup;

    ReplicationTest(Setup setup) {
        this.setup = setup;
    }

    @BeforeAll
    static void start() {
        postgres = publisher();
    }

    private static EmbeddedPostgres publisher() {
        return EmbeddedPostgres.builder()
                .version(PostgresVersion.OLD)
                .setting("wal_level", "logical")
                .database("test")
                .start();
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    private Pooler.Builder pooler() {
        return setup.emptyPooler()
                .database(postgres, "")
                .database("replication", "host=" + postgres.host() + " port=" + postgres.port());
    }

    private static WireClient replicating(Pooler pooler, String kind, String database) {
        WireClient client = pooler.connect();
        client.login("postgres", "", database, Map.of("replication", kind, "application_name", "follower"));
        return client;
    }

    private static void awaitNoServers() {
        Await.until(
                "no server for replication",
                () -> postgres.query("SELECT 1 FROM pg_stat_activity WHERE application_name = 'follower'")
                        .isEmpty());
    }

    @Test
    void aBackupOfTheWholeServer(@TempDir Path folder) throws IOException {
        Path backup = folder.resolve("backup");
        try (Pooler pooler = pooler().start()) {
            DebianProgram.through(pooler, "pg_basebackup")
                    .run("-D", backup.toString(), "-X", "stream", "-c", "fast", "--no-sync");
            assertThat(Files.readString(backup.resolve("PG_VERSION"))).startsWith("15");
            DebianProgram.through(pooler, "pg_verifybackup").run(backup.toString());
        }
    }

    @Test
    void theWriteAheadLogAsItIsWritten(@TempDir Path folder) throws IOException {
        try (Pooler pooler = pooler().start()) {
            DebianProgram receiver = DebianProgram.through(pooler, "pg_receivewal");
            receiver.run("--slot=wal", "--create-slot", "--if-not-exists");
            receiver.run("--slot=wal", "--drop-slot");
            postgres.execute("CREATE TABLE IF NOT EXISTS noise (a int); INSERT INTO noise VALUES (1)");
            String start = postgres.query("SELECT pg_walfile_name(pg_current_wal_lsn())")
                    .get(0)
                    .get(0);
            // pg_receivewal begins with the current segment, and ends where this one does
            String end =
                    postgres.query("SELECT pg_current_wal_insert_lsn()").get(0).get(0);
            receiver.run("-D", folder.toString(), "--no-loop", "--no-sync", "--endpos=" + end);
            try (Stream<Path> files = Files.list(folder)) {
                assertThat(files.map(file -> file.getFileName().toString()))
                        .anySatisfy(name -> assertThat(name).startsWith(start));
            }
        }
    }

    @Test
    void changesOfOneDatabase(@TempDir Path folder) throws IOException {
        Path changes = folder.resolve("changes");
        try (Pooler pooler = pooler().start()) {
            DebianProgram receiver = DebianProgram.through(pooler, "pg_recvlogical");
            receiver.run("-d", "test", "--slot=changes", "--create-slot", "--plugin=test_decoding");
            try {
                postgres.execute("DROP TABLE IF EXISTS fish; CREATE TABLE fish (name text)");
                postgres.execute("INSERT INTO fish VALUES ('trout')");
                String end = postgres.query("SELECT pg_current_wal_insert_lsn()")
                        .get(0)
                        .get(0);
                receiver.run(
                        "-d",
                        "test",
                        "--slot=changes",
                        "--start",
                        "--no-loop",
                        "--endpos=" + end,
                        "-f",
                        changes.toString());
                assertThat(Files.readString(changes)).contains("INSERT: name[text]:'trout'");
            } finally {
                receiver.run("-d", "test", "--slot=changes", "--drop-slot");
            }
        }
    }

    @Test
    void aSubscription() {
        try (Pooler pooler = pooler().start();
                EmbeddedPostgres subscriber = publisher()) {
            for (EmbeddedPostgres each : List.of(postgres, subscriber)) {
                each.execute("DROP TABLE IF EXISTS boats; CREATE TABLE boats (name text PRIMARY KEY)");
            }
            postgres.execute("INSERT INTO boats VALUES ('before')");
            postgres.execute("DROP PUBLICATION IF EXISTS boats; CREATE PUBLICATION boats FOR TABLE boats");
            subscriber.execute("CREATE SUBSCRIPTION boats CONNECTION 'host=127.0.0.1 port=" + pooler.port()
                    + " dbname=test user=postgres sslmode=disable' PUBLICATION boats");
            try {
                Await.until(
                        "the first copy",
                        () -> subscriber.query("SELECT name FROM boats").equals(List.of(List.of("before"))));
                postgres.execute("INSERT INTO boats VALUES ('behind')");
                Await.until(
                        "the change",
                        () -> subscriber.query("SELECT name FROM boats").size() == 2);
                // it stays so while ordinary clients come and go
                try (WireClient client = pooler.client(postgres)) {
                    assertThat(client.query("SELECT count(*) FROM boats")).containsExactly(List.of("2"));
                }
            } finally {
                subscriber.execute("DROP SUBSCRIPTION boats");
            }
        }
    }

    @Test
    void eachClientHasAServerOfItsOwn() {
        try (Pooler pooler = pooler().start();
                WireClient ordinary = pooler.client(postgres)) {
            int pooled = Backends.of(ordinary);
            try (WireClient one = replicating(pooler, "database", "test");
                    WireClient two = replicating(pooler, "database", "test")) {
                assertThat(List.of(pooled, Backends.of(one), Backends.of(two))).doesNotHaveDuplicates();
                assertThat(one.query("IDENTIFY_SYSTEM").get(0).get(3)).isEqualTo("test");
                // its session is its own, in transaction mode, too
                one.query("SET statement_timeout = '77s'");
                assertThat(one.query("SHOW statement_timeout")).containsExactly(List.of("77s"));
                assertThat(two.query("SHOW statement_timeout")).containsExactly(List.of("0"));
                assertThat(one.query("SHOW application_name")).containsExactly(List.of("follower"));
                for (String table : List.of("SHOW CLIENTS", "SHOW SERVERS")) {
                    assertThat(ConsoleRows.all(pooler, table))
                            .filteredOn(row -> row.get("database").equals("test"))
                            .extracting(row -> row.get("replication"))
                            .containsExactlyInAnyOrder("none", "logical", "logical");
                }
            }
            awaitNoServers();
            assertThat(Backends.of(ordinary)).isEqualTo(pooled);
        }
    }

    @Test
    void aStreamThatBothSidesTalkIn() {
        try (Pooler pooler = pooler().start();
                WireClient client = replicating(pooler, "true", "replication")) {
            String from = client.query("IDENTIFY_SYSTEM").get(0).get(2);
            for (String table : List.of("SHOW CLIENTS", "SHOW SERVERS")) {
                assertThat(ConsoleRows.of(pooler, table, "database", "replication"))
                        .containsEntry("replication", "physical")
                        .containsEntry("state", "active");
            }
            client.send(Frames.query("START_REPLICATION PHYSICAL " + from));
            client.expect("W");
            postgres.execute("CREATE TABLE IF NOT EXISTS noise (a int); INSERT INTO noise VALUES (1)");
            Message wal = client.readUntil('d').get(0);
            assertThat((char) wal.body()[0]).isIn('w', 'k');
            client.send(Frames.copyDone());
            List<Message> end = client.readUntil('Z');
            assertThat(end).anySatisfy(message -> assertThat(message.type()).isEqualTo('c'));
            assertThat(client.query("IDENTIFY_SYSTEM")).hasSize(1);
        }
    }

    @Test
    void aClientThatVanishesInTheMiddleOfAStreamTakesItsServerWithIt() {
        try (Pooler pooler = pooler().start()) {
            WireClient client = replicating(pooler, "true", "replication");
            String from = client.query("IDENTIFY_SYSTEM").get(0).get(2);
            client.send(Frames.query("START_REPLICATION PHYSICAL " + from));
            client.expect("W");
            client.abort();
            awaitNoServers();
            assertThat(ConsoleRows.pool(pooler, "replication").get("sv_active")).isEqualTo("0");
        }
    }

    @Test
    void theServersCountInTheLimits() {
        try (Pooler pooler = pooler().database(postgres, "pool_size=1")
                        .set("query_wait_timeout", "0.5")
                        .start();
                WireClient ordinary = pooler.client(postgres)) {
            // an idle server makes room
            ordinary.query("SELECT 1");
            try (WireClient first = replicating(pooler, "database", "test");
                    WireClient second = pooler.connect()) {
                assertThat(first.query("IDENTIFY_SYSTEM")).hasSize(1);
                second.startup(Map.of("user", "postgres", "database", "test", "replication", "database"));
                assertThat(Ending.of(second).message()).isEqualTo("query_wait_timeout");
            }
            assertThat(ordinary.query("SELECT 1")).hasSize(1);
        }
    }

    @Test
    void whoWaitsForAServerIsToldOfTheShutdown() {
        try (Pooler pooler = pooler().database(postgres, "pool_size=1").start();
                WireClient first = replicating(pooler, "database", "test");
                WireClient second = pooler.connect()) {
            second.startup(Map.of("user", "postgres", "database", "test", "replication", "database"));
            Await.until(
                    "the second to wait",
                    () -> ConsoleRows.all(pooler, "SHOW CLIENTS").stream()
                            .anyMatch(row -> row.get("state").equals("waiting")));
            pooler.console("SHUTDOWN WAIT_FOR_SERVERS");
            assertThat(Ending.of(second).message()).isEqualTo("server shutting down");
            assertThat(first.query("IDENTIFY_SYSTEM")).hasSize(1);
        }
    }

    @Test
    void whoMayNotReplicateHearsItFromPostgresAndNobodyElseDoes() {
        postgres.execute("DROP ROLE IF EXISTS stats; CREATE ROLE stats LOGIN");
        try (Pooler pooler = pooler().start();
                WireClient refused = pooler.connect();
                WireClient ordinary = pooler.client("stats", "", "test")) {
            refused.startup(Map.of("user", "stats", "database", "test", "replication", "database"));
            ErrorFields error = Ending.of(refused);
            assertThat(error.sqlstate()).isEqualTo("42501");
            assertThat(ordinary.query("SELECT 1")).hasSize(1);
            try (WireClient next = pooler.client("stats", "", "test")) {
                assertThat(next.query("SELECT 1")).hasSize(1);
            }
        } finally {
            postgres.execute("DROP ROLE stats");
        }
    }
}

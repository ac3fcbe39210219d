package org.pgweir.proxy.stress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.handler.ssl.OpenSsl;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.SharedPostgres;
import org.pgweir.proxy.net.Transport;
import org.pgweir.testkit.CertificateAuthority;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.TestCertificate;
import org.pgweir.testkit.WireClient;

/** Many clients on four loops share very few servers: servers wander from loop to loop all the time. */
class LendingStressTest {
    private static final int CLIENTS = 200;
    private static final int QUERIES_EACH = 25;

    static Stream<Arguments> transportsAndPoolSizes() {
        return Stream.of(Transport.values())
                .flatMap(transport -> Stream.of(1, 2, 3).map(size -> Arguments.of(transport, size)));
    }

    @ParameterizedTest
    @MethodSource("transportsAndPoolSizes")
    void givenFewServersOnFourLoopsWhenManyClientsQueryThenEachGetsItsOwnAnswersAndLimitsHold(
            Transport transport, int poolSize) throws Exception {
        lend(SharedPostgres.current(), transport, poolSize, Pooler.builder());
    }

    static Stream<Arguments> transportsAndEngines() {
        return Stream.of(Transport.values())
                .flatMap(transport -> Stream.of("boringssl", "jdk").map(engine -> Arguments.of(transport, engine)));
    }

    @ParameterizedTest
    @MethodSource("transportsAndEngines")
    void givenEncryptedServersWhenTheyWanderFromLoopToLoopThenNoByteIsLost(Transport transport, String engine)
            throws Exception {
        assumeTrue(engine.equals("jdk") || OpenSsl.isAvailable(), engine + " works here");
        TestCertificate certificate = CertificateAuthority.create("test").forServer();
        try (EmbeddedPostgres postgres = EmbeddedPostgres.builder()
                .setting("ssl", "on")
                .file("server.crt", certificate.certificatePem())
                .file("server.key", certificate.keyPem())
                .start()) {
            lend(
                    postgres,
                    transport,
                    2,
                    Pooler.builder().set("server_tls_sslmode", "require").set("tls_engine", engine));
        }
    }

    private static void lend(EmbeddedPostgres postgres, Transport transport, int poolSize, Pooler.Builder configuration)
            throws Exception {
        assumeTrue(transport.unavailability() == null, transport + " works here");
        String name = "lend_" + transport.settingName() + poolSize;
        try (Pooler pooler = configuration
                .set("transport", transport.settingName())
                .set("event_loops", "4")
                .set("max_client_conn", "1000")
                .set("log_connections", "0")
                .set("log_disconnections", "0")
                .database(postgres, "pool_size=" + poolSize + " application_name=" + name)
                .start()) {
            ExecutorService threads = Executors.newFixedThreadPool(CLIENTS + 1);
            AtomicBoolean done = new AtomicBoolean();
            try {
                // given a watch on what PostgreSQL sees
                Future<Integer> watch = threads.submit(() -> mostServers(postgres, name, done));

                // when all query at once
                List<Future<Void>> clients = new ArrayList<>();
                for (int i = 0; i < CLIENTS; i++) {
                    int client = i;
                    clients.add(threads.submit(queries(pooler, postgres, name, client)));
                }
                for (Future<Void> client : clients) {
                    client.get(60, TimeUnit.SECONDS);
                }
                done.set(true);

                // then the limit was kept, and servers did wander
                assertThat(watch.get(10, TimeUnit.SECONDS)).isBetween(1, poolSize);
                assertThat(lends(pooler)).isGreaterThan(10);
            } finally {
                done.set(true);
                threads.shutdownNow();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void givenAllServersIdleOnOneLoopWhenClientsOfTheOtherAskForAllOfThemThenNobodyWaits(Transport transport) {
        assumeTrue(transport.unavailability() == null, transport + " works here");
        int servers = 4;
        try (Pooler pooler = Pooler.builder()
                .set("transport", transport.settingName())
                .set("event_loops", "2")
                .database(SharedPostgres.current(), "pool_size=" + servers)
                .start()) {
            // given clients that are dealt out to the loops in turn, and those of one loop have opened all servers
            List<List<WireClient>> loops = List.of(new ArrayList<>(), new ArrayList<>());
            for (int i = 0; i < 2 * servers; i++) {
                loops.get(i % 2).add(pooler.client(SharedPostgres.current()));
            }
            loops.get(0).forEach(client -> client.query("BEGIN"));
            loops.get(0).forEach(client -> client.query("COMMIT"));
            long before = lends(pooler);

            // when those of the other loop keep one each, then the last one is answered as well
            loops.get(1).forEach(client -> client.query("BEGIN"));
            assertThat(lends(pooler) - before).isEqualTo(servers);

            // and when they give them back while the others wait, then these go on
            loops.get(0).forEach(client -> client.send(Frames.query("SELECT 1")));
            loops.get(1).forEach(client -> client.query("COMMIT"));
            loops.get(0).forEach(client -> client.readUntil('Z'));
            loops.forEach(clients -> clients.forEach(WireClient::close));
        }
    }

    private static Callable<Void> queries(Pooler pooler, EmbeddedPostgres postgres, String name, int client) {
        return () -> {
            try (WireClient wire = pooler.connect()) {
                wire.login("postgres", "", postgres.database(), java.util.Map.of("application_name", name));
                for (int i = 0; i < QUERIES_EACH; i++) {
                    String key = client + "-" + i;
                    // Answers of many sizes, so that reads are cut in all places.
                    int length = 1 + client * i * 7 % 20_000;
                    assertThat(wire.query("SELECT '" + key + "', repeat('" + client % 10 + "', " + length + ")"))
                            .isEqualTo(List.of(
                                    List.of(key, String.valueOf(client % 10).repeat(length))));
                }
            }
            return null;
        };
    }

    private static int mostServers(EmbeddedPostgres postgres, String name, AtomicBoolean done) {
        int most = 0;
        try (WireClient direct = postgres.client()) {
            while (!done.get()) {
                List<List<String>> rows =
                        direct.query("SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + name + "'");
                most = Math.max(most, Integer.parseInt(rows.get(0).get(0)));
            }
        }
        return most;
    }

    private static long lends(Pooler pooler) {
        return pooler.pgweir().counters().lends;
    }
}

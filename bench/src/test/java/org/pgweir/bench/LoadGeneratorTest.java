package org.pgweir.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.Ports;

/** Straight against PostgreSQL: the load generator knows nothing of the pooler. */
class LoadGeneratorTest {
    private static final Workload ONE = random -> Transaction.of("SELECT 1");

    private static EmbeddedPostgres postgres;

    @BeforeAll
    static void startPostgres() {
        postgres = EmbeddedPostgres.builder()
                .hba("host postgres postgres 127.0.0.1/32 trust", "host all all 127.0.0.1/32 scram-sha-256")
                .start();
        postgres.execute("CREATE TABLE counter (n int); INSERT INTO counter VALUES (0)");
    }

    @AfterAll
    static void stopPostgres() {
        postgres.close();
    }

    private static LoadGenerator connect(int clients, int threads, Workload workload)
            throws IOException, InterruptedException {
        return LoadGenerator.connect(target(postgres.port(), "postgres"), clients, threads, workload);
    }

    private static LoadGenerator.Target target(int port, String user) {
        return new LoadGenerator.Target(new InetSocketAddress("127.0.0.1", port), user, "", "postgres");
    }

    private static long backends() {
        return Long.parseLong(
                postgres.query("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pgweir-load'")
                        .get(0)
                        .get(0));
    }

    private static LoadSample awaitTransactions(LoadGenerator load, int count) {
        LoadSample[] all = {LoadSample.empty()};
        Await.until(count + " transactions", () -> {
            all[0] = all[0].plus(load.sample());
            return all[0].transactions() >= count;
        });
        return all[0];
    }

    @Test
    void manyClientsRunOnFewThreads() throws IOException, InterruptedException {
        try (LoadGenerator load = connect(50, 2, ONE)) {
            assertThat(load.connected()).isEqualTo(50);
            assertThat(backends()).isEqualTo(50);

            load.start();
            LoadSample sample = awaitTransactions(load, 1000);

            assertThat(sample.errors()).isZero();
            assertThat(sample.transactionsPerSecond()).isPositive();
            assertThat(sample.millisAt(50)).isPositive().isLessThanOrEqualTo(sample.millisAt(99.9));
        }
        Await.until("the clients to have left", () -> backends() == 0);
    }

    @Test
    void clientsProveTheirPassword() throws IOException, InterruptedException {
        postgres.execute("CREATE ROLE proving LOGIN PASSWORD 'ten green bottles'");
        LoadGenerator.Target right = target(postgres.port(), "proving");
        var target = new LoadGenerator.Target(right.address(), "proving", "ten green bottles", right.database());
        try (LoadGenerator load = LoadGenerator.connect(target, 3, 1, ONE)) {
            load.start();
            awaitTransactions(load, 10);
            assertThat(load.firstError()).isNull();
        }
    }

    @Test
    void runsTheStatementsOfATransactionInOrderAndCountsItOnce() throws IOException, InterruptedException {
        Workload workload = random -> Transaction.of("BEGIN", "UPDATE counter SET n = n + 1", "COMMIT");
        LoadSample all;
        try (LoadGenerator load = connect(3, 1, workload)) {
            load.start();
            all = awaitTransactions(load, 100);
            load.stop();
            Await.until("the clients to have left", () -> load.connected() == 0);
            all = all.plus(load.sample());
            assertThat(load.firstError()).isNull();
        }

        assertThat(postgres.query("SELECT n FROM counter").get(0).get(0)).isEqualTo(Long.toString(all.transactions()));
    }

    @Test
    void copiesIn() throws IOException, InterruptedException {
        postgres.execute("CREATE TABLE copied (n int)");
        byte[] rows = "1\n22\n333\n".getBytes(StandardCharsets.US_ASCII);
        LoadSample all;
        // Frames of 4 bytes: rows are cut and joined.
        try (LoadGenerator load = connect(1, 1, random -> Transaction.copyIn("COPY copied FROM STDIN", rows, 4))) {
            load.start();
            all = awaitTransactions(load, 10);
            load.stop();
            Await.until("the client to have left", () -> load.connected() == 0);
            all = all.plus(load.sample());
            assertThat(load.firstError()).isNull();
        }

        assertThat(postgres.query("SELECT count(*), sum(n) FROM copied").get(0))
                .containsExactly(
                        Long.toString(3 * all.transactions()), Long.toString((1 + 22 + 333) * all.transactions()));
    }

    @Test
    void anErrorInATransactionIsCountedAndRolledBack() throws IOException, InterruptedException {
        Workload workload = random -> random.nextBoolean()
                ? Transaction.of("BEGIN", "SELECT 1 / 0", "SELECT 'never reached'", "COMMIT")
                : Transaction.of("SELECT 1");
        try (LoadGenerator load = connect(2, 1, workload)) {
            load.start();
            LoadSample sample = awaitTransactions(load, 20);

            assertThat(sample.errors()).isPositive();
            assertThat(load.firstError()).isEqualTo("division by zero");
            assertThat(load.connected()).isEqualTo(2);
        }
    }

    @Test
    void aClientThatLosesItsConnectionComesBack() throws IOException, InterruptedException {
        try (LoadGenerator load = connect(2, 1, ONE)) {
            load.start();
            awaitTransactions(load, 10);
            postgres.query("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    + " WHERE application_name = 'pgweir-load'");
            Await.until("the errors", () -> load.firstError() != null);
            // PostgreSQL resets a connection on which it has not read everything, and then its last message may be
            // lost.
            assertThat(load.firstError()).containsAnyOf("terminating connection", "reset by peer");

            Await.until("the clients to be back", () -> load.connected() == 2);
            load.sample();
            awaitTransactions(load, 10);
        }
    }

    @Test
    void saysWhyItCannotConnect() {
        int nobody = Ports.free();
        assertThatThrownBy(() -> LoadGenerator.connect(target(nobody, "postgres"), 2, 1, ONE))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("refused");
        assertThatThrownBy(() -> LoadGenerator.connect(target(postgres.port(), "somebody"), 2, 1, ONE))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("password");
    }
}

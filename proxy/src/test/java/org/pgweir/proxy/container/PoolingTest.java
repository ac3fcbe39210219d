package org.pgweir.proxy.container;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.dockerjava.api.command.InspectContainerResponse.ContainerState;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pgweir.testkit.Await;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;

/** pgbench through a pgweir in a container, in fair and in foul weather. */
@WithContainers
final class PoolingTest {
    /** Docker's own. */
    private static final int SECONDS_TO_STOP = 10;

    private static final String SERVERS = "SELECT count(*) FROM pg_stat_activity"
            + " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";

    private static Network network;
    private static Postgres postgres;

    private GenericContainer<?> pgweir;

    @BeforeAll
    static void startPostgres() {
        network = Network.newNetwork();
        postgres = Postgres.start(network);
    }

    @AfterAll
    static void stopPostgres() {
        if (postgres != null) {
            postgres.close();
        }
        if (network != null) {
            network.close();
        }
    }

    @BeforeEach
    void startPgweir() {
        pgweir = PgweirImage.configured(network);
        pgweir.start();
        assertThat(postgres.pgbench(pgweir, "-i", "-q", "-s", "5").getExitCode())
                .isZero();
    }

    @AfterEach
    void stopPgweir() {
        if (pgweir != null) {
            pgweir.close();
        }
    }

    /** pgbench starts when all of its clients are there. */
    private static void awaitTransactions() {
        Await.until(
                "load",
                () -> !postgres.ask("SELECT count(*) FROM pgbench_history").equals("0"));
    }

    @Test
    void fiftyClientsShareTenServersThroughThePublishedPort() {
        ExecResult bench = postgres.pgbench(pgweir, "-n", "-c", "50", "-j", "2", "-T", "5");

        assertThat(bench.getStdout()).contains("number of failed transactions: 0 ");
        assertThat(bench.getExitCode()).isZero();
        assertThat(Integer.parseInt(postgres.ask(SERVERS))).isBetween(1, 10);
        assertThat(postgres.psql(pgweir, "pgbouncer", "SHOW POOLS").getStdout()).contains("bench|postgres|");
    }

    @Test
    void aRestartOfPostgresIsOverWhenPostgresIsBack() {
        CompletableFuture<ExecResult> load = postgres.load(pgweir, "-n", "-c", "20", "-T", "4");
        awaitTransactions();

        postgres.restart();

        Await.until(
                Duration.ofSeconds(40),
                "a query through pgweir",
                () -> postgres.psql(pgweir, "bench", "SELECT 42").getStdout().contains("42"));
        load.join();
        ExecResult bench = postgres.pgbench(pgweir, "-n", "-S", "-c", "20", "-T", "2");
        assertThat(bench.getStdout()).contains("number of failed transactions: 0 ");
        assertThat(pgweir.isRunning()).isTrue();
    }

    @Test
    void termUnderLoadLetsTransactionsEndAndIsInTime() throws Exception {
        CompletableFuture<ExecResult> load = postgres.load(pgweir, "-n", "-c", "20", "-T", "60");
        Await.until(
                "load",
                () -> !postgres.ask("SELECT count(*) FROM pgbench_history").equals("0"));

        long began = System.nanoTime();
        Engine.client()
                .stopContainerCmd(pgweir.getContainerId())
                .withTimeout(SECONDS_TO_STOP)
                .exec();
        Duration took = Duration.ofNanos(System.nanoTime() - began);

        ContainerState state = pgweir.getCurrentContainerInfo().getState();
        assertThat(state.getExitCodeLong()).as(pgweir.getLogs()).isZero();
        assertThat(took).isLessThan(Duration.ofSeconds(SECONDS_TO_STOP));
        assertThat(pgweir.getLogs())
                .contains("server connections dropped, exiting")
                .doesNotContain("fast exit");
        ExecResult bench = load.get(SECONDS_TO_STOP, TimeUnit.SECONDS);
        assertThat(bench.getStderr()).contains("server shutting down");
        assertThat(postgres.ask(SERVERS)).isEqualTo("0");
        assertThat(postgres.log()).doesNotContain("open transaction");
    }

    @Test
    void termWhereClientsAreWaitedForEndsBeforeTheKill() {
        pgweir.close();
        pgweir = PgweirImage.configured(network)
                .withEnv("PGWEIR_STOP", "clients")
                .withEnv("PGWEIR_STOP_TIMEOUT", "2");
        pgweir.start();
        CompletableFuture<ExecResult> load = postgres.load(pgweir, "-n", "-c", "5", "-T", "60");
        awaitTransactions();

        Engine.client()
                .stopContainerCmd(pgweir.getContainerId())
                .withTimeout(SECONDS_TO_STOP)
                .exec();

        assertThat(pgweir.getCurrentContainerInfo().getState().getExitCodeLong())
                .isZero();
        assertThat(pgweir.getLogs())
                .containsSubsequence("waiting for all clients disconnect", "PGWEIR_STOP_TIMEOUT", "fast exit");
        load.join();
    }
}

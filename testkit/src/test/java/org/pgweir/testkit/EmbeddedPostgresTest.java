package org.pgweir.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EmbeddedPostgresTest {

    private static EmbeddedPostgres postgres;

    @BeforeAll
    static void start() {
        postgres = EmbeddedPostgres.builder().start();
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    /** A backend that is told to go while it still sends an answer goes without a word: it cannot send two things at once. */
    private static void awaitSilence(WireClient session) {
        Await.until(
                "the backend to wait for its client",
                () -> postgres.query("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'ClientRead' AND pid = "
                                        + session.backendPid())
                                .size()
                        == 1);
    }

    @ParameterizedTest
    @EnumSource
    void givenAVersion_whenStarted_thenThatVersionAnswersOverTcpAndUnixSocket(PostgresVersion version) {
        try (EmbeddedPostgres server =
                EmbeddedPostgres.builder().version(version).database("my shop").start()) {
            try (WireClient client = server.client()) {
                assertThat(client.parameterStatus("server_version")).startsWith(version.major() + ".");
                assertThat(client.query("SELECT current_database(), inet_server_port()")
                                .get(0))
                        .containsExactly("my shop", Integer.toString(server.port()));
            }
            assertThat(server.query("SELECT inet_server_port()").get(0)).containsOnlyNulls();
        }
    }

    @Test
    void givenSettingsAndFiles_whenStarted_thenTheServerHasThem() {
        try (EmbeddedPostgres server = EmbeddedPostgres.builder()
                .setting("max_connections", "33")
                .setting("application_name", "it's quoted")
                .file("secret.txt", "42")
                .start()) {
            assertThat(server.query("SELECT current_setting('max_connections'), current_setting('application_name'),"
                            + " pg_read_file('secret.txt')"))
                    .containsExactly(List.of("33", "it's quoted", "42"));
        }
    }

    @Test
    void givenData_whenRestarted_thenPortAndDataAreTheSameAndSessionsWereTold() {
        // given
        postgres.execute("CREATE TABLE kept AS SELECT 7 AS n");
        int port = postgres.port();
        try (WireClient session = postgres.client()) {
            // when
            postgres.restart();
            // then
            assertThat(session.expect("E").get(0).asError().sqlstate()).isEqualTo("57P01");
            session.expectClosed();
        }
        assertThat(postgres.port()).isEqualTo(port);
        try (WireClient client = postgres.client()) {
            assertThat(client.query("SELECT n FROM kept")).containsExactly(List.of("7"));
        }
    }

    @Test
    void givenASession_whenStoppedImmediately_thenItEndsWithAWarningAndTheNextStartRecovers() {
        try (WireClient session = postgres.client()) {
            awaitSilence(session);
            // when
            postgres.stopImmediately();
            // then
            assertThat(session.expect("N").get(0).asError().sqlstate()).isEqualTo("57P01");
            session.expectClosed();
            assertThat(postgres.isRunning()).isFalse();
            assertThatThrownBy(postgres::client).isInstanceOf(UncheckedIOException.class);
        } finally {
            postgres.start();
        }
        assertThat(postgres.log()).contains("automatic recovery in progress");
    }

    @Test
    void givenTwoSessions_whenOneBackendIsKilled_thenItsSessionEndsWithoutAWordAndTheServerComesBack() {
        try (WireClient victim = postgres.client();
                WireClient neighbour = postgres.client()) {
            awaitSilence(neighbour);
            // when
            postgres.kill9Backend(victim.backendPid());
            // then
            victim.expectClosed();
            assertThat(neighbour.expect("N").get(0).asError().sqlstate()).isEqualTo("57P02");
        }
        Await.until("the server to be back", () -> !postgres.query("SELECT 1").isEmpty());
    }

    @Test
    void givenAForeignProcess_whenItIsToBeKilled_thenRefused() {
        int self = Math.toIntExact(ProcessHandle.current().pid());
        assertThatThrownBy(() -> postgres.kill9Backend(self)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void givenAFrozenBackend_whenResumed_thenItAnswers() {
        try (WireClient client = postgres.client()) {
            // given
            postgres.pauseBackend(client.backendPid());
            client.send(Frames.query("SELECT 1"));
            assertThat(client.isQuietFor(Duration.ofMillis(50))).isTrue();
            // when
            postgres.resumeBackend(client.backendPid());
            // then
            client.expect("T D C Z");
        }
    }

    @Test
    void givenAFrozenPostmaster_whenResumed_thenNewConnectionsAreServed() {
        // given
        postgres.pause();
        try (WireClient client = WireClient.connect(postgres.host(), postgres.port())) {
            client.send(Frames.sslRequest());
            assertThat(client.isQuietFor(Duration.ofMillis(50))).isTrue();
            // when
            postgres.resume();
            // then
            assertThat(client.readByte()).isEqualTo('N');
        }
    }

    @Test
    void givenARunningServer_whenHbaIsReplaced_thenItIsInForceAtOnce() {
        // when
        postgres.hba("host all all 127.0.0.1/32 reject");
        try {
            // then
            assertThatThrownBy(postgres::client)
                    .isInstanceOfSatisfying(
                            WireError.class, e -> assertThat(e.sqlstate()).isEqualTo("28000"));
            assertThat(postgres.query("SELECT 1")).hasSize(1);
        } finally {
            postgres.hba("host all all 127.0.0.1/32 trust");
        }
    }

    @Test
    void givenAServer_whenClosed_thenProcessAndFolderAreGone() {
        // given
        EmbeddedPostgres server = EmbeddedPostgres.builder().start();
        Path folder = server.dataDirectory().getParent();
        assertThat(folder).exists();
        // when
        server.close();
        // then
        assertThat(server.isRunning()).isFalse();
        assertThat(folder).doesNotExist();
        assertThat(Ports.isFree(server.port())).isTrue();
    }

    @Test
    void givenAJvmThatIsKilled_whenItHadAServer_thenTheWatchdogCleansUp() throws Exception {
        // given
        Process jvm = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Victim.class.getName())
                .redirectErrorStream(true)
                .start();
        String[] said = jvm.inputReader().readLine().split(" ");
        Path folder = Path.of(said[0]);
        ProcessHandle postmaster = ProcessHandle.of(Long.parseLong(said[1])).orElseThrow();
        assertThat(Files.exists(folder)).isTrue();
        // when
        jvm.destroyForcibly();
        // then
        Await.until("the server to be gone", () -> !postmaster.isAlive());
        Await.until("the folder to be gone", () -> Files.notExists(folder));
    }

    /** A program that starts a server and waits to be killed. */
    static final class Victim {

        private Victim() {}

        public static void main(String[] arguments) throws InterruptedException {
            EmbeddedPostgres server = EmbeddedPostgres.builder().start();
            String pid = server.query("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)")
                    .get(0)
                    .get(0);
            System.out.println(server.dataDirectory().getParent() + " " + pid);
            Thread.currentThread().join();
        }
    }
}

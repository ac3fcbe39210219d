package org.pgweir.proxy.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgweir.proxy.PoolerProcess;
import org.pgweir.proxy.SharedPostgres;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.Ports;
import org.pgweir.testkit.WireClient;

/** What signals do, and what systemd is told meanwhile. */
class SignalTest {
    private static EmbeddedPostgres postgres;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() {
        postgres = SharedPostgres.current();
    }

    private PoolerProcess.Builder pooler() {
        return PoolerProcess.in(folder)
                .databases("test = host=" + postgres.host() + " port=" + postgres.port() + " dbname="
                        + postgres.database());
    }

    private static PoolerProcess up(PoolerProcess process) {
        process.awaitErr("process up");
        return process;
    }

    @Test
    void givenAClientWhenTermComesThenItStaysUntilItLeavesAndNobodyElseComesIn() throws Exception {
        try (PoolerProcess process = up(pooler().start());
                WireClient client = process.client("test")) {
            client.query("SELECT 1");
            process.signal("TERM");
            process.awaitErr("LOG got SIGTERM, shutting down, waiting for all clients disconnect");
            Await.until("TCP is closed", () -> Ports.isFree(process.port()));
            Path socket = folder.resolve(".s.PGSQL." + process.port());
            try (WireClient late = WireClient.connect(socket);
                    WireClient console = WireClient.connect(socket)) {
                assertThatThrownBy(() -> late.login("postgres", "", "test"))
                        .hasMessageContaining("server shutting down");
                console.login("postgres", "", "pgbouncer");
                assertThat(console.query("SHOW VERSION")).isNotEmpty();
            }
            assertThat(client.query("SELECT 42")).containsExactly(List.of("42"));
            process.signal("USR1");
            process.awaitErr("LOG got SIGUSR1 while shutting down, ignoring");
            client.send(Frames.terminate());
            assertThat(process.awaitExit()).isZero();
            assertThat(process.err()).contains("LOG client connections dropped, exiting");
        }
    }

    @Test
    void givenAShutdownThatWaitsWhenASecondSignalComesThenItEndsAtOnce() {
        for (String second : List.of("TERM", "INT")) {
            try (PoolerProcess process = up(pooler().start());
                    WireClient client = process.client("test")) {
                process.signal("TERM");
                process.awaitErr("got SIGTERM, shutting down");
                process.signal(second);
                assertThat(process.awaitExit()).isZero();
                assertThat(process.err()).contains("LOG got SIG" + second + " while shutting down, fast exit");
                assertThatThrownBy(() -> client.query("SELECT 1")).isNotNull();
            }
        }
    }

    /** A start that stands still until the test has let it read who may log in. */
    private Path startThatWaits(PoolerProcess.Builder builder) throws Exception {
        Path users = folder.resolve("users");
        assertThat(new ProcessBuilder("mkfifo", users.toString()).start().waitFor())
                .isZero();
        builder.set("auth_file", users.toString());
        return users;
    }

    @Test
    void givenAStartWhenASignalToEndComesThenItEndsInOrder() throws Exception {
        PoolerProcess.Builder builder = pooler();
        Path users = startThatWaits(builder);
        for (String signal : List.of("TERM", "INT")) {
            try (PoolerProcess process = builder.start()) {
                // It opens when the other side does.
                try (OutputStream file = Files.newOutputStream(users)) {
                    process.signal(signal);
                    file.write("\"postgres\" \"\"\n".getBytes(StandardCharsets.US_ASCII));
                }
                assertThat(process.awaitExit()).as(process.err()).isZero();
                assertThat(process.err()).contains("LOG got SIG" + signal);
            }
        }
    }

    @Test
    void givenAStartThatHangsWhenASecondSignalToEndComesThenItEndsAtOnce() throws Exception {
        PoolerProcess.Builder builder = pooler();
        Path users = startThatWaits(builder);
        try (PoolerProcess process = builder.start();
                OutputStream file = Files.newOutputStream(users)) {
            process.signal("TERM");
            process.signal("INT");
            assertThat(process.awaitExit()).isZero();
            assertThat(process.err()).containsPattern("LOG got SIG(TERM|INT) again while starting, fast exit");
            assertThatThrownBy(() -> file.write('"')).hasMessageContaining("Broken pipe");
        }
    }

    @Test
    void givenAStartThatListensWhenASignalToEndComesThenItEndsInOrder() {
        for (String signal : List.of("TERM", "INT")) {
            try (PoolerProcess process = pooler().start()) {
                process.awaitErr("listening on");
                process.signal(signal);
                assertThat(process.awaitExit()).as(process.err()).isZero();
                assertThat(process.err()).contains("LOG got SIG" + signal + ", shutting down");
            }
        }
    }

    @Test
    void givenATransactionWhenIntComesThenItMayEndAndAllEnds() {
        try (PoolerProcess process = up(pooler().start());
                WireClient client = process.client("test")) {
            client.query("BEGIN");
            process.signal("INT");
            process.awaitErr("LOG got SIGINT, shutting down, waiting for all servers connections to be released");
            assertThat(client.query("SELECT 42")).containsExactly(List.of("42"));
            client.query("COMMIT");
            assertThat(process.awaitExit()).isZero();
            assertThat(process.err()).contains("LOG server connections dropped, exiting");
        }
    }

    @Test
    void givenUsr1WhenUsr2ComesThenWhatWaitedGoesOn() {
        try (PoolerProcess process =
                        up(pooler().environment("_JAVA_SR_SIGNUM", "63").start());
                WireClient client = process.client("test")) {
            process.signal("USR2");
            process.awaitErr("LOG got SIGUSR2, but not paused/suspended");
            process.signal("USR1");
            process.awaitErr("LOG got SIGUSR1, pausing all activity");
            process.signal("USR1");
            process.awaitErr("LOG got SIGUSR1, but already paused/suspended");
            client.send(Frames.query("SELECT 42"));
            Await.until(
                    "the client waits",
                    () -> process.console("SHOW POOLS").stream()
                            .anyMatch(row ->
                                    row.get(0).equals("test") && row.get(3).equals("1")));
            process.signal("USR2");
            process.awaitErr("LOG got SIGUSR2, continuing from PAUSE");
            client.expect("T D C Z");
            try (WireClient console = process.client("pgbouncer")) {
                console.send(Frames.query("SUSPEND")).expect("C Z");
                process.signal("USR2");
                process.awaitErr("LOG got SIGUSR2, continuing from SUSPEND");
                assertThat(client.query("SELECT 43")).containsExactly(List.of("43"));
                console.send(Frames.query("SUSPEND")).expect("C Z");
                process.signal("TERM");
                assertThat(process.awaitExit()).isZero();
                assertThat(process.err())
                        .contains("got SIGTERM, shutting down")
                        .contains("LOG suspend was in progress, going down immediately");
            }
        }
    }

    @Test
    void givenHupWhenTheFileHasChangedThenItTakesEffectAndTheLogIsOpenedAnew() throws Exception {
        Path log = folder.resolve("log");
        PoolerProcess.Builder builder = pooler().set("logfile", log.toString());
        try (PoolerProcess process = up(builder.start())) {
            Files.move(log, folder.resolve("log.1"));
            builder.set("default_pool_size", "7").write();
            process.signal("HUP");
            process.awaitErr("LOG got SIGHUP, re-reading config");
            Await.until(
                    "it is reloaded",
                    () -> process.console("SHOW CONFIG").contains(List.of("default_pool_size", "7", "20", "yes")));
            Await.until("the new log has lines", () -> Files.exists(log) && Files.size(log) > 0);
            builder.set("default_pool_size", "many").write();
            process.signal("HUP");
            process.awaitErr("ERROR reload failed, nothing was changed");
        }
    }

    @Test
    void givenQuitWhenItComesThenThreadsAreShownAndNothingEnds() {
        try (PoolerProcess process = up(pooler().start())) {
            process.signal("QUIT");
            Await.until("a thread dump", () -> process.out().contains("Full thread dump"));
            assertThat(process.console("SHOW VERSION")).isNotEmpty();
        }
    }

    @Test
    void givenASocketOfSystemdWhenStateChangesThenItIsTold() throws Exception {
        Path path = folder.resolve("notify");
        PoolerProcess.Builder builder = pooler().environment("NOTIFY_SOCKET", path.toString());
        try (Datagrams systemd = new Datagrams(path);
                PoolerProcess process = builder.start()) {
            assertThat(systemd.next())
                    .isEqualTo("READY=1\nMAINPID=" + process.pid() + "\nSTATUS=listening on 127.0.0.1:" + process.port()
                            + ", unix:" + folder.resolve(".s.PGSQL." + process.port()));
            process.signal("HUP");
            assertThat(systemd.next()).matches("RELOADING=1\nMONOTONIC_USEC=\\d+\nSTATUS=reloading");
            assertThat(systemd.next()).startsWith("READY=1\n");
            process.signal("TERM");
            assertThat(systemd.next()).startsWith("STOPPING=1\nSTATUS=got SIGTERM, shutting down");
            assertThat(process.awaitExit()).isZero();
        }
    }
}

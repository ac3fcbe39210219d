package org.pgweir.proxy.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgweir.proxy.PoolerProcess;
import org.pgweir.proxy.Sees;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.Ports;
import org.pgweir.testkit.TestCertificate;

/** From the command line to the exit code, as a process. */
class StartTest {
    private static final long NO_PROCESS = 999_999_999;

    @TempDir
    private Path folder;

    private PoolerProcess.Builder pooler() {
        return PoolerProcess.in(folder);
    }

    @Test
    void givenABadOptionWhenStartedThenItIsToldAsByGetopt() {
        try (PoolerProcess process = pooler().startWith(List.of("-x", "f.ini"))) {
            assertThat(process.awaitExit()).isEqualTo(1);
            assertThat(process.err())
                    .isEqualTo("pgbouncer: invalid option -- 'x'\nTry \"pgbouncer --help\" for more information.\n");
        }
    }

    @Test
    void givenTheNamePgbouncerWhenAskedForTheVersionThenTheFirstLineHasIt() {
        try (PoolerProcess process = pooler().startWith(List.of("--version"))) {
            assertThat(process.awaitExit()).isZero();
            assertThat(process.out()).matches("(?s)PgBouncer 1\\.\\d+\\.\\d+ \\(pgweir .*\\)\n.*");
        }
        try (PoolerProcess process = pooler().program("pgweir").startWith(List.of("-V"))) {
            assertThat(process.awaitExit()).isZero();
            assertThat(process.out()).startsWith("pgweir ");
        }
    }

    @Test
    void givenNoSuchFileWhenStartedThenItEndsInPgBouncersWords() {
        try (PoolerProcess process = pooler().startWith(List.of("nobody.ini"))) {
            assertThat(process.awaitExit()).isEqualTo(1);
            assertThat(process.err())
                    .contains("ERROR ")
                    .contains("nobody.ini")
                    .contains("FATAL cannot load config file");
        }
    }

    @Test
    void givenAFileWhenConvertedThenItStartsAsBefore() throws Exception {
        PoolerProcess.Builder builder = pooler().program("pgweir").write();
        Path hocon = folder.resolve("pgweir.conf");
        try (PoolerProcess convert =
                builder.startWith(List.of("convert", builder.file().toString()))) {
            assertThat(convert.awaitExit()).as(convert.err()).isZero();
            Files.writeString(hocon, convert.out());
        }
        try (PoolerProcess process = builder.startWith(List.of("run", hocon.toString()))) {
            process.awaitUp();
            assertThat(process.console("SHOW CONFIG"))
                    .contains(Arrays.asList("conffile", hocon.toString(), null, "yes"))
                    .contains(List.of("admin_users", "postgres", "", "yes"));
            assertThat(Files.exists(folder.resolve(".s.PGSQL." + process.port())))
                    .isTrue();
        }
    }

    @Test
    void givenRootWhenStartedAsPgBouncerThenItIsRefused() {
        assumeTrue(Identity.isRoot(), "these tests do not run as root");
        try (PoolerProcess process = pooler().asMyself().start()) {
            assertThat(process.awaitExit()).isEqualTo(1);
            assertThat(process.err()).contains("FATAL PgBouncer should not run as root");
        }
        try (PoolerProcess process = pooler().asMyself()
                .program("pgweir")
                .startWith(List.of("run", pooler().write().file().toString()))) {
            process.awaitErr("process up");
        }
    }

    @Test
    @Sees("user")
    void givenAnotherUserWhenStartedWithoutTheLauncherThenItSaysWhatToDo() {
        try (PoolerProcess process = pooler().start("-u", "somebodyelse")) {
            assertThat(process.awaitExit()).isEqualTo(1);
            assertThat(process.err())
                    .contains("FATAL failed to assume identity of user 'somebodyelse': a JVM cannot change its user");
        }
        try (PoolerProcess process = pooler().set("user", "somebodyelse").start()) {
            assertThat(process.awaitExit()).isEqualTo(1);
        }
    }

    @Test
    @Sees("pidfile")
    void givenAPidfileWhenRunningThenItHasItsNumberAndASecondStartIsRefused() throws Exception {
        Path pidFile = folder.resolve("pid");
        PoolerProcess.Builder builder = pooler().set("pidfile", pidFile.toString());
        Path second = Files.createDirectory(folder.resolve("second"));
        try (PoolerProcess first = builder.start().awaitUp()) {
            assertThat(Files.readString(pidFile)).isEqualTo(first.pid() + "\n");
            try (PoolerProcess other =
                    PoolerProcess.in(second).set("pidfile", pidFile.toString()).start()) {
                assertThat(other.awaitExit()).isEqualTo(1);
                assertThat(other.err()).contains("FATAL pidfile exists, another instance running?");
            }
            assertThat(Files.readString(pidFile)).isEqualTo(first.pid() + "\n");
            first.signal("TERM");
            assertThat(first.awaitExit()).isZero();
            assertThat(Files.exists(pidFile)).isFalse();
        }
    }

    @Test
    void givenThePidfileOfADeadProcessWhenStartedThenItIsReplaced() throws Exception {
        Path pidFile = Files.writeString(folder.resolve("pid"), NO_PROCESS + "\n");
        try (PoolerProcess process =
                pooler().set("pidfile", pidFile.toString()).start().awaitUp()) {
            assertThat(Files.readString(pidFile)).isEqualTo(process.pid() + "\n");
            process.awaitErr("LOG stale pidfile, removing");
        }
    }

    @Test
    void givenAPidfileThatIsNoneWhenStartedThenItIsNotTouched() throws Exception {
        Path precious = Files.writeString(folder.resolve("precious"), "of somebody else\n");
        try (PoolerProcess process =
                pooler().set("pidfile", precious.toString()).start()) {
            assertThat(process.awaitExit()).isEqualTo(1);
            assertThat(process.err()).contains("FATAL pidfile exists, another instance running?");
            assertThat(precious).hasContent("of somebody else");
        }
    }

    @Test
    void givenAnAddressOfAnotherMachineWhenThereIsOneOfThisThenThatIsEnough() {
        try (PoolerProcess process = pooler().set("listen_addr", "198.51.100.1, 127.0.0.1")
                .set("unix_socket_dir", "")
                .start()) {
            process.awaitErr("process up");
            assertThat(process.err())
                    .contains("WARNING cannot listen on 198.51.100.1:" + process.port()
                            + ": Cannot assign requested address\n")
                    .contains("LOG listening on 127.0.0.1:" + process.port() + "\n")
                    .contains("LOG process up: PgBouncer 1.");
        }
        try (PoolerProcess process =
                pooler().set("listen_addr", "198.51.100.1, 203.0.113.1").start()) {
            assertThat(process.awaitExit()).isEqualTo(1);
            assertThat(process.err()).contains("FATAL cannot listen on 203.0.113.1");
        }
    }

    @Test
    void givenAUnixSocketThatAnswersWhenStartedThenItIsRefused() throws Exception {
        Path second = Files.createDirectory(folder.resolve("second"));
        try (PoolerProcess first = pooler().set("listen_addr", "").start()) {
            first.awaitErr("process up");
            try (PoolerProcess other = PoolerProcess.in(second)
                    .set("listen_addr", "")
                    .set("listen_port", Integer.toString(first.port()))
                    .set("unix_socket_dir", folder.toString())
                    .start()) {
                assertThat(other.awaitExit()).isEqualTo(1);
                assertThat(other.err()).containsPattern("FATAL unix socket .* is in use, cannot continue");
            }
        }
    }

    @Test
    @Sees("logfile")
    void givenQuietWhenStartedThenStandardErrorIsEmptyAndTheLogIsInItsFile() throws Exception {
        Path log = folder.resolve("log");
        try (PoolerProcess process =
                pooler().set("logfile", log.toString()).start("-q").awaitUp()) {
            Await.until("it is up", () -> Files.readString(log).contains("process up"));
            process.signal("TERM");
            assertThat(process.awaitExit()).isZero();
            assertThat(process.err()).isEmpty();
        }
    }

    @Test
    void givenVerboseAndRebootWhenStartedThenBothAreHeard() throws Exception {
        TestCertificate certificate = TestCertificate.selfSigned("localhost");
        Path file = Files.writeString(folder.resolve("it.crt"), certificate.certificatePem());
        Path key = Files.writeString(folder.resolve("it.key"), certificate.keyPem());
        try (PoolerProcess process = pooler().set("client_tls_sslmode", "allow")
                .set("client_tls_cert_file", file.toString())
                .set("client_tls_key_file", key.toString())
                .start("-v", "-R")
                .awaitUp()) {
            process.awaitErr("WARNING -R is deprecated");
            assertThat(process.err())
                    .contains(" DEBUG 'pool_mode' = 'transaction'")
                    // each authority that Java knows
                    .doesNotContain("X509Certificate");
        }
    }

    @Test
    void givenADaemonWhenItIsUpThenItSaysSoAndHasLeftItsTerminal() throws Exception {
        Path pidFile = folder.resolve("pid");
        try (PoolerProcess process = pooler().jvmOption("-Dpgweir.launcher=daemon")
                .set("pidfile", pidFile.toString())
                .start("-d")) {
            Await.until("it is up", () -> process.out().equals("up\n"));
            assertThat(Ports.isFree(process.port())).isFalse();
            for (int stream : new int[] {1, 2}) {
                assertThat(Files.readSymbolicLink(Path.of("/proc/" + process.pid() + "/fd/" + stream)))
                        .hasToString("/dev/null");
            }
            process.console("RELOAD");
            assertThat(process.err()).isEmpty();
        }
    }

    @Test
    void givenADaemonWithoutPidfileOrLauncherWhenStartedThenItIsRefused() {
        try (PoolerProcess process = pooler().start("-d")) {
            assertThat(process.awaitExit()).isEqualTo(1);
            assertThat(process.err()).contains("FATAL daemon needs pidfile configured");
        }
        try (PoolerProcess process =
                pooler().set("pidfile", folder.resolve("pid").toString()).start("-d")) {
            assertThat(process.awaitExit()).isEqualTo(1);
            assertThat(process.err()).contains("FATAL a JVM cannot go to the background by itself");
        }
    }
}

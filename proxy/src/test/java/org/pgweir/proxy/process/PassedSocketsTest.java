package org.pgweir.proxy.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgweir.proxy.PoolerProcess;
import org.pgweir.proxy.SharedPostgres;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.Ports;
import org.pgweir.testkit.WireClient;

/** A process that gets its sockets from whoever starts it, as from systemd. */
class PassedSocketsTest {
    /** As systemd does it: opens the sockets, which block, and becomes the program; its arguments are a port, a path and the program. */
    private static final String SOCKET_ACTIVATION = """
            import fcntl, os, socket, sys
            tcp = socket.socket()
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tcp.bind(("127.0.0.1", int(sys.argv[1])))
            unix = socket.socket(socket.AF_UNIX)
            unix.bind(sys.argv[2])
            for listening in tcp, unix:
                listening.listen(16)
            for fd, own in enumerate([fcntl.fcntl(s, fcntl.F_DUPFD_CLOEXEC, 10) for s in (tcp, unix)], 3):
                os.dup2(own, fd)
            os.environ.update(LISTEN_FDS="2", LISTEN_PID=str(os.getpid()), LISTEN_FDNAMES="tcp:unix")
            os.execvp(sys.argv[3], sys.argv[3:])
            """;

    @TempDir
    private Path folder;

    private PoolerProcess.Builder pooler() {
        EmbeddedPostgres postgres = SharedPostgres.current();
        return PoolerProcess.in(folder)
                .databases("test = host=" + postgres.host() + " port=" + postgres.port() + " dbname="
                        + postgres.database());
    }

    @Test
    void givenSocketsThatAreOpenWhenStartedThenClientsOfBothAreServed() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/python3")), "no Python here");
        int port = Ports.free();
        Path path = folder.resolve("activated");
        PoolerProcess.Builder builder =
                pooler().under("/usr/bin/python3", "-c", SOCKET_ACTIVATION, "" + port, path.toString());
        try (PoolerProcess process = builder.start()) {
            Await.until("the sockets are open", () -> Files.exists(path) && !Ports.isFree(port));
            // those who come before it is up wait in the kernel
            List<WireClient> clients = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                clients.add(WireClient.connect("127.0.0.1", port));
                clients.add(WireClient.connect(path));
            }
            resetWhileNotAccepted(port);
            for (WireClient client : clients) {
                client.login("postgres", "", "test");
                assertThat(client.query("SELECT 42")).containsExactly(List.of("42"));
            }
            assertThat(process.err())
                    .contains("LOG socket passed from service manager (fd 3, tcp)")
                    .contains("WARNING sockets passed from service manager, listen_addr ignored")
                    .contains("WARNING sockets passed from service manager, unix_socket_dir ignored")
                    .contains("LOG listening on 127.0.0.1:" + port + "\n")
                    .contains("LOG listening on unix:" + path + "\n");
            assertThat(Ports.isFree(process.port())).isTrue();
            // none of them waits for somebody else to come
            for (int i = 0; i < 5; i++) {
                resetWhileNotAccepted(port);
                assertThat(clients.get(i).query("SELECT 43")).containsExactly(List.of("43"));
            }

            process.signal("TERM");
            process.awaitErr("got SIGTERM, shutting down");
            Await.until("TCP is closed", () -> Ports.isFree(port));
            try (WireClient console = WireClient.connect(path)) {
                console.login("postgres", "", "pgbouncer");
                assertThat(console.query("SHOW VERSION")).isNotEmpty();
            }
            clients.forEach(client -> client.send(Frames.terminate()));
            assertThat(process.awaitExit()).isZero();
            // whoever made the file still listens there
            assertThat(Files.exists(path)).isTrue();
        }
    }

    /** With data behind it, so that tcp_defer_accept does not keep it from the process. */
    private static void resetWhileNotAccepted(int port) throws Exception {
        try (Socket client = SocketChannel.open(new InetSocketAddress("127.0.0.1", port))
                .setOption(StandardSocketOptions.SO_LINGER, 0)
                .socket()) {
            client.getOutputStream().write(0);
        }
    }

    @Test
    void givenSomethingElseWhenItIsPassedThenTheStartSaysWhatIsWrong() {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/python3")), "no Python here");
        String closed = """
                import os, sys
                os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
                os.dup2(0, 3)
                os.execvp(sys.argv[1], sys.argv[1:])
                """;
        try (PoolerProcess process =
                pooler().under("/usr/bin/python3", "-c", closed).start()) {
            assertThat(process.awaitExit()).isEqualTo(1);
            assertThat(process.err()).contains("FATAL file descriptor 3 from the service manager is no socket");
        }
    }

    @Test
    void givenTheEnvironmentWhenReadThenOnlyWhatIsMeantForThisProcessCounts() throws Exception {
        assertThat(PassedSockets.of(Map.of("LISTEN_FDS", "2", "LISTEN_PID", "4711"), 4711))
                .containsExactly(3, 4);
        assertThat(PassedSockets.of(Map.of("LISTEN_FDS", "2", "LISTEN_PID", "4712"), 4711))
                .isEmpty();
        assertThat(PassedSockets.of(Map.of("LISTEN_FDS", "2"), 4711)).isEmpty();
        assertThat(PassedSockets.of(Map.of("LISTEN_FDS", "x", "LISTEN_PID", "4711"), 4711))
                .isEmpty();
        assertThat(PassedSockets.of(Map.of(), 4711)).isEmpty();
    }

    @Test
    void givenANumberThatCannotBeWhenReadThenTheOperatorIsTold() {
        for (String tooMany : List.of("1001", "2147483647", "9223372036854775807")) {
            assertThatThrownBy(() -> PassedSockets.of(Map.of("LISTEN_FDS", tooMany, "LISTEN_PID", "4711"), 4711))
                    .hasMessage("LISTEN_FDS is " + tooMany
                            + ": no more than 1000 sockets may be passed from the service manager");
        }
    }
}

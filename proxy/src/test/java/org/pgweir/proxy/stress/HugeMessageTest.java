package org.pgweir.proxy.stress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pgweir.proxy.net.Transport;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.BackendFrames;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.Message;
import org.pgweir.testkit.Ports;
import org.pgweir.testkit.ScriptedServer;
import org.pgweir.testkit.ScriptedSession;
import org.pgweir.testkit.WireClient;

/** One message of 512 MB in each direction passes through a pooler whose heap and direct memory have 64 MB each. */
class HugeMessageTest {
    private static final int HUGE = 512 * 1024 * 1024;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource(Transport.class)
    void givenASmallHeapWhenAHugeRowAndHugeCopyDataPassThenTheyArriveWhole(Transport transport) throws Exception {
        assumeTrue(transport.unavailability() == null, transport + " works here");
        CompletableFuture<Long> received = new CompletableFuture<>();
        int port = Ports.free();
        try (ScriptedServer server = ScriptedServer.start(session -> serve(session, received))) {
            Process pooler = startPooler(transport, server.port(), port);
            try (WireClient client = connect(pooler, port)) {
                client.timeout(Duration.ofSeconds(60));
                client.login("postgres", "", "test");

                // when the server sends a huge row
                client.send(Frames.query("SELECT huge"));
                client.expect("T");
                WireClient.Header row = client.readHeader();

                // then it comes whole
                assertThat(row.type()).isEqualTo('D');
                assertThat(row.bodyLength()).isEqualTo(HUGE + 6);
                client.skip(row.bodyLength());
                client.expect("C Z");

                // when the client sends a huge CopyData
                client.send(Frames.query("COPY huge FROM STDIN"));
                client.expect("G");
                client.send(Frames.header('d', HUGE + 4));
                byte[] piece = new byte[1 << 16];
                for (int sent = 0; sent < HUGE; sent += piece.length) {
                    client.send(piece);
                }
                client.send(Frames.copyDone());
                client.expect("C Z");

                // then it came whole
                assertThat(received.get()).isEqualTo(HUGE);
                assertThat(pooler.isAlive()).isTrue();
            } finally {
                pooler.destroyForcibly().waitFor();
            }
        }
    }

    private static void serve(ScriptedSession session, CompletableFuture<Long> received) throws IOException {
        session.acceptLogin();
        session.readUntil('Q');
        session.send(BackendFrames.rowDescription("huge"));
        session.sendHugeRow(HUGE);
        session.send(BackendFrames.commandComplete("SELECT 1"), BackendFrames.readyForQuery('I'));
        session.readUntil('Q');
        session.send(BackendFrames.copyInResponse(1));
        byte[] header = session.in().readNBytes(5);
        assertThat((char) header[0]).isEqualTo('d');
        session.in().skipNBytes(HUGE);
        Message done = session.read();
        assertThat(done.type()).isEqualTo('c');
        received.complete((long) HUGE);
        session.send(BackendFrames.commandComplete("COPY 1"), BackendFrames.readyForQuery('I'));
        session.drain();
    }

    private Process startPooler(Transport transport, int serverPort, int port) throws IOException {
        Path users = Files.writeString(folder.resolve("userlist.txt"), "\"postgres\" \"\"\n");
        Path file = Files.writeString(
                folder.resolve("pgbouncer.ini"),
                String.join(
                        "\n",
                        List.of(
                                "[databases]",
                                "test = host=127.0.0.1 port=" + serverPort,
                                "[pgbouncer]",
                                "transport = " + transport.settingName(),
                                "listen_addr = 127.0.0.1",
                                "listen_port = " + port,
                                "unix_socket_dir =",
                                "auth_type = trust",
                                "auth_file = " + users,
                                "pool_mode = transaction")));
        return new ProcessBuilder(
                        System.getProperty("java.home") + "/bin/java",
                        "-Xmx64m",
                        "-XX:MaxDirectMemorySize=64m",
                        "-XX:+ExitOnOutOfMemoryError",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "org.pgweir.proxy.Main",
                        "run",
                        file.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("pgweir.log").toFile())
                .start();
    }

    private static WireClient connect(Process pooler, int port) {
        Await.until(Duration.ofSeconds(20), "the pooler listens", () -> !Ports.isFree(port) || !pooler.isAlive());
        return WireClient.connect("127.0.0.1", port);
    }
}

package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.Sees;
import org.pgweir.proxy.admin.ProcessControl.Shutdown;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.ErrorFields;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.Message;
import org.pgweir.testkit.Ports;
import org.pgweir.testkit.WireClient;

/** Several poolers that serve the same clients. */
@EveryTransport
final class PeersTest {
    private final Setup setup;

    PeersTest(Setup setup) {
        this.setup = setup;
    }

    private Pooler.Builder peer(int id, int port) {
        return setup.pooler().set("peer_id", "" + id).set("listen_port", "" + port);
    }

    private static void assertCanceled(WireClient client) {
        List<Message> answer = client.readUntil('E');
        ErrorFields error = answer.get(answer.size() - 1).asError();
        assertThat(error.sqlstate()).isEqualTo("57014");
        client.expect("Z");
    }

    @Test
    @Sees({"peer_id", "peer.host", "peer.port"})
    void aCancelRequestFindsItsClientThroughAnother() {
        int first = Ports.free();
        int second = Ports.free();
        String toFirst = "host=127.0.0.1 port=" + first;
        String toSecond = "host=localhost port=" + second;
        try (Pooler one =
                        peer(4711, first).peer(4711, toFirst).peer(2, toSecond).start();
                Pooler two =
                        peer(2, second).peer(4711, toFirst).peer(2, toSecond).start();
                WireClient client = one.client(setup.postgres());
                WireClient other = two.client(setup.postgres())) {
            HeldQuery held = HeldQuery.begin(setup.postgres(), client);
            // a key that was passed on too often is of no use
            byte[] worn = client.backendSecret().clone();
            worn[3] &= ~3;
            WireClient.cancel("127.0.0.1", second, client.backendPid(), worn);
            // nor is one with a wrong secret
            byte[] wrong = client.backendSecret().clone();
            wrong[0] ^= 1;
            WireClient.cancel("127.0.0.1", second, client.backendPid(), wrong);
            assertThat(other.query("SELECT 1")).hasSize(1);
            held.endsWell();

            HeldQuery again = HeldQuery.begin(setup.postgres(), client);
            WireClient.cancel("127.0.0.1", second, client.backendPid(), client.backendSecret());
            assertCanceled(client);
            again.release();
            assertThat(ConsoleRows.all(two, "SHOW PEER_POOLS"))
                    .extracting(row -> row.get("peer_id"))
                    .containsExactly("2", "4711");
            // and the other way
            HeldQuery back = HeldQuery.begin(setup.postgres(), other);
            WireClient.cancel("127.0.0.1", first, other.backendPid(), other.backendSecret());
            assertCanceled(other);
            back.release();
        }
    }

    @Test
    void longKeysArePassedOnToo() {
        int first = Ports.free();
        try (Pooler one = peer(1, first).start();
                Pooler two = setup.pooler()
                        .set("peer_id", "2")
                        .peer(1, "host=127.0.0.1 port=" + first)
                        .start();
                WireClient client = one.connect()) {
            client.login(Frames.PROTOCOL_3_2, "postgres", "", setup.postgres().database(), Map.of());
            assertThat(client.backendSecret().length).isGreaterThan(4);
            HeldQuery held = HeldQuery.begin(setup.postgres(), client);
            WireClient.cancel("127.0.0.1", two.port(), client.backendPid(), client.backendSecret());
            assertCanceled(client);
            held.release();
        }
    }

    @Test
    void aRequestDoesNotGoRoundInCirclesForEver() {
        int first = Ports.free();
        int second = Ports.free();
        // both believe that the third is the other
        try (Pooler one =
                        peer(1, first).peer(3, "host=127.0.0.1 port=" + second).start();
                Pooler two =
                        peer(2, second).peer(3, "host=127.0.0.1 port=" + first).start();
                WireClient client = one.client(setup.postgres())) {
            // returns when the connection ends
            WireClient.cancel("127.0.0.1", first, 3 << 16, new byte[] {1, 2, 3, -1});
            assertThat(client.query("SELECT 1")).hasSize(1);
            assertThat(two.console("SHOW VERSION")).hasSize(1);
        }
    }

    private Pooler withOneRequestAtATimeTo(ServerSocket peer) {
        return setup.pooler()
                .set("peer_id", "1")
                .peer(3, "host=127.0.0.1 pool_size=1 port=" + peer.getLocalPort())
                .start();
    }

    @Test
    @Sees("peer.pool_size")
    void onlySoManyRequestsArePassedOnAtATime() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                Pooler pooler = withOneRequestAtATimeTo(silent);
                WireClient console = pooler.client("postgres", "", "pgbouncer")) {
            List<CompletableFuture<Void>> requests = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                requests.add(CompletableFuture.runAsync(
                        () -> WireClient.cancel("127.0.0.1", pooler.port(), 3 << 16, new byte[] {1, 2, 3, -1})));
            }
            Await.until(
                    "one to be under way, one to wait",
                    () -> ConsoleRows.all(console, "SHOW PEER_POOLS").stream()
                            .anyMatch(row -> row.get("cl_active_cancel_req").equals("1")
                                    && row.get("cl_waiting_cancel_req").equals("1")));
            assertThat(ConsoleRows.all(console, "SHOW CLIENTS"))
                    .filteredOn(row -> row.get("state").endsWith("_cancel_req"))
                    .allSatisfy(row ->
                            assertThat(row).containsEntry("user", "(nouser)").containsEntry("database", "(nodb)"))
                    .extracting(row -> row.get("state"))
                    .containsExactlyInAnyOrder("active_cancel_req", "waiting_cancel_req");
            // when the peer is done with the first, then the second comes
            silent.accept().close();
            silent.accept().close();
            CompletableFuture.allOf(requests.toArray(CompletableFuture[]::new)).get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void oneHostDoesNotFillTheQueueForOthers() throws Exception {
        List<WireClient> requests = new ArrayList<>();
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                Pooler pooler = withOneRequestAtATimeTo(silent);
                WireClient console = pooler.client("postgres", "", "pgbouncer")) {
            byte[] request = Frames.cancelRequest(3 << 16, new byte[] {1, 2, 3, -1});
            for (int i = 0; i < 110; i++) {
                requests.add(pooler.connect().send(request));
            }
            Await.until("as many to wait as may", () -> waiting(console) == 100);
            // the others of that host have been sent away
            Await.until(
                    "the end of the rest",
                    () -> ConsoleRows.all(console, "SHOW CLIENTS").stream()
                                    .filter(row -> row.get("state").endsWith("_cancel_req"))
                                    .count()
                            == 101);
            try (SocketChannel other = SocketChannel.open().bind(new InetSocketAddress("127.0.0.2", 0))) {
                other.connect(new InetSocketAddress("127.0.0.1", pooler.port()));
                other.write(ByteBuffer.wrap(request));
                Await.until("one of another host", () -> waiting(console) == 101);
            }
        } finally {
            requests.forEach(WireClient::close);
        }
    }

    private static int waiting(WireClient console) {
        return Integer.parseInt(
                ConsoleRows.all(console, "SHOW PEER_POOLS").get(0).get("cl_waiting_cancel_req"));
    }

    private Pooler sharing(int id, int port, Path folders) {
        Pooler.Builder builder = setup.pooler()
                .set("peer_id", "" + id)
                .set("listen_port", "" + port)
                .set("so_reuseport", "1")
                .set("unix_socket_dir", folder(folders, id).toString());
        for (int peer = 1; peer <= 2; peer++) {
            builder.peer(peer, "host=" + folder(folders, peer) + " port=" + port);
        }
        return builder.start();
    }

    private static Path folder(Path folders, int id) {
        Path folder = folders.resolve("peer" + id);
        folder.toFile().mkdirs();
        return folder;
    }

    @Test
    @Sees("so_reuseport")
    void onePortForSeveral(@TempDir Path folders) {
        int port = Ports.free();
        try (Pooler one = sharing(1, port, folders);
                Pooler two = sharing(2, port, folders)) {
            List<WireClient> clients = new ArrayList<>();
            while (one.pgweir().clients() == 0 || two.pgweir().clients() == 0) {
                clients.add(one.client(setup.postgres()));
                assertThat(clients).as("clients until both have one").hasSizeLessThan(100);
            }
            // whoever gets the request, its client is found
            for (WireClient client : clients.subList(0, Math.min(6, clients.size()))) {
                HeldQuery held = HeldQuery.begin(setup.postgres(), client);
                WireClient.cancel("127.0.0.1", port, client.backendPid(), client.backendSecret());
                assertCanceled(client);
                held.release();
            }
            clients.forEach(WireClient::close);
        }
    }

    @Test
    void theNewOneTakesOverWhileTheClientsOfTheOldOneFinish(@TempDir Path folders) throws Exception {
        int port = Ports.free();
        try (Pooler old = sharing(1, port, folders);
                WireClient stays = old.client(setup.postgres())) {
            stays.query("BEGIN");
            try (Pooler fresh = sharing(2, port, folders)) {
                // when the old one is told to go, as by SIGTERM
                old.pgweir().shutdown(Shutdown.WAIT_FOR_CLIENTS);
                // then whoever comes gets to the new one
                Await.until("a client of the new one", () -> {
                    try (WireClient next = old.client(setup.postgres())) {
                        return next.query("SELECT 1").size() == 1
                                && fresh.pgweir().clients() == 1;
                    }
                });
                for (int i = 0; i < 20; i++) {
                    try (WireClient next = fresh.client(setup.postgres())) {
                        assertThat(next.query("SELECT 1")).hasSize(1);
                    }
                }
                // and those who were there go on for as long as they like
                assertThat(stays.query("SELECT 1")).hasSize(1);
                stays.query("COMMIT");
                assertThat(stays.query("SELECT 2")).hasSize(1);
                stays.send(Frames.terminate());
                stays.expectClosed();
                old.pgweir().awaitEnd();
                assertThat(fresh.console("SHOW VERSION")).hasSize(1);
            }
        }
    }
}

package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.Sees;
import org.pgweir.proxy.net.Transport;
import org.pgweir.testkit.Ports;
import org.pgweir.testkit.WireClient;

/** Where the pooler listens, and what the kernel was told about its sockets. */
@EveryTransport
final class SocketSettingsTest {
    private final Setup setup;

    SocketSettingsTest(Setup setup) {
        this.setup = setup;
    }

    /** Linux's numbers: level and name. */
    private enum Option {
        SO_SNDBUF(1, 7),
        SO_RCVBUF(1, 8),
        SO_KEEPALIVE(1, 9),
        TCP_KEEPIDLE(6, 4),
        TCP_KEEPINTVL(6, 5),
        TCP_KEEPCNT(6, 6),
        TCP_DEFER_ACCEPT(6, 9),
        TCP_USER_TIMEOUT(6, 18);

        private final int level;
        private final int name;

        Option(int level, int name) {
            this.level = level;
            this.name = name;
        }

        int of(int descriptor) {
            try {
                return new Socket(descriptor).getIntOpt(level, name);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** The descriptors of all sockets of that kind. */
    private static List<Integer> descriptors(WireClient console, String task) {
        return ConsoleRows.all(console, "SHOW FDS").stream()
                .filter(row -> row.get("task").equals(task))
                .map(row -> Integer.valueOf(row.get("fd")))
                .toList();
    }

    /** The sockets of the client, and of the server that is open for it. */
    private static List<Integer> bothSides(WireClient console) {
        List<Integer> clients = descriptors(console, "client");
        List<Integer> servers = descriptors(console, "server");
        assertThat(clients).hasSize(1);
        assertThat(servers).hasSize(1);
        return List.of(clients.get(0), servers.get(0));
    }

    private void needsDescriptors() {
        assumeTrue(setup.transport() != Transport.NIO, "NIO does not tell them, nor does it know these options");
    }

    @Test
    @Sees({"tcp_keepalive", "tcp_keepidle", "tcp_keepintvl", "tcp_keepcnt", "tcp_user_timeout", "tcp_socket_buffer"})
    void theKernelHearsOfTheOptionsOnBothSides() {
        needsDescriptors();
        try (Pooler pooler = setup.pooler()
                        .set("tcp_keepidle", "11")
                        .set("tcp_keepintvl", "7")
                        .set("tcp_keepcnt", "3")
                        .set("tcp_user_timeout", "4321")
                        .set("tcp_socket_buffer", "32768")
                        .start();
                WireClient console = pooler.client("postgres", "", "pgbouncer")) {
            try (WireClient client = pooler.client(setup.postgres())) {
                client.query("BEGIN");
                for (int socket : bothSides(console)) {
                    assertThat(Option.SO_KEEPALIVE.of(socket)).isEqualTo(1);
                    assertThat(Option.TCP_KEEPIDLE.of(socket)).isEqualTo(11);
                    assertThat(Option.TCP_KEEPINTVL.of(socket)).isEqualTo(7);
                    assertThat(Option.TCP_KEEPCNT.of(socket)).isEqualTo(3);
                    assertThat(Option.TCP_USER_TIMEOUT.of(socket)).isEqualTo(4321);
                    // On the loopback interface it must hold two segments, each somewhat smaller than 64 kB.
                    assertThat(Option.SO_SNDBUF.of(socket)).isGreaterThan(2 * 65_000);
                    // Linux doubles what it is asked for, for its own book-keeping.
                    assertThat(Option.SO_RCVBUF.of(socket)).isEqualTo(2 * 32768);
                }
                // when they change, then new connections have it
                console.query("SET tcp_keepalive = 0");
                console.query("SET tcp_user_timeout = 0");
                console.query("RECONNECT");
                client.query("COMMIT");
            }
            try (WireClient client = pooler.client(setup.postgres())) {
                client.query("BEGIN");
                for (int socket : bothSides(console)) {
                    assertThat(Option.SO_KEEPALIVE.of(socket)).isZero();
                    assertThat(Option.TCP_USER_TIMEOUT.of(socket)).isZero();
                }
            }
        }
    }

    @Test
    @Sees("tcp_defer_accept")
    void theListeningSocketWaitsForBytes() {
        needsDescriptors();
        try (Pooler pooler = setup.pooler().set("tcp_defer_accept", "5").start();
                WireClient console = pooler.client("postgres", "", "pgbouncer")) {
            List<Integer> listening = descriptors(console, "pooler");
            // The kernel counts in retransmissions of 1, 2, 4, ... seconds.
            assertThat(listening).isNotEmpty().allMatch(socket -> Option.TCP_DEFER_ACCEPT.of(socket) >= 5);
            console.query("SET tcp_defer_accept = 0");
            assertThat(listening).allMatch(socket -> Option.TCP_DEFER_ACCEPT.of(socket) == 0);
        }
    }

    @Test
    @Sees("listen_backlog")
    void theKernelKeepsTheBacklog() {
        needsDescriptors();
        try (Pooler pooler = setup.emptyPooler().set("listen_backlog", "17").start();
                WireClient console = pooler.client("postgres", "", "pgbouncer")) {
            assertThat(descriptors(console, "pooler")).isNotEmpty().allMatch(socket -> backlog(socket) == 17);
        }
    }

    /** Of a listening socket: what tcp_info has as tcpi_sacked, behind eight bytes and five numbers. */
    private static int backlog(int descriptor) {
        ByteBuffer info = ByteBuffer.allocateDirect(104).order(ByteOrder.nativeOrder());
        try {
            new Socket(descriptor).getRawOpt(6, 11, info);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return info.getInt(8 + 5 * 4);
    }

    @Test
    @Sees({"listen_addr", "listen_port"})
    void itListensAtTheAddressesAndThePort() {
        int port = Ports.free();
        try (Pooler pooler = setup.pooler()
                .set("listen_addr", "127.0.0.2, 127.0.0.3")
                .set("listen_port", "" + port)
                .start()) {
            assertThat(pooler.port()).isEqualTo(port);
            assertThatThrownBy(() -> WireClient.connect("127.0.0.1", port)).isInstanceOf(UncheckedIOException.class);
            for (String address : List.of("127.0.0.2", "127.0.0.3")) {
                answersAt(address, port);
            }
        }
        try (Pooler pooler = setup.pooler().set("listen_addr", "*").start()) {
            answersAt("127.0.0.4", pooler.port());
        }
    }

    private void answersAt(String address, int port) {
        try (WireClient client = WireClient.connect(address, port)) {
            client.login("postgres", "", setup.postgres().database(), Map.of());
            assertThat(client.query("SELECT 1")).hasSize(1);
        }
    }
}

package org.pgweir.proxy.stress;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.SharedPostgres;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.ErrorFields;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.WireClient;

/** Ten thousand connections, or as many as this process may have, that never finish their login: real clients do not notice. */
final class StrangersTest {
    private static final int MOST = 10_000;
    private static final int WITH_STARTUP_PACKET = 50;

    private static int strangers() {
        UnixOperatingSystemMXBean system = (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long free = system.getMaxFileDescriptorCount() - system.getOpenFileDescriptorCount() - 500;
        return (int) Math.min(MOST, free / 2);
    }

    private static boolean isClosedByTheOtherSide(SocketChannel stranger) {
        try {
            stranger.configureBlocking(false);
            ByteBuffer last = ByteBuffer.allocate(1024);
            int read;
            do {
                last.clear();
                read = stranger.read(last);
            } while (read > 0);
            if (read == 0) {
                return false;
            }
            stranger.close();
        } catch (IOException e) {
            // Reset is closed, too.
        }
        return true;
    }

    @Test
    void strangersDoNotKeepOthersOut() throws IOException {
        String database = SharedPostgres.current().database();
        List<SocketChannel> strangers = new ArrayList<>();
        try (Pooler pooler = Pooler.builder()
                .set("auth_type", "scram-sha-256")
                .set("max_client_conn", "100")
                .set("log_pooler_errors", "0")
                .set("log_disconnections", "0")
                .set("listen_backlog", "4096")
                .set("tcp_defer_accept", "0")
                .set("client_login_timeout", "5")
                .userList("\"postgres\" \"secret\"\n")
                .database(SharedPostgres.current(), "user=postgres")
                .start()) {
            byte[] startup = Frames.startup(Map.of("user", "postgres", "database", database));
            InetSocketAddress address = new InetSocketAddress("127.0.0.1", pooler.port());
            for (int i = 0; i < strangers(); i++) {
                SocketChannel stranger = SocketChannel.open(address);
                strangers.add(stranger);
                if (i < WITH_STARTUP_PACKET) {
                    // These count for max_client_conn: a password is owed.
                    stranger.write(ByteBuffer.wrap(startup));
                } else if (i % 2 == 0) {
                    stranger.write(ByteBuffer.wrap(startup, 0, startup.length / 2));
                }
            }
            assertThat(strangers).hasSizeGreaterThan(100);

            for (int i = 0; i < 20; i++) {
                try (WireClient client = pooler.client("postgres", "secret", database)) {
                    assertThat(client.query("SELECT 1")).containsExactly(List.of("1"));
                }
            }

            Await.until(Duration.ofSeconds(60), "the end of the strangers", () -> {
                strangers.removeIf(StrangersTest::isClosedByTheOtherSide);
                return strangers.isEmpty();
            });
            try (WireClient client = pooler.client("postgres", "secret", database)) {
                assertThat(client.query("SELECT 1")).hasSize(1);
            }
        } finally {
            for (SocketChannel stranger : strangers) {
                stranger.close();
            }
        }
    }

    @Test
    void whoOwesAPasswordMakesRoomForOthers() throws IOException {
        String database = SharedPostgres.current().database();
        List<WireClient> strangers = new ArrayList<>();
        try (Pooler pooler = withFewPlaces()) {
            try (WireClient served = pooler.client("postgres", "secret", database)) {
                for (int i = 0; i < 30; i++) {
                    // As many as may come, each with a question that it never answers.
                    WireClient stranger = pooler.connect();
                    strangers.add(stranger);
                    stranger.startup(Map.of("user", "postgres", "database", database));
                    assertThat(stranger.read().type()).isEqualTo('R');
                }
                try (WireClient client = pooler.client("postgres", "secret", database)) {
                    assertThat(client.query("SELECT 1")).hasSize(1);
                }
                assertThat(served.query("SELECT 1")).hasSize(1);
            }
            ErrorFields told = strangers.get(0).read().asError();
            assertThat(told.message()).isEqualTo("no more connections allowed (max_client_conn)");
            strangers.get(0).expectClosed();
        } finally {
            strangers.forEach(WireClient::close);
        }
    }

    @Test
    void whoNeverSaysItsNameMakesRoomForOthers() throws IOException {
        String database = SharedPostgres.current().database();
        List<SocketChannel> strangers = new ArrayList<>();
        try (Pooler pooler = withFewPlaces()) {
            InetSocketAddress address = new InetSocketAddress("127.0.0.1", pooler.port());
            byte[] console = Frames.startup(Map.of("user", "postgres", "database", "pgbouncer"));
            for (int i = 0; i < 1_100; i++) {
                SocketChannel stranger = SocketChannel.open(address);
                strangers.add(stranger);
                // The console takes no place of max_client_conn, so it must have a bound of its own.
                stranger.write(ByteBuffer.wrap(console, 0, i % 2 == 0 ? console.length : 1));
            }
            try (WireClient client = pooler.client("postgres", "secret", database)) {
                assertThat(client.query("SELECT 1")).hasSize(1);
            }
            Await.until(Duration.ofSeconds(20), "the end of the oldest strangers", () -> {
                strangers.removeIf(StrangersTest::isClosedByTheOtherSide);
                return strangers.size() <= 1_010;
            });
            assertThat(strangers).hasSizeGreaterThan(1_000);
        } finally {
            for (SocketChannel stranger : strangers) {
                stranger.close();
            }
        }
    }

    /** Ten of them, and no timeout to wait for. */
    private static Pooler withFewPlaces() {
        return Pooler.builder()
                .set("auth_type", "scram-sha-256")
                .set("max_client_conn", "10")
                .set("log_pooler_errors", "0")
                .set("log_disconnections", "0")
                .set("listen_backlog", "4096")
                .set("tcp_defer_accept", "0")
                .userList("\"postgres\" \"secret\"\n")
                .database(SharedPostgres.current(), "user=postgres")
                .start();
    }
}

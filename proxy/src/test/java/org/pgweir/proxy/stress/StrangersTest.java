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
                .set("client_login_timeout", "15")
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
}

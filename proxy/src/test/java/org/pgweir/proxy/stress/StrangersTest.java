package org.pgweir.proxy.stress;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.SharedPostgres;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.CertificateAuthority;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.ErrorFields;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.Scram;
import org.pgweir.testkit.TestCertificate;
import org.pgweir.testkit.WireClient;

/** Ten thousand connections, or as many as this process may have, that never finish their login: real clients do not notice. */
final class StrangersTest {
    private static final int MOST = 10_000;
    private static final int WITH_STARTUP_PACKET = 50;
    private static final int PLACES = 10;

    /** How many may wait who have proved nothing. */
    private static final int ROOM = PLACES + 1_000;

    @TempDir
    private Path folder;

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
                .userList("\"postgres\" \"sesame\"\n")
                .database(SharedPostgres.current(), "user=postgres")
                .start()) {
            byte[] startup = Frames.startup(Map.of("user", "postgres", "database", database));
            InetSocketAddress address = new InetSocketAddress("127.0.0.1", pooler.port());
            for (int i = 0; i < strangers(); i++) {
                SocketChannel stranger = SocketChannel.open(address);
                strangers.add(stranger);
                if (i < WITH_STARTUP_PACKET) {
                    // A password is owed.
                    stranger.write(ByteBuffer.wrap(startup));
                } else if (i % 2 == 0) {
                    stranger.write(ByteBuffer.wrap(startup, 0, startup.length / 2));
                }
            }
            assertThat(strangers).hasSizeGreaterThan(100);

            for (int i = 0; i < 20; i++) {
                try (WireClient client = pooler.client("postgres", "sesame", database)) {
                    assertThat(client.query("SELECT 1")).containsExactly(List.of("1"));
                }
            }

            Await.until(Duration.ofSeconds(60), "the end of the strangers", () -> {
                strangers.removeIf(StrangersTest::isClosedByTheOtherSide);
                return strangers.isEmpty();
            });
            try (WireClient client = pooler.client("postgres", "sesame", database)) {
                assertThat(client.query("SELECT 1")).hasSize(1);
            }
        } finally {
            for (SocketChannel stranger : strangers) {
                stranger.close();
            }
        }
    }

    @Test
    void whoOwesAPasswordMakesRoomForOthers() {
        String database = SharedPostgres.current().database();
        List<WireClient> strangers = new ArrayList<>();
        try (Pooler pooler = withFewPlaces().start()) {
            try (WireClient served = pooler.client("postgres", "sesame", database)) {
                // More than may wait, each with a question that it never answers.
                strangers.addAll(asked(pooler, "postgres", ROOM + 10));
                try (WireClient client = pooler.client("postgres", "sesame", database)) {
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

    /** Clients who have been asked for a password and are silent. */
    private static List<WireClient> asked(Pooler pooler, String user, int count) {
        List<WireClient> strangers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            WireClient stranger = pooler.connect();
            strangers.add(stranger);
            stranger.startup(
                    Map.of("user", user, "database", SharedPostgres.current().database()));
            assertThat(stranger.read().type()).isEqualTo('R');
        }
        return strangers;
    }

    @Test
    void whoIsInTheMiddleOfALoginIsNotDisturbedBySilence() throws IOException {
        String database = SharedPostgres.current().database();
        CertificateAuthority authority = CertificateAuthority.create("strangers");
        Map<String, String> startup = Map.of("user", "postgres", "database", database);
        List<WireClient> others = new ArrayList<>();
        try (Pooler pooler = encrypting(authority).start();
                WireClient named = pooler.connect();
                WireClient answering = pooler.connect();
                WireClient encrypting = pooler.connect()) {
            // given three who have begun, and as many places for them
            for (int i = 0; i < PLACES - 3; i++) {
                others.add(pooler.client("postgres", "sesame", database));
            }
            named.startup(startup);
            Scram scram = new Scram("sesame");
            answering.startup(startup).expect("R");
            answering.send(Frames.saslInitialResponse(Scram.MECHANISM, scram.clientFirst()));
            byte[] challenge = answering.read().body();
            byte[] proof = scram.clientFinal(Arrays.copyOfRange(challenge, Integer.BYTES, challenge.length));
            assertThat(encrypting.requestSsl()).isEqualTo('S');
            // when more come than may wait, and say nothing, or nothing more than who they want to be
            for (int i = 0; i < ROOM + 10; i++) {
                others.add(pooler.connect());
            }
            others.addAll(asked(pooler, "postgres", 2 * PLACES));
            // then
            named.authenticate("postgres", "sesame");
            answering.send(Frames.saslResponse(proof));
            answering.readUntil('Z');
            encrypting.startTls(authority.own().trustingContext()).login("postgres", "sesame", database);
            for (WireClient client : List.of(named, answering, encrypting)) {
                assertThat(client.query("SELECT 1")).hasSize(1);
            }
        } finally {
            others.forEach(WireClient::close);
        }
    }

    @Test
    void whoTricklesItsProofWithinTlsKeepsNobodyOutAndEndsInTime() throws IOException {
        String database = SharedPostgres.current().database();
        CertificateAuthority authority = CertificateAuthority.create("strangers");
        List<WireClient> strangers = new ArrayList<>();
        try (Pooler pooler = encrypting(authority).start();
                WireClient console = encrypted(pooler, authority).login("postgres", "sesame", "pgbouncer")) {
            // given more who have only their proof to give than there are places
            for (int i = 0; i < 2 * PLACES; i++) {
                WireClient stranger = encrypted(pooler, authority);
                strangers.add(stranger);
                stranger.startup(Map.of("user", "postgres", "database", database))
                        .expect("R");
                stranger.send(Frames.saslInitialResponse(Scram.MECHANISM, new Scram("sesame").clientFirst()))
                        .expect("R");
                stranger.send(Frames.header('p', 1_000));
            }
            try (WireClient client = encrypted(pooler, authority).login("postgres", "sesame", database)) {
                assertThat(client.query("SELECT 1")).hasSize(1);
            }
            // when they go on for longer than they may
            console.query("SET client_login_timeout = 0.2");
            List<WireClient> trickling = new ArrayList<>(strangers);
            Await.until("the end of all", () -> {
                for (WireClient stranger : List.copyOf(trickling)) {
                    if (stranger.isQuietFor(Duration.ofMillis(1))) {
                        stranger.send(new byte[] {'c'});
                    } else {
                        trickling.remove(stranger);
                    }
                }
                return trickling.isEmpty();
            });
            // then
            for (WireClient stranger : strangers) {
                assertThat(stranger.read().asError().message()).isEqualTo("client_login_timeout");
                stranger.expectClosed();
            }
        } finally {
            strangers.forEach(WireClient::close);
        }
    }

    private Pooler.Builder encrypting(CertificateAuthority authority) throws IOException {
        TestCertificate certificate = authority.forServer();
        Path certificateFile = Files.writeString(folder.resolve("server.crt"), certificate.certificatePem());
        Path keyFile = Files.writeString(folder.resolve("server.key"), certificate.keyPem());
        return withFewPlaces()
                .set("client_tls_sslmode", "prefer")
                .set("client_tls_cert_file", certificateFile.toString())
                .set("client_tls_key_file", keyFile.toString());
    }

    private static WireClient encrypted(Pooler pooler, CertificateAuthority authority) {
        WireClient client = pooler.connect();
        assertThat(client.requestSsl()).isEqualTo('S');
        return client.startTls(authority.own().trustingContext());
    }

    @Test
    void whoWaitsForAuthQueryMakesRoomForOthersAndIsNotAskedFor() {
        EmbeddedPostgres postgres = SharedPostgres.current();
        postgres.execute(
                "CREATE TABLE asked_for (name text);"
                        + "CREATE FUNCTION look_up(name text) RETURNS TABLE (n text, s text) LANGUAGE plpgsql AS $$ BEGIN"
                        + " INSERT INTO public.asked_for VALUES (name); RETURN QUERY SELECT name, 'sesame of ' || name; END $$");
        List<WireClient> strangers = new ArrayList<>();
        try (WireClient holding = postgres.client();
                Pooler pooler = withFewPlaces()
                        .set("event_loops", "1")
                        .set("auth_type", "plain")
                        .set("auth_user", "postgres")
                        .set("auth_query", "SELECT * FROM public.look_up($1)")
                        .set("default_pool_size", "1")
                        .start()) {
            holding.query("BEGIN; LOCK TABLE asked_for");
            for (int i = 0; i < ROOM + 20; i++) {
                if (i == ROOM - 10) {
                    // One who comes behind them on their loop: all of them are known by name now.
                    pooler.client("postgres", "sesame", "pgbouncer").close();
                }
                WireClient stranger = pooler.connect();
                strangers.add(stranger);
                stranger.startup(Map.of("user", "stranger" + i, "database", postgres.database()));
            }
            for (int i = 0; i < 10; i++) {
                ErrorFields told = strangers.get(i).read().asError();
                assertThat(told.message()).isEqualTo("no more connections allowed (max_client_conn)");
                strangers.get(i).expectClosed();
            }
            try (WireClient console = pooler.client("postgres", "sesame", "pgbouncer")) {
                assertThat(console.query("SHOW VERSION")).hasSize(1);
            }
            holding.query("COMMIT");
            try (WireClient client = pooler.client("somebody", "sesame of somebody", postgres.database())) {
                assertThat(client.query("SELECT name FROM asked_for WHERE name = 'stranger100'"))
                        .hasSize(1);
                // The first one's question had been sent when it was thrown out.
                assertThat(client.query("SELECT name FROM asked_for WHERE name IN ('stranger1', 'stranger5')"))
                        .isEmpty();
            }
        } finally {
            strangers.forEach(WireClient::close);
            postgres.execute("DROP FUNCTION look_up; DROP TABLE asked_for");
        }
    }

    @Test
    void whoNeverSaysItsNameMakesRoomForOthers() throws IOException {
        String database = SharedPostgres.current().database();
        List<SocketChannel> strangers = new ArrayList<>();
        try (Pooler pooler = withFewPlaces().start()) {
            InetSocketAddress address = new InetSocketAddress("127.0.0.1", pooler.port());
            byte[] console = Frames.startup(Map.of("user", "postgres", "database", "pgbouncer"));
            for (int i = 0; i < 1_100; i++) {
                SocketChannel stranger = SocketChannel.open(address);
                strangers.add(stranger);
                stranger.write(ByteBuffer.wrap(console, 0, i % 2 == 0 ? console.length : 1));
            }
            try (WireClient client = pooler.client("postgres", "sesame", database)) {
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
    private static Pooler.Builder withFewPlaces() {
        return Pooler.builder()
                .set("auth_type", "scram-sha-256")
                .set("max_client_conn", "" + PLACES)
                .set("log_pooler_errors", "0")
                .set("log_disconnections", "0")
                .set("listen_backlog", "4096")
                .set("tcp_defer_accept", "0")
                .userList("\"postgres\" \"sesame\"\n")
                .database(SharedPostgres.current(), "user=postgres");
    }
}

package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgweir.proxy.Pooler;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.Message;
import org.pgweir.testkit.WireClient;
import org.pgweir.testkit.WireClosed;

/** Nonsense at every stage: that connection ends, and nobody else notices. */
@EverySetup
final class MalformedInputTest {
    private static final int RANDOM_ROUNDS = 15;

    private static EmbeddedPostgres postgres;
    private static Pooler pooler;
    private static Pooler withPasswords;

    private WireClient bystander;

    /** The setup is used where the poolers start. */
    MalformedInputTest(@SuppressWarnings("unused") Setup setup) {}

    @BeforeParameterizedClassInvocation
    static void start(Setup setup) {
        postgres = setup.postgres();
        pooler = setup.pooler().set("default_pool_size", "2").start();
        withPasswords = setup.pooler()
                .set("auth_type", "scram-sha-256")
                .userList("\"postgres\" \"sesame\"\n")
                .start();
        postgres.execute("DROP TABLE IF EXISTS malformed; CREATE TABLE malformed (a text)");
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        pooler.close();
        withPasswords.close();
        postgres.execute("DROP TABLE malformed");
    }

    @BeforeEach
    void aBystanderIsInATransaction() {
        bystander = pooler.client(postgres);
        bystander.query("BEGIN; SET LOCAL work_mem = '7MB'");
    }

    @AfterEach
    void theBystanderHasNoticedNothing() {
        assertThat(bystander.query("SHOW work_mem")).containsExactly(List.of("7MB"));
        bystander.query("COMMIT");
        bystander.close();
        try (WireClient next = pooler.client(postgres)) {
            assertThat(next.query("SELECT 1")).containsExactly(List.of("1"));
            assertThat(next.query("SELECT count(*) FROM malformed")).containsExactly(List.of("0"));
        }
    }

    /** Frames that no client may send. */
    static Stream<byte[]> badFrames() {
        return Stream.of(
                Frames.header('Q', -1),
                Frames.header('Q', 0),
                Frames.header('Q', 3),
                Frames.header('Q', Integer.MIN_VALUE),
                Frames.header('Q', Integer.MAX_VALUE),
                Frames.header('d', Integer.MAX_VALUE),
                Frames.header('z', 4),
                Frames.header('\0', 4),
                Frames.header('\u00ff', 40),
                Frames.header('Z', 5),
                "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    }

    /** PostgreSQL's own limit for CopyData is its own business. */
    static Stream<byte[]> badFramesOfACopy() {
        return badFrames().filter(frame -> frame[0] != 'd');
    }

    static Stream<byte[]> badStartups() {
        return Stream.of(
                startup(0),
                startup(3),
                startup(7),
                startup(-1),
                startup(Integer.MIN_VALUE),
                startup(Integer.MAX_VALUE),
                startup(10_001),
                // no terminator, an odd number of strings, a cut cancel request
                ByteBuffer.allocate(12)
                        .putInt(12)
                        .putInt(3 << 16)
                        .putInt(0x75736572)
                        .array(),
                ByteBuffer.allocate(14)
                        .putInt(14)
                        .putInt(3 << 16)
                        .put("user\0\0".getBytes(StandardCharsets.US_ASCII))
                        .array(),
                ByteBuffer.allocate(9).putInt(9).putInt(Frames.SSL_REQUEST_CODE).array(),
                ByteBuffer.allocate(10)
                        .putInt(10)
                        .putInt(Frames.CANCEL_REQUEST_CODE)
                        .array(),
                "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] startup(int length) {
        return ByteBuffer.allocate(8).putInt(length).putInt(3 << 16).array();
    }

    /** Reads to the end; every frame up to it must be whole, and there is at most one FATAL, the last. */
    private static void assertEnds(WireClient client) {
        Message last = null;
        try {
            while (true) {
                last = client.read();
            }
        } catch (WireClosed end) {
            if (last != null && last.type() == 'E') {
                assertThat(last.asError().sqlstate()).isNotEmpty();
            }
        }
    }

    private static void assertFatal(WireClient client) {
        assertThat(Ending.of(client).sqlstate()).isEqualTo("08P01");
    }

    @ParameterizedTest
    @MethodSource("badStartups")
    void asTheFirstPacket(byte[] nonsense) {
        try (WireClient client = pooler.connect()) {
            client.send(nonsense);
            assertEnds(client);
        }
    }

    @ParameterizedTest
    @MethodSource("badFrames")
    void asThePassword(byte[] nonsense) {
        try (WireClient client = withPasswords.connect()) {
            client.startup(Map.of("user", "postgres", "database", postgres.database()));
            client.expect("R");
            client.send(nonsense);
            assertFatal(client);
        }
    }

    @Test
    void asTheContentOfThePassword() {
        Stream.of(
                        Frames.saslInitialResponse("SCRAM-SHA-256", new byte[0]),
                        Frames.saslInitialResponse("SCRAM-SHA-256", "n,,n=,r=".getBytes(StandardCharsets.US_ASCII)),
                        Frames.saslInitialResponse("SCRAM-SHA-256", "nonsense".getBytes(StandardCharsets.US_ASCII)),
                        Frames.saslInitialResponse("SCRAM-SHA-256", new byte[5000]),
                        Frames.saslInitialResponse("OTHER", new byte[0]),
                        Frames.message('p', new byte[0]),
                        Frames.message('p', new byte[] {0, 0, 0, 0, 0, 0, 0, 0}),
                        Frames.header('p', 70_000))
                .forEach(nonsense -> {
                    try (WireClient client = withPasswords.connect()) {
                        client.startup(Map.of("user", "postgres", "database", postgres.database()));
                        client.expect("R");
                        client.send(nonsense);
                        assertThat(Ending.of(client).sqlstate()).isIn("08P01", "28P01");
                    }
                });
    }

    @ParameterizedTest
    @MethodSource("badFrames")
    void afterTheLogin(byte[] nonsense) {
        afterLogin(client -> {}, nonsense);
    }

    @ParameterizedTest
    @MethodSource("badFrames")
    void inATransaction(byte[] nonsense) {
        afterLogin(client -> client.query("BEGIN; INSERT INTO malformed VALUES ('x')"), nonsense);
    }

    @ParameterizedTest
    @MethodSource("badFramesOfACopy")
    void inACopy(byte[] nonsense) {
        afterLogin(
                client -> {
                    client.send(Frames.query("COPY malformed FROM STDIN"));
                    client.expect("G");
                    client.send(Frames.copyData("x\n"));
                },
                nonsense);
    }

    @ParameterizedTest
    @MethodSource("badFrames")
    void behindAQuery(byte[] nonsense) {
        try (WireClient client = pooler.client(postgres)) {
            client.send(Frames.query("SELECT 1"), nonsense);
            assertEnds(client);
        }
    }

    @ParameterizedTest
    @MethodSource("badFrames")
    void onTheConsole(byte[] nonsense) {
        try (WireClient console = pooler.client("postgres", "", "pgbouncer")) {
            console.query("SHOW VERSION");
            console.send(nonsense);
            assertEnds(console);
        }
    }

    private static void afterLogin(Consumer<WireClient> before, byte[] nonsense) {
        try (WireClient client = pooler.client(postgres)) {
            before.accept(client);
            client.send(nonsense);
            assertFatal(client);
        }
    }

    @Test
    void randomBytesAtEveryStage() {
        Random random = new Random(4711);
        for (int round = 0; round < RANDOM_ROUNDS; round++) {
            byte[] nonsense = new byte[1 + random.nextInt(300)];
            random.nextBytes(nonsense);
            try (WireClient client = pooler.connect()) {
                sendAndLeave(client, nonsense);
            }
            try (WireClient client = withPasswords.connect()) {
                client.startup(Map.of("user", "postgres", "database", postgres.database()));
                client.expect("R");
                sendAndLeave(client, nonsense);
            }
            try (WireClient client = pooler.client(postgres)) {
                sendAndLeave(client, nonsense);
            }
            try (WireClient client = pooler.client(postgres)) {
                client.query("BEGIN; INSERT INTO malformed VALUES ('x')");
                sendAndLeave(client, nonsense);
            }
        }
    }

    /** What is no message may wait for its rest, or end the connection; the client's end ends it in any case. */
    private static void sendAndLeave(WireClient client, byte[] nonsense) {
        try {
            client.send(nonsense).shutdownOutput();
            assertEnds(client);
        } catch (UncheckedIOException endedMeanwhile) {
            assertThat(endedMeanwhile).isNotNull();
        }
    }

    @Test
    void bodiesThatMakeNoSenseArePostgresBusiness() {
        try (WireClient client = pooler.client(postgres)) {
            // A Bind without the end of its first string: PostgreSQL says 08P01 and goes on.
            client.send(Frames.message('B', new byte[] {'x'}), Frames.sync());
            List<Message> answer = client.readUntil('Z');
            assertThat(answer.get(0).asError().sqlstate()).isEqualTo("08P01");
            assertThat(client.query("SELECT 1")).hasSize(1);
        }
    }
}

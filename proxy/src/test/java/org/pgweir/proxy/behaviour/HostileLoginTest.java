package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.SharedPostgres;
import org.pgweir.testkit.ErrorFields;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.WireClient;

/** What a stranger may try on a raw socket before anything is proved: each attempt ends with the error that it should, and nothing else. */
@ExtendWith(NoComplaints.class)
final class HostileLoginTest {
    private static final String DATABASE = SharedPostgres.current().database();
    private static final byte[] SSL = Frames.sslRequest();
    private static final byte[] GSS = Frames.gssEncRequest();
    private static final byte[] STARTUP = Frames.startup(Map.of("user", "postgres", "database", DATABASE));
    private static final String ODD_NAME = "Ünï'cödé \"漢字\" 🐘";
    private static final String PROOF = Base64.getEncoder().encodeToString(new byte[32]);

    @TempDir
    static Path folder;

    private static Pooler pooler;

    @BeforeAll
    static void start() {
        TlsFiles files = TlsFiles.in(folder);
        pooler = Pooler.builder()
                .set("auth_type", "scram-sha-256")
                .set("client_tls_sslmode", "prefer")
                .set("client_tls_cert_file", files.path("server.crt").toString())
                .set("client_tls_key_file", files.path("server.key").toString())
                .userList("\"postgres\" \"sesame\"\n\"" + ODD_NAME.replace("\"", "\"\"") + "\" \"sesame\"\n")
                .database(SharedPostgres.current(), "user=postgres")
                .start();
    }

    @AfterAll
    static void stop() {
        pooler.close();
    }

    private static ErrorFields endOf(byte[]... frames) {
        try (WireClient client = pooler.connect()) {
            return Ending.of(client.send(frames));
        }
    }

    private static void isRefused(ErrorFields error, String sqlstate, String message) {
        assertThat(error.sqlstate() + " " + error.message()).isEqualTo(sqlstate + " " + message);
    }

    @Test
    void nothingMayStandBehindARequestForEncryption() {
        for (byte[] encryption : List.of(SSL, GSS)) {
            for (byte[] behind : List.of(STARTUP, SSL, new byte[] {0x16, 3, 1})) {
                isRefused(endOf(encryption, behind), "08P01", "received unencrypted data after SSL request");
            }
        }
    }

    @Test
    void encryptionIsAskedForTwiceAtMost() {
        try (WireClient client = pooler.connect()) {
            assertThat(client.send(GSS).readByte()).isEqualTo('N');
            assertThat(client.send(GSS).readByte()).isEqualTo('N');
            client.send(GSS);
            isRefused(Ending.of(client), "08P01", "received unencrypted data after SSL request");
        }
        try (WireClient client = pooler.connect()) {
            assertThat(client.send(GSS).readByte()).isEqualTo('N');
            assertThat(client.send(SSL).readByte()).isEqualTo('S');
            // Now TLS has to follow, and nothing else.
            client.send(STARTUP).expectClosed();
        }
    }

    @ParameterizedTest
    @CsvSource({"4, 0", "1234, 5681", "32767, 65535", "65535, 65535"})
    void protocolsOfTheFutureAreRefused(int major, int minor) {
        byte[] startup = STARTUP.clone();
        ByteBuffer.wrap(startup).putInt(4, major << 16 | minor);
        isRefused(
                endOf(startup),
                "0A000",
                "unsupported frontend protocol " + major + "." + minor + ": server supports 3.0 to 3.2");
    }

    @Test
    void minorProtocolsAreNegotiated() {
        byte[] startup = STARTUP.clone();
        ByteBuffer.wrap(startup).putInt(4, 3 << 16 | 9999);
        try (WireClient client = pooler.connect()) {
            assertThat(client.send(startup).read().int32(0)).isEqualTo(3 << 16 | 2);
            assertThat(client.read().type()).isEqualTo('R');
        }
    }

    @Test
    void parametersWithoutEndAreRefused() {
        StringBuilder parameters = new StringBuilder("user\0postgres\0");
        for (int i = 0; i < 1500; i++) {
            parameters.append('a').append(Integer.toString(i, 36)).append("\0\0");
        }
        byte[] body = parameters.append('\0').toString().getBytes(StandardCharsets.US_ASCII);
        byte[] packet = ByteBuffer.allocate(8 + body.length)
                .putInt(8 + body.length)
                .putInt(3 << 16)
                .put(body)
                .array();
        isRefused(endOf(packet), "08P01", "too many startup parameters");
        isRefused(endOf(STARTUP, STARTUP), "08P01", "received data behind the startup packet");
    }

    @Test
    void oddNamesAreNamesLikeOthers() {
        try (WireClient client = pooler.client(ODD_NAME, "sesame", DATABASE)) {
            assertThat(client.query("SELECT 1")).hasSize(1);
        }
        for (String stranger : List.of(ODD_NAME + "!", "x".repeat(63), "x".repeat(64), "x\ny", "'; DROP", "\u0001")) {
            try (WireClient client = pooler.connect()) {
                client.startup(Map.of("user", stranger, "database", DATABASE)).expect("R");
                client.send(Frames.saslInitialResponse("SCRAM-SHA-256", ascii("n,,n=,r=abc")))
                        .expect("R");
            }
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static ErrorFields answered(byte[] answer) {
        try (WireClient client = pooler.connect()) {
            client.send(STARTUP).expect("R");
            return Ending.of(client.send(answer));
        }
    }

    /** The length says something else than what follows. */
    @ParameterizedTest
    @ValueSource(ints = {-1, -2, 0, 5, 12, 1000, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void theLengthWithinTheFirstAnswerMustBeRight(int length) {
        byte[] first = Frames.saslInitialResponse("SCRAM-SHA-256", ascii("n,,n=,r=abc"));
        ByteBuffer.wrap(first).putInt(1 + 4 + "SCRAM-SHA-256".length() + 1, length);
        isRefused(answered(first), "08P01", "malformed SASL message");
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 3, 1025, 70_000, Integer.MAX_VALUE})
    void noAnswerIsLongerThanPostgresAllows(int length) {
        isRefused(answered(Frames.header('p', length)), "08P01", "invalid message length");
    }

    @Test
    void aMechanismThatWasNotOfferedIsRefused() {
        for (String mechanism : List.of("", "PLAIN", "SCRAM-SHA-256-PLUS", "scram-sha-256")) {
            isRefused(
                    answered(Frames.saslInitialResponse(mechanism, ascii("n,,n=,r=abc"))),
                    "08P01",
                    "client selected an invalid SASL authentication mechanism");
        }
        isRefused(answered(Frames.message('p', ascii("SCRAM-SHA-256"))), "08P01", "a string has no end");
    }

    static Stream<String> badFirstMessages() {
        return Stream.of(
                "",
                "n=,r=abc",
                "n,,",
                "n,,n=",
                "n,,r=abc",
                "n,,n=,r=",
                "n,,n=,r=a b",
                "n,,n=,r=abc\0",
                "n,,n=\0,r=abc",
                "n,a=postgres,n=,r=abc",
                "n,,m=ext,n=,r=abc",
                "p=tls-unique,,n=,r=abc",
                "p=tls-server-end-point,,n=,r=abc",
                "p=,,n=,r=abc",
                "x,,n=,r=abc",
                ",,,,,,,,,",
                "=".repeat(900));
    }

    @Test
    void firstMessagesThatMakeNoSenseFailAsAWrongPasswordDoes() {
        assertThat(badFirstMessages())
                .allSatisfy(message -> isRefused(
                        answered(Frames.saslInitialResponse("SCRAM-SHA-256", ascii(message))),
                        "28P01",
                        "SASL authentication failed"));
    }

    @Test
    void lastMessagesThatMakeNoSenseFailAsAWrongPasswordDoes() {
        List<UnaryOperator<String>> messages = List.of(
                nonce -> "c=biws,r=" + nonce + ",p=" + PROOF,
                nonce -> "c=biws,r=abc,p=" + PROOF,
                nonce -> "c=biws,r=" + nonce,
                nonce -> "r=" + nonce + ",p=" + PROOF,
                nonce -> "c=eSws,r=" + nonce + ",p=" + PROOF,
                nonce -> "c=,r=" + nonce + ",p=" + PROOF,
                nonce -> "c=biws,r=" + nonce + ",p=",
                nonce -> "c=biws,r=" + nonce + ",p=YQ==",
                nonce -> "c=biws,r=" + nonce + ",p=!!!!",
                nonce -> "c=biws,r=" + nonce + ",x=1,p=" + PROOF,
                nonce -> "c=biws,r=" + nonce + ",p=" + PROOF + "\0",
                nonce -> "c=biws,r=" + nonce + ",p=" + "A".repeat(800),
                nonce -> "",
                nonce -> ",".repeat(900));
        for (UnaryOperator<String> message : messages) {
            try (WireClient client = pooler.connect()) {
                client.send(STARTUP).expect("R");
                client.send(Frames.saslInitialResponse("SCRAM-SHA-256", ascii("n,,n=,r=abc")));
                byte[] challenge = client.read().body();
                String serverFirst = new String(
                        Arrays.copyOfRange(challenge, Integer.BYTES, challenge.length), StandardCharsets.US_ASCII);
                String nonce = serverFirst.substring(2, serverFirst.indexOf(','));
                isRefused(
                        Ending.of(client.send(Frames.saslResponse(ascii(message.apply(nonce))))),
                        "28P01",
                        "SASL authentication failed");
            }
        }
    }

    @Test
    void cancelRequestsWithKeysThatAreGuessedAreIgnored() {
        Random random = new Random(4711);
        try (WireClient bystander = pooler.client("postgres", "sesame", DATABASE)) {
            for (int length : new int[] {4, 8, 12, 32, 256}) {
                byte[] secret = new byte[length];
                for (int i = 0; i < 20; i++) {
                    random.nextBytes(secret);
                    int pid = i % 2 == 0 ? bystander.backendPid() : random.nextInt();
                    WireClient.cancel("127.0.0.1", pooler.port(), pid, secret);
                    assertThat(bystander.query("SELECT 1")).hasSize(1);
                }
            }
            isRefused(endOf(Frames.cancelRequest(1, new byte[0])), "08P01", "invalid length of cancel key");
            isRefused(endOf(Frames.cancelRequest(1, new byte[257])), "08P01", "invalid length of cancel key");
        }
    }
}

package org.pgweir.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WireClientTest {

    private static EmbeddedPostgres postgres;

    @BeforeAll
    static void start() {
        postgres = EmbeddedPostgres.builder()
                .hba(
                        "host all cleartext_user 127.0.0.1/32 password",
                        "host all md5_user 127.0.0.1/32 md5",
                        "host all scram_user 127.0.0.1/32 scram-sha-256",
                        "host all all 127.0.0.1/32 trust")
                .start();
        postgres.execute("CREATE ROLE cleartext_user LOGIN PASSWORD 'clear sesame'");
        postgres.execute("CREATE ROLE scram_user LOGIN PASSWORD 'sesame, = salted'");
        postgres.execute("SET password_encryption = 'md5'; CREATE ROLE md5_user LOGIN PASSWORD 'digested sesame'");
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    private static WireClient connect() {
        return WireClient.connect(postgres.host(), postgres.port());
    }

    @ParameterizedTest
    @CsvSource({
        "cleartext_user,clear sesame",
        "md5_user,digested sesame",
        "scram_user,'sesame, = salted'",
        "postgres,unused"
    })
    void givenAMethodOfAuthentication_whenLoggingIn_thenTheSessionIsThatUsers(String user, String password) {
        try (WireClient client = connect().login(user, password, "postgres")) {
            assertThat(client.query("SELECT current_user").get(0)).containsExactly(user);
            assertThat(client.backendPid()).isPositive();
            assertThat(client.backendSecret()).hasSize(4);
            assertThat(client.parameterStatus()).containsKey("server_version");
        }
    }

    @ParameterizedTest
    @CsvSource({"cleartext_user", "md5_user", "scram_user"})
    void givenAWrongPassword_whenLoggingIn_thenTheErrorHasItsFields(String user) {
        try (WireClient client = connect()) {
            WireError error =
                    catchThrowableOfType(WireError.class, () -> client.login(user, "wrong sesame", "postgres"));
            assertThat(error.sqlstate()).isEqualTo("28P01");
            assertThat(error.severity()).isEqualTo("FATAL");
            assertThat(error.fields().message()).contains(user);
            client.expectClosed();
        }
    }

    @Test
    void givenProtocol32_whenLoggingIn_thenTheSecretIsLongAndCancels() throws Exception {
        try (WireClient client =
                connect().login(Frames.PROTOCOL_3_2, "postgres", "", "postgres", Map.of("application_name", "a"))) {
            assertThat(client.backendSecret()).hasSize(32);
            assertThat(client.negotiatedProtocol()).isZero();
            client.send(Frames.query("SELECT pg_sleep(30)"));
            Await.until(
                    "the query to run",
                    () -> !postgres.query("SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND pid = "
                                    + client.backendPid())
                            .isEmpty());
            // when
            WireClient.cancel(postgres.host(), postgres.port(), client.backendPid(), client.backendSecret());
            // then
            List<Message> answer = client.readUntil('Z');
            assertThat(answer).anySatisfy(message -> assertThat(message.type()).isEqualTo('E'));
            assertThat(answer.get(answer.size() - 2).asError().sqlstate()).isEqualTo("57014");
        }
    }

    @Test
    void givenAnUnknownMinorVersionAndOption_whenLoggingIn_thenTheServerNegotiates() {
        int future = 3 << 16 | 9999;
        try (WireClient client = connect().login(future, "postgres", "", "postgres", Map.of("_pq_.tomorrow", "1"))) {
            assertThat(client.negotiatedProtocol()).isEqualTo(Frames.PROTOCOL_3_2);
            assertThat(client.unknownProtocolOptions()).containsExactly("_pq_.tomorrow");
        }
    }

    @Test
    void givenASession_whenSimpleQueriesRun_thenRowsNullsStatusAndErrorsAreSeen() {
        try (WireClient client = postgres.client()) {
            assertThat(client.query("SELECT 1, NULL, 'ü'; SELECT 2"))
                    .containsExactly(Arrays.asList("1", null, "ü"), List.of("2"));
            client.query("BEGIN");
            assertThat(client.transactionStatus()).isEqualTo('T');
            assertThatThrownBy(() -> client.query("SELECT 1/0"))
                    .isInstanceOf(WireError.class)
                    .hasMessageContaining("22012");
            assertThat(client.transactionStatus()).isEqualTo('E');
            client.query("ROLLBACK");
            client.send(Frames.query("SELECT 3 AS three"));
            List<Message> answer = client.expect("T D C Z");
            assertThat(answer.get(0).columns()).containsExactly("three");
            assertThat(answer.get(2).commandTag()).isEqualTo("SELECT 1");
            assertThat(answer.get(3).rfqStatus()).isEqualTo('I');
        }
    }

    @Test
    void givenASession_whenEverythingOfTheExtendedProtocolIsSentByteByByte_thenAnswersComeInOrder() {
        try (WireClient client = postgres.client()) {
            client.sendSlowly(
                    Frames.parse("s", "SELECT g FROM generate_series(1, $1::int) g", 23),
                    Frames.describeStatement("s"),
                    Frames.bind("p", "s", "5"),
                    Frames.describePortal("p"),
                    Frames.execute("p", 2),
                    Frames.execute("p"),
                    Frames.closePortal("p"),
                    Frames.closeStatement("s"),
                    Frames.sync());
            List<Message> answer = client.expect("1 t T 2 T D+ s D+ C 3 3 Z");
            assertThat(answer).filteredOn(message -> message.type() == 'D').hasSize(5);
            assertThat(client.queryExtended("SELECT $1::text, $2::text", "x", null))
                    .containsExactly(Arrays.asList("x", null));
            client.send(Frames.parse("", ""), Frames.bind("", ""), Frames.execute(""), Frames.flush());
            client.expect("1 2 I");
            client.send(Frames.sync()).expect("Z");
        }
    }

    @Test
    void givenASession_whenCopyingInAndOut_thenTheDataIsThere() {
        try (WireClient client = postgres.client()) {
            client.query("CREATE TEMP TABLE t (a int, b text)");
            client.send(Frames.query("COPY t FROM STDIN")).expect("G");
            client.send(Frames.copyData("1\tone\n2\t"), Frames.copyData("two\n"), Frames.copyDone());
            assertThat(client.expect("C Z").get(0).commandTag()).isEqualTo("COPY 2");
            client.send(Frames.query("COPY t FROM STDIN")).expect("G");
            client.send(Frames.copyFail("changed my mind"));
            assertThat(client.expect("E Z").get(0).asError().sqlstate()).isEqualTo("57014");
            client.send(Frames.query("COPY t TO STDOUT"));
            assertThat(client.expect("H d+ c C Z"))
                    .filteredOn(message -> message.type() == 'd')
                    .extracting(Message::text)
                    .containsExactly("1\tone\n", "2\ttwo\n");
        }
    }

    @Test
    void givenASession_whenAFunctionIsCalled_thenItsResultComes() {
        try (WireClient client = postgres.client()) {
            int abs = Integer.parseInt(client.query("SELECT 'abs(int4)'::regprocedure::oid::int4")
                    .get(0)
                    .get(0));
            client.send(Frames.functionCall(abs, "-12"));
            Message result = client.expect("V Z").get(0);
            assertThat(result.int32(0)).isEqualTo(2);
            assertThat(result.text()).endsWith("12");
        }
    }

    @Test
    void givenRequestsForEncryption_whenTheServerHasNone_thenItSaysSoAndGoesOn() {
        try (WireClient client = connect()) {
            assertThat(client.requestSsl()).isEqualTo('N');
            assertThat(client.send(Frames.gssEncRequest()).readByte()).isEqualTo('N');
            client.login("postgres", "", "postgres");
            client.send(Frames.terminate()).expectClosed();
        }
    }

    @Test
    void givenAHugeRow_whenSkipped_thenItIsNotHeldInMemory() {
        try (WireClient client = postgres.client()) {
            int size = 100_000_000;
            client.send(Frames.query("SELECT repeat('x', " + size + ")")).expect("T");
            WireClient.Header header = client.readHeader();
            assertThat(header).isEqualTo(new WireClient.Header('D', size + 6));
            client.skip(header.bodyLength());
            client.expect("C Z");
        }
    }

    @Test
    void givenALargeAnswer_whenOneThreadReadsAndAnotherSends_thenNeitherBlocksTheOther() throws Exception {
        try (WireClient client = postgres.client()) {
            int queries = 2_000;
            byte[] query = Frames.query("SELECT repeat('x', 10000)");
            Thread sender = new Thread(() -> IntStream.range(0, queries).forEach(i -> client.send(query)));
            sender.start();
            for (int i = 0; i < queries; i++) {
                client.expect("T D C Z");
            }
            sender.join();
        }
    }

    @Test
    void givenASilentServer_whenSomethingIsExpected_thenTheFailureSaysWhat() {
        try (WireClient client = postgres.client().timeout(Duration.ofMillis(50))) {
            client.query("SELECT 1");
            assertThatThrownBy(client::read)
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("in vain for a message")
                    .hasMessageContaining("T D C Z");
            assertThatThrownBy(() -> client.expect("D")).hasMessageContaining("in vain for D of 'D'");
            assertThatThrownBy(client::expectClosed).hasMessageContaining("in vain for the end");
        }
    }

    @Test
    void givenAnAnswer_whenItIsNotTheExpectedOne_thenTheFailureShowsIt() {
        try (WireClient client = postgres.client()) {
            client.send(Frames.query("SELECT 1/0"));
            assertThatThrownBy(() -> client.expect("T D C Z"))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("division by zero");
            client.expect("Z");
            client.send(Frames.query("SELECT 1"));
            assertThatThrownBy(client::expectClosed).hasMessageContaining("expected the end");
        }
    }

    @Test
    void givenAnIdleSession_whenTheClientHalfClosesOrResets_thenTheBackendEnds() {
        try (WireClient halfClosed = postgres.client()) {
            halfClosed.shutdownOutput().expectClosed();
        }
        WireClient reset = postgres.client();
        reset.abort();
        Await.until(
                "the backend to end",
                () -> postgres.query("SELECT 1 FROM pg_stat_activity WHERE pid = " + reset.backendPid())
                        .isEmpty());
    }
}

package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.Sees;
import org.pgweir.proxy.SharedPostgres;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.ErrorFields;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.PostgresVersion;
import org.pgweir.testkit.WireClient;

/** From the first byte of a connection to the first ReadyForQuery. */
@EverySetup
final class StartupTest {
    private static EmbeddedPostgres postgres;
    private static Pooler pooler;

    private final Setup setup;

    StartupTest(Setup setup) {
        this.setup = setup;
    }

    @BeforeParameterizedClassInvocation
    static void start(Setup setup) {
        postgres = setup.postgres();
        pooler = setup.pooler()
                .database(
                        "nowhere", "host=" + postgres.host() + " port=" + postgres.port() + " dbname=no_such_database")
                .database(
                        "as_pgbouncer",
                        "host=" + postgres.host() + " port=" + postgres.port() + " dbname=" + postgres.database()
                                + " session_features='ignore'")
                .set("ignore_startup_parameters", "extra_float_digits, search_path")
                .start();
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        pooler.close();
    }

    private static WireClient login(int protocol, Map<String, String> more) {
        return pooler.connect().login(protocol, "postgres", "", postgres.database(), more);
    }

    private static WireClient login(Map<String, String> more) {
        return login(Frames.PROTOCOL_3_0, more);
    }

    private static ErrorFields refusal(Map<String, String> startup) {
        try (WireClient client = pooler.connect()) {
            return Ending.of(client.startup(startup));
        }
    }

    private static ErrorFields refusalWith(String name, String value) {
        return refusal(Map.of("user", "postgres", "database", postgres.database(), name, value));
    }

    @Test
    void namesAreShort() {
        String name = "n".repeat(128);
        assertThat(refusal(Map.of("user", name, "database", postgres.database()))
                        .message())
                .isEqualTo("username too long");
        assertThat(refusal(Map.of("user", "postgres", "database", name)).message())
                .isEqualTo("database name too long");
        assertThat(refusal(Map.of("user", "postgres", "database", name.substring(1)))
                        .message())
                .isEqualTo("no such database: " + name.substring(1));
    }

    @Test
    void protocol30HasShortCancelKeys() {
        try (WireClient client = login(Map.of())) {
            assertThat(client.negotiatedProtocol()).isZero();
            assertThat(client.backendSecret()).hasSize(4);
            assertThat(client.backendPid()).isNotZero();
            assertThat(client.transactionStatus()).isEqualTo('I');
        }
    }

    @Test
    void protocol32HasLongCancelKeys() {
        try (WireClient client = login(Frames.PROTOCOL_3_2, Map.of())) {
            assertThat(client.negotiatedProtocol()).isZero();
            assertThat(client.backendSecret()).hasSize(32);
            assertThat(client.query("SELECT 1")).containsExactly(List.of("1"));
        }
    }

    @Test
    void newerMinorVersionsAndUnknownProtocolOptionsAreNegotiatedAsPostgresDoes() {
        // given a client of the future, who greases its startup packet
        int protocol = 3 << 16 | 9999;
        Map<String, String> options = Map.of("_pq_.test_protocol_negotiation", "on");
        try (WireClient direct = postgresOfToday().login(protocol, "postgres", "postgres", "postgres", options);
                WireClient client = login(protocol, options)) {
            // then both agree on the newest version there is
            assertThat(client.negotiatedProtocol()).isEqualTo(direct.negotiatedProtocol());
            assertThat(client.unknownProtocolOptions()).isEqualTo(direct.unknownProtocolOptions());
            assertThat(client.backendSecret()).hasSize(32);
        }
    }

    private static WireClient postgresOfToday() {
        EmbeddedPostgres current = SharedPostgres.current();
        return WireClient.connect(current.host(), current.port());
    }

    @Test
    void unknownProtocolOptionsAloneAreNegotiated() {
        try (WireClient client = login(Map.of("_pq_.fancy", "1"))) {
            assertThat(client.unknownProtocolOptions()).containsExactly("_pq_.fancy");
            assertThat(client.negotiatedProtocol()).isEqualTo(Frames.PROTOCOL_3_0);
            assertThat(client.backendSecret()).hasSize(4);
        }
    }

    @Test
    void encryptionIsDeclinedAndTheLoginGoesOn() {
        try (WireClient client = pooler.connect()) {
            client.send(Frames.gssEncRequest());
            assertThat(client.readByte()).isEqualTo('N');
            assertThat(client.requestSsl()).isEqualTo('N');
            client.login("postgres", "", postgres.database());
            assertThat(client.query("SELECT 1")).hasSize(1);
        }
    }

    @Test
    void startupByteByByte() {
        try (WireClient client = pooler.connect()) {
            client.sendSlowly(Frames.sslRequest());
            assertThat(client.readByte()).isEqualTo('N');
            client.sendSlowly(Frames.startup(Map.of("user", "postgres", "database", postgres.database())));
            client.authenticate("postgres", "");
            assertThat(client.query("SELECT 1")).hasSize(1);
        }
    }

    @Test
    void bytesBehindAnSslRequestEndTheConnection() {
        try (WireClient client = pooler.connect()) {
            client.send(Frames.sslRequest(), Frames.startup(Map.of("user", "postgres")));
            assertThat(Ending.of(client).sqlstate()).isEqualTo("08P01");
        }
    }

    @Test
    void endlessEncryptionRequestsEndTheConnection() {
        try (WireClient client = pooler.connect()) {
            assertThat(client.requestSsl()).isEqualTo('N');
            client.send(Frames.gssEncRequest());
            assertThat(client.readByte()).isEqualTo('N');
            client.send(Frames.sslRequest());
            assertThat(Ending.of(client).sqlstate()).startsWith("0");
        }
    }

    @Test
    void cancelRequestsWithUnknownKeysEndSilently() {
        WireClient.cancel("127.0.0.1", pooler.port(), 12345, new byte[] {1, 2, 3, 4});
        WireClient.cancel("127.0.0.1", pooler.port(), 12345, new byte[32]);
    }

    @Test
    void protocol2IsRefusedInItsOwnLanguage() {
        try (WireClient client = pooler.connect()) {
            client.send(ByteBuffer.allocate(296).putInt(296).putInt(2 << 16).array());
            // An error of protocol 2: the letter E, text, zero.
            assertThat(client.readByte()).isEqualTo('E');
            ByteArrayOutputStream text = new ByteArrayOutputStream();
            for (char c = client.readByte(); c != 0; c = client.readByte()) {
                text.write(c);
            }
            assertThat(text.toString(StandardCharsets.US_ASCII)).contains("old V2 protocol not supported");
            client.expectClosed();
        }
    }

    @Test
    void protocol4IsRefused() {
        try (WireClient client = pooler.connect()) {
            client.startup(4 << 16, Map.of("user", "postgres"));
            assertThat(Ending.of(client).sqlstate()).startsWith("0");
        }
    }

    @Test
    void aUserIsNeeded() {
        ErrorFields error = refusal(Map.of("database", postgres.database()));
        assertThat(error.sqlstate()).isEqualTo("28000");
        assertThat(error.message()).isEqualTo("no username supplied");
    }

    @Test
    void theDatabaseIsNamedAfterTheUserIfNoneIsGiven() {
        assertThat(refusal(Map.of("user", "postgres")).message()).isEqualTo("no such database: postgres");
    }

    @Test
    void unknownDatabases() {
        ErrorFields error = refusal(Map.of("user", "postgres", "database", "missing"));
        assertThat(error.message()).isEqualTo("no such database: missing");
        assertThat(error.sqlstate()).isEqualTo("3D000");
    }

    @Test
    @Sees("database.dbname")
    void databasesThatPostgresDoesNotKnow() {
        // The server's own error and SQLSTATE.
        ErrorFields error = refusal(Map.of("user", "postgres", "database", "nowhere"));
        assertThat(error.sqlstate()).isEqualTo("3D000");
        assertThat(error.message()).contains("\"no_such_database\" does not exist");
    }

    @Test
    void unsupportedParametersAreNamed() {
        ErrorFields error = refusal(Map.of("user", "postgres", "database", "as_pgbouncer", "work_mem", "1MB"));
        assertThat(error.sqlstate()).isEqualTo("08P01");
        assertThat(error.message()).isEqualTo("unsupported startup parameter: work_mem");
    }

    @Test
    void everyParameterIsKept() {
        try (WireClient client = login(Map.of("work_mem", "1MB", "options", "-c own.name=it's\\\\\\ ours"));
                WireClient other = login(Map.of())) {
            assertThat(client.query("SHOW work_mem")).containsExactly(List.of("1MB"));
            assertThat(client.query("SHOW own.name")).containsExactly(List.of("it's\\ ours"));
            assertThat(other.query("SHOW work_mem")).containsExactly(List.of("4MB"));
            client.query("SET work_mem = '2MB'");
            client.query("RESET work_mem");
            assertThat(client.query("SHOW work_mem")).containsExactly(List.of("1MB"));
        }
    }

    @Test
    void aParameterThatPostgresDoesNotKnowFailsTheFirstQuery() {
        try (WireClient client = login(Map.of("no_such_setting", "1"))) {
            client.send(Frames.query("SELECT 1"));
            ErrorFields error = client.readUntil('E').get(0).asError();
            assertThat(error.message()).isEqualTo("unrecognized configuration parameter \"no_such_setting\"");
        }
    }

    @Test
    @Sees("ignore_startup_parameters")
    void ignoredParametersAreSwallowed() {
        try (WireClient client = login(Map.of("extra_float_digits", "2", "SEARCH_PATH", "pg_catalog"))) {
            assertThat(client.query("SHOW search_path")).containsExactly(List.of("\"$user\", public"));
        }
    }

    @Test
    void optionsSetWhatFollowsTheClient() {
        Map<String, String> options =
                Map.of("options", "-c application_name=from\\ options --datestyle=German -c search_path=x");
        try (WireClient client = login(options)) {
            assertThat(client.query("SHOW application_name")).containsExactly(List.of("from options"));
            assertThat(client.query("SELECT date '2026-11-21'")).containsExactly(List.of("21.11.2026"));
        }
    }

    @Test
    void optionsThatCannotBeKeptAreRefused() {
        assertThat(refusal(Map.of("user", "postgres", "database", "as_pgbouncer", "options", "-c work_mem=1MB"))
                        .message())
                .isEqualTo("unsupported startup parameter in options: work_mem");
        assertThat(refusalWith("options", "-d 5").message())
                .isEqualTo(
                        "unsupported options startup parameter: only '-c config=val' and '--config=val' are allowed");
    }

    @Test
    void parametersAreReportedAsPostgresDoes() {
        try (WireClient direct = postgres.client();
                WireClient client = login(Map.of())) {
            assertThat(client.parameterStatus()).containsExactlyInAnyOrderEntriesOf(direct.parameterStatus());
            assertThat(client.parameterStatus("integer_datetimes")).isEqualTo("on");
            assertThat(client.parameterStatus("server_version"))
                    .startsWith("" + setup.version().major());
        }
    }

    @Test
    void parametersOfTheStartupPacketTakeEffect() {
        Map<String, String> wanted = Map.of(
                "application_name", "it's a \"test\" \\ really",
                "client_encoding", "LATIN1",
                "TimeZone", "Asia/Tokyo",
                "DateStyle", "SQL, DMY");
        try (WireClient direct = WireClient.connect(postgres.host(), postgres.port())
                        .login("postgres", "postgres", postgres.database(), wanted);
                WireClient client = login(wanted)) {
            // when it is used for the first time
            for (String name : wanted.keySet()) {
                assertThat(client.query("SHOW " + name)).as(name).isEqualTo(direct.query("SHOW " + name));
            }
            // then the client was told so from the start
            assertThat(client.parameterStatus()).containsExactlyInAnyOrderEntriesOf(direct.parameterStatus());
        }
    }

    @Test
    void badValuesAreRefusedByPostgresAtTheFirstUse() {
        try (WireClient client = login(Map.of("TimeZone", "Nowhere/Land"))) {
            client.send(Frames.query("SELECT 1"));
            assertThat(Ending.of(client).sqlstate()).isEqualTo("22023");
        }
        // and the server is as good as before
        try (WireClient client = login(Map.of())) {
            assertThat(client.query("SELECT 1")).hasSize(1);
        }
    }

    @Test
    void replicationNeedsAValueThatPostgresKnows() {
        assertThat(refusalWith("replication", "maybe").message()).contains("replication");
        try (WireClient client = login(Map.of("replication", "false"))) {
            assertThat(client.query("SELECT 1")).hasSize(1);
        }
    }

    @Test
    void oldestVersionIsReallyOld() {
        boolean old = setup.version() == PostgresVersion.OLD;
        assertThat(postgres.query("SHOW server_version").get(0).get(0)).startsWith(old ? "15" : "18");
    }
}

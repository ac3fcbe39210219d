package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.handler.ssl.OpenSsl;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.pgweir.config.ConfigurationException;
import org.pgweir.config.TlsEngine;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.Sees;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.CertificateAuthority;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.FaultProxy;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.ScriptedServer;
import org.pgweir.testkit.TestCertificate;
import org.pgweir.testkit.WireClient;
import org.pgweir.testkit.WireError;

/** TLS between the pooler and PostgreSQL, by BoringSSL and by Java. */
@EveryTransport
final class ServerTlsTest {
    @TempDir
    static Path folder;

    private static TlsFiles files;
    private static EmbeddedPostgres encrypted;

    private final Setup setup;

    ServerTlsTest(Setup setup) {
        this.setup = setup;
    }

    @BeforeAll
    static void start() {
        files = TlsFiles.in(folder);
        files.write("client", files.authority().forClient("certified"));
        encrypted = EmbeddedPostgres.builder()
                .setting("ssl", "on")
                .setting("listen_addresses", "127.0.0.1,127.0.0.2")
                .file("server.crt", files.server().certificatePem())
                .file("server.key", files.server().keyPem())
                .file("root.crt", files.authority().own().certificatePem())
                .setting("ssl_ca_file", "root.crt")
                .hba(
                        "hostssl all certified 127.0.0.0/8 cert",
                        "hostssl all bound 127.0.0.0/8 scram-sha-256",
                        "host all all 127.0.0.0/8 trust")
                .start();
        encrypted.execute("CREATE ROLE certified LOGIN");
        encrypted.execute("CREATE ROLE bound LOGIN PASSWORD 'sesame'");
    }

    @AfterAll
    static void stop() {
        encrypted.close();
    }

    private Pooler.Builder configured(TlsEngine engine) {
        if (engine == TlsEngine.BORINGSSL) {
            assumeTrue(OpenSsl.isAvailable(), "BoringSSL works here");
        }
        return setup.emptyPooler().set("tls_engine", engine.toString()).set("server_login_retry", "1");
    }

    private static WireClient client(Pooler pooler, String database) {
        return pooler.client("postgres", "", database);
    }

    /** Whether the server of this client is encrypted, as PostgreSQL sees it. */
    private static String ssl(WireClient client) {
        return client.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
                .get(0)
                .get(0);
    }

    private static String backend(WireClient client) {
        return client.query("SELECT pg_backend_pid()").get(0).get(0);
    }

    /** PostgreSQL offers the binding to whoever is encrypted, and checks it. */
    @ParameterizedTest
    @EnumSource(names = {"BORINGSSL", "JDK"})
    void aLoginToAnEncryptedServerIsBoundToTheConnection(TlsEngine engine) {
        try (Pooler pooler = configured(engine)
                        .database("db", to("127.0.0.1", "user=bound password=sesame"))
                        .start();
                WireClient client = client(pooler, "db")) {
            assertThat(ssl(client)).isEqualTo("t");
            assertThat(client.query("SELECT current_user").get(0)).containsExactly("bound");
        }
    }

    private static String to(String host, String more) {
        return "host=" + host + " port=" + encrypted.port() + " dbname=postgres " + more;
    }

    @ParameterizedTest
    @EnumSource(names = {"BORINGSSL", "JDK"})
    void aServerThatCanIsAskedForTls(TlsEngine engine) {
        try (Pooler pooler =
                        configured(engine).database("db", to("127.0.0.1", "")).start();
                WireClient client = client(pooler, "db")) {
            assertThat(ssl(client)).isEqualTo("t");
            String big = "x".repeat(3_000_000);
            assertThat(client.query("SELECT '" + big + "'").get(0)).containsExactly(big);
            assertThat(ConsoleRows.all(pooler, "SHOW SERVERS").get(0).get("tls"))
                    .startsWith("TLSv1.3/TLS_AES_");
            // and a cancel request goes there, too
            client.send(Frames.query("SELECT pg_sleep(60)"));
            Await.until(
                    "the query",
                    () -> encrypted
                                    .query("SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'")
                                    .size()
                            == 1);
            WireClient.cancel("127.0.0.1", pooler.port(), client.backendPid(), client.backendSecret());
            assertThat(client.expect("T E Z").get(1).asError().sqlstate()).isEqualTo("57014");
            assertThat(ssl(client)).isEqualTo("t");
        }
    }

    @Sees({"server_tls_sslmode", "server_tls_ca_file"})
    @ParameterizedTest
    @CsvSource({
        "disable, true, f",
        "allow, true, t",
        "prefer, true, t",
        "prefer, false, f",
        "require, true, t",
        "verify-ca, true, t",
        "verify-full, true, t"
    })
    void theModeDecidesWhatIsAsked(String sslmode, boolean can, String ssl) {
        EmbeddedPostgres postgres = can ? encrypted : setup.postgres();
        try (Pooler pooler = configured(TlsEngine.AUTO)
                        .set("server_tls_sslmode", sslmode)
                        .set("server_tls_ca_file", files.path("ca.crt").toString())
                        .database(postgres, "")
                        .start();
                WireClient client = pooler.client(postgres)) {
            assertThat(ssl(client)).isEqualTo(ssl);
        }
    }

    private void assertNoServer(Pooler pooler, String database, String... reasons) {
        assertThatThrownBy(() -> client(pooler, database))
                .isInstanceOfSatisfying(
                        WireError.class, error -> assertThat(error.toString()).contains(reasons));
    }

    @Test
    void aServerWithoutTlsIsRefusedWhereItIsRequired() {
        try (Pooler pooler = configured(TlsEngine.AUTO)
                .set("server_tls_sslmode", "require")
                .database(setup.postgres(), "")
                .start()) {
            assertNoServer(pooler, setup.postgres().database(), "server refused SSL");
        }
    }

    @Sees("database.server_tls_ca_file")
    @ParameterizedTest
    @EnumSource(names = {"BORINGSSL", "JDK"})
    void aCertificateThatIsNotTheRightOneIsRefused(TlsEngine engine) {
        files.write("foreign", CertificateAuthority.create("foreign").own());
        String ca = "server_tls_ca_file=" + files.path("ca.crt");
        String foreign = "server_tls_ca_file=" + files.path("foreign.crt");
        try (Pooler pooler = configured(engine)
                .database("named", to("127.0.0.1", "server_tls_sslmode=verify-full " + ca))
                .database("known", to("localhost", "server_tls_sslmode=verify-full " + ca))
                .database("misnamed", to("127.0.0.2", "server_tls_sslmode=verify-full " + ca))
                .database("unnamed", to("127.0.0.2", "server_tls_sslmode=verify-ca " + ca))
                .database("foreign", to("127.0.0.1", "server_tls_sslmode=verify-ca " + foreign))
                .database("unasked", to("127.0.0.1", "server_tls_sslmode=require " + foreign))
                .start()) {
            for (String good : List.of("named", "known", "unnamed", "unasked")) {
                try (WireClient client = client(pooler, good)) {
                    assertThat(ssl(client)).as(good).isEqualTo("t");
                }
            }
            assertNoServer(pooler, "misnamed", "TLS handshake failed", "127.0.0.2");
            assertNoServer(pooler, "foreign", "TLS handshake failed");
        }
    }

    @Sees({"server_tls_crl_file", "database.server_tls_crl_file"})
    @ParameterizedTest
    @EnumSource(names = {"BORINGSSL", "JDK"})
    void aRevokedCertificateIsRefused(TlsEngine engine) throws Exception {
        String ca = " server_tls_ca_file=" + files.path("ca.crt");
        Path others = files.revoked("others.crl", files.authority().forServer());
        Path these = files.revoked("these.crl", files.server());
        Pooler.Builder configuration = configured(engine)
                .set("server_tls_sslmode", "verify-full")
                .set("server_tls_ca_file", files.path("ca.crt").toString())
                .set("server_tls_crl_file", others.toString())
                .set("query_wait_timeout", "1")
                .database("good", to("127.0.0.1", ""))
                .database("bad", to("127.0.0.1", "server_tls_crl_file=" + these))
                .database("own", to("127.0.0.1", ca));
        try (Pooler pooler = configuration.start();
                WireClient good = client(pooler, "good");
                WireClient own = client(pooler, "own")) {
            assertThat(ssl(good)).isEqualTo("t");
            String unconcerned = backend(own);
            assertNoServer(pooler, "bad", "TLS handshake failed", "Certificate has been revoked");

            pooler.rewrite(configuration.set("server_tls_crl_file", these.toString()));
            pooler.pgweir().reload();
            Await.until(
                    "the end of its server",
                    () -> ConsoleRows.all(pooler, "SHOW SERVERS").stream()
                            .noneMatch(server -> server.get("database").equals("good")));
            assertThat(Ending.of(good.send(Frames.query("SELECT 1"))).message()).isEqualTo("query_wait_timeout");
            assertThat(backend(own))
                    .as("its authorities are its own, and have no list")
                    .isEqualTo(unconcerned);
        }
    }

    @Test
    void anExpiredCertificateIsRefused() {
        TestCertificate old =
                files.authority().request("CN=localhost").loopback().expired().sign();
        try (EmbeddedPostgres expired = EmbeddedPostgres.builder()
                        .setting("ssl", "on")
                        .file("server.crt", old.certificatePem())
                        .file("server.key", old.keyPem())
                        .start();
                Pooler pooler = configured(TlsEngine.AUTO)
                        .set("server_tls_sslmode", "verify-ca")
                        .set("server_tls_ca_file", files.path("ca.crt").toString())
                        .database(expired, "")
                        .start()) {
            assertNoServer(pooler, expired.database(), "TLS handshake failed");
        }
    }

    @Sees({
        "server_tls_cert_file",
        "server_tls_key_file",
        "database.server_tls_cert_file",
        "database.server_tls_key_file"
    })
    @ParameterizedTest
    @EnumSource(names = {"BORINGSSL", "JDK"})
    void aCertificateForThePoolerOpensTheDoor(TlsEngine engine) {
        try (Pooler pooler = configured(engine)
                .set("server_tls_sslmode", "require")
                .database(
                        "with",
                        to(
                                "127.0.0.1",
                                "user=certified server_tls_cert_file=" + files.path("client.crt")
                                        + " server_tls_key_file=" + files.path("client.key")))
                .database("without", to("127.0.0.1", "user=certified"))
                .start()) {
            try (WireClient client = client(pooler, "with")) {
                assertThat(client.query("SELECT client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))
                        .containsExactly(List.of("/CN=certified"));
            }
            assertNoServer(pooler, "without", "connection requires a valid client certificate");
        }
        try (Pooler pooler = configured(engine)
                        .set("server_tls_sslmode", "require")
                        .set("server_tls_cert_file", files.path("client.crt").toString())
                        .set("server_tls_key_file", files.path("client.key").toString())
                        .database("all", to("127.0.0.1", "user=certified"))
                        .start();
                WireClient client = client(pooler, "all")) {
            assertThat(ssl(client)).isEqualTo("t");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"BORINGSSL", "JDK"})
    void aClientThatStopsReadingStopsTheServerThroughTls(TlsEngine engine) {
        long result = 100L << 20;
        long enough = 40L << 20;
        try (FaultProxy line = FaultProxy.to(encrypted);
                Pooler pooler = configured(engine)
                        .set("client_tls_sslmode", "require")
                        .set("client_tls_cert_file", files.path("server.crt").toString())
                        .set("client_tls_key_file", files.path("server.key").toString())
                        .set("server_tls_sslmode", "require")
                        .database("db", "host=" + line.host() + " port=" + line.port() + " dbname=postgres")
                        .start();
                WireClient slow = pooler.connect();
                WireClient other = pooler.connect()) {
            assertThat(slow.requestSsl()).isEqualTo('S');
            assertThat(other.requestSsl()).isEqualTo('S');
            slow.startTls(files.trusting()).login("postgres", "", "db");
            other.startTls(files.trusting()).login("postgres", "", "db");
            other.query("SELECT 1");
            long before = SlowReaderTest.memory();
            long sentBefore = line.forwarded(FaultProxy.Direction.TO_CLIENT);
            slow.send(Frames.query("SELECT repeat('x', 1048576) FROM generate_series(1, 100)"));
            slow.expect("T");
            // when the client does not go on reading, then neither does pgweir
            long sent = SlowReaderTest.settled(() -> line.forwarded(FaultProxy.Direction.TO_CLIENT)) - sentBefore;
            assertThat(sent).isLessThan(enough);
            assertThat(SlowReaderTest.memory() - before).isLessThan(enough);
            assertThat(ssl(other)).isEqualTo("t");
            // and at last the client gets it all
            long got = 0;
            WireClient.Header header = slow.readHeader();
            while (header.type() == 'D') {
                slow.skip(header.bodyLength());
                got += header.bodyLength();
                header = slow.readHeader();
            }
            assertThat(got).isGreaterThanOrEqualTo(result);
            slow.skip(header.bodyLength());
            slow.expect("Z");
        }
    }

    @Sees({
        "server_tls_protocols",
        "server_tls_ciphers",
        "server_tls13_ciphers",
        "database.server_tls_protocols",
        "database.server_tls13_ciphers",
        "database.server_tls_ciphers"
    })
    @Test
    void versionsAndCiphersAreChosen() {
        try (Pooler pooler = configured(TlsEngine.AUTO)
                        .set("server_tls_protocols", "tlsv1.2")
                        .set("server_tls_ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256")
                        .set("server_tls13_ciphers", "TLS_AES_128_GCM_SHA256")
                        .database("old", to("127.0.0.1", ""))
                        .database("new", to("127.0.0.1", "server_tls_protocols=secure"))
                        .database(
                                "newer",
                                to(
                                        "127.0.0.1",
                                        "server_tls_protocols=secure server_tls13_ciphers=TLS_AES_256_GCM_SHA384"))
                        .database("picky", to("127.0.0.1", "server_tls_ciphers=ECDHE-ECDSA-AES256-GCM-SHA384"))
                        .start();
                WireClient old = client(pooler, "old");
                WireClient picky = client(pooler, "picky");
                WireClient young = client(pooler, "new");
                WireClient younger = client(pooler, "newer")) {
            String question = "SELECT version, cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
            assertThat(old.query(question).get(0)).containsExactly("TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256");
            assertThat(picky.query(question).get(0)).containsExactly("TLSv1.2", "ECDHE-ECDSA-AES256-GCM-SHA384");
            assertThat(young.query(question).get(0)).containsExactly("TLSv1.3", "TLS_AES_128_GCM_SHA256");
            assertThat(younger.query(question).get(0)).containsExactly("TLSv1.3", "TLS_AES_256_GCM_SHA384");
        }
    }

    @Test
    @Sees("database.server_tls_sslmode")
    void databasesMayHaveTheirOwn() {
        try (Pooler pooler = configured(TlsEngine.AUTO)
                        .set("server_tls_sslmode", "disable")
                        .database("plain", to("127.0.0.1", ""))
                        .database("encrypted", to("127.0.0.1", "server_tls_sslmode=require"))
                        .database(
                                "*",
                                to(
                                        "127.0.0.1",
                                        "server_tls_sslmode=verify-full server_tls_ca_file=" + files.path("ca.crt")))
                        .start();
                WireClient plain = client(pooler, "plain");
                WireClient other = client(pooler, "encrypted");
                WireClient any = client(pooler, "whatever")) {
            assertThat(ssl(plain)).isEqualTo("f");
            assertThat(ssl(other)).isEqualTo("t");
            assertThat(ssl(any)).isEqualTo("t");
        }
    }

    @Test
    void aReloadRenewsServersOnlyIfTheirTlsHasChanged() throws Exception {
        files.write("changing.crt", files.authority().own().certificatePem());
        Pooler.Builder configuration = configured(TlsEngine.AUTO)
                .set("server_tls_sslmode", "verify-ca")
                .set("server_tls_ca_file", files.path("changing.crt").toString())
                .database("db", to("127.0.0.1", ""))
                .database("other", to("127.0.0.1", "server_tls_sslmode=disable"));
        try (Pooler pooler = configuration.start();
                WireClient client = client(pooler, "db");
                WireClient other = client(pooler, "other")) {
            String backend = backend(client);
            String unconcerned = backend(other);
            pooler.pgweir().reload();
            assertThat(backend(client)).isEqualTo(backend);

            files.write(
                    "changing.crt",
                    files.authority().own().certificatePem()
                            + CertificateAuthority.create("another").own().certificatePem());
            pooler.pgweir().reload();
            Await.until("a new server", () -> !backend(client).equals(backend));
            assertThat(backend(other)).isEqualTo(unconcerned);

            // and one that cannot be used changes nothing
            String now = backend(client);
            files.write("changing.crt", "nothing");
            assertThatThrownBy(() -> pooler.pgweir().reload())
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("server_tls_ca_file")
                    .hasMessageContaining("pgbouncer.ini:");
            assertThat(backend(client)).isEqualTo(now);
        }
    }

    @ParameterizedTest
    @CsvSource({"S?, unencrypted data", "X, bad answer", "ES, with an error"})
    void anAnswerThatIsNoneIsNotTrusted(String answer, String reason) throws Exception {
        try (ScriptedServer server = ScriptedServer.start(session -> {
                    session.readStartup();
                    session.send(answer.getBytes(StandardCharsets.US_ASCII));
                });
                Pooler pooler = configured(TlsEngine.AUTO)
                        .database("db", "host=127.0.0.1 port=" + server.port())
                        .start()) {
            assertNoServer(pooler, "db", reason);
        }
    }

    @Test
    void aHandshakeThatIsNeverFinishedIsEnded() throws Exception {
        try (ScriptedServer server = ScriptedServer.start(session -> {
                    session.readStartup();
                    session.send(new byte[] {'S'});
                    session.drain();
                });
                Pooler pooler = configured(TlsEngine.AUTO)
                        .set("server_connect_timeout", "1")
                        .database("db", "host=127.0.0.1 port=" + server.port())
                        .start()) {
            assertNoServer(pooler, "db", "connect timeout");
        }
    }
}

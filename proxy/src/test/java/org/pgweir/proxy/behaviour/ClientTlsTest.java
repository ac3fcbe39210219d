package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.handler.ssl.OpenSsl;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgweir.config.ConfigurationException;
import org.pgweir.config.TlsEngine;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.Sees;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.CertificateAuthority;
import org.pgweir.testkit.CertificateAuthority.KeyType;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.TestCertificate;
import org.pgweir.testkit.WireClient;
import org.pgweir.testkit.WireClosed;
import org.pgweir.testkit.WireError;

/** TLS between clients and the pooler, by BoringSSL and by Java. */
@EveryTransport
final class ClientTlsTest {
    @TempDir
    static Path folder;

    private static TlsFiles files;

    private final Setup setup;

    ClientTlsTest(Setup setup) {
        this.setup = setup;
    }

    @BeforeParameterizedClassInvocation
    static void makeCertificates() {
        files = TlsFiles.in(folder);
    }

    @AfterParameterizedClassInvocation
    static void forget() {
        files = null;
    }

    private Pooler.Builder configured(String sslmode, TlsEngine engine) {
        if (engine == TlsEngine.BORINGSSL) {
            assumeTrue(OpenSsl.isAvailable(), "BoringSSL works here");
        }
        return setup.pooler()
                .set("tls_engine", engine.toString())
                .set("client_tls_sslmode", sslmode)
                .set("client_tls_cert_file", files.path("server.crt").toString())
                .set("client_tls_key_file", files.path("server.key").toString())
                .set("client_tls_ca_file", files.path("ca.crt").toString());
    }

    private Pooler pooler(String sslmode, TlsEngine engine) {
        return configured(sslmode, engine).start();
    }

    private WireClient login(WireClient client) {
        return client.login("postgres", "", setup.postgres().database());
    }

    private WireClient encrypted(Pooler pooler) {
        WireClient client = pooler.connect();
        assertThat(client.requestSsl()).isEqualTo('S');
        return client.startTls(files.trusting());
    }

    private void works(WireClient client) {
        assertThat(client.query("SELECT 1")).containsExactly(List.of("1"));
    }

    /** The column tls of SHOW CLIENTS, for a client of the console with this engine. */
    private static String shownTls(Pooler pooler, SSLEngine engine) {
        try (WireClient console = pooler.connect()) {
            assertThat(console.requestSsl()).isEqualTo('S');
            console.startTls(engine).login("stats", "", "pgbouncer");
            return console.query("SHOW CLIENTS").stream()
                    .filter(row -> row.get(2).equals("pgbouncer"))
                    .map(row -> row.get(17))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static void assertFailsInTheHandshake(WireClient client, SSLContext context) {
        assertThat(client.requestSsl()).isEqualTo('S');
        // TLS 1.3 tells a client of the failure after its own part is done.
        assertThatThrownBy(() -> client.startTls(context).login("postgres", "", "any"))
                .isInstanceOf(WireClosed.class);
    }

    @Sees({"client_tls_cert_file", "client_tls_key_file"})
    @ParameterizedTest
    @EnumSource(names = {"BORINGSSL", "JDK"})
    void aClientThatAsksGetsTls(TlsEngine engine) {
        EmbeddedPostgres postgres = setup.postgres();
        try (Pooler pooler = pooler("prefer", engine);
                WireClient client = login(encrypted(pooler))) {
            works(client);
            String big = "x".repeat(3_000_000);
            assertThat(client.query("SELECT '" + big + "'").get(0)).containsExactly(big);
            client.sendSlowly(Frames.query("SELECT 1")).expect("T D C Z");
            assertThat(shownTls(pooler, files.engine(null, null))).startsWith("TLSv1.3/TLS_AES_");
            // and its query can be canceled without
            client.send(Frames.query("SELECT pg_sleep(60)"));
            Await.until(
                    "the query",
                    () -> postgres.query("SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'")
                                    .size()
                            == 1);
            WireClient.cancel("127.0.0.1", pooler.port(), client.backendPid(), client.backendSecret());
            assertThat(client.expect("T E Z").get(1).asError().sqlstate()).isEqualTo("57014");
            client.send(Frames.terminate()).expectClosed();
        }
    }

    @Sees("client_tls_protocols")
    @ParameterizedTest
    @EnumSource(names = {"BORINGSSL", "JDK"})
    void olderVersionsAreSpokenAsFarAsTheyAreAllowed(TlsEngine engine) {
        SSLEngine only12 = files.engine(null, null);
        only12.setEnabledProtocols(new String[] {"TLSv1.2"});
        try (Pooler pooler = pooler("require", engine)) {
            assertThat(shownTls(pooler, only12)).startsWith("TLSv1.2/");
        }
        try (Pooler pooler = configured("require", engine)
                        .set("client_tls_protocols", "tlsv1.3")
                        .start();
                WireClient client = pooler.connect()) {
            assertThat(client.requestSsl()).isEqualTo('S');
            SSLEngine again = files.engine(null, null);
            again.setEnabledProtocols(new String[] {"TLSv1.2"});
            assertThatThrownBy(() -> client.startTls(again)).isInstanceOf(WireClosed.class);
        }
    }

    @Sees("client_tls_sslmode")
    @ParameterizedTest
    @CsvSource({"disable, N, true", "allow, S, true", "prefer, S, true", "require, S, false", "verify-ca, S, false"})
    void theModeDecidesWhoMayDoWithout(String sslmode, char answer, boolean plainWorks) {
        try (Pooler pooler = pooler(sslmode, TlsEngine.AUTO);
                WireClient asking = pooler.connect();
                WireClient plain = pooler.connect()) {
            assertThat(asking.requestSsl()).isEqualTo(answer);
            if (plainWorks) {
                works(login(plain));
            } else {
                plain.startup(Map.of("user", "postgres", "database", "any"));
                assertThat(Ending.of(plain).message()).isEqualTo("SSL required");
            }
        }
    }

    @Sees("client_tls_ca_file")
    @ParameterizedTest
    @CsvSource({"verify-ca, BORINGSSL", "verify-ca, JDK", "verify-full, BORINGSSL", "verify-full, JDK"})
    void whereCertificatesAreVerifiedOnlyGoodOnesGetIn(String sslmode, TlsEngine engine) {
        CertificateAuthority foreign = CertificateAuthority.create("foreign");
        try (Pooler pooler = pooler(sslmode, engine)) {
            for (TestCertificate bad : List.of(
                    foreign.forClient("postgres"),
                    files.authority().request("CN=postgres").expired().sign())) {
                try (WireClient client = pooler.connect()) {
                    assertFailsInTheHandshake(client, files.showing(bad));
                }
            }
            try (WireClient without = pooler.connect()) {
                assertFailsInTheHandshake(without, files.trusting());
            }
            try (WireClient good = pooler.connect()) {
                assertThat(good.requestSsl()).isEqualTo('S');
                works(login(good.startTls(files.showing(files.authority().forClient("postgres")))));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"BORINGSSL", "JDK"})
    void whereNoneIsNeededABadCertificateDoesNoHarm(TlsEngine engine) {
        try (Pooler pooler = pooler("require", engine);
                WireClient client = pooler.connect()) {
            assertThat(client.requestSsl()).isEqualTo('S');
            TestCertificate foreign = CertificateAuthority.create("foreign").forClient("postgres");
            works(login(client.startTls(files.showing(foreign))));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"BORINGSSL", "JDK"})
    void tlsMayBeginAtOnceIfItNamesTheProtocol(TlsEngine engine) {
        try (Pooler pooler = pooler("require", engine)) {
            try (WireClient client = pooler.connect()) {
                works(login(client.startTls(files.engine("postgresql", null))));
            }
            for (String wrong : new String[] {null, "http/1.1"}) {
                try (WireClient client = pooler.connect()) {
                    client.startTls(files.engine(wrong, null));
                    assertThat(Ending.of(client).message()).contains("without ALPN");
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"disable", "require"})
    void garbageInTheHandshakeClosesTheConnection(String sslmode) {
        try (Pooler pooler = pooler(sslmode, TlsEngine.AUTO)) {
            try (WireClient direct = pooler.connect()) {
                direct.send(new byte[] {0x16, 3, 1, 0, 4, 7, 0, 0, 0});
                readToTheEnd(direct);
            }
            if (!sslmode.equals("disable")) {
                try (WireClient client = pooler.connect()) {
                    assertThat(client.requestSsl()).isEqualTo('S');
                    client.send(Frames.query("SELECT 'this is no handshake'"));
                    readToTheEnd(client);
                }
            }
            try (WireClient client = pooler.connect()) {
                client.send(Frames.sslRequest(), new byte[] {0x16, 3, 1});
                assertThat(Ending.of(client).message()).isEqualTo("received unencrypted data after SSL request");
            }
        }
    }

    /** An alert of TLS may come before. */
    private static void readToTheEnd(WireClient client) {
        assertThatThrownBy(() -> client.skip(Long.MAX_VALUE)).isInstanceOf(WireClosed.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 60})
    void aHandshakeThatIsNeverFinishedIsEnded(int bytesOfIt) {
        try (Pooler pooler = configured("require", TlsEngine.AUTO)
                        .set("client_login_timeout", "1")
                        .start();
                WireClient client = pooler.connect()) {
            assertThat(client.requestSsl()).isEqualTo('S');
            byte[] hello = new byte[bytesOfIt];
            if (bytesOfIt > 0) {
                hello[0] = 0x16;
                hello[1] = 3;
                hello[2] = 1;
            }
            if (bytesOfIt > 3) {
                hello[3] = 1;
            }
            client.send(hello);
            readToTheEnd(client);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"BORINGSSL", "JDK"})
    void theHostNameChoosesAmongSeveralCertificates(TlsEngine engine) throws Exception {
        files.write(
                "shop",
                files.authority().request("CN=ignored").dns("db.shop.example").sign());
        files.write(
                "any",
                files.authority()
                        .request("CN=any")
                        .dns("*.blog.example")
                        .key(KeyType.RSA)
                        .sign());
        try (Pooler pooler = configured("require", engine)
                .set("client_tls_cert_file", list(".crt"))
                .set("client_tls_key_file", list(".key"))
                .start()) {
            assertThat(shownCertificate(pooler, null)).isEqualTo("CN=localhost");
            assertThat(shownCertificate(pooler, "DB.shop.example")).isEqualTo("CN=ignored");
            assertThat(shownCertificate(pooler, "eu.blog.example")).isEqualTo("CN=any");
            assertThat(shownCertificate(pooler, "eu.west.blog.example")).isEqualTo("CN=localhost");
            assertThat(shownCertificate(pooler, "elsewhere.example")).isEqualTo("CN=localhost");
            try (WireClient direct = pooler.connect()) {
                works(login(direct.startTls(files.engine("postgresql", "eu.blog.example"))));
            }
            try (WireClient garbage = pooler.connect()) {
                assertThat(garbage.requestSsl()).isEqualTo('S');
                garbage.send(Frames.query("SELECT 'this is no handshake'"));
                readToTheEnd(garbage);
            }
        }
    }

    private static String list(String ending) {
        return files.path("server" + ending) + ", " + files.path("shop" + ending) + "," + files.path("any" + ending);
    }

    private static String shownCertificate(Pooler pooler, String hostName) throws SSLPeerUnverifiedException {
        SSLEngine engine = files.engine(null, hostName);
        try (WireClient client = pooler.connect()) {
            assertThat(client.requestSsl()).isEqualTo('S');
            client.startTls(engine).login("stats", "", "pgbouncer");
            return engine.getSession().getPeerPrincipal().getName();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"BORINGSSL", "JDK"})
    void aReloadBringsNewCertificatesToNewConnectionsOnly(TlsEngine engine) throws Exception {
        files.write("renewed", files.authority().request("CN=first").sign());
        Pooler.Builder configuration = configured("require", engine)
                .set("client_tls_cert_file", files.path("renewed.crt").toString())
                .set("client_tls_key_file", files.path("renewed.key").toString());
        try (Pooler pooler = configuration.start();
                WireClient before = login(encrypted(pooler))) {
            assertThat(shownCertificate(pooler, null)).isEqualTo("CN=first");
            files.write("renewed", files.authority().request("CN=second").sign());
            assertThat(shownCertificate(pooler, null)).isEqualTo("CN=first");
            pooler.pgweir().reload();
            assertThat(shownCertificate(pooler, null)).isEqualTo("CN=second");
            works(before);

            // and one that cannot be used changes nothing, not even what is good in it
            files.write("renewed.key", "-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----\n");
            pooler.rewrite(configuration.set("max_client_conn", "1"));
            assertThatThrownBy(() -> pooler.pgweir().reload())
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("client_tls_key_file")
                    .hasMessageContaining("pgbouncer.ini:");
            assertThat(shownCertificate(pooler, null)).isEqualTo("CN=second");
            works(before);
        }
    }

    @Sees("client_tls_ciphers")
    @ParameterizedTest
    @EnumSource(names = {"BORINGSSL", "JDK"})
    void theSettingsForCiphersAreObeyed(TlsEngine engine) {
        try (Pooler pooler = configured("require", engine)
                .set("client_tls_ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256:!kRSA")
                .set("client_tls_ecdhcurve", "prime256v1:secp384r1")
                .start()) {
            SSLEngine only12 = files.engine(null, null);
            only12.setEnabledProtocols(new String[] {"TLSv1.2"});
            assertThat(shownTls(pooler, only12)).isEqualTo("TLSv1.2/ECDHE-ECDSA-AES128-GCM-SHA256");
        }
    }

    @Sees({"client_tls13_ciphers", "tls_engine"})
    @Test
    void suitesOfTls13AreChosenByJava() {
        try (Pooler pooler = configured("require", TlsEngine.AUTO)
                .set("client_tls13_ciphers", "TLS_AES_128_GCM_SHA256")
                .start()) {
            assertThat(shownTls(pooler, files.engine(null, null))).isEqualTo("TLSv1.3/TLS_AES_128_GCM_SHA256");
        }
        Pooler.Builder boringSsl =
                configured("require", TlsEngine.BORINGSSL).set("client_tls13_ciphers", "TLS_AES_128_GCM_SHA256");
        assertThatThrownBy(boringSsl::start)
                .hasMessageContaining("BoringSSL always has all suites of TLS 1.3; use tls_engine = jdk or auto");
    }

    @ParameterizedTest
    @CsvSource({
        "client_tls_ciphers, NULL, no cipher suite",
        "client_tls13_ciphers, HIGH, no cipher suite of TLS 1.3",
        "client_tls_ecdhcurve, round, secp384r1",
        "client_tls_ca_file, /does/not/exist, no such file",
        "client_tls_crl_file, /does/not/exist, no such file",
        "client_tls_cert_file, /does/not/exist, no such file",
        "client_tls_protocols, sslv3, expected secure",
        "server_tls_ciphers, NULL, no cipher suite",
        "server_tls_ca_file, /does/not/exist, no such file",
        "server_tls_crl_file, /does/not/exist, this needs server_tls_ca_file",
        "server_tls_cert_file, /does/not/exist, go together"
    })
    void whatCannotBeUsedIsNamedWithItsPlace(String setting, String value, String reason) {
        Pooler.Builder configuration = configured("require", TlsEngine.AUTO).set(setting, value);
        assertThatThrownBy(configuration::start)
                .rootCause()
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("pgbouncer.ini:")
                .hasMessageContaining(setting)
                .hasMessageContaining(reason);
    }

    @Test
    void rulesForConnectionsWithTlsSeeIt() {
        Path rules =
                files.write("hba.conf", "hostssl all all 127.0.0.1/32 trust\nhostnossl all stats 127.0.0.1/32 trust\n");
        try (Pooler pooler = configured("allow", TlsEngine.AUTO)
                        .set("auth_type", "hba")
                        .set("auth_hba_file", rules.toString())
                        .start();
                WireClient client = login(encrypted(pooler));
                WireClient plain = pooler.connect()) {
            works(client);
            assertThatThrownBy(() -> login(plain)).isInstanceOf(WireError.class);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"BORINGSSL", "JDK"})
    void manyHandshakesAtOnceAllSucceed(TlsEngine engine) throws Exception {
        files.write(
                "rsa",
                files.authority().request("CN=localhost").key(KeyType.RSA).sign());
        ExecutorService threads = Executors.newFixedThreadPool(16);
        try (Pooler pooler = configured("require", engine)
                .set("client_tls_cert_file", files.path("rsa.crt").toString())
                .set("client_tls_key_file", files.path("rsa.key").toString())
                .set("log_connections", "0")
                .set("log_disconnections", "0")
                .start()) {
            List<Callable<Void>> logins = Collections.nCopies(100, () -> {
                try (WireClient client = login(encrypted(pooler))) {
                    works(client);
                }
                return null;
            });
            for (Future<Void> login : threads.invokeAll(logins, 60, TimeUnit.SECONDS)) {
                login.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }
}

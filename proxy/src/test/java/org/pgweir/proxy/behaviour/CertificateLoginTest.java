package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.handler.ssl.OpenSsl;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pgweir.config.TlsEngine;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.Sees;
import org.pgweir.proxy.SharedPostgres;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.TestCertificate;
import org.pgweir.testkit.WireClient;
import org.pgweir.testkit.WireError;

/** Certificates of clients as proof of who they are. */
@ExtendWith(NoComplaints.class)
final class CertificateLoginTest {
    private static final String DATABASE = SharedPostgres.current().database();

    @TempDir
    static Path folder;

    private static TlsFiles files;
    private static SSLContext alice;
    private static SSLContext stranger;

    @BeforeAll
    static void makeCertificates() {
        files = TlsFiles.in(folder);
        files.write("alice", files.authority().forClient("alice"));
        alice = files.showing(files.authority().forClient("alice"));
        stranger = files.showing(TestCertificate.selfSigned("alice"));
    }

    private static Pooler.Builder builder(TlsEngine engine) {
        assumeTrue(engine != TlsEngine.BORINGSSL || OpenSsl.isAvailable(), "BoringSSL works here");
        return builder().set("tls_engine", engine.toString()).set("auth_type", "cert");
    }

    private static Pooler.Builder builder() {
        return Pooler.builder()
                .set("event_loops", "1")
                .set("client_tls_sslmode", "prefer")
                .set("client_tls_cert_file", files.path("server.crt").toString())
                .set("client_tls_key_file", files.path("server.key").toString())
                .set("client_tls_ca_file", files.path("ca.crt").toString())
                .userList("\"alice\" \"sesame of alice\" +staff\n\"bob\" \"sesame of bob\"\n")
                .database(SharedPostgres.current(), "user=postgres");
    }

    private static Pooler hba(String ident, String... rules) throws IOException {
        return builder()
                .set("auth_type", "hba")
                .set(
                        "auth_hba_file",
                        files.write("hba.conf", String.join("\n", rules) + "\n").toString())
                .set("auth_ident_file", files.write("ident.conf", ident + "\n").toString())
                .start();
    }

    /** @param showing null for no TLS */
    private static WireClient client(Pooler pooler, SSLContext showing, String user, String password) {
        WireClient client = pooler.connect();
        try {
            if (showing != null) {
                assertThat(client.requestSsl()).isEqualTo('S');
                client.startTls(showing);
            }
            return client.login(user, password, DATABASE);
        } catch (RuntimeException | AssertionError e) {
            client.close();
            throw e;
        }
    }

    private static void works(Pooler pooler, SSLContext showing, String user, String password) {
        try (WireClient client = client(pooler, showing, user, password)) {
            assertThat(client.query("SELECT 1")).containsExactly(List.of("1"));
        }
    }

    private static void isRefused(Pooler pooler, SSLContext showing, String user, String message) {
        assertThatThrownBy(() -> client(pooler, showing, user, "wrong sesame"))
                .as(user)
                .isInstanceOfSatisfying(
                        WireError.class,
                        error -> assertThat(error.fields().message()).isEqualTo(message));
    }

    @Test
    void aCertificateProvesTheUserOfItsName() {
        String failed = "certificate authentication failed";
        try (LogLines log = new LogLines();
                Pooler pooler = builder().set("auth_type", "cert").start()) {
            works(pooler, alice, "alice", "");
            isRefused(pooler, alice, "bob", failed);
            isRefused(pooler, alice, "Alice", failed);
            isRefused(pooler, stranger, "alice", failed);
            isRefused(pooler, files.trusting(), "alice", failed);
            isRefused(pooler, null, "alice", failed);
            SSLContext unknown = files.showing(files.authority().forClient("carol"));
            isRefused(pooler, unknown, "carol", failed);
            assertThat(log.lines())
                    .anyMatch(line -> line.endsWith("the certificate's name \"alice\" may not log in as this user"))
                    .anyMatch(line ->
                            line.endsWith("the client has shown no certificate that client_tls_ca_file vouches for"))
                    .anyMatch(line -> line.endsWith("the connection is not encrypted, so there is no certificate"))
                    .anyMatch(line -> line.endsWith("login failed: no such user"));
        }
    }

    @Test
    void rulesMayWantACertificateAndMapItsName() throws IOException {
        try (Pooler pooler =
                hba("m /^(.*)$ \\1\nm alice bob", "hostssl all all all cert map=m", "host all all all reject")) {
            works(pooler, alice, "alice", "");
            works(pooler, alice, "bob", "");
            isRefused(pooler, stranger, "bob", "certificate authentication failed");
            isRefused(pooler, null, "alice", "login rejected");
        }
        try (Pooler pooler = hba("m \"/(^|,)CN=alice(,|$)\" bob", "hostssl all all all cert clientname=DN map=m")) {
            works(pooler, alice, "bob", "");
            isRefused(pooler, alice, "alice", "certificate authentication failed");
        }
    }

    @Test
    void aCertificateMayBeWantedBesideThePassword() throws IOException {
        try (Pooler pooler = hba(
                "",
                "hostssl all alice all scram-sha-256 clientcert=verify-full",
                "hostssl all bob all scram-sha-256 clientcert=verify-ca")) {
            works(pooler, alice, "alice", "sesame of alice");
            isRefused(pooler, alice, "alice", "SASL authentication failed");
            isRefused(pooler, stranger, "alice", "certificate authentication failed");
            works(pooler, alice, "bob", "sesame of bob");
            isRefused(pooler, stranger, "bob", "certificate authentication failed");
            isRefused(pooler, null, "bob", "no authentication method is found");
        }
    }

    @Sees("client_tls_crl_file")
    @ParameterizedTest
    @EnumSource(names = {"BORINGSSL", "JDK"})
    void aRevokedCertificateProvesNothing(TlsEngine engine) throws Exception {
        TestCertificate stolen = files.authority().forClient("alice");
        Path list = files.revoked("clients.crl");
        try (LogLines log = new LogLines();
                Pooler pooler = builder(engine)
                        .set("client_tls_crl_file", list.toString())
                        .start();
                WireClient before = client(pooler, files.showing(stolen), "alice", "")) {
            files.revoked("clients.crl", stolen);
            pooler.pgweir().reload();

            isRefused(pooler, files.showing(stolen), "alice", "certificate authentication failed");
            works(pooler, alice, "alice", "");
            assertThat(before.query("SELECT 1")).hasSize(1);
            assertThat(log.lines()).anyMatch(line -> line.contains("vouches for: Certificate has been revoked"));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"BORINGSSL", "JDK"})
    void whereCertificatesAreVerifiedARevokedOneEndsTheHandshake(TlsEngine engine) {
        TestCertificate stolen = files.authority().forClient("alice");
        try (LogLines log = new LogLines();
                Pooler pooler = builder(engine)
                        .set("client_tls_sslmode", "verify-full")
                        .set(
                                "client_tls_crl_file",
                                files.revoked("stolen.crl", stolen).toString())
                        .start()) {
            works(pooler, alice, "alice", "");
            assertThatThrownBy(() -> client(pooler, files.showing(stolen), "alice", ""))
                    .isNotInstanceOf(WireError.class);
            Await.until(
                    "the reason in the log",
                    () -> log.lines().stream()
                            .anyMatch(line -> line.contains("TLS handshake failed: Certificate has been revoked")));
        }
    }

    /** As with PostgreSQL: somebody may keep the newer list from us. */
    @ParameterizedTest
    @EnumSource(names = {"BORINGSSL", "JDK"})
    void aListThatIsOutOfDateVouchesForNobody(TlsEngine engine) {
        try (Pooler pooler = builder(engine)
                .set("client_tls_crl_file", files.revokedLongAgo("old.crl").toString())
                .start()) {
            isRefused(pooler, alice, "alice", "certificate authentication failed");
        }
    }

    @Test
    void psqlComesInWithItsCertificate() throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/psql")), "there is no psql");
        try (Pooler pooler = hba("", "hostssl all all all cert", "host all all all reject")) {
            assertThat(psql(pooler, "sslcert=" + files.path("alice.crt") + " sslkey=" + files.path("alice.key")))
                    .isEqualTo("42");
            assertThat(psql(pooler, "sslcert=none sslkey=none")).contains("certificate authentication failed");
        }
    }

    private static String psql(Pooler pooler, String options) throws IOException {
        Process process = new ProcessBuilder(
                        "psql",
                        "-w",
                        "-XAt",
                        "host=127.0.0.1 port=" + pooler.port() + " user=alice dbname=" + DATABASE
                                + " sslmode=verify-full sslrootcert=" + files.path("ca.crt") + " " + options,
                        "-c",
                        "SELECT 40 + 2")
                .redirectErrorStream(true)
                .start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    }
}

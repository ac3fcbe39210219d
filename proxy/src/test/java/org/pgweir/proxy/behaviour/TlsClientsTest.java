package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.handler.ssl.OpenSsl;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
import org.pgweir.proxy.Sees;
import org.pgweir.proxy.SharedPostgres;
import org.pgweir.testkit.CertificateAuthority;
import org.pgweir.testkit.CertificateAuthority.KeyType;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.TestCertificate;

/** TLS with the clients that people use: psql and psycopg where they are installed, and pgjdbc. */
@ExtendWith(NoComplaints.class)
final class TlsClientsTest {
    @TempDir
    static Path folder;

    private static TlsFiles files;
    private static EmbeddedPostgres postgres;

    @BeforeAll
    static void start() {
        files = TlsFiles.in(folder);
        files.write("alice", files.authority().forClient("alice"));
        files.write("stranger", CertificateAuthority.create("foreign").forClient("alice"));
        files.write("foreign", CertificateAuthority.create("foreign").own());
        files.write(
                "rsa",
                files.authority()
                        .request("CN=localhost")
                        .dns("localhost")
                        .key(KeyType.RSA)
                        .sign());
        postgres = SharedPostgres.current();
    }

    @AfterAll
    static void stop() {
        files = null;
    }

    private static Pooler pooler(String sslmode) {
        return builder(sslmode).start();
    }

    private static Pooler.Builder builder(String sslmode) {
        return Pooler.builder()
                .set("client_tls_sslmode", sslmode)
                .set("client_tls_cert_file", files.path("server.crt").toString())
                .set("client_tls_key_file", files.path("server.key").toString())
                .set("client_tls_ca_file", files.path("ca.crt").toString())
                .database(postgres, "");
    }

    // ---------------------------------------------------------------- libpq

    private record Ended(int status, String output) {}

    private static Ended run(String... command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        Map<String, String> environment = builder.environment();
        environment.keySet().removeIf(name -> name.startsWith("PG"));
        environment.put("HOME", folder.toString());
        environment.put("LC_ALL", "C");
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ended(process.waitFor(), output);
    }

    private static String program(String name) {
        return Stream.of(System.getenv("PATH").split(":"))
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst()
                .orElse(null);
    }

    private static Ended psql(Pooler pooler, String... options) throws Exception {
        String psql = program("psql");
        assumeTrue(psql != null, "psql is installed");
        List<String> connection = new ArrayList<>(List.of(
                "hostaddr=127.0.0.1", "port=" + pooler.port(), "user=postgres", "dbname=" + postgres.database()));
        connection.addAll(List.of(options));
        return run(psql, "-XAt", String.join(" ", connection), "-c", "\\conninfo", "-c", "SELECT 'ans' || 'wer'");
    }

    /** @param expected {@code plain}, {@code tls}, or what the error says */
    @ParameterizedTest
    @CsvSource({
        "disable, disable, plain",
        "disable, prefer, plain",
        "disable, require, does not support SSL",
        "prefer, disable, plain",
        "prefer, allow, plain",
        "prefer, prefer, tls",
        "prefer, require, tls",
        "prefer, verify-ca, tls",
        "prefer, verify-full, tls",
        "allow, prefer, tls",
        "require, disable, SSL required",
        "require, allow, tls",
        "require, prefer, tls",
        "require, verify-full, tls"
    })
    void psqlGetsWhatBothSidesWant(String pooled, String asked, String expected) throws Exception {
        try (Pooler pooler = pooler(pooled)) {
            Ended ended = psql(pooler, "host=localhost", "sslmode=" + asked, "sslrootcert=" + files.path("ca.crt"));
            if (expected.equals("plain") || expected.equals("tls")) {
                assertThat(ended.status).as(ended.output).isZero();
                assertThat(ended.output).endsWith("answer\n");
                assertThat(ended.output.contains("SSL connection"))
                        .as(ended.output)
                        .isEqualTo(expected.equals("tls"));
            } else {
                assertThat(ended.status).isEqualTo(2);
                assertThat(ended.output).contains(expected);
            }
        }
    }

    @Test
    void psqlRefusesWhomItDoesNotKnow() throws Exception {
        try (Pooler pooler = pooler("require")) {
            assertThat(psql(pooler, "host=elsewhere", "sslmode=verify-full", "sslrootcert=" + files.path("ca.crt"))
                            .output)
                    .contains("does not match host name");
            assertThat(psql(pooler, "host=localhost", "sslmode=verify-ca", "sslrootcert=" + files.path("foreign.crt"))
                            .output)
                    .contains("certificate verify failed");
        }
    }

    /** @param expected {@code answer}, or what the error says */
    @ParameterizedTest
    @CsvSource({
        "require, disable, sesame, answer",
        "require, prefer, sesame, answer",
        "require, require, sesame, answer",
        "require, require, wrong-sesame, SASL authentication failed",
        "disable, disable, sesame, answer",
        "disable, prefer, sesame, answer",
        "disable, prefer, wrong-sesame, SASL authentication failed",
        "disable, require, sesame, channel binding"
    })
    void psqlBindsItsLoginToTheConnection(String sslmode, String binding, String password, String expected)
            throws Exception {
        try (Pooler pooler = builder("prefer")
                .set("auth_type", "scram-sha-256")
                .userList("\"postgres\" \"sesame\"\n")
                .start()) {
            Ended ended = psql(
                    pooler,
                    "sslmode=" + sslmode,
                    "channel_binding=" + binding,
                    "password=" + password,
                    "gssencmode=disable");
            assertThat(ended.output).contains(expected);
            assertThat(ended.status).isEqualTo(expected.equals("answer") ? 0 : 2);
        }
    }

    @Test
    void psqlIsToldWhyItMayNotComeIn() throws Exception {
        Path hba = files.write("hba.conf", """
                hostssl all alice all cert
                hostssl all all all scram-sha-256
                """);
        TestCertificate stolen = files.authority().forClient("alice");
        files.write("stolen", stolen);
        try (Pooler pooler = builder("prefer")
                .set("auth_type", "hba")
                .set("auth_hba_file", hba.toString())
                .set("client_tls_crl_file", files.revoked("revoked.crl", stolen).toString())
                .userList("\"postgres\" \"sesame\"\n\"alice\" \"\"\n")
                .database(postgres, "user=postgres")
                .start()) {
            assertThat(psql(pooler, "sslmode=disable", "password=sesame").output)
                    .contains("no authentication method is found");
            assertThat(psql(pooler, "sslmode=require", "password=sesame").output)
                    .endsWith("answer\n");
            assertThat(psql(pooler, "sslmode=require", "password=wrong-sesame").output)
                    .contains("SASL authentication failed");
            assertThat(psql(pooler, "sslmode=require", "user=stranger", "password=sesame").output)
                    .contains("SASL authentication failed");
            assertThat(psqlAs("alice", pooler).output).endsWith("answer\n");
            assertThat(psqlAs("stolen", pooler).output).contains("certificate authentication failed");
        }
    }

    private static Ended psqlAs(String certificate, Pooler pooler) throws Exception {
        return psql(
                pooler,
                "user=alice",
                "sslmode=require",
                "sslcert=" + files.path(certificate + ".crt"),
                "sslkey=" + files.path(certificate + ".key"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"alice", "stranger", "none"})
    void psqlShowsItsCertificate(String who) throws Exception {
        try (Pooler pooler = pooler("verify-full")) {
            Ended ended = who.equals("none")
                    ? psql(pooler, "host=localhost", "sslmode=require")
                    : psql(
                            pooler,
                            "host=localhost",
                            "sslmode=require",
                            "sslcert=" + files.path(who + ".crt"),
                            "sslkey=" + files.path(who + ".key"));
            assertThat(ended.status).as(ended.output).isEqualTo(who.equals("alice") ? 0 : 2);
        }
    }

    @ParameterizedTest
    @CsvSource({"disable, 1", "require, 0", "verify-full, 0"})
    void psycopgConnects(String sslmode, int status) throws Exception {
        assumeTrue(
                Files.isExecutable(Path.of("/usr/bin/python3"))
                        && run("/usr/bin/python3", "-c", "import psycopg").status == 0,
                "psycopg is installed");
        try (Pooler pooler = pooler("require")) {
            String script = "import psycopg\n"
                    + "c = psycopg.connect(host='localhost', hostaddr='127.0.0.1', port=" + pooler.port()
                    + ", user='postgres', dbname='" + postgres.database() + "', sslmode='" + sslmode
                    + "', sslrootcert='" + files.path("ca.crt") + "')\n"
                    + "assert c.pgconn.ssl_in_use\n"
                    + "for i in range(10):\n"
                    + "    assert c.execute('SELECT %s::int', (i,)).fetchone() == (i,)\n";
            Ended ended = run("/usr/bin/python3", "-c", script);
            assertThat(ended.status).as(ended.output).isEqualTo(status);
        }
    }

    // ---------------------------------------------------------------- pgjdbc

    private static String jdbcUrl(Pooler pooler, String host, String options) {
        return "jdbc:postgresql://" + host + ":" + pooler.port() + "/" + postgres.database()
                + "?user=postgres&sslrootcert=" + files.path("ca.crt") + "&" + options;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sslmode=prefer",
                "sslmode=require",
                "sslmode=verify-ca",
                "sslmode=verify-full",
                "sslmode=require&sslNegotiation=direct",
                "sslmode=verify-full&sslNegotiation=direct"
            })
    void pgjdbcConnects(String options) throws SQLException {
        try (Pooler pooler = pooler("require");
                Connection connection = DriverManager.getConnection(jdbcUrl(pooler, "localhost", options));
                ResultSet answer = connection
                        .createStatement()
                        .executeQuery("SELECT repeat('x', 1000) FROM generate_series(1, 5000)")) {
            int rows = 0;
            while (answer.next()) {
                assertThat(answer.getString(1)).hasSize(1000);
                rows++;
            }
            assertThat(rows).isEqualTo(5000);
        }
    }

    @Test
    void pgjdbcIsRefusedWithoutTls() {
        try (Pooler pooler = pooler("require")) {
            assertThatThrownBy(() -> DriverManager.getConnection(jdbcUrl(pooler, "localhost", "sslmode=disable")))
                    .hasMessageContaining("SSL required");
        }
    }

    // ---------------------------------------------------------------- openssl

    @ParameterizedTest
    @CsvSource({"server, -tls1_2, TLSv1.2", "server, -tls1_3, TLSv1.3", "rsa, -tls1_2, TLSv1.2", "rsa, -tls1_3, TLSv1.3"
    })
    void opensslShakesHands(String certificate, String version, String spoken) throws IOException, Exception {
        String openssl = program("openssl");
        assumeTrue(openssl != null, "openssl is installed");
        try (Pooler pooler = Pooler.builder()
                .set("client_tls_sslmode", "require")
                .set("client_tls_cert_file", files.path(certificate + ".crt").toString())
                .set("client_tls_key_file", files.path(certificate + ".key").toString())
                .database(postgres, "")
                .start()) {
            Ended ended = run(
                    openssl,
                    "s_client",
                    "-starttls",
                    "postgres",
                    "-connect",
                    "127.0.0.1:" + pooler.port(),
                    version,
                    "-CAfile",
                    files.path("ca.crt").toString(),
                    "-verify_return_error");
            assertThat(ended.output).contains("Verify return code: 0 (ok)", spoken);
        }
    }

    @Sees("client_tls_ecdhcurve")
    @Test
    void opensslUsesTheCurveOfTheSetting() throws Exception {
        String openssl = program("openssl");
        assumeTrue(openssl != null && OpenSsl.isAvailable(), "openssl is installed, and BoringSSL works");
        try (Pooler pooler = Pooler.builder()
                .set("client_tls_sslmode", "require")
                .set("client_tls_cert_file", files.path("server.crt").toString())
                .set("client_tls_key_file", files.path("server.key").toString())
                .set("client_tls_ecdhcurve", "secp384r1")
                .database(postgres, "")
                .start()) {
            Ended ended = run(
                    openssl, "s_client", "-starttls", "postgres", "-connect", "127.0.0.1:" + pooler.port(), "-tls1_2");
            assertThat(ended.output).contains("secp384r1");
        }
    }
}

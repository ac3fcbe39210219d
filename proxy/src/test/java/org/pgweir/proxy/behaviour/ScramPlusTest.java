package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.handler.ssl.OpenSsl;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgweir.config.TlsEngine;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.SharedPostgres;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.Message;
import org.pgweir.testkit.WireClient;

/** SCRAM that is bound to the TLS connection of the client, with pgjdbc as the client. */
final class ScramPlusTest {
    @TempDir
    static Path folder;

    private static TlsFiles files;

    @BeforeAll
    static void makeCertificates() {
        files = TlsFiles.in(folder);
    }

    private static Pooler pooler(TlsEngine engine) {
        if (engine == TlsEngine.BORINGSSL) {
            assumeTrue(OpenSsl.isAvailable(), "BoringSSL works here");
        }
        return Pooler.builder()
                .set("auth_type", "scram-sha-256")
                .userList("\"bob\" \"sesame\"\n")
                .set("tls_engine", engine.toString())
                .set("client_tls_sslmode", "allow")
                .set("client_tls_cert_file", files.path("server.crt").toString())
                .set("client_tls_key_file", files.path("server.key").toString())
                .database(SharedPostgres.current(), "user=postgres")
                .start();
    }

    private static String logIn(Pooler pooler, String options) throws SQLException {
        String url = "jdbc:postgresql://127.0.0.1:" + pooler.port() + "/"
                + SharedPostgres.current().database() + "?user=bob&" + options;
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT 'in'")) {
            rows.next();
            return rows.getString(1);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"BORINGSSL", "JDK"})
    void aDriverBindsItsLoginToTheConnection(TlsEngine engine) throws SQLException {
        try (Pooler pooler = pooler(engine)) {
            for (String binding : new String[] {"require", "prefer", "disable"}) {
                assertThat(logIn(pooler, "password=sesame&sslmode=require&channelBinding=" + binding))
                        .as(binding)
                        .isEqualTo("in");
                assertThatThrownBy(
                                () -> logIn(pooler, "password=wrong-sesame&sslmode=require&channelBinding=" + binding))
                        .hasMessageContaining("SASL authentication failed");
            }
            // There is nothing to bind to without TLS.
            assertThat(logIn(pooler, "password=sesame&sslmode=disable&channelBinding=prefer"))
                    .isEqualTo("in");
            assertThatThrownBy(() -> logIn(pooler, "password=sesame&sslmode=disable&channelBinding=require"))
                    .isInstanceOf(SQLException.class);
        }
    }

    /** The SASL mechanisms that are offered to a client. */
    private static String offered(WireClient client) {
        client.send(Frames.startup(
                Map.of("user", "bob", "database", SharedPostgres.current().database())));
        Message request = client.read();
        assertThat(request.int32(0)).isEqualTo(10);
        return new String(request.body(), 4, request.body().length - 4, StandardCharsets.US_ASCII);
    }

    @Test
    void itIsOfferedToEncryptedClientsOnly() {
        try (Pooler pooler = pooler(TlsEngine.JDK);
                WireClient plain = pooler.connect();
                WireClient encrypted = pooler.connect()) {
            assertThat(offered(plain)).isEqualTo("SCRAM-SHA-256\0\0");
            encrypted.requestSsl();
            encrypted.startTls(files.trusting());
            assertThat(offered(encrypted)).isEqualTo("SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"y,,n=,r=abc", "p=tls-server-end-point,,n=,r=abc"})
    void anOfferThatSomebodyTookAwayIsNoticed(String clientFirst) {
        try (Pooler pooler = pooler(TlsEngine.JDK);
                WireClient client = pooler.connect()) {
            client.requestSsl();
            client.startTls(files.trusting());
            offered(client);
            client.send(Frames.saslInitialResponse("SCRAM-SHA-256", clientFirst.getBytes(StandardCharsets.US_ASCII)));
            assertThat(client.read().asError().message()).isEqualTo("SASL authentication failed");
        }
    }
}

package org.pgweir.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TlsTest {

    private static TestCertificate serverCertificate;
    private static TestCertificate clientCertificate;
    private static EmbeddedPostgres postgres;

    @BeforeAll
    static void start() {
        serverCertificate = TestCertificate.selfSigned("localhost");
        clientCertificate = TestCertificate.selfSigned("postgres");
        postgres = EmbeddedPostgres.builder()
                .file("server.crt", serverCertificate.certificatePem())
                .file("server.key", serverCertificate.keyPem())
                .file("root.crt", clientCertificate.certificatePem())
                .setting("ssl", "on")
                .setting("ssl_ca_file", "root.crt")
                .hba("hostssl all postgres 127.0.0.1/32 cert", "hostssl all all 127.0.0.1/32 scram-sha-256")
                .start();
        postgres.execute("CREATE ROLE scram_user LOGIN PASSWORD 'sesame'");
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    private static WireClient connect() {
        return WireClient.connect(postgres.host(), postgres.port());
    }

    @Test
    void givenAServerWithTls_whenAskedForIt_thenScramAndLargeAnswersGoThroughIt() {
        try (WireClient client = connect()) {
            assertThat(client.requestSsl()).isEqualTo('S');
            client.startTls(serverCertificate.trustingContext()).login("scram_user", "sesame", "postgres");
            assertThat(client.query("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
                            .get(0))
                    .containsExactly("t", "TLSv1.3");
            String big = "x".repeat(1_000_000);
            assertThat(client.query("SELECT '" + big + "'").get(0)).containsExactly(big);
            client.sendSlowly(Frames.query("SELECT 1")).expect("T D C Z");
            client.send(Frames.terminate()).expectClosed();
        }
    }

    @Test
    void givenAClientCertificate_whenTheServerWantsOne_thenItIsEnough() {
        try (WireClient client = connect()) {
            assertThat(client.requestSsl()).isEqualTo('S');
            client.startTls(serverCertificate.trustingContext(clientCertificate));
            client.login("postgres", "", "postgres");
            assertThat(client.query("SELECT client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
                            .get(0))
                    .containsExactly("/CN=postgres");
        }
    }

    @Test
    void givenDirectTlsWithAlpn_whenLoggingIn_thenServed() {
        SSLEngine engine = serverCertificate.trustingContext().createSSLEngine();
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"postgresql"});
        engine.setSSLParameters(parameters);
        try (WireClient client = connect().startTls(engine)) {
            client.login("scram_user", "sesame", "postgres");
            assertThat(client.transactionStatus()).isEqualTo('I');
        }
    }

    @Test
    void givenAStrangeCertificate_whenShakingHands_thenTheClientRefuses() {
        try (WireClient client = connect()) {
            assertThat(client.requestSsl()).isEqualTo('S');
            assertThatThrownBy(() -> client.startTls(clientCertificate.trustingContext()))
                    .isInstanceOf(WireClosed.class)
                    .hasMessageContaining("handshake failed");
        }
    }
}

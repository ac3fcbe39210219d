package org.pgweir.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pgweir.testkit.FaultProxy.Direction;

class FaultProxyTest {

    private static EmbeddedPostgres postgres;

    private FaultProxy proxy;

    @BeforeAll
    static void start() {
        postgres = EmbeddedPostgres.builder().auth("scram-sha-256").start();
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    @BeforeEach
    void openProxy() {
        proxy = FaultProxy.to(postgres);
    }

    @AfterEach
    void closeProxy() {
        proxy.close();
    }

    private WireClient login() {
        return WireClient.connect(proxy.host(), proxy.port())
                .login("postgres", postgres.superuserPassword(), "postgres");
    }

    private static void useExtendedProtocol(WireClient client) {
        assertThat(client.queryExtended("SELECT g, repeat('x', 100) FROM generate_series(1, $1::int) g", "20"))
                .hasSize(20);
    }

    @Test
    void givenNoFault_whenMuchIsSent_thenAllOfItArrives() {
        try (WireClient client = login()) {
            String big = "x".repeat(3_000_000);
            assertThat(client.query("SELECT '" + big + "'").get(0)).containsExactly(big);
            assertThat(proxy.forwarded(Direction.TO_SERVER)).isGreaterThan(big.length());
            assertThat(proxy.forwarded(Direction.TO_CLIENT)).isGreaterThan(big.length());
            assertThat(proxy.connections()).isOne();
        }
        Await.until("the proxy to notice the end", () -> proxy.connections() == 0);
    }

    @Test
    void givenByteByByte_whenLoggingInAndQuerying_thenAllWorks() {
        proxy.byteByByte();
        try (WireClient client = login()) {
            useExtendedProtocol(client);
        }
    }

    @Test
    void givenRandomChunksAndDelay_whenLoggingInAndQuerying_thenAllWorks() {
        proxy.inChunks(42, 7);
        try (WireClient client = login()) {
            useExtendedProtocol(client);
            proxy.delay(Duration.ofMillis(20));
            long before = System.nanoTime();
            client.query("");
            assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThanOrEqualTo(Duration.ofMillis(40));
        }
    }

    @Test
    void givenABlackHole_whenHealed_thenWhatWasSentArrives() {
        try (WireClient client = login()) {
            // given
            proxy.blackHole();
            client.send(Frames.query("SELECT 1"));
            assertThat(client.isQuietFor(Duration.ofMillis(50))).isTrue();
            try (WireClient newcomer = WireClient.connect(proxy.host(), proxy.port())) {
                newcomer.send(Frames.sslRequest());
                assertThat(newcomer.isQuietFor(Duration.ofMillis(50))).isTrue();
                // when
                proxy.heal();
                // then
                client.expect("T D C Z");
                assertThat(newcomer.readByte()).isEqualTo('N');
            }
        }
    }

    @Test
    void givenRefusal_whenConnecting_thenRefusedUntilHealed() {
        try (WireClient client = login()) {
            proxy.refuse();
            assertThatThrownBy(this::login)
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("refused");
            useExtendedProtocol(client);
            proxy.heal();
            login().close();
        }
    }

    @Test
    void givenSessions_whenAllAreClosedOrReset_thenBothSidesLearnIt() {
        for (Runnable cut : List.<Runnable>of(() -> proxy.closeAll(), () -> proxy.resetAll())) {
            try (WireClient client = login()) {
                cut.run();
                client.expectClosed();
                Await.until(
                        "the backend to end",
                        () -> postgres.query("SELECT 1 FROM pg_stat_activity WHERE pid = " + client.backendPid())
                                .isEmpty());
            }
        }
    }

    @Test
    void givenACutInTheMiddleOfTheAnswer_whenQuerying_thenExactlySoManyBytesCome() {
        try (WireClient client = login()) {
            proxy.closeAfter(Direction.TO_CLIENT, 10);
            client.send(Frames.query("SELECT 1"));
            assertThat(client.readBytes(10)).startsWith('T');
            client.expectClosed();
        }
    }

    @Test
    void givenACutInTheMiddleOfTheQuestion_whenQuerying_thenTheServerSeesNoQuery() {
        postgres.execute("CREATE TABLE untouched ()");
        try (WireClient client = login()) {
            proxy.resetAfter(Direction.TO_SERVER, 10);
            client.send(Frames.query("DROP TABLE untouched"));
            client.expectClosed();
        }
        assertThat(postgres.query("SELECT to_regclass('untouched') IS NOT NULL").get(0))
                .containsExactly("t");
    }

    @Test
    void givenAServerThatRefusesTheLogin_whenTheClientTalksOn_thenTheLastWordStillComes() {
        try (WireClient client = WireClient.connect(proxy.host(), proxy.port())) {
            assertThatThrownBy(() -> client.login("postgres", "wrong sesame", "postgres"))
                    .isInstanceOf(WireError.class)
                    .hasMessageContaining("28P01");
            client.expectClosed();
        }
    }
}

package org.pgweir.proxy.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgweir.proxy.server.EmbeddedServer;
import org.pgweir.proxy.server.ServerState;

/** Recorded exchanges, uncut, byte by byte and cut at random: both sides get the same bytes, and the server comes free in the end. */
class RelayExchangeTest {
    @RegisterExtension
    final RelayStage stage = new RelayStage("transaction");

    /** Says where a message of so many bytes is cut next. */
    private interface Cuts {
        int next(int from, int length);
    }

    static List<Recorded> recorded() {
        return Recorded.all();
    }

    @ParameterizedTest
    @MethodSource("recorded")
    void givenAnExchangeWhenItComesWholeThenBothSidesGetItAsItCame(Recorded exchange) {
        play(exchange, (from, length) -> length);
    }

    @ParameterizedTest
    @MethodSource("recorded")
    void givenAnExchangeWhenItComesByteByByteThenBothSidesGetTheSame(Recorded exchange) {
        play(exchange, (from, length) -> from + 1);
    }

    @ParameterizedTest
    @MethodSource("recorded")
    void givenAnExchangeWhenItIsCutAtRandomThenBothSidesGetTheSame(Recorded exchange) {
        Random random = new Random(exchange.name().hashCode());
        for (int round = 0; round < 60; round++) {
            int longest = 1 + random.nextInt(40);
            play(exchange, (from, length) -> Math.min(length, from + 1 + random.nextInt(longest)));
        }
    }

    private void play(Recorded exchange, Cuts cuts) {
        // given
        EmbeddedServer server = stage.idleServer();
        EmbeddedClient client = stage.client();
        for (Recorded.Turn turn : exchange.turns()) {
            // when
            for (int from = 0; from < turn.client().length; ) {
                int to = cuts.next(from, turn.client().length);
                client.sends(stage.buffer(turn.client(), from, to));
                from = to;
            }
            // then
            assertThat(client.relay().state()).isEqualTo(Relay.State.LINKED);
            assertThat(server.received()).isEqualTo(turn.client());
            // when
            for (int from = 0; from < turn.server().length; ) {
                assertThat(server.server().state()).isEqualTo(ServerState.ACTIVE);
                int to = cuts.next(from, turn.server().length);
                server.sends(stage.buffer(turn.server(), from, to));
                from = to;
            }
            // then
            assertThat(client.received()).isEqualTo(turn.server());
            assertThat(client.relay().clientAtBoundary()).isTrue();
        }
        assertThat(client.failure()).isNull();
        assertThat(client.relay().state()).isEqualTo(Relay.State.IDLE);
        assertThat(server.server().state()).isEqualTo(ServerState.IDLE);
        assertThat(server.received()).isEmpty();
        client.leaves();
        server.dies();
    }
}

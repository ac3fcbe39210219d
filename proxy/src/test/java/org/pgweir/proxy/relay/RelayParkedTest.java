package org.pgweir.proxy.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgweir.proxy.relay.Bytes.IDLE;
import static org.pgweir.proxy.relay.Bytes.SYNC;
import static org.pgweir.proxy.relay.Bytes.all;
import static org.pgweir.proxy.relay.Bytes.batch;
import static org.pgweir.proxy.relay.Bytes.frame;
import static org.pgweir.proxy.relay.Bytes.query;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.pgweir.proxy.server.EmbeddedServer;
import org.pgweir.proxy.server.ServerState;

/** A client that waits for a server. */
class RelayParkedTest {
    @RegisterExtension
    final RelayStage stage = new RelayStage("transaction");

    private void sends(EmbeddedClient client, byte[]... messages) {
        client.sends(stage.buffer(all(messages)));
    }

    @Test
    void givenAParkedClientWhenItSendsMoreThanItsLimitThenItIsNotReadUntilItIsLinked() {
        // given
        stage.pause(true);
        EmbeddedClient client = stage.client();
        byte[] large = query("x".repeat(50_000));
        // when
        sends(client, large);
        assertThat(client.isRead()).isTrue();
        sends(client, large);
        // then
        assertThat(client.isRead()).isFalse();
        stage.pause(false);
        EmbeddedServer server = stage.idleServer();
        assertThat(server.received()).isEqualTo(all(large, large));
        assertThat(client.isRead()).isTrue();
    }

    @Test
    void givenAParkedClientWhenItLeavesThenTheNextServerIsNotForIt() {
        // given
        stage.pause(true);
        EmbeddedClient client = stage.client();
        sends(client, query("SELECT 1"));
        // when
        client.leaves();
        stage.pause(false);
        EmbeddedServer server = stage.idleServer();
        // then
        assertThat(server.received()).isEmpty();
        assertThat(server.server().state()).isEqualTo(ServerState.IDLE);
    }

    @Test
    void givenAParkedQueryWhenItIsCancelledThenPgweirItselfAnswers() {
        // given
        stage.pause(true);
        EmbeddedClient client = stage.client();
        sends(client, query("SELECT 1"));
        boolean[] done = new boolean[1];
        // when
        client.relay().cancel(1_000_000_000L, () -> done[0] = true);
        // then
        assertThat(done[0]).isTrue();
        assertThat(client.relay().state()).isEqualTo(Relay.State.IDLE);
        assertThat(client.received())
                .isEqualTo(
                        all(frame('E', "SERROR\0VERROR\0C57014\0Mcanceling statement due to user request\0\0"), IDLE));
        assertThat(stage.pool().parkedCount()).isZero();
    }

    @Test
    void givenAParkedPipelineWhenItIsCancelledThenItWaitsOn() {
        // given
        stage.pause(true);
        EmbeddedClient client = stage.client();
        sends(client, batch(), SYNC, batch(), SYNC);
        // when
        client.relay().cancel(1_000_000_000L, () -> {});
        // then
        assertThat(client.relay().state()).isEqualTo(Relay.State.PARKED);
        assertThat(client.received()).isEmpty();
    }
}

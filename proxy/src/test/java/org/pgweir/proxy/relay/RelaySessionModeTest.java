package org.pgweir.proxy.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgweir.proxy.relay.Bytes.IDLE;
import static org.pgweir.proxy.relay.Bytes.ROW;
import static org.pgweir.proxy.relay.Bytes.all;
import static org.pgweir.proxy.relay.Bytes.query;
import static org.pgweir.proxy.relay.Bytes.tag;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.pgweir.proxy.server.EmbeddedServer;
import org.pgweir.proxy.server.ServerState;

/** Session mode, where it differs from transaction mode. */
class RelaySessionModeTest {
    @RegisterExtension
    final RelayStage stage = new RelayStage("session");

    @Test
    void givenAQueryThatEndedWhenTheClientStaysThenTheServerStaysWithIt() {
        // given
        EmbeddedServer server = stage.looseServer();
        stage.pool().releaseAfterClient(server.server(), 0);
        assertThat(server.received()).isEqualTo(query("DISCARD ALL"));
        server.sends(stage.buffer(all(tag("DISCARD ALL"), IDLE)));
        EmbeddedClient client = stage.client();
        client.sends(stage.buffer(query("SELECT 1")));
        // when
        server.sends(stage.buffer(all(ROW, IDLE)));
        // then
        assertThat(client.relay().state()).isEqualTo(Relay.State.LINKED);
        assertThat(client.relay().isResting()).isTrue();
        server.received();
        client.leaves();
        assertThat(server.received()).isEqualTo(query("DISCARD ALL"));
        server.sends(stage.buffer(all(tag("DISCARD ALL"), IDLE)));
        assertThat(server.server().state()).isEqualTo(ServerState.IDLE);
    }
}

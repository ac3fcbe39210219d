package org.pgweir.proxy.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgweir.proxy.relay.Bytes.IDLE;
import static org.pgweir.proxy.relay.Bytes.IN_TRANSACTION;
import static org.pgweir.proxy.relay.Bytes.ROW;
import static org.pgweir.proxy.relay.Bytes.all;
import static org.pgweir.proxy.relay.Bytes.frame;
import static org.pgweir.proxy.relay.Bytes.query;
import static org.pgweir.proxy.relay.Bytes.tag;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.pgweir.proxy.server.EmbeddedServer;
import org.pgweir.proxy.server.ServerState;

/** Statement mode, where it differs from transaction mode. */
class RelayStatementModeTest {
    @RegisterExtension
    final RelayStage stage = new RelayStage("statement");

    @Test
    void givenAStatementWhenItEndedThenTheServerIsFree() {
        EmbeddedServer server = stage.idleServer();
        EmbeddedClient client = stage.client();
        client.sends(stage.buffer(query("SELECT 1")));
        server.sends(stage.buffer(all(ROW, IDLE)));
        assertThat(client.received()).isEqualTo(all(ROW, IDLE));
        assertThat(server.server().state()).isEqualTo(ServerState.IDLE);
    }

    @Test
    void givenATransactionBlockWhenItBeginsThenTheClientIsRefusedBehindWholeMessages() {
        // given
        EmbeddedServer server = stage.idleServer();
        EmbeddedClient client = stage.client();
        client.sends(stage.buffer(query("SELECT 1; BEGIN")));
        byte[] answer = all(ROW, tag("BEGIN"), IN_TRANSACTION, frame('N', "half a notice"));
        // when
        server.sends(stage.buffer(answer, 0, 7));
        server.sends(stage.buffer(answer, 7, answer.length - 3));
        // then
        assertThat(client.failure().message()).isEqualTo("transaction blocks not allowed in statement pooling mode");
        assertThat(client.received()).isEqualTo(all(ROW, tag("BEGIN")));
        assertThat(server.isOpen()).isFalse();
    }
}

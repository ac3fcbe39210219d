package org.pgweir.proxy.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgweir.proxy.relay.Bytes.ERROR;
import static org.pgweir.proxy.relay.Bytes.FAILED;
import static org.pgweir.proxy.relay.Bytes.IDLE;
import static org.pgweir.proxy.relay.Bytes.IN_TRANSACTION;
import static org.pgweir.proxy.relay.Bytes.SYNC;
import static org.pgweir.proxy.relay.Bytes.all;
import static org.pgweir.proxy.relay.Bytes.batch;
import static org.pgweir.proxy.relay.Bytes.batchAnswer;
import static org.pgweir.proxy.relay.Bytes.frame;
import static org.pgweir.proxy.relay.Bytes.header;
import static org.pgweir.proxy.relay.Bytes.query;
import static org.pgweir.proxy.relay.Bytes.tag;

import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgweir.proxy.server.EmbeddedServer;
import org.pgweir.proxy.server.ServerState;

/** What a client may do that no recorded exchange shows. */
class RelayClientTest {
    private static final byte[] LINE = frame('d', "line\n");
    private static final byte[] TERMINATE = frame('X');

    @RegisterExtension
    final RelayStage stage = new RelayStage("transaction");

    private void sends(EmbeddedClient client, byte[]... messages) {
        client.sends(stage.buffer(all(messages)));
    }

    private void sends(EmbeddedServer server, byte[]... messages) {
        server.sends(stage.buffer(all(messages)));
    }

    static Stream<byte[]> nonsense() {
        return Stream.of(
                header('Q', 3, new byte[] {}),
                header('Q', -1, new byte[] {}),
                header('S', 0x40000000, new byte[] {}),
                header('p', 8, new byte[] {1, 2, 3, 4}),
                header('Z', 5, new byte[] {'I'}),
                new byte[] {0},
                new byte[] {(byte) 0xff, 1, 2, 3, 4, 5});
    }

    private static void assertRefused(EmbeddedClient client) {
        assertThat(client.failure().message()).isEqualTo("invalid message");
        assertThat(client.failure().sqlstate()).isEqualTo("08P01");
        assertThat(client.isGone()).isTrue();
    }

    @ParameterizedTest
    @MethodSource("nonsense")
    void givenAnIdleClientWhenItSendsNonsenseThenNoServerSeesIt(byte[] nonsense) {
        // given
        EmbeddedServer server = stage.idleServer();
        EmbeddedClient client = stage.client();
        // when
        sends(client, nonsense);
        // then
        assertRefused(client);
        assertThat(server.received()).isEmpty();
        assertThat(server.server().state()).isEqualTo(ServerState.IDLE);
    }

    @ParameterizedTest
    @MethodSource("nonsense")
    void givenAQueryInTheSameReadWhenNonsenseFollowsThenOnlyTheQueryIsForwarded(byte[] nonsense) {
        // given
        EmbeddedServer server = stage.idleServer();
        EmbeddedClient client = stage.client();
        // when
        sends(client, query("SELECT 1"), nonsense);
        // then
        assertRefused(client);
        assertThat(server.received()).isEqualTo(query("SELECT 1"));
        sends(server, tag("SELECT 1"), IDLE);
        assertThat(server.server().state()).isEqualTo(ServerState.IDLE);
        assertThat(client.received()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("nonsense")
    void givenAParkedClientWhenItSendsNonsenseThenItIsRefusedOnceItIsLinked(byte[] nonsense) {
        // given
        stage.pause(true);
        EmbeddedClient client = stage.client();
        sends(client, query("SELECT 1"));
        sends(client, nonsense);
        assertThat(client.relay().state()).isEqualTo(Relay.State.PARKED);
        // when
        stage.pause(false);
        EmbeddedServer server = stage.idleServer();
        // then
        assertRefused(client);
        assertThat(server.received()).isEqualTo(query("SELECT 1"));
    }

    @ParameterizedTest
    @MethodSource("nonsense")
    void givenAnOpenTransactionWhenNonsenseComesThenItIsRolledBack(byte[] nonsense) {
        // given
        EmbeddedServer server = stage.idleServer();
        EmbeddedClient client = stage.client();
        sends(client, query("BEGIN"));
        sends(server, tag("BEGIN"), IN_TRANSACTION);
        server.received();
        // when
        sends(client, nonsense);
        // then
        assertRefused(client);
        assertThat(server.received()).isEqualTo(query("ROLLBACK"));
        assertThat(server.server().state()).isEqualTo(ServerState.TESTED);
        sends(server, tag("ROLLBACK"), IDLE);
        assertThat(server.server().state()).isEqualTo(ServerState.IDLE);
    }

    @ParameterizedTest
    @MethodSource("nonsense")
    void givenACopyWhenNonsenseComesThenTheCopyIsEnded(byte[] nonsense) {
        // given
        EmbeddedServer server = stage.idleServer();
        EmbeddedClient client = stage.client();
        sends(client, query("COPY t FROM STDIN"));
        sends(server, frame('G', "\0\0\0"));
        server.received();
        // when
        sends(client, LINE, nonsense);
        // then
        assertRefused(client);
        assertThat(server.received()).isEqualTo(all(LINE, frame('f', "the client disconnected\0")));
        sends(server, ERROR, IDLE);
        assertThat(server.server().state()).isEqualTo(ServerState.IDLE);
    }

    @Test
    void givenAHalfSentBatchWhenTheClientLeavesThenItIsRolledBackAndEnded() {
        // given
        EmbeddedServer server = stage.idleServer();
        EmbeddedClient client = stage.client();
        sends(client, batch());
        server.received();
        // when
        client.leaves();
        // then
        String sent = new String(server.received(), StandardCharsets.ISO_8859_1);
        assertThat(sent).startsWith("P").contains("ROLLBACK").endsWith(new String(SYNC, StandardCharsets.ISO_8859_1));
        sends(server, batchAnswer(), IDLE);
        assertThat(server.server().state()).isEqualTo(ServerState.IDLE);
        assertThat(client.received()).isEmpty();
    }

    @Test
    void givenAHalfSentMessageWhenTheClientLeavesThenTheServerIsClosed() {
        // given
        EmbeddedServer server = stage.idleServer();
        EmbeddedClient client = stage.client();
        client.sends(stage.buffer(query("SELECT 1"), 0, 8));
        // when
        client.leaves();
        // then
        assertThat(server.isOpen()).isFalse();
    }

    @Test
    void givenAHalfSentHeaderWhenTheClientLeavesThenTheServerIsKept() {
        // given: the header was kept back, so the server has whole messages only
        EmbeddedServer server = stage.idleServer();
        EmbeddedClient client = stage.client();
        sends(client, query("SELECT 1"), new byte[] {'Q', 0, 0});
        assertThat(server.received()).isEqualTo(query("SELECT 1"));
        // when
        client.leaves();
        sends(server, tag("SELECT 1"), IDLE);
        // then
        assertThat(server.server().state()).isEqualTo(ServerState.IDLE);
    }

    @Test
    void givenAnIdleClientWhenItSaysGoodbyeThenNoServerHearsIt() {
        EmbeddedServer server = stage.idleServer();
        EmbeddedClient client = stage.client();
        sends(client, TERMINATE);
        assertThat(client.closed()).isEqualTo("client close request");
        assertThat(server.received()).isEmpty();
    }

    @Test
    void givenARunningQueryWhenTheClientSaysGoodbyeThenTheServerStaysAndHearsNoGoodbye() {
        // given
        EmbeddedServer server = stage.idleServer();
        EmbeddedClient client = stage.client();
        // when
        sends(client, query("UPDATE t SET a = 1"), TERMINATE);
        // then
        assertThat(client.closed()).isEqualTo("client close request");
        assertThat(server.received()).isEqualTo(query("UPDATE t SET a = 1"));
        sends(server, tag("UPDATE 1"), IDLE);
        assertThat(server.server().state()).isEqualTo(ServerState.IDLE);
    }

    @Test
    void givenACopyThatFailedWhenTheRestOfItsDataComesThenNoServerIsTakenForIt() {
        // given
        EmbeddedServer server = stage.idleServer();
        EmbeddedClient client = stage.client();
        sends(client, query("COPY t FROM STDIN"));
        sends(server, frame('G', "\0\0\0"));
        sends(client, LINE);
        sends(server, ERROR, IDLE);
        server.received();
        assertThat(client.relay().state()).isEqualTo(Relay.State.IDLE);
        byte[] late = all(LINE, LINE, frame('c'), frame('H'), frame('f', "x\0"));
        for (int i = 0; i < late.length; i++) {
            // when
            client.sends(stage.buffer(late[i]));
            // then
            assertThat(client.relay().state()).isEqualTo(Relay.State.IDLE);
        }
        assertThat(server.received()).isEmpty();
        sends(client, LINE, query("SELECT 1"));
        assertThat(server.received()).isEqualTo(query("SELECT 1"));
    }

    @Test
    void givenACopyThatFailedInATransactionWhenItsDataComesLateThenTheServerGetsItAndStays() {
        // given
        EmbeddedServer server = stage.idleServer();
        EmbeddedClient client = stage.client();
        sends(client, query("BEGIN"));
        sends(server, tag("BEGIN"), IN_TRANSACTION);
        sends(client, query("COPY t FROM STDIN"));
        sends(server, frame('G', "\0\0\0"));
        sends(server, ERROR, FAILED);
        server.received();
        // when
        sends(client, LINE, frame('c'));
        // then
        assertThat(server.received()).isEqualTo(all(LINE, frame('c')));
        sends(client, query("ROLLBACK"));
        sends(server, tag("ROLLBACK"), IDLE);
        assertThat(server.server().state()).isEqualTo(ServerState.IDLE);
    }

    @Test
    void givenAServerThatTakesNoMoreWhenTheClientSendsThenItIsNotReadUntilTheServerTakesAgain() {
        // given
        EmbeddedServer server = stage.idleServer();
        EmbeddedClient client = stage.client();
        server.stuck(true);
        byte[] large = query("x".repeat(100_000));
        // when
        sends(client, large);
        // then
        assertThat(client.isRead()).isFalse();
        server.stuck(false);
        assertThat(client.isRead()).isTrue();
        assertThat(server.received()).isEqualTo(large);
    }
}

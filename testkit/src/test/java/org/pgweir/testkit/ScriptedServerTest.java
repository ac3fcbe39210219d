package org.pgweir.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class ScriptedServerTest {

    private static WireClient connect(ScriptedServer server) {
        return WireClient.connect(server.host(), server.port());
    }

    @Test
    void givenAScriptThatAnswers_whenLoggingInAndQuerying_thenTheAnswerComes() {
        try (ScriptedServer server = ScriptedServer.start(session -> {
                    ScriptedSession.Startup startup = session.acceptLogin();
                    session.readUntil('Q');
                    session.sendSlowly(
                            BackendFrames.rowDescription("user", "nothing"),
                            BackendFrames.dataRow(startup.parameters().get("user"), null),
                            BackendFrames.commandComplete("SELECT 1"),
                            BackendFrames.readyForQuery('I'));
                    session.drain();
                });
                WireClient client = connect(server)) {
            assertThat(client.requestSsl()).isEqualTo('N');
            client.login("alice", "", "shop");
            assertThat(client.query("SELECT").get(0)).containsExactly("alice", null);
            assertThat(server.connections()).isOne();
        }
    }

    @Test
    void givenAHalfGigabyteRow_whenStreamed_thenNobodyHoldsIt() {
        int size = 512 << 20;
        try (ScriptedServer server = ScriptedServer.start(session -> {
                    session.acceptLogin();
                    session.sendHugeRow(size);
                    session.send(BackendFrames.readyForQuery('I'));
                });
                WireClient client = connect(server)) {
            client.login("alice", "", "shop");
            WireClient.Header row = client.readHeader();
            assertThat(row).isEqualTo(new WireClient.Header('D', size + 6));
            client.skip(row.bodyLength());
            client.expect("Z");
            client.expectClosed();
        }
    }

    @Test
    void givenMalformedBytes_whenRead_thenTheClientFailsWithASentence() {
        try (ScriptedServer server = ScriptedServer.start(session -> session.send(Frames.header('D', 3)));
                WireClient client = connect(server)) {
            assertThatThrownBy(client::read).isInstanceOf(AssertionError.class).hasMessageContaining("length 3");
        }
        try (ScriptedServer server = ScriptedServer.start(session -> session.send(Frames.header('D', 30)));
                WireClient client = connect(server)) {
            assertThatThrownBy(client::read).isInstanceOf(WireClosed.class).hasMessageContaining("26 bytes before");
        }
        try (ScriptedServer server = ScriptedServer.start(session -> {
                    session.read();
                    session.reset();
                });
                WireClient client = connect(server)) {
            client.send(Frames.sync()).expectClosed();
        }
    }

    @Test
    void givenAScriptThatFails_whenTheServerIsClosed_thenTheFailureIsReported() {
        ScriptedServer server = ScriptedServer.start(
                session -> assertThat(session.read().type()).isEqualTo('Q'));
        try (WireClient client = connect(server)) {
            client.send(Frames.sync()).expectClosed();
        }
        Await.until("the failure", () -> !server.failures().isEmpty());
        assertThatThrownBy(server::close).isInstanceOf(AssertionError.class).hasMessageContaining("script failed");
    }

    @Test
    void givenEveryBackendMessage_whenSent_thenTheClientReadsIt() {
        try (ScriptedServer server = ScriptedServer.start(session -> session.send(
                        BackendFrames.negotiateProtocolVersion(Frames.PROTOCOL_3_0, List.of("_pq_.x")),
                        BackendFrames.noticeResponse("WARNING", "01000", "careful"),
                        BackendFrames.notificationResponse(7, "channel", "payload"),
                        BackendFrames.parseComplete(),
                        BackendFrames.parameterDescription(23),
                        BackendFrames.noData(),
                        BackendFrames.bindComplete(),
                        BackendFrames.portalSuspended(),
                        BackendFrames.closeComplete(),
                        BackendFrames.emptyQueryResponse(),
                        BackendFrames.copyInResponse(2),
                        BackendFrames.copyOutResponse(2),
                        BackendFrames.copyBothResponse(2),
                        Frames.copyData("row"),
                        Frames.copyDone(),
                        BackendFrames.errorResponse("FATAL", "57P01", "bye")));
                WireClient client = connect(server)) {
            List<Message> messages = client.expect("v N A 1 t n 2 s 3 I G H W d c E");
            assertThat(client.unknownProtocolOptions()).containsExactly("_pq_.x");
            assertThat(messages.get(1).asError().severity()).isEqualTo("WARNING");
            assertThat(messages.get(15).asError()).hasToString("FATAL 57P01: bye");
        }
    }
}

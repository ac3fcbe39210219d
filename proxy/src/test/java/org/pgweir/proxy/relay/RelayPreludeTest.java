package org.pgweir.proxy.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgweir.proxy.relay.Bytes.FAILED;
import static org.pgweir.proxy.relay.Bytes.IDLE;
import static org.pgweir.proxy.relay.Bytes.ROW;
import static org.pgweir.proxy.relay.Bytes.SYNC;
import static org.pgweir.proxy.relay.Bytes.all;
import static org.pgweir.proxy.relay.Bytes.batch;
import static org.pgweir.proxy.relay.Bytes.batchAnswer;
import static org.pgweir.proxy.relay.Bytes.extended;
import static org.pgweir.proxy.relay.Bytes.frame;
import static org.pgweir.proxy.relay.Bytes.prelude;
import static org.pgweir.proxy.relay.Bytes.preludeDone;
import static org.pgweir.proxy.relay.Bytes.query;
import static org.pgweir.proxy.relay.Bytes.tag;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.pgweir.proxy.server.EmbeddedServer;
import org.pgweir.proxy.server.ServerState;
import org.pgweir.proxy.server.TrackedParameters;

/** A client gets a server that has other settings. */
class RelayPreludeTest {
    private static final TrackedParameters TOKYO = TrackedParameters.NONE.with("TimeZone", "Asia/Tokyo");

    private static final byte[] PRELUDE = prelude("SET TimeZone TO 'Asia/Tokyo';");

    private static final byte[] REPORT = frame('S', "TimeZone\0Asia/Tokyo\0");

    private static final byte[] TAKEN = preludeDone("TimeZone", "Asia/Tokyo");

    private static final byte[] NOT_TAKEN = all(
            tag("BEGIN"),
            frame('E', "SERROR\0VERROR\0C22023\0Mno such zone\0\0"),
            FAILED,
            frame('E', "SERROR\0VERROR\0C25P02\0Mtransaction is aborted\0\0"));

    private static final byte[] ANSWER = all(frame('T', "\0\0"), ROW, tag("SELECT 1"), IDLE);

    @RegisterExtension
    final RelayStage stage = new RelayStage("transaction");

    private void sends(EmbeddedClient client, byte[]... messages) {
        client.sends(stage.buffer(all(messages)));
    }

    private void answers(EmbeddedServer server, byte[]... messages) {
        server.sends(stage.buffer(all(messages)));
    }

    /** All that reached the server's socket, flush by flush. */
    private static List<byte[]> flushes(EmbeddedServer server) {
        List<byte[]> flushes = new ArrayList<>();
        server.onFlush(flushes::add);
        return flushes;
    }

    @Test
    void givenOtherSettingsWhenAClientAsksThenTheyGoOutInTheSameWrite() {
        // given
        EmbeddedServer server = stage.idleServer();
        List<byte[]> flushes = flushes(server);
        EmbeddedClient client = stage.client(TOKYO);
        // when
        sends(client, query("SELECT 1"));
        // then
        assertThat(flushes).containsExactly(all(PRELUDE, query("SELECT 1")));
        // and the client hears of nothing but its query
        answers(server, TAKEN, ANSWER);
        assertThat(client.received()).isEqualTo(ANSWER);
        assertThat(server.server().state()).isEqualTo(ServerState.IDLE);
        // and when they agree, nothing is said of them
        sends(client, query("SELECT 1"));
        assertThat(flushes).hasSize(2).last().isEqualTo(query("SELECT 1"));
        answers(server, ANSWER);
        assertThat(client.received()).isEqualTo(ANSWER);
    }

    @Test
    void givenThemOnTheirWayWhenTheAnswerIsCutAnywhereThenTheClientHearsOnlyItsOwn() {
        Random random = new Random(20);
        for (int round = 0; round < 100; round++) {
            EmbeddedServer server = stage.idleServer();
            EmbeddedClient client = stage.client(TOKYO);
            sends(client, batch(), SYNC);
            byte[] answer = all(TAKEN, batchAnswer(), IDLE);
            for (int from = 0; from < answer.length; ) {
                int to = Math.min(answer.length, from + 1 + random.nextInt(round + 1));
                server.sends(stage.buffer(answer, from, to));
                from = to;
            }
            assertThat(client.received()).isEqualTo(all(batchAnswer(), IDLE));
            assertThat(server.server().state()).isEqualTo(ServerState.IDLE);
            client.leaves();
            server.dies();
        }
    }

    @Test
    void givenAnotherSpellingWhenTheServerTellsItsOwnThenTheClientHearsItBeforeItsAnswer() {
        EmbeddedServer server = stage.idleServer();
        EmbeddedClient client = stage.client(TrackedParameters.NONE.with("TimeZone", "asia/tokyo"));
        sends(client, query("SELECT 1"));
        answers(server, TAKEN, ANSWER);
        assertThat(client.received()).isEqualTo(all(REPORT, ANSWER));
    }

    @Test
    void givenAPipelineWhenItHasASyncThenWhatIsBehindItWaitsForTheSettings() {
        // given
        EmbeddedServer server = stage.idleServer();
        EmbeddedClient client = stage.client(TOKYO);
        // when
        sends(client, query("SELECT 1"), batch(), SYNC, query("SELECT 2"));
        sends(client, query("SELECT 3"));
        // then a failure would make the server skip all that it has
        assertThat(server.received()).isEqualTo(all(PRELUDE, query("SELECT 1"), batch(), SYNC));
        // when
        answers(server, TAKEN);
        // then
        assertThat(server.received()).isEqualTo(all(query("SELECT 2"), query("SELECT 3")));
        answers(server, ANSWER, batchAnswer(), IDLE, ANSWER, ANSWER);
        assertThat(client.received()).isEqualTo(all(ANSWER, batchAnswer(), IDLE, ANSWER, ANSWER));
        assertThat(server.server().state()).isEqualTo(ServerState.IDLE);
    }

    @Test
    void givenARefusalWhenThereWasNoSyncThenTheClientIsToldAndTheServerSaved() {
        // given
        EmbeddedServer server = stage.idleServer();
        EmbeddedClient client = stage.client(TOKYO);
        sends(client, query("DELETE FROM a"), query("DELETE FROM b"));
        server.received();
        // when
        answers(server, NOT_TAKEN);
        // then
        assertThat(client.failure().message()).isEqualTo("no such zone");
        assertThat(client.failure().isFatal()).isTrue();
        assertThat(client.received()).isEmpty();
        // and the server, which skips all up to a Sync, is cleaned up
        assertThat(server.received()).isEqualTo(all(extended("ROLLBACK"), SYNC));
        answers(server, FAILED);
        assertThat(server.received()).isEqualTo(query("ROLLBACK"));
        answers(server, tag("ROLLBACK"), IDLE);
        assertThat(server.server().state()).isEqualTo(ServerState.IDLE);
    }

    @Test
    void givenARefusalWhenThereWasASyncThenItsAnswerIsAwaited() {
        EmbeddedServer server = stage.idleServer();
        EmbeddedClient client = stage.client(TOKYO);
        sends(client, query("DELETE FROM a"), batch(), SYNC, query("DELETE FROM b"));
        assertThat(server.received()).isEqualTo(all(PRELUDE, query("DELETE FROM a"), batch(), SYNC));
        // its answer may come in the same read
        answers(server, NOT_TAKEN, FAILED);
        assertThat(client.failure().message()).isEqualTo("no such zone");
        assertThat(server.received()).isEqualTo(query("ROLLBACK"));
        answers(server, tag("ROLLBACK"), IDLE);
        assertThat(server.server().state()).isEqualTo(ServerState.IDLE);
        assertThat(server.received()).isEmpty();
    }

    @Test
    void givenARefusalInTheMiddleOfAMessageThenTheServerIsClosed() {
        EmbeddedServer server = stage.idleServer();
        EmbeddedClient client = stage.client(TOKYO);
        byte[] message = query("DELETE FROM a");
        client.sends(stage.buffer(message, 0, message.length - 2));
        answers(server, NOT_TAKEN);
        assertThat(client.failure().message()).isEqualTo("no such zone");
        assertThat(server.isOpen()).isFalse();
    }

    @Test
    void givenAServerThatEndsInsteadThenTheClientHearsWhy() {
        EmbeddedServer server = stage.idleServer();
        EmbeddedClient client = stage.client(TOKYO);
        sends(client, query("SELECT 1"));
        answers(server, frame('E', "SFATAL\0VFATAL\0C57P01\0Mterminated\0\0"));
        server.dies();
        assertThat(client.failure().message()).isEqualTo("terminated");
        assertThat(client.received()).isEmpty();
    }

    @Test
    void givenAServerThatRunsWhatShouldHaveFailedThenItIsClosed() {
        EmbeddedServer server = stage.idleServer();
        EmbeddedClient client = stage.client(TOKYO);
        sends(client, query("SELECT 1"));
        answers(server, frame('E', "SERROR\0VERROR\0C22023\0Mno such zone\0\0"), TAKEN, ANSWER);
        assertThat(client.failure()).isNotNull();
        assertThat(client.received()).isEmpty();
        assertThat(server.isOpen()).isFalse();
    }

    @Test
    void givenThemOnTheirWayWhenTheClientLeavesThenTheServerIsSaved() {
        for (boolean taken : new boolean[] {true, false}) {
            EmbeddedServer server = stage.idleServer();
            EmbeddedClient client = stage.client(TOKYO);
            sends(client, query("SELECT 1"));
            server.received();
            client.leaves();
            assertThat(server.received()).isEmpty();
            if (taken) {
                answers(server, TAKEN, ANSWER);
            } else {
                answers(server, NOT_TAKEN);
                assertThat(server.received()).isEqualTo(all(extended("ROLLBACK"), SYNC));
                answers(server, FAILED);
                assertThat(server.received()).isEqualTo(query("ROLLBACK"));
                answers(server, tag("ROLLBACK"), IDLE);
            }
            assertThat(server.server().state()).isEqualTo(ServerState.IDLE);
            server.dies();
        }
    }

    @Test
    void givenThemOnTheirWayWhenTheClientCancelsThenItsQueryIsMeantAndNotTheSettings() {
        EmbeddedServer server = stage.idleServer();
        EmbeddedClient client = stage.client(TOKYO);
        sends(client, query("SELECT 1"));
        boolean[] done = new boolean[2];
        client.relay().cancel(1_000_000_000L, () -> done[0] = true);
        client.relay().cancel(1_000_000_000L, () -> done[1] = true);
        assertThat(done).containsExactly(false, true);
        assertThat(server.server().isCancelInFlight()).isFalse();
        client.leaves();
        assertThat(done[0]).isTrue();
        answers(server, TAKEN, ANSWER);
    }
}

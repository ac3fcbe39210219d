package org.pgweir.proxy.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgweir.proxy.relay.Bytes.FAILED;
import static org.pgweir.proxy.relay.Bytes.IDLE;
import static org.pgweir.proxy.relay.Bytes.IN_TRANSACTION;
import static org.pgweir.proxy.relay.Bytes.ROW;
import static org.pgweir.proxy.relay.Bytes.SYNC;
import static org.pgweir.proxy.relay.Bytes.all;
import static org.pgweir.proxy.relay.Bytes.batch;
import static org.pgweir.proxy.relay.Bytes.frame;
import static org.pgweir.proxy.relay.Bytes.header;
import static org.pgweir.proxy.relay.Bytes.prelude;
import static org.pgweir.proxy.relay.Bytes.preludeDone;
import static org.pgweir.proxy.relay.Bytes.query;
import static org.pgweir.proxy.relay.Bytes.tag;

import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.server.EmbeddedServer;
import org.pgweir.proxy.server.ServerState;
import org.pgweir.proxy.server.TrackedParameters;

/** What a server may do that no recorded exchange shows. */
class RelayServerTest {
    private static final byte[] FATAL = frame('E', "SFATAL\0VFATAL\0C57P01\0Mterminating\0\0");
    private static final byte[] FAILURE = frame('E', "SERROR\0VERROR\0C22P02\0Mno number\0\0");

    @RegisterExtension
    final RelayStage stage = new RelayStage("transaction");

    private EmbeddedServer server;
    private EmbeddedClient client;

    private void sends(byte[]... messages) {
        server.sends(stage.buffer(all(messages)));
    }

    /** A server and a client that are linked by these messages. */
    private void linkedBy(byte[]... messages) {
        server = stage.idleServer();
        client = stage.client();
        client.sends(stage.buffer(all(messages)));
        assertThat(server.received()).isEqualTo(all(messages));
    }

    static Stream<byte[]> nonsense() {
        return Stream.of(
                header('D', 3, new byte[] {}),
                header('Z', -5, new byte[] {}),
                header('D', 0x40000000, new byte[] {}),
                header('Q', 4, new byte[] {}),
                header('Z', 4, new byte[] {}),
                header('Z', 6, new byte[] {'I', 'I'}),
                frame('S', "TimeZone"),
                frame('E', "VERROR\0\0"),
                new byte[] {0, 1});
    }

    @ParameterizedTest
    @MethodSource("nonsense")
    void givenGoodMessagesWhenNonsenseFollowsThenTheClientGetsThemAndTheServerIsClosed(byte[] nonsense) {
        // given
        linkedBy(query("SELECT 1"));
        byte[] good = all(frame('T', "\0\0"), ROW);
        // when
        sends(good, nonsense);
        // then
        assertThat(client.received()).isEqualTo(good);
        assertThat(client.failure().message()).isEqualTo("the server violated the protocol");
        assertThat(client.failure().detail()).isNotBlank();
        assertThat(server.isOpen()).isFalse();
    }

    @ParameterizedTest
    @MethodSource("nonsense")
    void givenAMessageCutInTwoWhenNonsenseFollowsItsEndThenTheClientGetsItWhole(byte[] nonsense) {
        // given
        linkedBy(query("SELECT 1"));
        byte[] stream = all(ROW, nonsense);
        server.sends(stage.buffer(stream, 0, 7));
        // when
        server.sends(stage.buffer(stream, 7, stream.length));
        // then
        assertThat(client.received()).isEqualTo(ROW);
        assertThat(client.failure()).isNotNull();
        assertThat(server.isOpen()).isFalse();
    }

    @Test
    void givenAReadyForQueryThatNobodyAskedForWhenItComesThenTheServerStaysWithItsClient() {
        // given
        linkedBy(query("BEGIN"));
        sends(tag("BEGIN"), IN_TRANSACTION);
        // when
        sends(IDLE);
        // then
        assertThat(client.relay().state()).isEqualTo(Relay.State.LINKED);
        client.leaves();
        assertThat(server.isOpen()).isFalse();
    }

    @Test
    void givenAnErrorTooLongToBeKeptWhenItComesInPiecesThenItEndsTheCopy() {
        // given: COPY in the extended protocol
        linkedBy(batch(), frame('H'));
        sends(frame('G', "\0\0\0"));
        byte[] error = frame('E', "VERROR\0C22000\0M", "x".repeat(100_000), "\0\0");
        // when
        server.sends(stage.buffer(error, 0, 50_000));
        server.sends(stage.buffer(error, 50_000, error.length));
        client.sends(stage.buffer(SYNC));
        sends(IDLE);
        // then
        assertThat(client.relay().state()).isEqualTo(Relay.State.IDLE);
        assertThat(server.server().state()).isEqualTo(ServerState.IDLE);
        assertThat(client.received()).isEqualTo(all(frame('G', "\0\0\0"), error, IDLE));
    }

    @Test
    void givenARunningQueryWhenTheServerDiesThenTheClientIsTold() {
        linkedBy(query("SELECT 1"));
        server.dies();
        assertThat(client.failure().message()).isEqualTo("server conn crashed?");
        assertThat(client.failure().hint()).contains("COMMIT");
    }

    @Test
    void givenAServerThatSaidFatalWhenItDiesThenTheClientHearsNothingMore() {
        linkedBy(query("SELECT 1"));
        sends(FATAL);
        server.dies();
        assertThat(client.received()).isEqualTo(FATAL);
        assertThat(client.failure()).isNull();
        assertThat(client.closed()).contains("terminating");
    }

    @Test
    void givenHalfAMessageForwardedWhenTheServerDiesThenNoErrorIsPutIntoIt() {
        linkedBy(query("SELECT 1"));
        server.sends(stage.buffer(ROW, 0, 8));
        server.dies();
        assertThat(client.failure()).isNull();
        assertThat(client.closed()).isNotNull();
    }

    @Test
    void givenAChangedSettingWhenTheNextServerDiffersThenItIsSetBeforeTheQuery() {
        // given
        linkedBy(query("SET TIME ZONE 'UTC'"));
        sends(frame('S', "TimeZone\0UTC\0"), tag("SET"), IDLE);
        assertThat(client.relay().parameters().get("TimeZone")).isEqualTo("UTC");
        server.dies();
        EmbeddedServer other = stage.idleServer();
        client.received();
        // when
        client.sends(stage.buffer(query("SELECT now()")));
        // then
        assertThat(other.received()).isEqualTo(all(prelude("SET TimeZone TO 'UTC';"), query("SELECT now()")));
        other.sends(stage.buffer(preludeDone("TimeZone", "UTC")));
        assertThat(client.received()).isEmpty();
        other.sends(stage.buffer(all(tag("SELECT 0"), IDLE)));
        assertThat(client.received()).isEqualTo(all(tag("SELECT 0"), IDLE));
    }

    @Test
    void givenTwoClientsWhenTheyTakeTurnsThenEachGetsItsOwnAnswersAndSettings() {
        // given
        server = stage.idleServer();
        EmbeddedClient one = stage.client(TrackedParameters.NONE.with("application_name", "one"));
        EmbeddedClient two = stage.client(TrackedParameters.NONE.with("application_name", "two"));
        for (EmbeddedClient next : new EmbeddedClient[] {one, two, one, two}) {
            String name = next == one ? "one" : "two";
            // when
            next.sends(stage.buffer(query("SELECT 1")));
            // then
            assertThat(server.received())
                    .isEqualTo(all(prelude("SET application_name TO '" + name + "';"), query("SELECT 1")));
            sends(preludeDone("application_name", name), ROW, IDLE);
            assertThat(next.received()).isEqualTo(all(ROW, IDLE));
        }
        assertThat(one.received()).isEmpty();
        assertThat(two.received()).isEmpty();
    }

    @Test
    void givenTwoWaitingClientsWhenTheServerComesFreeThenTheOlderIsServedFirst() {
        // given
        stage.pause(true);
        EmbeddedClient older = stage.client();
        EmbeddedClient younger = stage.client();
        older.sends(stage.buffer(query("SELECT 'older'")));
        younger.sends(stage.buffer(query("SELECT 'younger'")));
        stage.pause(false);
        // when
        server = stage.idleServer();
        // then
        assertThat(server.received()).isEqualTo(query("SELECT 'older'"));
        sends(IDLE);
        assertThat(older.received()).isEqualTo(IDLE);
        assertThat(server.received()).isEqualTo(query("SELECT 'younger'"));
        sends(IDLE);
        assertThat(younger.received()).isEqualTo(IDLE);
    }

    /** A COPY of the extended protocol fails, and the server is asked whether it answers the Sync in front of the data, too. */
    private void probed() {
        linkedBy(batch(), SYNC);
        sends(frame('G', "\0\0\0"));
        client.sends(stage.buffer(all(frame('d', "x"), frame('c'), SYNC)));
        server.received();
        sends(FAILURE, IDLE);
        assertThat(client.received()).isEqualTo(all(frame('G', "\0\0\0"), FAILURE, IDLE));
        assertThat(server.received()).isEqualTo(all(frame('C', "Spgweir_missing\0"), SYNC));
    }

    @Test
    void givenAProbeWhenTheClientSendsMoreThenItIsHeldUntilTheProbeIsAnswered() {
        // given
        probed();
        // when
        client.sends(stage.buffer(query("SELECT 1")));
        // then
        assertThat(server.received()).isEmpty();
        sends(IDLE, frame('3'));
        assertThat(server.received()).isEmpty();
        sends(IDLE);
        assertThat(server.received()).isEqualTo(query("SELECT 1"));
        sends(tag("SELECT 1"), IDLE);
        assertThat(client.received()).isEqualTo(all(IDLE, tag("SELECT 1"), IDLE));
        assertThat(server.server().state()).isEqualTo(ServerState.IDLE);
    }

    @Test
    void givenAProbeWhenItsClientLeavesThenTheServerIsFreeBehindItsAnswer() {
        // given
        probed();
        // when
        client.leaves();
        sends(frame('3'), IDLE);
        // then
        assertThat(server.server().state()).isEqualTo(ServerState.IDLE);
    }

    @Test
    void givenAProbeWhenAnErrorComesThenNobodyTrustsTheServer() {
        // given
        probed();
        // when
        sends(FAILURE, IDLE);
        // then
        assertThat(client.failure().message()).isEqualTo("the server violated the protocol");
        assertThat(server.isOpen()).isFalse();
    }

    @Test
    void givenAProbeWhenItIsNotAnsweredForLongThenTheServerIsClosed() {
        // given
        probed();
        client.relay().checkTimeouts(Timeouts.NONE, Loop.nowNanos());
        assertThat(server.isOpen()).isTrue();
        // when
        client.relay().checkTimeouts(Timeouts.NONE, Loop.nowNanos() + TimeUnit.HOURS.toNanos(1));
        // then
        assertThat(server.isOpen()).isFalse();
    }

    @Test
    void givenAProbeWhenTheClientCancelsWhatItSentMeanwhileThenThatIsCanceledWhenItRuns() {
        // given
        probed();
        client.sends(stage.buffer(query("SELECT 1")));
        boolean[] done = new boolean[1];
        // when
        client.relay().cancel(1_000_000_000L, () -> done[0] = true);
        // then
        assertThat(done[0]).isFalse();
        sends(frame('3'), IDLE);
        assertThat(server.received()).isEqualTo(query("SELECT 1"));
        assertThat(done[0]).isTrue();
    }

    @Test
    void givenAProbeWhenTheClientCancelsNothingThenNothingIsCanceled() {
        // given
        probed();
        boolean[] done = new boolean[1];
        // when
        client.relay().cancel(1_000_000_000L, () -> done[0] = true);
        // then
        assertThat(done[0]).isTrue();
    }

    @Test
    void givenAProbeWhenNoticesAndNotificationsComeThenTheClientGetsThem() {
        // given
        probed();
        byte[] notice = frame('N', "SNOTICE\0VNOTICE\0C00000\0Mhear\0\0");
        byte[] notification = frame('A', "\0\0\0\1news\0hello\0");
        // when
        sends(notice, notification, frame('3'), notice, IDLE);
        // then
        assertThat(client.received()).isEqualTo(all(notice, notification, notice));
        assertThat(server.server().state()).isEqualTo(ServerState.IDLE);
    }

    /** A COPY of the extended protocol fails while its client is in the middle of a message. */
    private void stopsInCopyData(byte[] status) {
        linkedBy(batch(), SYNC);
        sends(frame('G', "\0\0\0"));
        client.sends(stage.buffer(frame('d', "rows"), 0, 7));
        sends(FAILURE, status);
        assertThat(server.received()).hasSize(7);
    }

    @Test
    void givenAFailedCopyWhenItsClientStopsInTheDataThenTheQueryTimeoutEndsIt() {
        // given
        stopsInCopyData(IDLE);
        Timeouts timeouts = new Timeouts(0, 0, 0, 1_000_000_000L, 0, 0, false);
        client.relay().checkTimeouts(timeouts, Loop.nowNanos());
        assertThat(client.isGone()).isFalse();
        // when
        client.relay().checkTimeouts(timeouts, Loop.nowNanos() + 2_000_000_000L);
        // then
        assertThat(client.failure().message()).isEqualTo("query timeout");
        assertThat(server.isOpen()).isFalse();
    }

    @Test
    void givenACopyThatFailedInATransactionWhenItsClientStopsInTheDataThenItIsIdle() {
        // given
        stopsInCopyData(FAILED);
        Timeouts timeouts = new Timeouts(0, 1_000_000_000L, 0, 0, 0, 0, false);
        client.relay().checkTimeouts(timeouts, Loop.nowNanos());
        assertThat(client.isGone()).isFalse();
        // when
        client.relay().checkTimeouts(timeouts, Loop.nowNanos() + 2_000_000_000L);
        // then
        assertThat(client.failure().message()).isEqualTo("idle transaction timeout");
    }

    @Test
    void givenAFailedCopyWhenItsClientEndsTheDataLateThenTheProbeHasItsFullTime() {
        // given
        stopsInCopyData(IDLE);
        long later = Loop.nowNanos() + TimeUnit.HOURS.toNanos(1);
        // when
        client.relay().onClientBytes(stage.buffer(frame('d', "rows"), 7, 9), later);
        // then
        assertThat(server.received()).endsWith(all(frame('C', "Spgweir_missing\0"), SYNC));
        client.relay().checkTimeouts(Timeouts.NONE, later + TimeUnit.SECONDS.toNanos(1));
        assertThat(server.isOpen()).isTrue();
    }

    @Test
    void givenAClientThatTakesNoMoreWhenTheServerSendsThenItIsNotReadUntilTheClientTakesAgain() {
        // given
        linkedBy(query("SELECT 1"));
        client.stuck(true);
        byte[] large = frame('D', "x".repeat(100_000));
        // when
        sends(large);
        // then
        assertThat(server.isRead()).isFalse();
        client.stuck(false);
        assertThat(server.isRead()).isTrue();
        assertThat(client.received()).isEqualTo(large);
    }

    @Test
    void givenAClientThatTakesNoMoreWhenItsQueryEndsThenTheServerIsFreeAndRead() {
        // given
        linkedBy(query("SELECT 1"));
        client.stuck(true);
        // when
        sends(frame('D', "x".repeat(100_000)), tag("SELECT 1"), IDLE);
        // then
        assertThat(server.server().state()).isEqualTo(ServerState.IDLE);
        assertThat(server.isRead()).isTrue();
    }
}

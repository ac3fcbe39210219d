package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgweir.proxy.Pooler;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.FaultProxy;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.Message;
import org.pgweir.testkit.WireClient;

/**
 * What a client hears while its listening moves between its own server and the shared connection, is kept from moving, or ends. Who
 * speaks is connected to PostgreSQL itself: always the same process.
 */
@EveryTransport
final class SharedListeningTest {
    private static final Duration A_MOMENT = Duration.ofMillis(100);

    private final Setup setup;
    private final EmbeddedPostgres postgres;
    private FaultProxy network;
    private Pooler pooler;
    private WireClient listener;
    private WireClient speaker;
    private final List<String> heardMeanwhile = new ArrayList<>();

    SharedListeningTest(Setup setup) {
        this.setup = setup;
        postgres = setup.postgres();
    }

    @BeforeEach
    void connect() {
        network = FaultProxy.to(postgres);
        pooler = builder(postgres.database()).start();
        listener = pooler.client(postgres);
        speaker = postgres.client();
    }

    private Pooler.Builder builder(String database) {
        return setup.emptyPooler()
                .database(
                        postgres.database(),
                        "host=" + network.host() + " port=" + network.port() + " dbname=" + database)
                .set("server_connect_timeout", "1")
                .set("default_pool_size", "2");
    }

    @AfterEach
    void close() {
        listener.close();
        speaker.close();
        pooler.close();
        network.close();
    }

    private static String payload(Message notification) {
        assertThat(notification.type()).isEqualTo('A');
        String text = new String(notification.body(), 4, notification.body().length - 4, StandardCharsets.UTF_8);
        return text.split("\0", -1)[1];
    }

    private void say(String channel, String payload) {
        speaker.query("SELECT pg_notify('" + channel + "', '" + payload + "')");
    }

    /** The payloads that the listener gets before the one that the speaker says now. */
    private List<String> heardBefore(String channel, String last) {
        say(channel, last);
        List<String> heard = new ArrayList<>(heardMeanwhile);
        heardMeanwhile.clear();
        for (String payload = payload(listener.read()); !payload.equals(last); payload = payload(listener.read())) {
            heard.add(payload);
        }
        return heard;
    }

    /** The payloads among the messages. */
    private static List<String> heardAmong(List<Message> messages) {
        return messages.stream()
                .filter(message -> message.type() == 'A')
                .map(SharedListeningTest::payload)
                .toList();
    }

    /** The shared connection has taken over. */
    private void awaitNoPins() {
        // Only now is known what the last transaction has left behind.
        heardMeanwhile.addAll(heardAmong(listener.send(Frames.query("")).readUntil('Z')));
        Await.until("no pins", () -> ConsoleRows.all(pooler, "SHOW PINS").isEmpty());
    }

    private void killSharedConnection() {
        assertThat(postgres.query("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                        + " WHERE query ~ '^(UN)?LISTEN \"' AND query !~ 'NOTIFY' AND pid <> pg_backend_pid()"))
                .isNotEmpty();
    }

    @Test
    void aPinnedClientHearsBetweenItsTransactions() {
        listener.query("LISTEN news");
        awaitNoPins();
        listener.query("CREATE TEMP TABLE mine (a int)");
        say("news", "idle");
        assertThat(payload(listener.read())).isEqualTo("idle");
        assertThat(ConsoleRows.all(pooler, "SHOW PINS")).hasSize(1);
    }

    @Test
    void aPinnedClientHearsAtTheEndOfItsTransaction() {
        try (WireClient witness = pooler.client(postgres)) {
            witness.query("LISTEN news");
            listener.query("LISTEN news");
            awaitNoPins();
            listener.query("CREATE TEMP TABLE mine (a int); BEGIN");
            say("news", "meanwhile");
            assertThat(payload(witness.read())).isEqualTo("meanwhile");
            listener.send(Frames.query("SELECT 1")).expect("T D C Z");
            listener.send(Frames.query("COMMIT")).expect("C Z");
            assertThat(payload(listener.read())).isEqualTo("meanwhile");
        }
    }

    @Test
    void aListenerWhoListensAgainHearsItselfOnce() {
        listener.query("LISTEN news");
        awaitNoPins();
        List<String> heard = new ArrayList<>(heardAmong(
                listener.send(Frames.query("LISTEN news; NOTIFY news, 'own'")).readUntil('Z')));
        awaitNoPins();
        heard.addAll(heardBefore("news", "end"));
        assertThat(heard).containsExactly("own");
    }

    @Test
    void listeningTwiceInARowPinsNobody() {
        for (int i = 0; i < 50; i++) {
            listener.query("LISTEN news");
            listener.query("LISTEN news");
            awaitNoPins();
            assertThat(heardBefore("news", "end " + i)).isEmpty();
            listener.query("UNLISTEN *");
        }
    }

    @Test
    void aNewListenerHearsItselfInItsAnswerAsFromPostgres() {
        try (WireClient direct = postgres.client()) {
            byte[] words = Frames.query("LISTEN news; NOTIFY news, 'own'");
            List<String> expected = heardAmong(direct.send(words).readUntil('Z'));
            assertThat(heardAmong(listener.send(words).readUntil('Z')))
                    .isEqualTo(expected)
                    .containsExactly("own");
        }
        assertThat(heardBefore("news", "end")).isEmpty();
    }

    @Test
    void sayingTheSameBeforeAndAfterTheMoveIsHeardTwice() {
        Backends.of(listener);
        network.refuse();
        listener.query("LISTEN news");
        say("news", "same");
        assertThat(payload(listener.read())).isEqualTo("same");
        network.heal();
        awaitNoPins();
        assertThat(heardBefore("news", "end")).isEmpty();
        say("news", "same");
        assertThat(payload(listener.read())).isEqualTo("same");
    }

    @Test
    void aClientDoesNotWaitForTheSharedConnection() {
        Backends.of(listener);
        network.refuse();
        listener.query("LISTEN news");
        assertThat(listener.query("SELECT 1")).hasSize(1);
        say("news", "early");
        assertThat(payload(listener.read())).isEqualTo("early");
        network.heal();
        awaitNoPins();
        assertThat(heardBefore("news", "end")).isEmpty();
    }

    @Test
    void whoStopsListeningAndBeginsAgainMissesNothing() {
        listener.query("LISTEN news");
        awaitNoPins();
        for (int i = 0; i < 20; i++) {
            listener.query("UNLISTEN *");
            listener.query("LISTEN news");
            if (i % 2 == 0) {
                awaitNoPins();
            }
            assertThat(heardBefore("news", "end " + i)).isEmpty();
        }
    }

    @Test
    void earlierChannelsOutliveALostSharedConnection() {
        listener.query("LISTEN early");
        awaitNoPins();
        Backends.of(listener);
        network.refuse();
        killSharedConnection();
        listener.query("LISTEN late");
        say("late", "by its own server");
        assertThat(payload(listener.read())).isEqualTo("by its own server");
        network.heal();
        awaitNoPins();
        assertThat(heardBefore("early", "a")).isEmpty();
        assertThat(heardBefore("late", "b")).isEmpty();
    }

    @Test
    void aReloadTakesTheSharedConnectionToTheNewPlace() {
        Twins.makeDatabase(postgres);
        listener.query("LISTEN news");
        awaitNoPins();
        pooler.rewrite(builder("twin").set("listen_port", Integer.toString(pooler.port())));
        pooler.console("RELOAD");
        try (WireClient other = pooler.client(postgres)) {
            Await.until(
                    "servers of the other database",
                    () -> other.query("SELECT current_database()").equals(List.of(List.of("twin"))));
            Await.until("a notification of the other database", () -> {
                other.query("NOTIFY news, 'moved'");
                return !listener.isQuietFor(A_MOMENT);
            });
            assertThat(payload(listener.read())).isEqualTo("moved");
        }
    }

    @Test
    void parsingUnlistenDoesNotEndListening() {
        listener.query("LISTEN news");
        awaitNoPins();
        listener.send(Frames.parse("silence", "UNLISTEN *"), Frames.parse("", "UNLISTEN news"), Frames.sync())
                .expect("1 1 Z");
        assertThat(heardBefore("news", "still")).isEmpty();
        listener.send(Frames.bind("", "silence"), Frames.execute(""), Frames.sync())
                .expect("2 C Z");
        say("news", "late");
        assertThat(listener.isQuietFor(A_MOMENT)).isTrue();
    }

    /** What ends listening and is rolled back, or not, and whether there is silence then. */
    static Stream<Arguments> endings() {
        return Stream.of(
                arguments("BEGIN|UNLISTEN news|ROLLBACK", false),
                arguments("BEGIN|UNLISTEN *|ROLLBACK", false),
                arguments("BEGIN|UNLISTEN *|SELECT 1/0|COMMIT", false),
                arguments("BEGIN|SELECT 1/0|UNLISTEN *|COMMIT", false),
                arguments("BEGIN|SAVEPOINT a|UNLISTEN news|ROLLBACK TO a|COMMIT", false),
                arguments("SELECT 1/0; UNLISTEN news", false),
                arguments("BEGIN|SAVEPOINT a|UNLISTEN news|RELEASE a|COMMIT", true),
                arguments("BEGIN|UNLISTEN news|SAVEPOINT a|UNLISTEN *|ROLLBACK TO a|COMMIT", true),
                arguments("BEGIN|UNLISTEN other|UNLISTEN *|LISTEN last|COMMIT", true),
                arguments("BEGIN|UNLISTEN *|LISTEN news|LISTEN last|COMMIT", false),
                arguments("UNLISTEN news", true));
    }

    @ParameterizedTest
    @MethodSource("endings")
    void whatIsRolledBackIsNotUnlistened(String statements, boolean silence) {
        listener.query("LISTEN news; LISTEN last");
        awaitNoPins();
        byte[][] queries = Stream.of(statements.split("[|]")).map(Frames::query).toArray(byte[][]::new);
        byte[][] batches = Stream.of(statements.split("[|]"))
                .map(sql ->
                        Frames.concat(Frames.parse("", sql), Frames.bind("", ""), Frames.execute(""), Frames.sync()))
                .toArray(byte[][]::new);
        for (byte[][] said : List.of(queries, batches)) {
            endsAsDirectly(said, silence, false);
            endsAsDirectly(said, silence, true);
        }
    }

    private void endsAsDirectly(byte[][] said, boolean silence, boolean together) {
        try (WireClient direct = postgres.client()) {
            direct.query("LISTEN news; LISTEN last");
            for (WireClient client : List.of(direct, listener)) {
                if (together) {
                    client.send(said);
                }
                for (byte[] one : said) {
                    (together ? client : client.send(one)).readUntil('Z');
                }
            }
            awaitNoPins();
            say("news", "heard");
            say("last", "end");
            List<String> expected = silence ? List.of() : List.of("heard");
            assertThat(heardUntilEnd(direct)).isEqualTo(expected);
            assertThat(heardUntilEnd(listener)).isEqualTo(expected);
            listener.query("LISTEN news; LISTEN last");
            awaitNoPins();
        }
    }

    private static List<String> heardUntilEnd(WireClient who) {
        List<String> heard = new ArrayList<>();
        for (String payload = payload(who.read()); !payload.equals("end"); payload = payload(who.read())) {
            heard.add(payload);
        }
        return heard;
    }

    @Test
    void namesThatAreNotAsciiAreUnlistened() {
        listener.query("LISTEN \"Größe\"; LISTEN news");
        awaitNoPins();
        listener.query("UNLISTEN \"Größe\"");
        say("Größe", "late");
        assertThat(heardBefore("news", "end")).isEmpty();
    }

    @Test
    void anEndlessSpeakerIsHeardWithoutGapsOrRepetitions() {
        try (WireClient other = pooler.client(postgres)) {
            AtomicBoolean over = new AtomicBoolean();
            CompletableFuture<Void> speaking = CompletableFuture.runAsync(() -> {
                for (int i = 0; !over.get(); i++) {
                    say("news", Integer.toString(i));
                }
            });
            for (int round = 0; round < 40; round++) {
                // In some rounds the shared connection listens already, in others it has to be opened.
                if (round % 4 == 0) {
                    other.query("LISTEN news");
                } else if (round % 4 == 2) {
                    other.query("UNLISTEN *");
                }
                List<Message> messages = new ArrayList<>(
                        listener.send(Frames.query("LISTEN news")).readUntil('Z'));
                for (int i = 0; i < 20; i++) {
                    messages.add(listener.read());
                }
                messages.addAll(listener.send(Frames.query("UNLISTEN *")).readUntil('Z'));
                List<Integer> heard =
                        heardAmong(messages).stream().map(Integer::valueOf).toList();
                assertThat(heard)
                        .isEqualTo(IntStream.range(heard.get(0), heard.get(0) + heard.size())
                                .boxed()
                                .toList());
            }
            over.set(true);
            speaking.join();
        }
    }

    @Test
    void channelsThatAreTakenOverOneAfterTheOtherLoseNothing() {
        AtomicBoolean over = new AtomicBoolean();
        CompletableFuture<Void> speaking = CompletableFuture.runAsync(() -> {
            for (int i = 0; !over.get(); i++) {
                speaker.query("NOTIFY c0, '" + i + "'; NOTIFY c1, '" + i + "'; NOTIFY c2, '" + i + "'");
            }
        });
        Map<String, List<Integer>> heard = new HashMap<>();
        for (int round = 0; round < 20; round++) {
            heard.clear();
            for (int i = 0; i < 3; i++) {
                listener.send(Frames.query("LISTEN c" + i)).readUntil('Z').forEach(message -> note(message, heard));
            }
            while (heard.getOrDefault("c2", List.of()).size() < 20) {
                note(listener.read(), heard);
            }
            listener.send(Frames.query("UNLISTEN *")).readUntil('Z').forEach(message -> note(message, heard));
            heard.forEach((channel, numbers) -> assertThat(numbers)
                    .as(channel)
                    .isEqualTo(IntStream.range(numbers.get(0), numbers.get(0) + numbers.size())
                            .boxed()
                            .toList()));
        }
        over.set(true);
        speaking.join();
    }

    private static void note(Message message, Map<String, List<Integer>> heard) {
        if (message.type() == 'A') {
            heard.computeIfAbsent(message.cstring(4), first -> new ArrayList<>())
                    .add(Integer.valueOf(payload(message)));
        }
    }
}

package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pgweir.proxy.Pooler;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.Message;
import org.pgweir.testkit.WireClient;

/** Clients that listen, where they are more than the servers. */
@EveryTransport
final class ListenTest {
    private static final int LISTENERS = 4;

    private final Setup setup;
    private final List<WireClient> listeners = new ArrayList<>();
    private Pooler pooler;
    private WireClient speaker;

    ListenTest(Setup setup) {
        this.setup = setup;
    }

    @BeforeEach
    void connect() {
        pooler = setup.pooler().set("default_pool_size", "1").start();
        for (int i = 0; i < LISTENERS; i++) {
            listeners.add(pooler.client(setup.postgres()));
        }
        speaker = pooler.client(setup.postgres());
    }

    @AfterEach
    void close() {
        listeners.forEach(WireClient::close);
        speaker.close();
        pooler.close();
    }

    /** Channel and payload. */
    private static List<String> heard(Message notification) {
        assertThat(notification.type()).isEqualTo('A');
        String text = new String(notification.body(), 4, notification.body().length - 4, StandardCharsets.UTF_8);
        return List.of(text.split("\0", -1)).subList(0, 2);
    }

    /** All that the client has heard when its own empty query is answered. */
    private static List<List<String>> heardSoFar(WireClient client) {
        List<List<String>> heard = new ArrayList<>();
        for (Message message : client.send(Frames.query("")).readUntil('Z')) {
            if (message.type() == 'A') {
                heard.add(heard(message));
            }
        }
        return heard;
    }

    private void allListenTo(String channel) {
        listeners.forEach(listener -> listener.query("LISTEN " + channel));
    }

    @Test
    void everyListenerHearsAllOnceAndInOrder() {
        allListenTo("news");
        List<List<String>> said = IntStream.range(0, 100)
                .mapToObj(i -> List.of("news", Integer.toString(i)))
                .toList();
        said.forEach(word -> speaker.query("SELECT pg_notify('" + word.get(0) + "', '" + word.get(1) + "')"));
        for (WireClient listener : listeners) {
            List<List<String>> heard = new ArrayList<>();
            for (int i = 0; i < said.size(); i++) {
                heard.add(heard(listener.read()));
            }
            assertThat(heard).isEqualTo(said);
            assertThat(heardSoFar(listener)).isEmpty();
        }
    }

    @Test
    void listenersHoldNoServer() {
        allListenTo("news");
        // The shared connection takes over behind the answer.
        listeners.forEach(listener -> listener.query(""));
        Await.until("no pins", () -> ConsoleRows.all(pooler, "SHOW PINS").isEmpty());
        assertThat(speaker.query("SELECT 1")).hasSize(1);
    }

    @Test
    void channelsAreToldApart() {
        WireClient one = listeners.get(0);
        WireClient other = listeners.get(1);
        one.query("LISTEN \"Größe \"\"A\"\"\"");
        other.query("LISTEN Quiet");
        speaker.query("NOTIFY \"Größe \"\"A\"\"\", 'x'");
        speaker.query("NOTIFY QUIET, 'y'");
        assertThat(heard(one.read())).containsExactly("Größe \"A\"", "x");
        assertThat(heard(other.read())).containsExactly("quiet", "y");
    }

    @Test
    void whoUnlistensHearsNothingMore() {
        allListenTo("news");
        listeners.get(0).query("UNLISTEN news");
        listeners.get(1).query("UNLISTEN *");
        listeners.get(2).query("DISCARD ALL");
        speaker.query("NOTIFY news, 'late'");
        assertThat(heard(listeners.get(3).read())).containsExactly("news", "late");
        for (WireClient quiet : listeners.subList(0, 3)) {
            assertThat(heardSoFar(quiet)).isEmpty();
        }
    }

    @Test
    void whatIsRolledBackIsNotListenedTo() {
        WireClient listener = listeners.get(0);
        listener.query("BEGIN; LISTEN news; ROLLBACK; BEGIN; LISTEN other; COMMIT");
        speaker.query("NOTIFY news; NOTIFY other");
        assertThat(heard(listener.read())).containsExactly("other", "");
    }

    @Test
    void anUnlistenThatIsRolledBackInItsQueryDidNotHappen() {
        WireClient listener = listeners.get(0);
        listener.query("LISTEN news; LISTEN other");
        listener.query("");
        Await.until("no pins", () -> ConsoleRows.all(pooler, "SHOW PINS").isEmpty());
        assertThat(tags(listener, "BEGIN; UNLISTEN news; ROLLBACK")).containsExactly("BEGIN", "UNLISTEN", "ROLLBACK");
        assertThat(tags(listener, "BEGIN; SAVEPOINT a; UNLISTEN *; ROLLBACK TO a; LISTEN third; COMMIT"))
                .containsExactly("BEGIN", "SAVEPOINT", "UNLISTEN", "ROLLBACK", "LISTEN", "COMMIT");
        listener.send(Frames.query("UNLISTEN news; SELECT 1 / 0")).readUntil('Z');
        speaker.query("NOTIFY news; NOTIFY other; NOTIFY third");
        for (String channel : List.of("news", "other", "third")) {
            assertThat(heard(listener.read())).containsExactly(channel, "");
        }
        assertThat(tags(listener, "UNLISTEN news; LISTEN fourth; UNLISTEN fourth"))
                .containsExactly("UNLISTEN", "LISTEN", "UNLISTEN");
        listener.query("BEGIN");
        listener.query("UNLISTEN other");
        listener.query("COMMIT");
        speaker.query("NOTIFY news; NOTIFY other; NOTIFY fourth; NOTIFY third, 'end'");
        assertThat(heard(listener.read())).containsExactly("third", "end");
        assertThat(heardSoFar(listener)).isEmpty();
    }

    private static List<String> tags(WireClient client, String sql) {
        return client.send(Frames.query(sql)).readUntil('Z').stream()
                .filter(message -> message.type() == 'C')
                .map(message -> new String(message.body(), 0, message.body().length - 1, StandardCharsets.US_ASCII))
                .toList();
    }

    @Test
    void notificationsWaitForTheEndOfATransaction() {
        WireClient listener = listeners.get(0);
        listener.query("LISTEN news");
        listener.query("");
        Await.until("no pins", () -> ConsoleRows.all(pooler, "SHOW PINS").isEmpty());
        listener.query("NOTIFY news, 'first'");
        assertThat(heard(listener.read())).containsExactly("news", "first");
        listener.query("BEGIN; NOTIFY news, 'own'");
        assertThat(listener.query("SELECT 1")).hasSize(1);
        listener.query("COMMIT");
        assertThat(heard(listener.read())).containsExactly("news", "own");
    }

    @Test
    void aBrokenConnectionIsReplaced() {
        allListenTo("news");
        assertThat(speaker.query("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                        + " WHERE query LIKE 'LISTEN %' AND pid <> pg_backend_pid()"))
                .isNotEmpty();
        Await.until(
                "another connection that listens",
                () -> speaker.query(
                                "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN %' AND state = 'idle'"
                                        + " AND pid <> pg_backend_pid()")
                        .equals(List.of(List.of("1"))));
        speaker.query("NOTIFY news, 'again'");
        for (WireClient listener : listeners) {
            assertThat(heard(listener.read())).containsExactly("news", "again");
        }
    }

    @Test
    void afterTheLastListenerTheConnectionIsClosed() {
        allListenTo("news");
        listeners.forEach(WireClient::close);
        Await.until(
                "no connection that listens",
                () -> speaker.query("SELECT count(*) FROM pg_stat_activity WHERE query ~ '^(UN)?LISTEN '"
                                + " AND pid <> pg_backend_pid()")
                        .equals(List.of(List.of("0"))));
    }
}

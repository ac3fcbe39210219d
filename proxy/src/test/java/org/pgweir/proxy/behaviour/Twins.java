package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.pgweir.proxy.Pooler;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.Message;
import org.pgweir.testkit.WireClient;
import org.pgweir.testkit.WireClosed;

/**
 * A conversation of several clients, held twice: with PostgreSQL itself, and through a pooler. After each step both must have heard the
 * same bytes. The clients that talk to PostgreSQL do so in a database of their own, so that nobody meets the tables and locks of their
 * twin.
 *
 * <p>Not compared are the oids of tables, the line of PostgreSQL's source that an error tells, and when a ParameterStatus comes; what it says is.
 */
public final class Twins implements AutoCloseable {
    private static final String DATABASE = "twin";
    private static final int FIRST_NORMAL_OID = 16384;
    private static final String CLOSED = "closed";
    private static final int LONGEST_SHOWN = 100;
    private static final int STEPS_SHOWN = 60;

    private static final Duration A_MOMENT = Duration.ofMillis(5);

    private final EmbeddedPostgres postgres;
    private final Pooler pooler;
    private final List<WireClient> direct = new ArrayList<>();
    private final List<WireClient> pooled = new ArrayList<>();
    private final List<String> said = new ArrayList<>();
    private final Set<Integer> closed = new HashSet<>();

    /** @param clients how many clients to connect, numbered from 0 */
    public Twins(EmbeddedPostgres postgres, Pooler pooler, int clients) {
        this.postgres = postgres;
        this.pooler = pooler;
        makeDatabase(postgres);
        for (int i = 0; i < clients; i++) {
            connect(Map.of());
        }
    }

    /** Makes the database of those who talk to PostgreSQL directly, unless it is there. */
    public static synchronized void makeDatabase(EmbeddedPostgres postgres) {
        if (postgres.query("SELECT 1 FROM pg_database WHERE datname = '" + DATABASE + "'")
                .isEmpty()) {
            postgres.execute("CREATE DATABASE " + DATABASE);
        }
    }

    /** A client of that database, without a pooler between. */
    public static WireClient direct(EmbeddedPostgres postgres, Map<String, String> startup) {
        WireClient client = WireClient.connect(postgres.host(), postgres.port());
        client.login("postgres", "", DATABASE, startup);
        return client;
    }

    /** One more client with these startup parameters; returns its number. */
    public int connect(Map<String, String> startup) {
        direct.add(direct(postgres, startup));
        pooled.add(login(startup));
        assertSameSettings(pooled.size() - 1);
        return pooled.size() - 1;
    }

    private WireClient login(Map<String, String> startup) {
        WireClient client = pooler.connect();
        client.login("postgres", "", postgres.database(), startup);
        return client;
    }

    /** SQL for both databases, not through the pooler. */
    public Twins prepare(String sql) {
        said.add("setup: " + sql);
        postgres.execute(DATABASE, sql);
        postgres.execute(sql);
        return this;
    }

    /** Sends frames of which the last one is a Query or Sync, and reads all that is answered. */
    public Twins say(int who, byte[]... frames) {
        return sayUntil(who, "Z".repeat(answers(frames)), frames);
    }

    /** Sends one Query for each text, in one write. */
    public Twins query(int who, String... sql) {
        byte[][] frames = new byte[sql.length][];
        for (int i = 0; i < sql.length; i++) {
            frames[i] = Frames.query(sql[i]);
        }
        return say(who, frames);
    }

    /** Sends frames and reads until messages of these types have come, in this order. */
    public Twins sayUntil(int who, String types, byte[]... frames) {
        note(who, frames);
        List<Map<String, String>> before = settings(who);
        direct.get(who).send(frames);
        List<String> expected = hear(direct.get(who), types);
        if (expected.contains(CLOSED)) {
            closed.add(who);
        }
        pooled.get(who).send(frames);
        assertSame(who, hearPooled(who, types), expected, before);
        return this;
    }

    private List<String> hearPooled(int who, String types) {
        try {
            return hear(pooled.get(who), types);
        } catch (AssertionError e) {
            throw new AssertionError("client " + who + " after\n" + story(), e);
        }
    }

    /** As {@link #say}, but the pooler gets the bytes in two pieces; between them the caller may wait. */
    public Twins sayCut(int who, int cut, Runnable between, byte[]... frames) {
        note(who, frames);
        said.add("   cut at " + cut);
        String types = "Z".repeat(answers(frames));
        List<Map<String, String>> before = settings(who);
        direct.get(who).send(frames);
        List<String> expected = hear(direct.get(who), types);
        ByteBuffer all = ByteBuffer.wrap(Frames.concat(frames));
        byte[] head = new byte[cut];
        all.get(head);
        byte[] tail = new byte[all.remaining()];
        all.get(tail);
        pooled.get(who).send(head);
        between.run();
        pooled.get(who).send(tail);
        assertSame(who, hear(pooled.get(who), types), expected, before);
        return this;
    }

    /** Leaves without a word. */
    public Twins leave(int who) {
        said.add(who + ": leaves");
        direct.get(who).close();
        pooled.get(who).close();
        return this;
    }

    /** Leaves as {@link #leave} does, perhaps with something said before, and comes back. */
    public Twins comeBack(int who, Map<String, String> startup, byte[]... lastWords) {
        note(who, lastWords);
        if (lastWords.length > 0) {
            direct.get(who).send(lastWords);
            pooled.get(who).send(lastWords);
        }
        leave(who);
        closed.remove(who);
        said.add(who + ": comes with " + startup);
        direct.set(who, direct(postgres, startup));
        pooled.set(who, login(startup));
        assertSameSettings(who);
        return this;
    }

    /** Says something that takes long, and cancels it. */
    public Twins cancelled(int who, byte[] query) {
        note(who, query);
        said.add("   cancelled");
        List<String> expected = cancelled(direct.get(who), postgres.port(), query);
        List<String> actual = cancelled(pooled.get(who), pooler.port(), query);
        assertThat(actual).as(() -> "client " + who + " after\n" + story()).containsExactlyElementsOf(expected);
        return this;
    }

    /** A cancel that comes before its query does nothing, so it is sent until there is an answer. */
    private static List<String> cancelled(WireClient client, int port, byte[] query) {
        client.send(query);
        List<Message> heard = new ArrayList<>();
        while (heard.isEmpty() || heard.get(heard.size() - 1).type() != 'Z') {
            if (client.isQuietFor(A_MOMENT)) {
                WireClient.cancel("127.0.0.1", port, client.backendPid(), client.backendSecret());
            } else {
                heard.add(client.read());
            }
        }
        // Who still waits for a server never gets as far as the columns.
        return heard.stream()
                .filter(message -> message.type() == 'E' || message.type() == 'Z')
                .map(message -> message.type() == 'E' ? message.asError().sqlstate() : shown(message))
                .toList();
    }

    /** Whether PostgreSQL has closed the connection of the client's twin. */
    public boolean isClosed(int who) {
        return closed.contains(who);
    }

    /** The client's status that both have told, after the last step. */
    public char status(int who) {
        return pooled.get(who).transactionStatus();
    }

    public WireClient direct(int who) {
        return direct.get(who);
    }

    public WireClient pooled(int who) {
        return pooled.get(who);
    }

    private void note(int who, byte[]... frames) {
        StringBuilder step = new StringBuilder(who + ":");
        for (byte[] frame : frames) {
            step.append(' ').append(shown(frame));
        }
        said.add(step.toString());
    }

    private static int answers(byte[]... frames) {
        int answers = 0;
        for (byte[] frame : frames) {
            answers += frame[0] == 'Q' || frame[0] == 'S' || frame[0] == 'F' ? 1 : 0;
        }
        return answers;
    }

    private void assertSame(int who, List<String> actual, List<String> expected, List<Map<String, String>> before) {
        assertThat(actual).as(() -> "client " + who + " after\n" + story()).containsExactlyElementsOf(expected);
        // What a RESET brings back is told just behind the answer: it is here when the next answer is.
        String step = said.get(said.size() - 1);
        boolean resets = step.contains("RESET") || step.contains("DISCARD") || step.contains("DEFAULT");
        if (before.equals(settings(who)) && !resets) {
            assertSameSettings(who);
        }
    }

    private List<Map<String, String>> settings(int who) {
        return List.of(
                Map.copyOf(direct.get(who).parameterStatus()),
                Map.copyOf(pooled.get(who).parameterStatus()));
    }

    private void assertSameSettings(int who) {
        assertThat(pooled.get(who).parameterStatus())
                .as(() -> "settings reported to client " + who + " after\n" + story())
                .isEqualTo(direct.get(who).parameterStatus());
    }

    private String story() {
        return String.join("\n", said.subList(Math.max(0, said.size() - STEPS_SHOWN), said.size()));
    }

    private static List<String> hear(WireClient client, String types) {
        List<String> heard = new ArrayList<>();
        int at = 0;
        try {
            while (at < types.length()) {
                Message message = client.read();
                if (message.type() != 'S') {
                    heard.add(shown(message));
                }
                at += message.type() == types.charAt(at) ? 1 : 0;
            }
        } catch (WireClosed end) {
            heard.add(CLOSED);
        }
        return heard;
    }

    /** What was heard, except for what must differ. */
    public static String shown(Message message) {
        if (message.type() == 'T') {
            maskTables(message.body());
        }
        if (message.type() == 'E' || message.type() == 'N') {
            Map<Character, String> fields =
                    new LinkedHashMap<>(message.asError().values());
            // Where in PostgreSQL's source: a statement that has to be prepared again may fail there already.
            fields.remove('L');
            fields.remove('R');
            return message.type() + " " + fields;
        }
        return message.type() + " " + new String(message.body(), StandardCharsets.ISO_8859_1);
    }

    private static void maskTables(byte[] rowDescription) {
        ByteBuffer body = ByteBuffer.wrap(rowDescription);
        for (int columns = body.getShort(); columns > 0; columns--) {
            while (body.get() != 0) {
                // the name
            }
            if (body.getInt(body.position()) >= FIRST_NORMAL_OID) {
                body.putInt(body.position(), FIRST_NORMAL_OID);
            }
            body.position(body.position() + 18);
        }
    }

    private static String shown(byte[] frame) {
        StringBuilder text = new StringBuilder().append((char) frame[0]).append('(');
        for (int i = 5; i < Math.min(frame.length, LONGEST_SHOWN); i++) {
            text.append(frame[i] >= ' ' && frame[i] < 0x7f ? (char) frame[i] : '.');
        }
        return text.append(')').toString();
    }

    @Override
    public void close() {
        direct.forEach(WireClient::close);
        pooled.forEach(WireClient::close);
    }
}

package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.pgweir.testkit.Message;
import org.pgweir.testkit.WireClient;

/** One side of a comparison: what is said to a server, and all that was heard from it. */
final class Talk {
    private final WireClient client;
    private final boolean slowly;
    private final List<String> heard = new ArrayList<>();

    private Talk(WireClient client, boolean slowly) {
        this.client = client;
        this.slowly = slowly;
    }

    /**
     * Holds the same talk with PostgreSQL itself and with the pooler: every byte of the answers must be the same.
     *
     * @param slowly whether the pooler gets each byte in a write of its own
     */
    static void assertSame(WireClient direct, WireClient pooled, boolean slowly, Consumer<Talk> talk) {
        Talk expected = new Talk(direct, false);
        talk.accept(expected);
        Talk actual = new Talk(pooled, slowly);
        talk.accept(actual);
        assertThat(actual.heard).isEqualTo(expected.heard);
        assertThat(pooled.transactionStatus()).isEqualTo(direct.transactionStatus());
    }

    Talk say(byte[]... frames) {
        if (slowly) {
            client.sendSlowly(frames);
        } else {
            client.send(frames);
        }
        return this;
    }

    /** Reads what {@link WireClient#expect} understands. */
    Talk hear(String pattern) {
        return note(client.expect(pattern));
    }

    Talk hearUntil(char type) {
        return note(client.readUntil(type));
    }

    private Talk note(List<Message> messages) {
        for (Message message : messages) {
            heard.add(message.type() + " " + new String(message.body(), StandardCharsets.ISO_8859_1));
        }
        return this;
    }
}

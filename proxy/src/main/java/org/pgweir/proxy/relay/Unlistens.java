package org.pgweir.proxy.relay;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.pgweir.proxy.session.NameUse;

/**
 * What a client has said to end its listening to channels which the pool's shared connection hears for it. Its own server does not listen
 * to them, so it cannot tell what a rollback has brought back; what it can tell is whether it listens to a channel of pgweir's own that was
 * put behind the UNLISTEN: both share their fate. On the client's loop.
 */
final class Unlistens {
    private static final String MARK = "pgweir_unlisten_";

    private Set<String> channels = Set.of();
    private boolean all;
    private List<Marked> marked = Collections.emptyList();

    private record Marked(Set<String> channels, boolean all) {}

    /** What a statement does with a name, or with all. */
    void note(NameUse use) {
        switch (use.kind()) {
            case UNLISTEN -> {
                channels = channels.isEmpty() ? new TreeSet<>() : channels;
                channels.add(channel(use));
            }
            case UNLISTEN_ALL, DISCARD_ALL -> all = true;
            default -> {}
        }
    }

    /** As the server's answers are read: each byte a char. */
    private static String channel(NameUse use) {
        return new String(use.name().getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    /** Whether the client has said UNLISTEN, and nothing has been found out about it. */
    boolean isAny() {
        return all || !channels.isEmpty();
    }

    /** What the client has said since the last call has failed. */
    void failed() {
        channels = Set.of();
        all = false;
    }

    /**
     * What the client has said since the last call is done if its transaction is.
     *
     * @return a channel for its server to listen to behind it: what becomes of that becomes of the UNLISTEN
     */
    String mark() {
        String mark = mark(new Marked(channels, all));
        failed();
        return mark;
    }

    /**
     * As {@link #mark()}, for one of several in the same text.
     *
     * @param use an UNLISTEN
     */
    String mark(NameUse use) {
        boolean ofAll = use.kind() == NameUse.Kind.UNLISTEN_ALL;
        return mark(new Marked(ofAll ? Set.of() : Set.of(channel(use)), ofAll));
    }

    private String mark(Marked done) {
        if (marked == Collections.<Marked>emptyList()) {
            marked = new ArrayList<>();
        }
        marked.add(done);
        return MARK + (marked.size() - 1);
    }

    /** See {@link #mark}. */
    static boolean isMark(String channel) {
        return channel.startsWith(MARK);
    }

    /** What is left of it after what the client has said since the last call, as far as it was not rolled back. */
    Set<String> takeStillListened(Set<String> before, Set<String> onServer) {
        Set<String> now = new TreeSet<>(all ? Set.of() : before);
        now.removeAll(channels);
        for (int i = 0; i < marked.size(); i++) {
            if (onServer.contains(MARK + i)) {
                now.removeAll(marked.get(i).all ? before : marked.get(i).channels);
            }
        }
        marked.clear();
        failed();
        return now;
    }
}

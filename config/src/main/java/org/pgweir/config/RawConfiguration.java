package org.pgweir.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a file says, before it is known whether it makes sense: the common form of both formats, in file order. */
final class RawConfiguration {

    /** The global section's name in errors: {@code [pgbouncer]} or {@code pgweir}. */
    private final String globalName;

    private final Map<String, RawValue> global = new LinkedHashMap<>();
    private final Map<String, RawSection> databases = new LinkedHashMap<>();
    private final Map<String, RawSection> users = new LinkedHashMap<>();
    private final Map<String, RawSection> peers = new LinkedHashMap<>();
    private final Map<Position, List<String>> comments = new HashMap<>();
    private final List<String> unattached = new ArrayList<>();

    RawConfiguration(String globalName) {
        this.globalName = globalName;
    }

    String globalName() {
        return globalName;
    }

    Map<String, RawValue> global() {
        return global;
    }

    Map<String, RawSection> databases() {
        return databases;
    }

    Map<String, RawSection> users() {
        return users;
    }

    Map<String, RawSection> peers() {
        return peers;
    }

    /** Notes a comment's text, without its sign; it belongs to the next key. */
    void comment(String text) {
        unattached.add(text);
    }

    /** The key at this place owns the comments before it. */
    void attachComments(Position position) {
        if (!unattached.isEmpty()) {
            comments.put(position, List.copyOf(unattached));
            unattached.clear();
        }
    }

    /** The comments before the key at this place. */
    List<String> commentsAt(Position position) {
        return comments.getOrDefault(position, List.of());
    }

    /** The comments behind the last key. */
    List<String> lastComments() {
        return List.copyOf(unattached);
    }
}

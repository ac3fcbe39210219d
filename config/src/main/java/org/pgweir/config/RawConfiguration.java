package org.pgweir.config;

import java.util.LinkedHashMap;
import java.util.Map;

/** What a file says, before it is known whether it makes sense: the common form of both formats, in file order. */
final class RawConfiguration {

    /** The global section's name in errors: {@code [pgbouncer]} or {@code pgweir}. */
    private final String globalName;

    private final Map<String, RawValue> global = new LinkedHashMap<>();
    private final Map<String, RawSection> databases = new LinkedHashMap<>();
    private final Map<String, RawSection> users = new LinkedHashMap<>();
    private final Map<String, RawSection> peers = new LinkedHashMap<>();

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
}

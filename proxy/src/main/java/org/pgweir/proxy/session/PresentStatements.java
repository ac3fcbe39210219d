package org.pgweir.proxy.session;

import java.util.LinkedHashMap;

/** Which prepared statements a server has, or will have when it has worked off what was sent; the least recently used first. */
final class PresentStatements {
    private static final class Presence {
        private final long request;
        private boolean confirmed;
        private boolean stale;

        Presence(long request) {
            this.request = request;
        }
    }

    private final LinkedHashMap<PreparedStatement, Presence> all = new LinkedHashMap<>(16, 0.75f, true);

    /** It was sent with this request. */
    void add(PreparedStatement statement, long request) {
        all.put(statement, new Presence(request));
    }

    /** The server has said that it is there; false if it is not to be there any more. */
    boolean confirm(PreparedStatement statement) {
        Presence presence = all.get(statement);
        if (presence != null) {
            presence.confirmed = true;
        }
        return presence != null;
    }

    boolean contains(PreparedStatement statement) {
        return all.containsKey(statement);
    }

    /** See {@link ServerStatements#isUsable}. */
    boolean isUsable(PreparedStatement statement, long request) {
        Presence presence = all.get(statement);
        return presence != null && !presence.stale && (presence.confirmed || presence.request == request);
    }

    /** Whatever is there under its name, it must be prepared anew before its next use. */
    void makeStale(PreparedStatement statement, long request) {
        all.computeIfAbsent(statement, missing -> new Presence(request)).stale = true;
    }

    void makeAllStale() {
        all.values().forEach(presence -> presence.stale = true);
    }

    PreparedStatement removeEldest() {
        PreparedStatement eldest = all.keySet().iterator().next();
        all.remove(eldest);
        return eldest;
    }

    void clear() {
        all.clear();
    }

    int size() {
        return all.size();
    }
}

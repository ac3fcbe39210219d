package org.pgweir.proxy.session;

import java.util.LinkedHashMap;

/** Which prepared statements a server has, or will have when it has worked off what was sent; the least recently used first. */
final class PresentStatements {
    private static final class Presence {
        private final long request;

        /** Whether another text has its name, to be refused or ended and never to be used. */
        private final boolean standIn;

        private boolean confirmed;
        private boolean stale;

        Presence(long request, boolean standIn) {
            this.request = request;
            this.standIn = standIn;
        }
    }

    private final LinkedHashMap<PreparedStatement, Presence> all = new LinkedHashMap<>(16, 0.75f, true);

    /** It was sent with this request. */
    void add(PreparedStatement statement, long request) {
        all.put(statement, new Presence(request, false));
    }

    /** A stand-in was sent with this request. */
    void addStandIn(PreparedStatement statement, long request) {
        all.put(statement, new Presence(request, true));
    }

    /** The server has said that it is there; false if it is not to be there any more. */
    boolean confirm(PreparedStatement statement) {
        return confirm(statement, false);
    }

    /** The server has said that its stand-in is there. */
    void confirmStandIn(PreparedStatement statement) {
        confirm(statement, true);
    }

    private boolean confirm(PreparedStatement statement, boolean standIn) {
        Presence presence = all.get(statement);
        boolean isThat = presence != null && presence.standIn == standIn;
        if (isThat) {
            presence.confirmed = true;
        }
        return isThat;
    }

    boolean contains(PreparedStatement statement) {
        return all.containsKey(statement);
    }

    /** See {@link ServerStatements#isUsable}. */
    boolean isUsable(PreparedStatement statement, long request) {
        Presence presence = all.get(statement);
        return isThere(presence, request) && !presence.standIn;
    }

    /** See {@link ServerStatements#hasName}. */
    boolean hasName(PreparedStatement statement, long request) {
        return isThere(all.get(statement), request);
    }

    private static boolean isThere(Presence presence, long request) {
        return presence != null && !presence.stale && (presence.confirmed || presence.request == request);
    }

    /** Whatever is there under its name, it must be prepared anew before its next use. */
    void makeStale(PreparedStatement statement, long request) {
        all.computeIfAbsent(statement, missing -> new Presence(request, false)).stale = true;
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

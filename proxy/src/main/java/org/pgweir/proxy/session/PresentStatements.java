package org.pgweir.proxy.session;

import java.util.LinkedHashMap;

/**
 * Which prepared statements a server has, or will have when it has worked off what was sent: those with names, the least recently used
 * first, and the unnamed one. On the server's loop.
 */
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

    private long requests;
    private Object unnamedOf;
    private long unnamedVersion;

    /** The request with which pgweir has sent it, as long as it may be skipped there; -1 at other times. */
    private long unnamedRequest = -1;

    void requestSent() {
        requests++;
    }

    /** How many requests were sent: the same for all messages of a batch. */
    long requests() {
        return requests;
    }

    // ---------------------------------------------------------------- those with names

    /** It is sent. */
    void add(PreparedStatement statement) {
        all.put(statement, new Presence(requests, false));
    }

    /** A stand-in is sent. */
    void addStandIn(PreparedStatement statement) {
        all.put(statement, new Presence(requests, true));
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
    boolean isUsable(PreparedStatement statement) {
        Presence presence = all.get(statement);
        return isThere(presence) && !presence.standIn;
    }

    /** See {@link ServerStatements#hasName}. */
    boolean hasName(PreparedStatement statement) {
        return isThere(all.get(statement));
    }

    private boolean isThere(Presence presence) {
        return presence != null && !presence.stale && (presence.confirmed || presence.request == requests);
    }

    /** Whatever is there under its name, it must be prepared anew before its next use. */
    void makeStale(PreparedStatement statement) {
        all.computeIfAbsent(statement, missing -> new Presence(requests, false)).stale = true;
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

    // ---------------------------------------------------------------- the unnamed one

    /** It is what this owner prepared as its version. */
    void unnamedIs(Object owner, long version) {
        unnamedOf = owner;
        unnamedVersion = version;
        unnamedRequest = -1;
    }

    /** As {@link #unnamedIs}, sent by pgweir with what the client sends now. */
    void addUnnamed(Object owner, long version) {
        unnamedIs(owner, version);
        unnamedRequest = requests;
    }

    /** The server has said that it is there. */
    void confirmUnnamed() {
        unnamedRequest = -1;
    }

    /** There is none, or not one of a client. */
    void noUnnamed() {
        unnamedOf = null;
    }

    boolean isUnnamed(Object owner, long version) {
        boolean certain = unnamedRequest < 0 || unnamedRequest == requests;
        return certain && unnamedOf == owner && unnamedVersion == version;
    }
}

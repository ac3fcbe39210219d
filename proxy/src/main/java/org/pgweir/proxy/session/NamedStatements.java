package org.pgweir.proxy.session;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Which prepared statements a client has under which names. No statement has two of them: an error must speak of one name only.
 * Each that is here is held in the pool's {@link PreparedStatements}.
 */
final class NamedStatements {
    /** A client with so many statements shares none of its further ones. */
    private static final int MANY = 1000;

    private final PreparedStatements shared;
    private final Function<SqlDialect, SqlContext> context;
    private final Map<ByteString, PreparedStatement> all = new HashMap<>(4);
    private SqlDialect dialect = SqlDialect.DEFAULT;

    /** Those that must be prepared anew before their next use. */
    private Set<PreparedStatement> outdated = Set.of();

    /** What the client had before each {@link #removeAll} that the server has not answered yet. */
    private ArrayDeque<Map<ByteString, PreparedStatement>> removed;

    /** @param context tells how PostgreSQL understands what is prepared now; null while that is not known */
    NamedStatements(PreparedStatements shared, Function<SqlDialect, SqlContext> context) {
        this.shared = shared;
        this.context = context;
    }

    /** How the client's SQL is to be read. */
    void dialect(SqlDialect now) {
        dialect = now;
    }

    SqlDialect dialect() {
        return dialect;
    }

    /** Null if there is none. */
    PreparedStatement get(ByteString name) {
        return all.get(name);
    }

    /** The client's name of a statement; null if the client has it not. */
    ByteString nameOf(String nameOnServer) {
        for (Map.Entry<ByteString, PreparedStatement> entry : all.entrySet()) {
            if (entry.getValue().toString().equals(nameOnServer)) {
                return entry.getKey();
            }
        }
        return null;
    }

    // ---------------------------------------------------------------- new ones

    /** The client prepares under a name that is new to it; returns null if there is no room for it. */
    PreparedStatement add(ByteString name, byte[] body, SqlText text) {
        return put(name, hold(body, text, context()));
    }

    /** As {@link #add}, by SQL's PREPARE; the body is what stands behind the name. Its room has been taken. */
    PreparedStatement addBySql(ByteString name, byte[] body, SqlText text) {
        return put(name, shared.holdSingle(body, dialect, text));
    }

    private PreparedStatement put(ByteString name, PreparedStatement held) {
        if (held != null) {
            all.put(name, held);
        }
        return held;
    }

    /** @param now null if it is not known: then the statement is nobody else's */
    private PreparedStatement hold(byte[] body, SqlText text, SqlContext now) {
        if (now == null || all.size() >= MANY) {
            return shared.holdAlone(body, dialect, text);
        }
        PreparedStatement statement = shared.hold(body, now, text);
        if (statement != null && all.containsValue(statement)) {
            shared.release(statement);
            return shared.holdAlone(body, dialect, text);
        }
        return statement;
    }

    /**
     * What is to be prepared on a server for this statement of the client's: the client's settings may have changed since its Parse, and who
     * shares a statement must find what was prepared under the settings that it was asked for with.
     *
     * @param isSpokenOf whether answers under way may speak of it
     */
    PreparedStatement inContext(ByteString name, PreparedStatement held, boolean isSpokenOf) {
        if (held.isBySql() || isSpokenOf && held.isAlone() && !isOutdated(held)) {
            return held;
        }
        SqlContext now = context();
        PreparedStatement other;
        if (now == null && isOutdated(held)) {
            other = hold(held.bodyBytes(), held.text(), null);
        } else if (held.isAlone()) {
            other = shareAgain(held, now);
        } else {
            other = held.isOf(now) ? null : hold(held.bodyBytes(), held.text(), now);
        }
        if (isOutdated(held)) {
            outdated.remove(held);
        }
        if (other == null) {
            return held;
        }
        all.put(name, other);
        shared.release(held);
        return other;
    }

    /** What takes the place of one that was prepared where the context was not known; null if that goes on. */
    private PreparedStatement shareAgain(PreparedStatement alone, SqlContext now) {
        PreparedStatement statement =
                now == null || all.size() >= MANY ? null : shared.hold(alone.bodyBytes(), now, alone.text());
        if (statement != null && all.containsValue(statement)) {
            shared.release(statement);
            return null;
        }
        return statement;
    }

    /** How PostgreSQL understands what is prepared now; null while that is not known. */
    SqlContext context() {
        return context.apply(dialect);
    }

    /** One that a server has prepared before, and that the client could have under this name without a server; null if there is none. */
    PreparedStatement adoptable(ByteString name, byte[] body, SqlContext now) {
        PreparedStatement statement = all.size() >= MANY ? null : shared.proven(body, now);
        boolean isFree = statement != null
                && statement.text() != null
                && statement.text().leavesNothing()
                && !all.containsKey(name)
                && !all.containsValue(statement);
        return isFree ? statement : null;
    }

    void adopt(ByteString name, PreparedStatement statement) {
        shared.holdAgain(statement);
        all.put(name, statement);
    }

    /** The names in them may mean something else now: each is prepared anew before its next use, for this client alone. */
    void outdate() {
        outdated = new HashSet<>(all.values());
        outdated.removeIf(PreparedStatement::isBySql);
    }

    private boolean isOutdated(PreparedStatement statement) {
        return !outdated.isEmpty() && outdated.contains(statement);
    }

    // ---------------------------------------------------------------- their use on a server

    /** Whether a use that is sent now will find the statement there, as the client means it. */
    boolean isUsable(PreparedStatement statement, ServerStatements server) {
        return server.isUsable(statement) && !isOutdated(statement);
    }

    /** See {@link Followed#READ_OTHERWISE}. */
    boolean isReadOtherwise(PreparedStatement statement, ServerStatements server) {
        return statement != null
                && !isUsable(statement, server)
                && !server.transaction().hasFailed()
                && !statement.isReadAlikeIn(dialect);
    }

    /** Whether it depends on what is under way what the server must be given in its place. */
    boolean lacksInDoubt(PreparedStatement statement, ServerStatements server) {
        return statement != null
                && !isUsable(statement, server)
                && server.transaction().isInDoubt();
    }

    // ---------------------------------------------------------------- their end

    /** Returns what the client had under the name; null if it had nothing. */
    PreparedStatement remove(ByteString name) {
        PreparedStatement gone = all.remove(name);
        if (gone != null) {
            shared.release(gone);
        }
        return gone;
    }

    /** The client asks the server to forget them all. */
    void removeAll() {
        removed = removed == null ? new ArrayDeque<>(1) : removed;
        removed.addLast(new HashMap<>(all));
        all.clear();
    }

    void removeAllHappened() {
        removed.removeFirst().values().forEach(shared::release);
    }

    // ---------------------------------------------------------------- what did not happen

    void removeAllDidNotHappen() {
        removed.removeLast().forEach((name, statement) -> {
            if (all.containsKey(name)) {
                shared.release(statement);
            } else {
                putBack(name, statement);
            }
        });
    }

    void parseDidNotHappen(ByteString name, PreparedStatement statement) {
        PreparedStatement held = all.get(name);
        // A Close that did not happen either may have brought back another one in its place.
        if (held != null && (held == statement || held.isAlone() && held.hasBodyOf(statement))) {
            remove(name);
        }
    }

    void closeDidNotHappen(ByteString name, PreparedStatement statement) {
        if (!all.containsKey(name)) {
            shared.holdAgain(statement);
            putBack(name, statement);
        }
    }

    /** Takes over a hold of the statement, which may have been prepared under another name meanwhile. */
    private void putBack(ByteString name, PreparedStatement statement) {
        PreparedStatement alone = all.containsValue(statement)
                ? shared.holdAlone(statement.bodyBytes(), statement.dialect(), statement.text())
                : null;
        if (alone != null) {
            shared.release(statement);
        }
        all.put(name, alone == null ? statement : alone);
    }

    // ---------------------------------------------------------------- all of them

    /** The client is gone. */
    void clear() {
        outdated = Set.of();
        all.values().forEach(shared::release);
        all.clear();
        if (removed != null) {
            removed.forEach(before -> before.values().forEach(shared::release));
            removed = null;
        }
    }

    int size() {
        return all.size();
    }
}

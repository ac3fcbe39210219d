package org.pgweir.proxy.session;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The prepared statements of all clients of a pool, each text with its parameter types once. From any thread.
 *
 * <p>A statement that no client holds any more stays, since the next client will most likely prepare it again, until there is need of
 * room.
 */
public final class PreparedStatements {
    private static final AtomicLong IDS = new AtomicLong();

    private final Map<PreparedStatement.Body, PreparedStatement> all = new ConcurrentHashMap<>();
    private final AtomicLong used = new AtomicLong();
    private volatile long mostBytes;

    /** @param mostBytes {@code max_prepared_statement_memory}; 0 for no limit */
    public void limit(long mostBytes) {
        this.mostBytes = mostBytes;
    }

    /**
     * Gets the statement with this body, which then counts as held by one more client.
     *
     * @return null if there is no room for another one
     */
    PreparedStatement hold(byte[] bytes, SqlContext context, SqlText text) {
        return hold(PreparedStatement.Body.ofParse(bytes, context, -SchemaChanges.count()), text);
    }

    /** The statement with this body, which some server has prepared; null if there is none. */
    PreparedStatement proven(byte[] bytes, SqlContext context) {
        PreparedStatement known = all.get(PreparedStatement.Body.ofParse(bytes, context, -SchemaChanges.count()));
        return known != null && known.isProven() ? known : null;
    }

    /** As {@link #hold(byte[], SqlContext, SqlText)}, for a statement of SQL's PREPARE; its room has been taken by {@link #charge}. */
    PreparedStatement holdSingle(byte[] bytes, SqlDialect dialect, SqlText text) {
        return holdCharged(PreparedStatement.Body.ofPrepare(bytes, dialect, IDS.incrementAndGet()), text);
    }

    /** As {@link #hold(byte[], SqlContext, SqlText)}, but a statement that nobody else has. */
    PreparedStatement holdAlone(byte[] bytes, SqlDialect dialect, SqlText text) {
        SqlContext context = SqlContext.ofBytes(dialect);
        return hold(PreparedStatement.Body.ofParse(bytes, context, IDS.incrementAndGet()), text);
    }

    private PreparedStatement hold(PreparedStatement.Body body, SqlText text) {
        PreparedStatement statement = holdCharged(body, text);
        if (!isTooMuch()) {
            return statement;
        }
        all.keySet().forEach(this::dropUnheld);
        if (isTooMuch()) {
            release(statement);
            dropUnheld(body);
            return null;
        }
        return statement;
    }

    private PreparedStatement holdCharged(PreparedStatement.Body body, SqlText text) {
        return all.compute(body, (k, known) -> {
            PreparedStatement held = known == null ? added(k, text) : known;
            held.holders++;
            return held;
        });
    }

    private PreparedStatement added(PreparedStatement.Body body, SqlText text) {
        PreparedStatement statement = new PreparedStatement(IDS.incrementAndGet(), body, text);
        used.addAndGet(statement.bytes());
        return statement;
    }

    private boolean isTooMuch() {
        long most = mostBytes;
        return most > 0 && used.get() > most;
    }

    private void dropUnheld(PreparedStatement.Body body) {
        all.computeIfPresent(body, (k, statement) -> {
            if (statement.holders > 0) {
                return statement;
            }
            used.addAndGet(-statement.bytes());
            return null;
        });
    }

    /** A client that had released it holds it all the same. */
    void holdAgain(PreparedStatement statement) {
        all.compute(statement.body(), (k, known) -> {
            PreparedStatement held = known;
            if (held == null) {
                held = statement;
                used.addAndGet(held.bytes());
            }
            held.holders++;
            return held;
        });
    }

    /**
     * Counts memory of a client's that belongs to no shared statement.
     *
     * @return false, and nothing is counted, if there is no room for it
     */
    boolean charge(int bytes) {
        used.addAndGet(bytes);
        if (bytes > 0 && isTooMuch()) {
            all.keySet().forEach(this::dropUnheld);
            if (isTooMuch()) {
                used.addAndGet(-bytes);
                return false;
            }
        }
        return true;
    }

    /** One client less holds it. */
    void release(PreparedStatement statement) {
        all.computeIfPresent(statement.body(), (k, known) -> {
            known.holders--;
            if (known.holders > 0 || !known.isOutOfDate()) {
                return known;
            }
            // Whoever wants this text from now on gets another one.
            used.addAndGet(-known.bytes());
            return null;
        });
    }

    public int size() {
        return all.size();
    }

    /** Heap that they take, roughly. */
    public long bytes() {
        return used.get();
    }
}

package org.pgweir.proxy.session;

/**
 * What a text of SQL may do to a session beyond its transaction, or is worth knowing of its transaction.
 *
 * <p>Decided by the words alone, and rather yes than no: a column named {@code nextval} counts as a call. What happens inside functions,
 * triggers and rules, and what comes in parameters, is not in the text.
 */
public enum Effect {
    /**
     * SET other than SET LOCAL, SET TRANSACTION and SET CONSTRAINTS; RESET; DISCARD ALL; a call of set_config, unless it is local;
     * an UPDATE of pg_settings.
     */
    SETTINGS,
    /**
     * A change of a setting whose name the text does not tell: set_config with a computed name, an UPDATE of pg_settings. Comes with
     * {@link #SETTINGS}.
     */
    OPAQUE_SETTINGS,
    /**
     * A setting may change, also for the transaction only, by which PostgreSQL understands the statements that it prepares: search_path,
     * role, TimeZone and the like.
     */
    MEANING,
    /** A setting goes back to what it was at the session's start: RESET, SET … TO DEFAULT, SET TIME ZONE LOCAL, DISCARD ALL. */
    RESETS,
    /** SET LOCAL, set_config with a literal {@code true} for is_local: over at the transaction's end. */
    SETS_LOCAL,
    /**
     * CREATE TEMP, SELECT INTO TEMP, any use of the schema pg_temp, also in the text of a setting. Not CREATE TEMP TABLE … ON COMMIT
     * DROP, which does not outlive its transaction.
     */
    TEMPORARY,
    /** CREATE TEMP TABLE … ON COMMIT DROP. */
    SHADOWS,
    /** DROP, DISCARD TEMP, DISCARD ALL: temporary objects may be gone. */
    TEMPORARY_END,
    /** A session advisory lock is taken, or tried. */
    ADVISORY_LOCK,
    /** pg_advisory_unlock, _shared, _all; DISCARD ALL: session advisory locks may be gone. */
    ADVISORY_UNLOCK,
    /** DECLARE … WITH HOLD. */
    HOLD_CURSOR,
    /** CLOSE, DISCARD ALL: cursors may be gone. */
    CURSOR_CLOSE,
    LOAD,
    /** DO or CALL: code that may do anything. */
    CODE,
    /** nextval, setval, DISCARD SEQUENCES, DISCARD ALL: changes what currval and lastval answer. */
    SEQUENCE_STEPS,
    /** currval, lastval: answer what happened in this session. */
    SEQUENCE_READS,
    /** PREPARE, EXECUTE (also behind EXPLAIN and CREATE TABLE … AS), DEALLOCATE, DISCARD ALL. */
    PREPARED,
    /** LISTEN, UNLISTEN, DISCARD ALL. */
    LISTENS,
    /** NOTIFY, pg_notify. */
    NOTIFIES,
    /** BEGIN, START TRANSACTION, COMMIT, END, ROLLBACK, ABORT, PREPARE TRANSACTION; not ROLLBACK TO. */
    TRANSACTION_CONTROL,
    /** SAVEPOINT, RELEASE, ROLLBACK TO. */
    SAVEPOINTS,
    /** CREATE, ALTER, DROP: the same names may stand for something else afterwards. */
    DEFINES,
    /**
     * A function is called, or may be, that PostgreSQL does not bring along: it may do anything. Those behind views, triggers, operators
     * and casts are not in the text.
     */
    CALLS;

    int bit() {
        return 1 << ordinal();
    }
}

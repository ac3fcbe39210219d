package org.pgweir.proxy.session;

/**
 * An answer that a server owes.
 *
 * @param client who is told if it does not come; null for nobody
 * @param name the client's name of the statement
 * @param changes what was changed in the text that it answers; null for nothing
 * @param kept the client's unnamed statement that comes back if it is skipped
 */
record Owed(
        Kind kind,
        PreparedStatement statement,
        ServerStatements.Client client,
        ByteString name,
        TextChanges changes,
        UnnamedStatement.Earlier kept) {
    Owed(Kind kind, PreparedStatement statement, ServerStatements.Client client, ByteString name) {
        this(kind, statement, client, name, null);
    }

    Owed(Kind kind, PreparedStatement statement, ServerStatements.Client client, ByteString name, TextChanges changes) {
        this(kind, statement, client, name, changes, null);
    }

    enum Kind {
        /** A ReadyForQuery: whatever is owed before it has come or never will. */
        READY,
        /** ParseComplete of the client's unnamed statement. */
        PARSE,
        /** The same, behind a {@link #MARK}: it takes the place of a statement that stays if this one is skipped. */
        MARKED_PARSE,
        /** CloseComplete that the client does not know of: all before it was done. */
        MARK,
        /** CloseComplete for the client, of its unnamed statement. */
        UNNAMED_CLOSE,
        /** ParseComplete of a statement under a client's name. */
        NAMED_PARSE,
        /** ParseComplete that the client does not know of. */
        OWN_PARSE,
        /** The same, of a text that is there only to be refused or ended under the statement's name. */
        STAND_IN,
        /** The same as {@link #OWN_PARSE}, of a PREPARE: its BindComplete and CommandComplete are next. */
        OWN_PREPARE,
        /** CloseComplete for the client. */
        CLOSE,
        /** CloseComplete for the client, of a statement that it had under this name. */
        NAMED_CLOSE,
        /** CloseComplete that stands for a ParseComplete. */
        CLOSE_AS_PARSE,
        /** CloseComplete that the client does not know of. */
        OWN_CLOSE,
        /** An error about a name. */
        ERROR,
        /** An error with a position in a text that was changed. */
        POSITION,
        /** A PREPARE in SQL. */
        SQL_PREPARE,
        /** A DEALLOCATE in SQL. */
        SQL_DEALLOCATE,
        /** DEALLOCATE ALL or DISCARD ALL. */
        SQL_CLEAR,
        /** A RESET, behind which there may be additions. */
        SQL_RESET,
        /** An UNLISTEN, behind which there may be additions. */
        SQL_UNLISTEN,
        /** A SET that pgweir has put in. */
        ADDED_SET,
        /** A LISTEN that pgweir has put in. */
        ADDED_LISTEN;

        /** Whether ParseComplete or CloseComplete answers it. */
        boolean isAnswered() {
            return switch (this) {
                case PARSE, MARKED_PARSE, NAMED_PARSE, OWN_PARSE, STAND_IN, OWN_PREPARE -> true;
                case CLOSE, UNNAMED_CLOSE, NAMED_CLOSE, CLOSE_AS_PARSE, OWN_CLOSE, MARK -> true;
                default -> false;
            };
        }

        /** Whether pgweir has added it to a Query of the client's. */
        boolean isAddition() {
            return this == ADDED_SET || this == ADDED_LISTEN;
        }

        /** Whether CommandComplete answers it. */
        boolean hasTag() {
            return !isAnswered() && this != READY && this != ERROR && this != POSITION;
        }
    }

    static final Owed A_READY = new Owed(Kind.READY, null, null, null);
    static final Owed A_CLOSE = new Owed(Kind.CLOSE, null, null, null);
    static final Owed OWN_UNNAMED_PARSE = new Owed(Kind.OWN_PARSE, null, null, null);
    static final Owed AN_OWN_CLOSE = new Owed(Kind.OWN_CLOSE, null, null, null);
    static final Owed A_MARK = new Owed(Kind.MARK, null, null, null);
    static final Owed A_RESET = new Owed(Kind.SQL_RESET, null, null, null);
    static final Owed AN_UNLISTEN = new Owed(Kind.SQL_UNLISTEN, null, null, null);
    static final Owed ADDED_SET = new Owed(Kind.ADDED_SET, null, null, null);
    static final Owed ADDED_LISTEN = new Owed(Kind.ADDED_LISTEN, null, null, null);

    boolean is(Kind some) {
        return kind == some;
    }
}

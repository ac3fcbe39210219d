package org.pgweir.proxy.session;

/** What became of a frame of a client that {@link ClientStatements} was shown. */
public enum Followed {
    /** It goes on as it came. */
    AS_IT_CAME,
    /** It was written otherwise, or its beginning was and the rest goes on as it came. */
    REWRITTEN,
    /** More of it must be there first. */
    INCOMPLETE,
    /** It makes no sense. */
    MALFORMED,
    /** There is no room for another prepared statement. */
    NO_ROOM,
    /** Its SQL is not wanted; nothing was written. */
    REJECTED,
    /** What its name stands for is not known before the server has answered what was sent. */
    IN_DOUBT,
    /** What the server holds must be found out before it runs; see {@link ClientStatements#askingFirst}. */
    MUST_ASK,
    /** It must wait until the server has {@link ClientStatements#needed()}. */
    NEEDS_STATEMENT,
    /** The server lacks a statement whose bytes meant something else, in other settings, when the client prepared it. */
    READ_OTHERWISE,
    /** It would run a statement whose columns have changed since the client was told of them. */
    COLUMNS_CHANGED
}

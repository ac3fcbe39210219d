package org.pgweir.protocol;

/** Type bytes of the messages that a client sends (PostgreSQL documentation, "Message Formats"). */
public final class Frontend {
    public static final byte QUERY = 'Q';
    public static final byte PARSE = 'P';
    public static final byte BIND = 'B';
    public static final byte DESCRIBE = 'D';
    public static final byte EXECUTE = 'E';
    public static final byte CLOSE = 'C';
    public static final byte SYNC = 'S';
    public static final byte FLUSH = 'H';
    public static final byte FUNCTION_CALL = 'F';
    public static final byte COPY_DATA = 'd';
    public static final byte COPY_DONE = 'c';
    public static final byte COPY_FAIL = 'f';
    public static final byte TERMINATE = 'X';

    /** PasswordMessage, SASLInitialResponse and SASLResponse: told apart by what the server asked. */
    public static final byte PASSWORD = 'p';

    /** What a client may send once it is logged in. */
    public static final FrameTypes SERVING = FrameTypes.of(
            QUERY,
            PARSE,
            BIND,
            DESCRIBE,
            EXECUTE,
            CLOSE,
            SYNC,
            FLUSH,
            FUNCTION_CALL,
            COPY_DATA,
            COPY_DONE,
            COPY_FAIL,
            TERMINATE);

    private Frontend() {}
}

package org.pgweir.protocol;

/** Type bytes of the messages that a server sends (PostgreSQL documentation, "Message Formats"). */
public final class Backend {
    public static final byte AUTHENTICATION = 'R';
    public static final byte BACKEND_KEY_DATA = 'K';
    public static final byte BIND_COMPLETE = '2';
    public static final byte CLOSE_COMPLETE = '3';
    public static final byte COMMAND_COMPLETE = 'C';
    public static final byte COPY_DATA = 'd';
    public static final byte COPY_DONE = 'c';
    public static final byte COPY_IN_RESPONSE = 'G';
    public static final byte COPY_OUT_RESPONSE = 'H';
    public static final byte COPY_BOTH_RESPONSE = 'W';
    public static final byte DATA_ROW = 'D';
    public static final byte EMPTY_QUERY_RESPONSE = 'I';
    public static final byte ERROR_RESPONSE = 'E';
    public static final byte FUNCTION_CALL_RESPONSE = 'V';
    public static final byte NEGOTIATE_PROTOCOL_VERSION = 'v';
    public static final byte NO_DATA = 'n';
    public static final byte NOTICE_RESPONSE = 'N';
    public static final byte NOTIFICATION_RESPONSE = 'A';
    public static final byte PARAMETER_DESCRIPTION = 't';
    public static final byte PARAMETER_STATUS = 'S';
    public static final byte PARSE_COMPLETE = '1';
    public static final byte PORTAL_SUSPENDED = 's';
    public static final byte READY_FOR_QUERY = 'Z';
    public static final byte ROW_DESCRIPTION = 'T';

    /** Transaction status of ReadyForQuery: not in a transaction block. */
    public static final byte IDLE = 'I';

    /** Transaction status of ReadyForQuery: in a transaction block. */
    public static final byte IN_TRANSACTION = 'T';

    /** Transaction status of ReadyForQuery: in a transaction block that has failed. */
    public static final byte FAILED_TRANSACTION = 'E';

    /** What a server may send at any time, login included. */
    public static final FrameTypes ALL = FrameTypes.of(
            AUTHENTICATION,
            BACKEND_KEY_DATA,
            BIND_COMPLETE,
            CLOSE_COMPLETE,
            COMMAND_COMPLETE,
            COPY_DATA,
            COPY_DONE,
            COPY_IN_RESPONSE,
            COPY_OUT_RESPONSE,
            COPY_BOTH_RESPONSE,
            DATA_ROW,
            EMPTY_QUERY_RESPONSE,
            ERROR_RESPONSE,
            FUNCTION_CALL_RESPONSE,
            NEGOTIATE_PROTOCOL_VERSION,
            NO_DATA,
            NOTICE_RESPONSE,
            NOTIFICATION_RESPONSE,
            PARAMETER_DESCRIPTION,
            PARAMETER_STATUS,
            PARSE_COMPLETE,
            PORTAL_SUSPENDED,
            READY_FOR_QUERY,
            ROW_DESCRIPTION);

    private Backend() {}
}

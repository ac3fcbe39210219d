package org.pgweir.protocol;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Writes the backend messages that pgweir itself sends to clients. Each method appends one whole message. */
public final class BackendMessages {
    private static final int AUTHENTICATION_OK = 0;
    private static final int AUTHENTICATION_CLEARTEXT = 3;
    private static final int AUTHENTICATION_MD5 = 5;
    private static final int AUTHENTICATION_SASL = 10;
    private static final int AUTHENTICATION_SASL_CONTINUE = 11;
    private static final int AUTHENTICATION_SASL_FINAL = 12;

    private BackendMessages() {}

    public static void authenticationOk(ByteBuf out) {
        authentication(out, AUTHENTICATION_OK, new byte[0]);
    }

    public static void authenticationCleartextPassword(ByteBuf out) {
        authentication(out, AUTHENTICATION_CLEARTEXT, new byte[0]);
    }

    /** @param salt 4 bytes */
    public static void authenticationMd5Password(ByteBuf out, byte[] salt) {
        authentication(out, AUTHENTICATION_MD5, salt);
    }

    public static void authenticationSasl(ByteBuf out, List<String> mechanisms) {
        int start = Wire.begin(out, Backend.AUTHENTICATION);
        out.writeInt(AUTHENTICATION_SASL);
        for (String mechanism : mechanisms) {
            Wire.writeString(out, mechanism);
        }
        out.writeByte(0);
        Wire.end(out, start);
    }

    public static void authenticationSaslContinue(ByteBuf out, String data) {
        authentication(out, AUTHENTICATION_SASL_CONTINUE, data.getBytes(StandardCharsets.UTF_8));
    }

    public static void authenticationSaslFinal(ByteBuf out, String data) {
        authentication(out, AUTHENTICATION_SASL_FINAL, data.getBytes(StandardCharsets.UTF_8));
    }

    private static void authentication(ByteBuf out, int kind, byte[] content) {
        int start = Wire.begin(out, Backend.AUTHENTICATION);
        out.writeInt(kind);
        out.writeBytes(content);
        Wire.end(out, start);
    }

    public static void parameterStatus(ByteBuf out, String name, String value) {
        int start = Wire.begin(out, Backend.PARAMETER_STATUS);
        Wire.writeString(out, name);
        Wire.writeString(out, value);
        Wire.end(out, start);
    }

    public static void backendKeyData(ByteBuf out, CancelKey key) {
        int start = Wire.begin(out, Backend.BACKEND_KEY_DATA);
        out.writeInt(key.processId());
        out.writeBytes(key.secret());
        Wire.end(out, start);
    }

    /** @param status one of {@link Backend#IDLE}, {@link Backend#IN_TRANSACTION}, {@link Backend#FAILED_TRANSACTION} */
    public static void readyForQuery(ByteBuf out, byte status) {
        int start = Wire.begin(out, Backend.READY_FOR_QUERY);
        out.writeByte(status);
        Wire.end(out, start);
    }

    public static void errorResponse(ByteBuf out, ErrorMessage error) {
        error.write(out, Backend.ERROR_RESPONSE);
    }

    /** @param file and routine: the place in PostgreSQL's source by which clients know this error */
    public static void errorResponse(ByteBuf out, ErrorMessage error, String file, String routine) {
        error.write(out, Backend.ERROR_RESPONSE, file, routine);
    }

    public static void noticeResponse(ByteBuf out, ErrorMessage notice) {
        notice.write(out, Backend.NOTICE_RESPONSE);
    }

    /** The error format of protocol 2 and older: 'E' and a string. */
    public static void errorResponseVersion2(ByteBuf out, String message) {
        out.writeByte(Backend.ERROR_RESPONSE);
        Wire.writeString(out, message);
    }

    /** @param unknownOptions the {@code _pq_.} parameters that are not understood */
    public static void negotiateProtocolVersion(ByteBuf out, int newestVersion, List<String> unknownOptions) {
        int start = Wire.begin(out, Backend.NEGOTIATE_PROTOCOL_VERSION);
        out.writeInt(newestVersion);
        out.writeInt(unknownOptions.size());
        for (String option : unknownOptions) {
            Wire.writeString(out, option);
        }
        Wire.end(out, start);
    }

    /** All columns in text format. */
    public static void rowDescription(ByteBuf out, List<Column> columns) {
        rowDescription(out, columns, ResultFormats.TEXT);
    }

    public static void rowDescription(ByteBuf out, List<Column> columns, ResultFormats formats) {
        int start = Wire.begin(out, Backend.ROW_DESCRIPTION);
        out.writeShort(columns.size());
        for (int i = 0; i < columns.size(); i++) {
            Column column = columns.get(i);
            Wire.writeString(out, column.name());
            out.writeInt(0); // table
            out.writeShort(0); // attribute
            out.writeInt(column.type().oid());
            out.writeShort(column.type().size());
            out.writeInt(-1); // type modifier
            out.writeShort(formats.isBinary(i) ? 1 : 0);
        }
        Wire.end(out, start);
    }

    /** @param values a null is SQL's NULL; anything else is written as its text */
    public static void dataRow(ByteBuf out, List<?> values) {
        int start = Wire.begin(out, Backend.DATA_ROW);
        out.writeShort(values.size());
        for (Object value : values) {
            writeText(out, value);
        }
        Wire.end(out, start);
    }

    /** @param values a null is SQL's NULL; what is asked for in binary is a number where the column has numbers */
    public static void dataRow(ByteBuf out, List<Column> columns, List<?> values, ResultFormats formats) {
        int start = Wire.begin(out, Backend.DATA_ROW);
        out.writeShort(values.size());
        for (int i = 0; i < columns.size(); i++) {
            if (formats.isBinary(i)) {
                BinaryValue.write(out, columns.get(i).type(), values.get(i));
            } else {
                writeText(out, values.get(i));
            }
        }
        Wire.end(out, start);
    }

    static void writeText(ByteBuf out, Object value) {
        if (value == null) {
            out.writeInt(-1);
        } else {
            byte[] text = value.toString().getBytes(StandardCharsets.UTF_8);
            out.writeInt(text.length);
            out.writeBytes(text);
        }
    }

    public static void parseComplete(ByteBuf out) {
        empty(out, Backend.PARSE_COMPLETE);
    }

    public static void bindComplete(ByteBuf out) {
        empty(out, Backend.BIND_COMPLETE);
    }

    public static void closeComplete(ByteBuf out) {
        empty(out, Backend.CLOSE_COMPLETE);
    }

    public static void noData(ByteBuf out) {
        empty(out, Backend.NO_DATA);
    }

    public static void portalSuspended(ByteBuf out) {
        empty(out, Backend.PORTAL_SUSPENDED);
    }

    /** ParameterDescription of a statement without parameters. */
    public static void noParameters(ByteBuf out) {
        int start = Wire.begin(out, Backend.PARAMETER_DESCRIPTION);
        out.writeShort(0);
        Wire.end(out, start);
    }

    private static void empty(ByteBuf out, byte type) {
        Wire.end(out, Wire.begin(out, type));
    }

    public static void commandComplete(ByteBuf out, String tag) {
        int start = Wire.begin(out, Backend.COMMAND_COMPLETE);
        Wire.writeString(out, tag);
        Wire.end(out, start);
    }

    public static void emptyQueryResponse(ByteBuf out) {
        empty(out, Backend.EMPTY_QUERY_RESPONSE);
    }

    /** A column of a result that pgweir makes itself. */
    public record Column(String name, ColumnType type) {}

    /** Types with their object ids from PostgreSQL's catalog. */
    public enum ColumnType {
        BOOL(16, 1),
        BYTEA(17, -1),
        INT8(20, 8),
        INT4(23, 4),
        TEXT(25, -1),
        NUMERIC(1700, -1);

        private final int oid;
        private final int size;

        ColumnType(int oid, int size) {
            this.oid = oid;
            this.size = size;
        }

        int oid() {
            return oid;
        }

        int size() {
            return size;
        }
    }
}

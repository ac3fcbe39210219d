package org.pgweir.testkit;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** The bytes of the messages that a backend sends, for {@link ScriptedServer}. The counterpart of {@link Frames}. */
public final class BackendFrames {

    private static final int TEXT_OID = 25;

    private BackendFrames() {}

    // Login

    public static byte[] authenticationOk() {
        return authentication(0, new byte[0]);
    }

    public static byte[] authenticationSasl(String... mechanisms) {
        FrameWriter names = new FrameWriter();
        for (String mechanism : mechanisms) {
            names.cstring(mechanism);
        }
        return authentication(10, names.int8(0).bytes());
    }

    /** An authentication request of any kind, known or not. */
    public static byte[] authentication(int kind, byte[] data) {
        return new FrameWriter().int32(kind).raw(data).message('R');
    }

    public static byte[] parameterStatus(String name, String value) {
        return new FrameWriter().cstring(name).cstring(value).message('S');
    }

    public static byte[] backendKeyData(int pid, byte[] secret) {
        return new FrameWriter().int32(pid).raw(secret).message('K');
    }

    public static byte[] negotiateProtocolVersion(int protocol, List<String> unknownOptions) {
        FrameWriter body = new FrameWriter().int32(protocol).int32(unknownOptions.size());
        unknownOptions.forEach(body::cstring);
        return body.message('v');
    }

    /** A ReadyForQuery; the status is I, T or E. */
    public static byte[] readyForQuery(char status) {
        return new FrameWriter().int8(status).message('Z');
    }

    // Results

    /** A RowDescription of text columns. */
    public static byte[] rowDescription(String... columns) {
        FrameWriter body = new FrameWriter().int16(columns.length);
        for (String column : columns) {
            // no table, text, variable size, no modifier, text format
            body.cstring(column)
                    .int32(0)
                    .int16(0)
                    .int32(TEXT_OID)
                    .int16(-1)
                    .int32(-1)
                    .int16(0);
        }
        return body.message('T');
    }

    /** A DataRow of text values; a null is NULL. */
    public static byte[] dataRow(String... values) {
        FrameWriter body = new FrameWriter().int16(values.length);
        for (String value : values) {
            body.value(value == null ? null : value.getBytes(StandardCharsets.UTF_8));
        }
        return body.message('D');
    }

    public static byte[] commandComplete(String tag) {
        return new FrameWriter().cstring(tag).message('C');
    }

    public static byte[] emptyQueryResponse() {
        return Frames.header('I', 4);
    }

    public static byte[] parseComplete() {
        return Frames.header('1', 4);
    }

    public static byte[] bindComplete() {
        return Frames.header('2', 4);
    }

    public static byte[] closeComplete() {
        return Frames.header('3', 4);
    }

    public static byte[] noData() {
        return Frames.header('n', 4);
    }

    public static byte[] portalSuspended() {
        return Frames.header('s', 4);
    }

    public static byte[] parameterDescription(int... types) {
        FrameWriter body = new FrameWriter().int16(types.length);
        for (int oid : types) {
            body.int32(oid);
        }
        return body.message('t');
    }

    // Errors, notices, notifications

    public static byte[] errorResponse(String severity, String sqlstate, String message) {
        return report('E', Map.of('S', severity, 'V', severity, 'C', sqlstate, 'M', message));
    }

    public static byte[] noticeResponse(String severity, String sqlstate, String message) {
        return report('N', Map.of('S', severity, 'V', severity, 'C', sqlstate, 'M', message));
    }

    /** An ErrorResponse (E) or NoticeResponse (N) with any fields. */
    public static byte[] report(char type, Map<Character, String> fields) {
        FrameWriter body = new FrameWriter();
        fields.forEach((code, value) -> body.int8(code).cstring(value));
        return body.int8(0).message(type);
    }

    public static byte[] notificationResponse(int pid, String channel, String payload) {
        return new FrameWriter().int32(pid).cstring(channel).cstring(payload).message('A');
    }

    // COPY

    /** A CopyInResponse for so many text columns. */
    public static byte[] copyInResponse(int columns) {
        return copyResponse('G', columns);
    }

    public static byte[] copyOutResponse(int columns) {
        return copyResponse('H', columns);
    }

    public static byte[] copyBothResponse(int columns) {
        return copyResponse('W', columns);
    }

    private static byte[] copyResponse(char type, int columns) {
        FrameWriter body = new FrameWriter().int8(0).int16(columns);
        for (int i = 0; i < columns; i++) {
            body.int16(0);
        }
        return body.message(type);
    }
}

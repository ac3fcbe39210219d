package org.pgweir.testkit;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * The bytes of every message a frontend can send, section "Message Formats" of the protocol documentation. Frames are plain byte
 * arrays: put several behind each other with {@link #concat}, cut them with {@link java.util.Arrays#copyOfRange}, spoil them.
 */
public final class Frames {

    /** Protocol 3.0 as it stands in a StartupMessage. */
    public static final int PROTOCOL_3_0 = 3 << 16;

    /** Protocol 3.2, PostgreSQL 18: cancel keys of 4 to 256 bytes. */
    public static final int PROTOCOL_3_2 = 3 << 16 | 2;

    /** Request codes that stand where the protocol version stands in a StartupMessage. */
    public static final int CANCEL_REQUEST_CODE = 80877102;

    public static final int SSL_REQUEST_CODE = 80877103;
    public static final int GSS_ENC_REQUEST_CODE = 80877104;

    private static final int[] NO_FORMATS = {};

    private Frames() {}

    // Anything

    /** A message with the right length for its body. */
    public static byte[] message(char type, byte[] body) {
        return new FrameWriter().int8(type).int32(body.length + 4).raw(body).bytes();
    }

    /** A type and a length that need not be true, for messages that lie or that stream their body. */
    public static byte[] header(char type, int length) {
        return new FrameWriter().int8(type).int32(length).bytes();
    }

    /** Frames behind each other. */
    public static byte[] concat(byte[]... frames) {
        FrameWriter all = new FrameWriter();
        for (byte[] frame : frames) {
            all.raw(frame);
        }
        return all.bytes();
    }

    // Before login

    /** A StartupMessage of protocol 3.0. */
    public static byte[] startup(Map<String, String> parameters) {
        return startup(PROTOCOL_3_0, parameters);
    }

    public static byte[] startup(int protocol, Map<String, String> parameters) {
        FrameWriter body = new FrameWriter().int32(protocol);
        parameters.forEach((name, value) -> body.cstring(name).cstring(value));
        return body.int8(0).untyped();
    }

    public static byte[] sslRequest() {
        return new FrameWriter().int32(SSL_REQUEST_CODE).untyped();
    }

    public static byte[] gssEncRequest() {
        return new FrameWriter().int32(GSS_ENC_REQUEST_CODE).untyped();
    }

    /** A CancelRequest; the secret has four bytes in protocol 3.0 and up to 256 in 3.2. */
    public static byte[] cancelRequest(int pid, byte[] secret) {
        return new FrameWriter()
                .int32(CANCEL_REQUEST_CODE)
                .int32(pid)
                .raw(secret)
                .untyped();
    }

    // Login

    /** A PasswordMessage: cleartext, or the answer to an MD5 challenge. */
    public static byte[] password(String password) {
        return new FrameWriter().cstring(password).message('p');
    }

    public static byte[] saslInitialResponse(String mechanism, byte[] data) {
        return new FrameWriter().cstring(mechanism).value(data).message('p');
    }

    public static byte[] saslResponse(byte[] data) {
        return message('p', data);
    }

    // Simple query

    public static byte[] query(String sql) {
        return new FrameWriter().cstring(sql).message('Q');
    }

    // Extended query

    public static byte[] parse(String statement, String sql, int... parameterTypes) {
        FrameWriter body = new FrameWriter().cstring(statement).cstring(sql).int16(parameterTypes.length);
        for (int oid : parameterTypes) {
            body.int32(oid);
        }
        return body.message('P');
    }

    /** A Bind with text parameters and text results; a null is NULL. */
    public static byte[] bind(String portal, String statement, String... parameters) {
        byte[][] values = new byte[parameters.length][];
        for (int i = 0; i < values.length; i++) {
            values[i] = parameters[i] == null ? null : parameters[i].getBytes(StandardCharsets.UTF_8);
        }
        return bind(portal, statement, NO_FORMATS, values, NO_FORMATS);
    }

    /** A Bind in full; formats are 0 for text and 1 for binary. */
    public static byte[] bind(
            String portal, String statement, int[] parameterFormats, byte[][] parameters, int[] resultFormats) {
        FrameWriter body = new FrameWriter().cstring(portal).cstring(statement);
        formats(body, parameterFormats).int16(parameters.length);
        for (byte[] parameter : parameters) {
            body.value(parameter);
        }
        return formats(body, resultFormats).message('B');
    }

    public static byte[] describeStatement(String statement) {
        return new FrameWriter().int8('S').cstring(statement).message('D');
    }

    public static byte[] describePortal(String portal) {
        return new FrameWriter().int8('P').cstring(portal).message('D');
    }

    /** An Execute without a limit of rows. */
    public static byte[] execute(String portal) {
        return execute(portal, 0);
    }

    public static byte[] execute(String portal, int maxRows) {
        return new FrameWriter().cstring(portal).int32(maxRows).message('E');
    }

    public static byte[] closeStatement(String statement) {
        return new FrameWriter().int8('S').cstring(statement).message('C');
    }

    public static byte[] closePortal(String portal) {
        return new FrameWriter().int8('P').cstring(portal).message('C');
    }

    public static byte[] sync() {
        return header('S', 4);
    }

    public static byte[] flush() {
        return header('H', 4);
    }

    // COPY, function call, end

    public static byte[] copyData(String text) {
        return copyData(text.getBytes(StandardCharsets.UTF_8));
    }

    public static byte[] copyData(byte[] data) {
        return message('d', data);
    }

    public static byte[] copyDone() {
        return header('c', 4);
    }

    public static byte[] copyFail(String reason) {
        return new FrameWriter().cstring(reason).message('f');
    }

    /** A FunctionCall with text arguments and a text result; a null is NULL. */
    public static byte[] functionCall(int oid, String... arguments) {
        FrameWriter body = new FrameWriter().int32(oid).int16(0).int16(arguments.length);
        for (String argument : arguments) {
            body.value(argument == null ? null : argument.getBytes(StandardCharsets.UTF_8));
        }
        return body.int16(0).message('F');
    }

    public static byte[] terminate() {
        return header('X', 4);
    }

    private static FrameWriter formats(FrameWriter body, int[] formats) {
        body.int16(formats.length);
        for (int format : formats) {
            body.int16(format);
        }
        return body;
    }
}

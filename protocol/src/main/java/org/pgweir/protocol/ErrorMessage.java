package org.pgweir.protocol;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * The content of ErrorResponse or NoticeResponse, as far as a pooler reads or writes it. Fields that are absent are null.
 *
 * @param severity FATAL, ERROR, NOTICE ...; never translated
 * @param sqlstate five characters
 */
public record ErrorMessage(String severity, String sqlstate, String message, String detail, String hint) {
    public static final String FATAL = "FATAL";
    public static final String ERROR = "ERROR";
    public static final String NOTICE = "NOTICE";

    public static ErrorMessage fatal(String sqlstate, String message) {
        return new ErrorMessage(FATAL, sqlstate, message, null, null);
    }

    public static ErrorMessage error(String sqlstate, String message) {
        return new ErrorMessage(ERROR, sqlstate, message, null, null);
    }

    public ErrorMessage withDetail(String text) {
        return new ErrorMessage(severity, sqlstate, message, text, hint);
    }

    public ErrorMessage withHint(String text) {
        return new ErrorMessage(severity, sqlstate, message, detail, text);
    }

    public ErrorMessage withSeverity(String text) {
        return new ErrorMessage(text, sqlstate, message, detail, hint);
    }

    /** Whether the connection ends with it. */
    public boolean isFatal() {
        return FATAL.equals(severity) || "PANIC".equals(severity);
    }

    /** Reads the body of an ErrorResponse or NoticeResponse: fields of a type byte and a string, ended by a zero byte. */
    public static ErrorMessage read(ByteBuf in, int start, int end) throws ProtocolViolation {
        ByteBuf body = in.slice(start, end - start);
        String severity = null;
        String sqlstate = null;
        String message = null;
        String detail = null;
        String hint = null;
        while (body.isReadable()) {
            byte field = body.readByte();
            if (field == 0) {
                break;
            }
            String value = Wire.readString(body, body.writerIndex());
            switch (field) {
                case 'V' -> severity = value;
                case 'S' -> severity = severity == null ? value : severity;
                case 'C' -> sqlstate = value;
                case 'M' -> message = value;
                case 'D' -> detail = value;
                case 'H' -> hint = value;
                default -> {}
            }
        }
        if (severity == null || sqlstate == null || message == null) {
            throw new ProtocolViolation("an error message lacks its severity, code or text");
        }
        return new ErrorMessage(severity, sqlstate, message, detail, hint);
    }

    /** Whether the body between two indexes says that this routine of PostgreSQL's source raised it; unlike the text never translated. */
    public static boolean isFrom(String routine, ByteBuf in, int start, int end) {
        return routine.equals(field('R', in, start, end));
    }

    /** The position in the statement's text that the body between two indexes tells, in characters from 1; 0 if it tells none. */
    public static int position(ByteBuf in, int start, int end) {
        String digits = field('P', in, start, end);
        return digits != null && digits.matches("[0-9]{1,9}") ? Integer.parseInt(digits) : 0;
    }

    /** A field of ASCII; null if it is not there. */
    private static String field(char type, ByteBuf in, int start, int end) {
        int at = start;
        while (at < end && in.getByte(at) != 0) {
            int length = in.bytesBefore(at + 1, end - at - 1, (byte) 0);
            if (length < 0) {
                return null;
            }
            if (in.getByte(at) == type) {
                return in.toString(at + 1, length, StandardCharsets.US_ASCII);
            }
            at += length + 2;
        }
        return null;
    }

    /**
     * Writes an ErrorResponse with all the fields of the body between two indexes, but with another message text or position.
     *
     * @param message null for the same
     * @param position 0 for the same
     */
    public static void rewrite(ByteBuf in, int start, int end, String message, int position, ByteBuf out)
            throws ProtocolViolation {
        ByteBuf body = in.slice(start, end - start);
        int begin = Wire.begin(out, Backend.ERROR_RESPONSE);
        byte field = body.readByte();
        while (field != 0) {
            int length = body.bytesBefore((byte) 0);
            if (length < 0) {
                throw new ProtocolViolation("a string has no end");
            }
            out.writeByte(field);
            if (field == 'M' && message != null) {
                body.skipBytes(length + 1);
                Wire.writeString(out, message);
            } else if (field == 'P' && position > 0) {
                body.skipBytes(length + 1);
                Wire.writeString(out, Integer.toString(position));
            } else {
                out.writeBytes(body, length + 1);
            }
            field = body.isReadable() ? body.readByte() : 0;
        }
        out.writeByte(0);
        Wire.end(out, begin);
    }

    void write(ByteBuf out, byte type) {
        write(out, type, null, null);
    }

    void write(ByteBuf out, byte type, String file, String routine) {
        int start = Wire.begin(out, type);
        writeField(out, 'S', severity);
        writeField(out, 'V', severity);
        writeField(out, 'C', sqlstate);
        writeField(out, 'M', message);
        writeField(out, 'D', detail);
        writeField(out, 'H', hint);
        writeField(out, 'F', file);
        writeField(out, 'R', routine);
        out.writeByte(0);
        Wire.end(out, start);
    }

    private static void writeField(ByteBuf out, char type, String value) {
        if (value != null) {
            out.writeByte(type);
            Wire.writeString(out, value);
        }
    }
}

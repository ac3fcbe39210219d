package org.pgweir.protocol;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Writes the frontend messages that pgweir itself sends to servers. Each method appends one whole message. */
public final class FrontendMessages {
    private FrontendMessages() {}

    public static void startup(ByteBuf out, int version, Map<String, String> parameters) {
        int start = out.writerIndex();
        out.writeInt(0);
        out.writeInt(version);
        parameters.forEach((name, value) -> {
            Wire.writeString(out, name);
            Wire.writeString(out, value);
        });
        out.writeByte(0);
        Wire.end(out, start);
    }

    /** The server answers with one byte, {@code S} or {@code N}. */
    public static void sslRequest(ByteBuf out) {
        out.writeInt(8).writeInt(StartupPacket.SSL_CODE);
    }

    public static void cancelRequest(ByteBuf out, CancelKey key) {
        int start = out.writerIndex();
        out.writeInt(0);
        out.writeInt(StartupPacket.CANCEL_CODE);
        out.writeInt(key.processId());
        out.writeBytes(key.secret());
        Wire.end(out, start);
    }

    public static void query(ByteBuf out, String sql) {
        int start = Wire.begin(out, Frontend.QUERY);
        Wire.writeString(out, sql);
        Wire.end(out, start);
    }

    /** A Query whose text is made of bytes that came from a server or client, each of them a char. */
    public static void queryOfBytes(ByteBuf out, String sql) {
        int start = Wire.begin(out, Frontend.QUERY);
        out.writeCharSequence(sql, StandardCharsets.ISO_8859_1);
        out.writeByte(0);
        Wire.end(out, start);
    }

    /**
     * A Query or an unnamed Parse.
     *
     * @param type which of them
     */
    public static void rejected(ByteBuf out, byte type, String sql) {
        int start = Wire.begin(out, type);
        if (type == Frontend.PARSE) {
            Wire.writeString(out, "");
        }
        Wire.writeString(out, sql);
        if (type == Frontend.PARSE) {
            out.writeShort(0); // parameter types
        }
        Wire.end(out, start);
    }

    /** Parse, Bind and Execute of one statement, unnamed; parameters as text, the server finds their types; no Sync. */
    public static void extendedQuery(ByteBuf out, String sql, String... parameters) {
        extendedQuery(out, "", sql.getBytes(StandardCharsets.UTF_8), parameters);
    }

    /** As {@link #extendedQuery(ByteBuf, String, String...)}, with a statement and a portal of this name. */
    public static void extendedQuery(ByteBuf out, String name, byte[] sql, String... parameters) {
        int parse = Wire.begin(out, Frontend.PARSE);
        Wire.writeString(out, name); // statement
        out.writeBytes(sql).writeByte(0);
        out.writeShort(0); // parameter types
        Wire.end(out, parse);
        int bind = Wire.begin(out, Frontend.BIND);
        Wire.writeString(out, name); // portal
        Wire.writeString(out, name); // statement
        out.writeShort(0); // parameter formats
        out.writeShort(parameters.length);
        for (String parameter : parameters) {
            byte[] text = parameter.getBytes(StandardCharsets.UTF_8);
            out.writeInt(text.length);
            out.writeBytes(text);
        }
        out.writeShort(0); // result formats
        Wire.end(out, bind);
        int execute = Wire.begin(out, Frontend.EXECUTE);
        Wire.writeString(out, name); // portal
        out.writeInt(0); // all rows
        Wire.end(out, execute);
    }

    public static void password(ByteBuf out, String password) {
        int start = Wire.begin(out, Frontend.PASSWORD);
        Wire.writeString(out, password);
        Wire.end(out, start);
    }

    public static void saslInitialResponse(ByteBuf out, String mechanism, String data) {
        int start = Wire.begin(out, Frontend.PASSWORD);
        Wire.writeString(out, mechanism);
        byte[] content = data.getBytes(StandardCharsets.UTF_8);
        out.writeInt(content.length);
        out.writeBytes(content);
        Wire.end(out, start);
    }

    public static void saslResponse(ByteBuf out, String data) {
        int start = Wire.begin(out, Frontend.PASSWORD);
        out.writeCharSequence(data, StandardCharsets.UTF_8);
        Wire.end(out, start);
    }

    public static void sync(ByteBuf out) {
        Wire.end(out, Wire.begin(out, Frontend.SYNC));
    }

    /** Makes the server send what it has answered so far. */
    public static void flush(ByteBuf out) {
        Wire.end(out, Wire.begin(out, Frontend.FLUSH));
    }

    public static void copyFail(ByteBuf out, String reason) {
        int start = Wire.begin(out, Frontend.COPY_FAIL);
        Wire.writeString(out, reason);
        Wire.end(out, start);
    }

    public static void terminate(ByteBuf out) {
        Wire.end(out, Wire.begin(out, Frontend.TERMINATE));
    }
}

package org.pgweir.protocol;

import io.netty.buffer.ByteBuf;

/** Reads the bodies of the extended query protocol's messages, for those who answer them themselves. */
public final class ExtendedQuery {
    private ExtendedQuery() {}

    /** @param name empty for the unnamed statement */
    public record Parse(String name, String sql) {}

    /**
     * @param portal empty for the unnamed portal
     * @param parameters how many values are given
     */
    public record Bind(String portal, String statement, int parameters, ResultFormats formats) {}

    /** Of Describe and Close. */
    public record Target(boolean isPortal, String name) {}

    /** @param maxRows 0 for all */
    public record Execute(String portal, int maxRows) {}

    /** The text of a Query. */
    public static String readQuery(ByteBuf body) throws ProtocolViolation {
        return Wire.readString(body, body.writerIndex());
    }

    public static Parse readParse(ByteBuf body) throws ProtocolViolation {
        String name = Wire.readString(body, body.writerIndex());
        String sql = Wire.readString(body, body.writerIndex());
        skip(body, 4L * readCount(body));
        return new Parse(name, sql);
    }

    public static Bind readBind(ByteBuf body) throws ProtocolViolation {
        String portal = Wire.readString(body, body.writerIndex());
        String statement = Wire.readString(body, body.writerIndex());
        skip(body, 2L * readCount(body));
        int parameters = readCount(body);
        for (int i = 0; i < parameters; i++) {
            int length = readInt(body);
            skip(body, Math.max(0, length));
        }
        boolean[] binary = new boolean[readCount(body)];
        for (int i = 0; i < binary.length; i++) {
            binary[i] = readFormat(body);
        }
        return new Bind(portal, statement, parameters, new ResultFormats(binary));
    }

    public static Target readTarget(ByteBuf body) throws ProtocolViolation {
        if (!body.isReadable()) {
            throw tooShort();
        }
        byte kind = body.readByte();
        if (kind != 'S' && kind != 'P') {
            throw new ProtocolViolation("neither a statement nor a portal is named");
        }
        return new Target(kind == 'P', Wire.readString(body, body.writerIndex()));
    }

    public static Execute readExecute(ByteBuf body) throws ProtocolViolation {
        String portal = Wire.readString(body, body.writerIndex());
        return new Execute(portal, Math.max(0, readInt(body)));
    }

    private static boolean readFormat(ByteBuf body) throws ProtocolViolation {
        int format = readCount(body);
        if (format > 1) {
            throw new ProtocolViolation("unsupported format code: " + format);
        }
        return format == 1;
    }

    private static int readCount(ByteBuf body) throws ProtocolViolation {
        if (body.readableBytes() < 2) {
            throw tooShort();
        }
        return body.readUnsignedShort();
    }

    private static int readInt(ByteBuf body) throws ProtocolViolation {
        if (body.readableBytes() < 4) {
            throw tooShort();
        }
        return body.readInt();
    }

    private static void skip(ByteBuf body, long length) throws ProtocolViolation {
        if (length > body.readableBytes()) {
            throw tooShort();
        }
        body.skipBytes((int) length);
    }

    private static ProtocolViolation tooShort() {
        return new ProtocolViolation("a message is shorter than it says");
    }
}

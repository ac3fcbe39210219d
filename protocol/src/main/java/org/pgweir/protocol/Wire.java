package org.pgweir.protocol;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** Strings on the wire: bytes up to a zero byte, read as UTF-8. */
final class Wire {
    private Wire() {}

    /** Reads a zero-terminated string that must end before {@code end}. */
    static String readString(ByteBuf in, int end) throws ProtocolViolation {
        int length = in.bytesBefore(end - in.readerIndex(), (byte) 0);
        if (length < 0) {
            throw new ProtocolViolation("a string has no end");
        }
        String text = in.toString(in.readerIndex(), length, StandardCharsets.UTF_8);
        in.skipBytes(length + 1);
        return text;
    }

    static void writeString(ByteBuf out, String text) {
        out.writeCharSequence(text, StandardCharsets.UTF_8);
        out.writeByte(0);
    }

    /** Writes the type byte and room for the length; returns the index to give to {@link #end}. */
    static int begin(ByteBuf out, byte type) {
        out.writeByte(type);
        out.writeInt(0);
        return out.writerIndex() - 4;
    }

    static void end(ByteBuf out, int start) {
        out.setInt(start, out.writerIndex() - start);
    }
}

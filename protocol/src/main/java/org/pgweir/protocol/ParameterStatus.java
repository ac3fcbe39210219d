package org.pgweir.protocol;

import io.netty.buffer.ByteBuf;

/** A setting that the server reports: at login, and whenever it changes. */
public record ParameterStatus(String name, String value) {
    /** Reads the body, without type and length. */
    public static ParameterStatus read(ByteBuf in, int start, int end) throws ProtocolViolation {
        ByteBuf body = in.slice(start, end - start);
        String name = Wire.readString(body, body.writerIndex());
        String value = Wire.readString(body, body.writerIndex());
        return new ParameterStatus(name, value);
    }
}

package org.pgweir.protocol;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** Readers for the three forms of the 'p' message. The buffer is the body, without type and length. */
public final class PasswordMessage {
    private PasswordMessage() {}

    /** The first message of a SASL exchange. */
    public record SaslInitial(String mechanism, String data) {}

    public static String readPassword(ByteBuf body) throws ProtocolViolation {
        String password = Wire.readString(body, body.writerIndex());
        if (body.isReadable()) {
            throw new ProtocolViolation("invalid password packet size");
        }
        return password;
    }

    public static SaslInitial readSaslInitial(ByteBuf body) throws ProtocolViolation {
        String mechanism = Wire.readString(body, body.writerIndex());
        if (body.readableBytes() < 4 || body.readInt() != body.readableBytes()) {
            throw new ProtocolViolation("malformed SASL message");
        }
        return new SaslInitial(mechanism, body.toString(StandardCharsets.UTF_8));
    }

    public static String readSaslResponse(ByteBuf body) {
        return body.toString(StandardCharsets.UTF_8);
    }
}

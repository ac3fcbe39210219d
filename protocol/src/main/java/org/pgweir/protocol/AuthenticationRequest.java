package org.pgweir.protocol;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What a server's Authentication message ('R') asks for. */
public sealed interface AuthenticationRequest {
    record Ok() implements AuthenticationRequest {}

    record CleartextPassword() implements AuthenticationRequest {}

    record Md5Password(byte[] salt) implements AuthenticationRequest {}

    record Sasl(List<String> mechanisms) implements AuthenticationRequest {}

    record SaslContinue(String data) implements AuthenticationRequest {}

    record SaslFinal(String data) implements AuthenticationRequest {}

    /** GSSAPI, SSPI and whatever may come. */
    record Unsupported(int code) implements AuthenticationRequest {}

    /** Reads the body, without type and length. */
    static AuthenticationRequest read(ByteBuf body) throws ProtocolViolation {
        if (body.readableBytes() < 4) {
            throw new ProtocolViolation("an authentication message is too short");
        }
        int code = body.readInt();
        return switch (code) {
            case 0 -> new Ok();
            case 3 -> new CleartextPassword();
            case 5 -> new Md5Password(readSalt(body));
            case 10 -> new Sasl(readMechanisms(body));
            case 11 -> new SaslContinue(body.toString(StandardCharsets.UTF_8));
            case 12 -> new SaslFinal(body.toString(StandardCharsets.UTF_8));
            default -> new Unsupported(code);
        };
    }

    private static byte[] readSalt(ByteBuf body) throws ProtocolViolation {
        if (body.readableBytes() != 4) {
            throw new ProtocolViolation("an MD5 salt must have 4 bytes");
        }
        byte[] salt = new byte[4];
        body.readBytes(salt);
        return salt;
    }

    private static List<String> readMechanisms(ByteBuf body) throws ProtocolViolation {
        List<String> mechanisms = new ArrayList<>();
        while (body.isReadable()) {
            String mechanism = Wire.readString(body, body.writerIndex());
            if (mechanism.isEmpty()) {
                break;
            }
            mechanisms.add(mechanism);
        }
        return List.copyOf(mechanisms);
    }
}

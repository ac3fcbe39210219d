package org.pgweir.protocol;

import io.netty.buffer.ByteBuf;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The first packet of a connection: it has no type byte. Layout: length (4 bytes, counts itself), code (4 bytes), content.
 *
 * <p>Codes: a protocol version (major in the high half, minor in the low one), or one of the requests below.
 */
public sealed interface StartupPacket {
    /** Protocol 3.0. */
    int VERSION_3_0 = 3 << 16;

    /** Protocol 3.2, the newest: PostgreSQL 18. Cancel keys may have up to 256 bytes. */
    int VERSION_3_2 = 3 << 16 | 2;

    int CANCEL_CODE = 1234 << 16 | 5678;
    int SSL_CODE = 1234 << 16 | 5679;
    int GSSENC_CODE = 1234 << 16 | 5680;

    /** PostgreSQL's own limit (MAX_STARTUP_PACKET_LENGTH). */
    int MAX_LENGTH = 10_000;

    /** Protocol 3.x: the parameters in the order in which they came. */
    record Startup(int version, Map<String, String> parameters) implements StartupPacket {}

    record SslRequest() implements StartupPacket {}

    record GssEncRequest() implements StartupPacket {}

    record CancelRequest(CancelKey key) implements StartupPacket {}

    /** Protocol 2 and older, or 4 and newer. */
    record UnsupportedVersion(int major, int minor) implements StartupPacket {}

    /**
     * Reads one packet and moves the reader index behind it; null, and nothing moved, while its end has not arrived.
     *
     * @throws ProtocolViolation for a length or content that cannot be
     */
    static StartupPacket read(ByteBuf in) throws ProtocolViolation {
        if (in.readableBytes() < 4) {
            return null;
        }
        int length = in.getInt(in.readerIndex());
        if (length < 8 || length > MAX_LENGTH) {
            throw new ProtocolViolation("invalid length of startup packet");
        }
        if (in.readableBytes() < length) {
            return null;
        }
        int end = in.readerIndex() + length;
        in.skipBytes(4);
        int code = in.readInt();
        StartupPacket packet = switch (code) {
            case SSL_CODE -> empty(in, end, new SslRequest());
            case GSSENC_CODE -> empty(in, end, new GssEncRequest());
            case CANCEL_CODE -> new CancelRequest(CancelKey.read(in, end));
            default ->
                code >>> 16 == 3
                        ? new Startup(code, readParameters(in, end))
                        : new UnsupportedVersion(code >>> 16, code & 0xffff);
        };
        in.readerIndex(end);
        return packet;
    }

    private static StartupPacket empty(ByteBuf in, int end, StartupPacket packet) throws ProtocolViolation {
        if (in.readerIndex() != end) {
            throw new ProtocolViolation("invalid length of startup packet");
        }
        return packet;
    }

    private static Map<String, String> readParameters(ByteBuf in, int end) throws ProtocolViolation {
        Map<String, String> parameters = new LinkedHashMap<>();
        while (true) {
            if (in.readerIndex() >= end) {
                throw new ProtocolViolation("invalid startup packet layout: expected terminator as last byte");
            }
            String name = Wire.readString(in, end);
            if (name.isEmpty()) {
                break;
            }
            parameters.put(name, Wire.readString(in, end));
        }
        if (in.readerIndex() != end) {
            throw new ProtocolViolation("invalid startup packet layout: expected terminator as last byte");
        }
        return parameters;
    }
}

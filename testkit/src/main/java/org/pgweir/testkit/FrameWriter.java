package org.pgweir.testkit;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Collects the body of one message in network byte order. */
final class FrameWriter {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    FrameWriter int8(int value) {
        bytes.write(value);
        return this;
    }

    FrameWriter int16(int value) {
        return int8(value >>> 8).int8(value);
    }

    FrameWriter int32(int value) {
        return int16(value >>> 16).int16(value);
    }

    FrameWriter raw(byte[] value) {
        bytes.writeBytes(value);
        return this;
    }

    FrameWriter cstring(String value) {
        return raw(value.getBytes(StandardCharsets.UTF_8)).int8(0);
    }

    /** An int32 length and the bytes; null is length -1, as in Bind and DataRow. */
    FrameWriter value(byte[] value) {
        return value == null ? int32(-1) : int32(value.length).raw(value);
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }

    /** The collected body behind a type byte and a length. */
    byte[] message(char type) {
        return Frames.message(type, bytes());
    }

    /** The collected body behind a length only: the messages before login have no type. */
    byte[] untyped() {
        return new FrameWriter().int32(bytes.size() + 4).raw(bytes()).bytes();
    }
}

package org.pgweir.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Buffers for one test, from an allocator of its own: a test that leaves one unreleased fails. */
final class Buffers implements AfterEachCallback {
    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);

    ByteBuf empty() {
        return allocator.directBuffer(64);
    }

    ByteBuf of(byte[] bytes) {
        return of(bytes, 0, bytes.length);
    }

    ByteBuf of(byte[] bytes, int from, int to) {
        return allocator.directBuffer(Math.max(1, to - from)).writeBytes(bytes, from, to - from);
    }

    long used() {
        return allocator.metric().usedDirectMemory() + allocator.metric().usedHeapMemory();
    }

    /** Bytes written by hand: numbers below 256 and characters are one byte each, texts their UTF-8 bytes. */
    static byte[] bytes(Object... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Object part : parts) {
            if (part instanceof Integer number) {
                out.write(number);
            } else if (part instanceof Character character) {
                out.write(character);
            } else if (part instanceof byte[] raw) {
                out.writeBytes(raw);
            } else {
                out.writeBytes(part.toString().getBytes(StandardCharsets.UTF_8));
            }
        }
        return out.toByteArray();
    }

    /** A 4-byte big-endian number. */
    static byte[] int4(int number) {
        return new byte[] {(byte) (number >>> 24), (byte) (number >>> 16), (byte) (number >>> 8), (byte) number};
    }

    /** A whole message. */
    static byte[] frame(char type, Object... body) {
        byte[] content = bytes(body);
        return bytes(type, int4(content.length + 4), content);
    }

    /** The readable bytes; releases the buffer. */
    static byte[] drain(ByteBuf buffer) {
        byte[] bytes = new byte[buffer.readableBytes()];
        buffer.readBytes(bytes);
        buffer.release();
        return bytes;
    }

    @Override
    public void afterEach(ExtensionContext context) {
        assertThat(used()).as("bytes in buffers that were not released").isZero();
    }
}

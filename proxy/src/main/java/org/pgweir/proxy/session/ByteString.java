package org.pgweir.proxy.session;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Bytes as the key of a map: the names of prepared statements, in whatever encoding the client has. */
public final class ByteString {
    private static final int LONGEST_NAME = 1024;

    private byte[] bytes;
    private int length;
    private int hash;

    private ByteString(byte[] bytes) {
        this.bytes = bytes;
        length = bytes.length;
        hash = hashOf(bytes, length);
    }

    public static ByteString of(String text) {
        return new ByteString(text.getBytes(StandardCharsets.UTF_8));
    }

    /** For look-ups only: {@link #set} gives it other bytes, without an allocation. */
    static ByteString probe() {
        return new ByteString(new byte[64]);
    }

    /** No client has good reason for a longer name; PostgreSQL itself tells names apart by 63 bytes. */
    ByteString set(ByteBuf in, int start, int end) {
        length = Math.min(LONGEST_NAME, end - start);
        if (bytes.length < length) {
            bytes = new byte[length];
        }
        in.getBytes(start, bytes, 0, length);
        hash = hashOf(bytes, length);
        return this;
    }

    ByteString copy() {
        return new ByteString(Arrays.copyOf(bytes, length));
    }

    private static int hashOf(byte[] bytes, int length) {
        int hash = 1;
        for (int i = 0; i < length; i++) {
            hash = 31 * hash + bytes[i];
        }
        return hash;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ByteString that && Arrays.equals(bytes, 0, length, that.bytes, 0, that.length);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }
}

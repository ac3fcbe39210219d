package org.pgweir.proxy.relay;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Messages written by hand. */
final class Bytes {
    static final byte[] IDLE = frame('Z', "I");
    static final byte[] IN_TRANSACTION = frame('Z', "T");
    static final byte[] FAILED = frame('Z', "E");
    static final byte[] SYNC = frame('S');
    static final byte[] ERROR = frame('E', "SERROR\0VERROR\0C42601\0Msyntax error\0\0");
    static final byte[] ROW = frame('D', "\0\1\0\0\0\3abc");

    private Bytes() {}

    static byte[] query(String sql) {
        return frame('Q', sql + "\0");
    }

    static byte[] tag(String tag) {
        return frame('C', tag + "\0");
    }

    /** Parse, Bind, Describe, Execute. */
    static byte[] batch() {
        return all(
                frame('P', "\0SELECT 1\0\0\0"),
                frame('B', "\0\0\0\0\0\0\0\0"),
                frame('D', "P\0"),
                frame('E', "\0\0\0\0\0"));
    }

    /** The answer to {@link #batch()}. */
    static byte[] batchAnswer() {
        return all(frame('1'), frame('2'), frame('T', "\0\0"), ROW, tag("SELECT 1"));
    }

    /** Parse, Bind, Execute. */
    static byte[] extended(String sql) {
        return all(frame('P', "\0" + sql + "\0\0\0"), frame('B', "\0\0\0\0\0\0\0\0"), frame('E', "\0\0\0\0\0"));
    }

    /** What brings a client's settings to its server, ahead of its first bytes. */
    static byte[] prelude(String sql) {
        return all(
                query("BEGIN ISOLATION LEVEL READ COMMITTED;" + sql), extended("SAVEPOINT pgweir"), extended("COMMIT"));
    }

    /** The answer to {@link #prelude}. */
    static byte[] preludeDone(String name, String value) {
        return all(
                tag("BEGIN"),
                tag("SET"),
                frame('N', "SNOTICE\0VNOTICE\0C00000\0Mhear\0\0"),
                frame('S', name + "\0" + value + "\0"),
                IN_TRANSACTION,
                frame('1'),
                frame('2'),
                tag("SAVEPOINT"),
                frame('1'),
                frame('2'),
                tag("COMMIT"));
    }

    static byte[] frame(char type, String... body) {
        byte[] content = String.join("", body).getBytes(StandardCharsets.ISO_8859_1);
        return header(type, content.length + 4, content);
    }

    /** A frame whose length need not be right. */
    static byte[] header(char type, int length, byte[] content) {
        byte[] head = {(byte) type, (byte) (length >>> 24), (byte) (length >>> 16), (byte) (length >>> 8), (byte) length
        };
        return all(head, content);
    }

    static byte[] all(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}

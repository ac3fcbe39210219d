package org.pgweir.proxy.session;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.pgweir.protocol.Frontend;

/**
 * A text with its parameter types, as clients prepared it: one object for all clients of a pool, and one name on all its servers.
 * Immutable but for the number of clients that hold it, which its {@link PreparedStatements} keeps.
 */
public final class PreparedStatement {
    /** Names on servers begin with this; a client that uses such names of its own is renamed as every other. */
    static final String NAME_PREFIX = "pgweir_";

    private final long id;
    private final byte[] name;
    private final Body body;
    int holders;

    /** What stands behind the name in Parse: the text, a zero byte, the number of parameter types, the types. */
    record Body(byte[] bytes, int hash) {
        Body(byte[] bytes) {
            this(bytes, Arrays.hashCode(bytes));
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Body that && hash == that.hash && Arrays.equals(bytes, that.bytes);
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }

    PreparedStatement(long id, Body body) {
        this.id = id;
        this.body = body;
        name = (NAME_PREFIX + id).getBytes(StandardCharsets.US_ASCII);
    }

    public long id() {
        return id;
    }

    /** Its name on servers; ASCII. */
    byte[] name() {
        return name;
    }

    /** Heap that it takes, roughly. */
    long bytes() {
        return body.bytes.length + 160L;
    }

    Body body() {
        return body;
    }

    /** The text, without its zero byte. */
    public String sql() {
        int end = 0;
        while (body.bytes[end] != 0) {
            end++;
        }
        return new String(body.bytes, 0, end, StandardCharsets.UTF_8);
    }

    void writeParse(ByteBuf out) {
        out.writeByte(Frontend.PARSE);
        out.writeInt(4 + name.length + 1 + body.bytes.length);
        out.writeBytes(name).writeByte(0).writeBytes(body.bytes);
    }

    void writeClose(ByteBuf out) {
        writeClose(out, name);
    }

    static void writeClose(ByteBuf out, byte[] name) {
        out.writeByte(Frontend.CLOSE);
        out.writeInt(4 + 1 + name.length + 1);
        out.writeByte('S').writeBytes(name).writeByte(0);
    }

    @Override
    public String toString() {
        return NAME_PREFIX + id;
    }
}

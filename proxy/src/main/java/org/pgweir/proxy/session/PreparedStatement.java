package org.pgweir.proxy.session;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.pgweir.protocol.Frontend;
import org.pgweir.protocol.FrontendMessages;

/**
 * A text with its parameter types, as clients prepared it: one object for all clients of a pool, and one name on all its servers.
 * Immutable but for the number of clients that hold it, which its {@link PreparedStatements} keeps, for {@link #isProven} and for
 * {@link #hasOtherColumns}.
 */
public final class PreparedStatement {
    /** Names on servers begin with this; a client that uses such names of its own is renamed as every other. */
    static final String NAME_PREFIX = "pgweir_";

    /** No name on a server is longer. */
    static final int LONGEST_NAME = NAME_PREFIX.length() + 20;

    /** Heap that one takes beyond the bytes of its text, roughly. */
    static final int OVERHEAD = 208;

    private static final byte[] PREPARE = "PREPARE ".getBytes(StandardCharsets.US_ASCII);

    private final long id;
    private final byte[] name;
    private final Body body;
    private final SqlText text;
    private volatile boolean proven;
    private volatile boolean otherColumns;
    int holders;

    /**
     * What stands behind the name: in Parse the text, a zero byte, the number of parameter types and the types; in SQL's PREPARE the rest
     * of the statement.
     *
     * @param single 0 or, less than that, the number of {@link SchemaChanges} for one that is shared; another number for each one that is
     *     not: PREPARE cannot be sent twice
     * @param bySql whether it is one of PREPARE
     * @param context how the client's settings make PostgreSQL understand it: the same bytes may mean something else in another one
     */
    record Body(byte[] bytes, int hash, long single, boolean bySql, SqlContext context) {
        static Body ofParse(byte[] bytes, SqlContext context, long single) {
            return new Body(bytes, Arrays.hashCode(bytes), single, false, context);
        }

        static Body ofPrepare(byte[] bytes, SqlDialect dialect, long single) {
            return new Body(bytes, Arrays.hashCode(bytes), single, true, SqlContext.ofBytes(dialect));
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Body that
                    && hash == that.hash
                    && single == that.single
                    && context.equals(that.context)
                    && Arrays.equals(bytes, that.bytes);
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }

    PreparedStatement(long id, Body body, SqlText text) {
        this.id = id;
        this.body = body;
        this.text = text;
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
        return (long) body.bytes.length + OVERHEAD;
    }

    byte[] bodyBytes() {
        return body.bytes;
    }

    Body body() {
        return body;
    }

    /** What its execution may do to the session; null if it is too long to be read. */
    SqlText text() {
        return text;
    }

    /** Whether some server has prepared it: the text was right then. From any thread. */
    boolean isProven() {
        return proven;
    }

    void proven() {
        if (!proven) {
            proven = true;
        }
    }

    /** Whether a server has said that its rows have other columns now than when clients prepared it. From any thread. */
    boolean hasOtherColumns() {
        return otherColumns;
    }

    public void columnsChanged() {
        otherColumns = true;
    }

    /** Whether it was made by SQL's PREPARE, so that only a Query can make it again. */
    boolean isBySql() {
        return body.bySql;
    }

    /** How its bytes were to be read when they came. */
    SqlDialect dialect() {
        return body.context.dialect();
    }

    /** Whether its bytes mean in this dialect what they meant when they came. */
    boolean isReadAlikeIn(SqlDialect other) {
        return dialect().readsAs(other, body.bytes, 0);
    }

    /** What may take its place in a failed transaction. */
    StandIn standIn() {
        return isBySql() ? StandIn.ofPrepare(body.bytes, dialect()) : StandIn.ofParse(body.bytes, 0, dialect());
    }

    boolean hasBodyOf(PreparedStatement other) {
        return isBySql() == other.isBySql() && Arrays.equals(body.bytes, other.body.bytes);
    }

    /** Whether it is a single client's. */
    boolean isAlone() {
        return body.single > 0;
    }

    /** Whether it would be the same one if a client with this context prepared it now; nobody shares one of a single client. */
    boolean isOf(SqlContext context) {
        return body.single > 0 || body.context.equals(context);
    }

    /** Whether a client that prepares the same now gets another one, since schemas have changed. */
    public boolean isOutOfDate() {
        return body.single <= 0 && body.single != -SchemaChanges.count();
    }

    /**
     * Writes a request that makes a server have it, after {@link #writeClosing}; returns the type of its last message.
     *
     * @param standIn whether only its name must be there
     */
    public byte writeRequest(ByteBuf out, boolean standIn) {
        if (!isBySql() || standIn) {
            writeParse(standIn ? StandIn.NAME_ONLY : body.bytes, out);
            FrontendMessages.sync(out);
            return Frontend.SYNC;
        }
        out.writeByte(Frontend.QUERY);
        out.writeInt(4 + PREPARE.length + name.length + body.bytes.length + 1);
        out.writeBytes(PREPARE).writeBytes(name).writeBytes(body.bytes).writeByte(0);
        return Frontend.QUERY;
    }

    /** Writes Parse, Bind and Execute of SQL's PREPARE, with a statement and a portal of this name. */
    void writePrepare(String vehicle, ByteBuf out) {
        byte[] sql = Arrays.copyOf(PREPARE, PREPARE.length + name.length + body.bytes.length);
        System.arraycopy(name, 0, sql, PREPARE.length, name.length);
        System.arraycopy(body.bytes, 0, sql, PREPARE.length + name.length, body.bytes.length);
        FrontendMessages.extendedQuery(out, vehicle, sql);
    }

    /** Writes a request, ended by Sync, after which no server has it. */
    public void writeClosing(ByteBuf out) {
        writeClose(out);
        FrontendMessages.sync(out);
    }

    /** Writes a Parse of another body under its name. */
    void writeParse(byte[] content, ByteBuf out) {
        writeParse(name, content, out);
    }

    static void writeParse(byte[] name, byte[] content, ByteBuf out) {
        out.writeByte(Frontend.PARSE);
        out.writeInt(4 + name.length + 1 + content.length);
        out.writeBytes(name).writeByte(0).writeBytes(content);
    }

    void writeClose(ByteBuf out) {
        writeClose(out, name);
    }

    static void writeClose(ByteBuf out, byte[] name) {
        writeClose(out, 'S', name);
    }

    /** @param kind 'S' for a statement, 'P' for a portal */
    static void writeClose(ByteBuf out, char kind, byte[] name) {
        out.writeByte(Frontend.CLOSE);
        out.writeInt(4 + 1 + name.length + 1);
        out.writeByte(kind).writeBytes(name).writeByte(0);
    }

    @Override
    public String toString() {
        return NAME_PREFIX + id;
    }
}

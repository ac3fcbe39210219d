package org.pgweir.proxy.session;

import io.netty.buffer.ByteBuf;
import org.pgweir.protocol.FrameScanner;

/**
 * A client's unnamed statement, kept as a whole Parse message, since the next server has another one or none. The one before is kept, too,
 * while its successor, or a Close, may still be skipped because of an error.
 */
final class UnnamedStatement {
    /** Shorter texts are too many to be counted. */
    private static final int NOT_COUNTED = 1024;

    private static final byte[] NO_BYTES = {};

    private final PreparedStatements shared;
    private final ServerStatements.Client client;

    /** Null before the first. */
    private Owed parse;

    private Owed markedParse;

    private byte[] bytes = NO_BYTES;

    /** 0 if there is none. */
    private int length;

    private long version;
    private SqlText text = SqlText.PLAIN;
    private SqlDialect dialect = SqlDialect.DEFAULT;

    /** Where and with which request it was sent. */
    private ServerStatements sentTo;

    private long request;

    private byte[] earlier = NO_BYTES;

    /** 0 if there is nothing to come back. */
    private int earlierLength;

    private SqlText earlierText = SqlText.PLAIN;
    private SqlDialect earlierDialect = SqlDialect.DEFAULT;
    private long successorRequest;
    private long successorVersion;

    /**
     * @param shared counts the memory
     * @param client is told what becomes of it
     */
    UnnamedStatement(PreparedStatements shared, ServerStatements.Client client) {
        this.shared = shared;
        this.client = client;
    }

    /** What its execution may do; null if it was too long to be read. */
    SqlText text() {
        return text;
    }

    /** Whether it depends on the answers to an earlier batch which one there is. */
    boolean isInDoubt(ServerStatements server) {
        return earlierLength > 0 && successorRequest != server.requests();
    }

    // ---------------------------------------------------------------- another one, or none

    /** The answer to the Parse of another one. */
    Owed parse() {
        if (parse == null) {
            parse = ServerStatements.unnamedParse(client);
            markedParse = ServerStatements.markedParse(client);
        }
        return parse;
    }

    /** Whether there is one, of an earlier batch, that stays there if what comes now is skipped. */
    boolean isToBeKept(ServerStatements server, boolean mayBeSkipped) {
        return canBeKept(mayBeSkipped) && (sentTo != server || request != server.requests());
    }

    private boolean canBeKept(boolean mayBeSkipped) {
        return mayBeSkipped && length > 0 && earlierLength == 0;
    }

    /** As {@link #parse}, where this one is to come back if that is skipped. */
    Owed parseAndKeep(ServerStatements server) {
        keepEarlier(server);
        return markedParse;
    }

    private void keepEarlier(ServerStatements server) {
        swapWithEarlier();
        successorRequest = server.requests();
        successorVersion = version + 1;
        earlierLength = length;
        earlierText = text;
        earlierDialect = dialect;
        length = 0;
    }

    private void swapWithEarlier() {
        byte[] swapped = bytes;
        bytes = earlier;
        earlier = swapped;
    }

    /**
     * Takes room for the next one. To be called before anything of it is written.
     *
     * @param size of its Parse, or more than that
     * @param keepsThis whether {@link #parseAndKeep} comes first
     * @return false if there is none
     */
    boolean takeRoom(int size, boolean keepsThis) {
        int has = keepsThis ? earlier.length : bytes.length;
        if (has >= size) {
            return true;
        }
        if (!shared.charge(counted(size) - counted(has))) {
            return false;
        }
        if (keepsThis) {
            earlier = new byte[size];
        } else {
            bytes = new byte[size];
        }
        return true;
    }

    /**
     * It is now what a Parse says that goes to this server, for which there is room.
     *
     * @param in holds the message from {@code start} to {@code end}
     * @param read how its bytes are read
     */
    void is(ByteBuf in, int start, int end, SqlText sql, SqlDialect read, ServerStatements server) {
        int size = end - start;
        boolean muchTooLong = bytes.length > NOT_COUNTED && size < bytes.length / 4;
        if (muchTooLong) {
            shared.charge(counted(size) - counted(bytes.length));
            bytes = new byte[size];
        }
        length = size;
        text = sql;
        dialect = read;
        sentTo = server;
        request = server.requests();
        in.getBytes(start, bytes, 0, size);
        version++;
    }

    private static int counted(int length) {
        return length > NOT_COUNTED ? length : 0;
    }

    /** One that is too long to be kept goes to this server: it is good until the client's next message of that kind. */
    void isTooLong(ServerStatements server) {
        text = null;
        length = 0;
        version++;
        server.parseSent(parse());
        isOn(server);
    }

    /** A Query ends it. */
    void drop() {
        length = 0;
    }

    /** A Close of it goes to the server. */
    void close(ServerStatements server, boolean mayBeSkipped) {
        if (canBeKept(mayBeSkipped)) {
            keepEarlier(server);
            server.closeSent(ServerStatements.unnamedClose(client));
        } else {
            server.closeSent();
        }
        length = 0;
        server.noUnnamed();
    }

    // ---------------------------------------------------------------- its use

    void isOn(ServerStatements server) {
        server.unnamedIs(this, version);
    }

    boolean isThere(ServerStatements server) {
        return server.isUnnamed(this, version);
    }

    /** Whether its bytes meant something else, in other settings, when they came. */
    boolean isReadOtherwise(SqlDialect now) {
        // Behind the header and an empty name.
        return length > 0 && !dialect.readsAs(now, bytes, FrameScanner.HEADER_LENGTH + 1);
    }

    /** Writes what makes the server have it, or none, and not what another client has left there. */
    void provide(ServerStatements server, ByteBuf out) {
        if (length == 0) {
            server.closeUnnamed(out);
        } else {
            out.writeBytes(bytes, 0, length);
            server.ownUnnamedParseSent(this, version);
        }
    }

    // ---------------------------------------------------------------- what did not happen, and the end

    /** See {@link ServerStatements.Client#unnamedParseDidNotHappen}. */
    void parseDidNotHappen(boolean isLast) {
        if (isLast) {
            length = 0;
        } else {
            earlierLength = 0;
        }
    }

    /** See {@link ServerStatements.Client#unnamedStays}. */
    void stays() {
        if (length == 0 || version == successorVersion) {
            swapWithEarlier();
            length = earlierLength;
            text = earlierText;
            dialect = earlierDialect;
            version++;
        }
        isReplaced();
    }

    /** See {@link ServerStatements.Client#unnamedIsReplaced}. */
    void isReplaced() {
        earlierLength = 0;
        if (counted(earlier.length) > 0) {
            shared.charge(-counted(earlier.length));
            earlier = NO_BYTES;
        }
    }

    /** The client is gone. */
    void clear() {
        shared.charge(-counted(bytes.length));
        bytes = NO_BYTES;
        length = 0;
        sentTo = null;
        isReplaced();
    }
}

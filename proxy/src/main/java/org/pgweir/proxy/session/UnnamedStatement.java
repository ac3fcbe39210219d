package org.pgweir.proxy.session;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.pgweir.protocol.FrameScanner;

/**
 * A client's unnamed statement, kept as a whole Parse message, since the next server has another one or none. Those before it are kept, too,
 * while their successors may still be skipped because of an error.
 *
 * <p>A Parse or Close that begins its batch is never skipped: there is what it brings, or none. One behind other messages is.
 */
final class UnnamedStatement {
    /** Shorter texts are too many to be counted. */
    private static final int NOT_COUNTED = 1024;

    /** Of one batch; where it brings more, those are not kept which they replace. */
    private static final int MOST_EARLIER = 4;

    private static final byte[] NO_BYTES = {};

    private final PreparedStatements shared;
    private final ServerStatements.Client client;

    /** Null before the first. */
    private Owed parse;

    private byte[] bytes = NO_BYTES;

    /** 0 if there is none. */
    private int length;

    private long version;
    private long lastVersion;
    private SqlText text = SqlText.PLAIN;
    private SqlDialect dialect = SqlDialect.DEFAULT;

    /** Where and with which request it was sent, or closed. */
    private ServerStatements sentTo;

    private long request;

    /** What a Parse or Close has replaced that is still to be answered, and may be skipped. All of one request. */
    private final ArrayDeque<Earlier> earlier = new ArrayDeque<>(0);

    private long earlierRequest;
    private byte[] spare = NO_BYTES;

    /**
     * What comes back if its successor is skipped.
     *
     * @param length 0 for none
     * @param isThere whether the server has it until then
     */
    record Earlier(byte[] bytes, int length, long version, SqlText text, SqlDialect dialect, boolean isThere) {
        boolean isNone() {
            return length == 0;
        }
    }

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
        if (earlier.isEmpty() || earlierRequest == server.requests()) {
            return false;
        }
        if (server.owesUnnamed()) {
            return true;
        }
        forgetEarlier();
        return false;
    }

    /** As {@link #isInDoubt}, for one that is to be kept while its successor, a Parse or Close, may be skipped. */
    boolean isInDoubt(ServerStatements server, boolean mayBeSkipped) {
        return mayBeSkipped
                && (isInDoubt(server) || sentTo == server && request != server.requests() && server.owesUnnamed());
    }

    // ---------------------------------------------------------------- another one, or none

    /** The answer to the Parse of another one. */
    Owed parse() {
        if (parse == null) {
            parse = ServerStatements.unnamedParse(client);
        }
        return parse;
    }

    /** Whether it, or that there is none, must be known if what comes now is skipped. */
    boolean isToBeKept(boolean mayBeSkipped) {
        if (!mayBeSkipped) {
            forgetEarlier();
        }
        return mayBeSkipped && earlier.size() < MOST_EARLIER;
    }

    /** It comes back if what comes now is skipped. */
    Earlier keep(ServerStatements server) {
        Earlier kept = new Earlier(bytes, length, version, text, dialect, isThere(server));
        earlier.addLast(kept);
        earlierRequest = server.requests();
        bytes = spare;
        spare = NO_BYTES;
        return kept;
    }

    boolean isNone() {
        return length == 0;
    }

    /**
     * Takes room for the next one. To be called before anything of it is written.
     *
     * @param size of its Parse, or more than that
     * @param keepsThis whether {@link #keep} comes first
     * @return false if there is none
     */
    boolean takeRoom(int size, boolean keepsThis) {
        int has = keepsThis ? spare.length : bytes.length;
        if (has >= size) {
            return true;
        }
        if (!shared.charge(counted(size) - counted(has))) {
            return false;
        }
        if (keepsThis) {
            spare = new byte[size];
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
        in.getBytes(start, bytes, 0, size);
        changes(server);
    }

    private void changes(ServerStatements server) {
        sentTo = server;
        request = server.requests();
        version = ++lastVersion;
    }

    private static int counted(int length) {
        return length > NOT_COUNTED ? length : 0;
    }

    /** One that is too long to be kept goes to this server: it is good until the client's next message of that kind. */
    void isTooLong(ServerStatements server) {
        forgetEarlier();
        text = null;
        length = 0;
        changes(server);
        server.parseSent(parse());
        isOn(server);
    }

    /** A Query ends it. */
    void drop() {
        length = 0;
        forgetEarlier();
    }

    /** A Close of it goes to the server. */
    void close(ServerStatements server, boolean mayBeSkipped) {
        if (isToBeKept(mayBeSkipped)) {
            server.closeSent(ServerStatements.unnamedClose(client, keep(server)));
        } else {
            server.closeSent();
        }
        length = 0;
        changes(server);
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

    /** What may take its place in a failed transaction. */
    StandIn standIn() {
        return StandIn.ofParse(Arrays.copyOf(bytes, length), FrameScanner.HEADER_LENGTH + 1, dialect);
    }

    /**
     * Writes what makes the server have it, or none, and not what another client has left there.
     *
     * @param standIn the body that takes its place; null for none
     */
    void provide(ServerStatements server, byte[] standIn, ByteBuf out) {
        if (length == 0) {
            server.closeUnnamed(out);
        } else if (standIn != null) {
            server.provideUnnamedStandIn(standIn, out);
        } else {
            out.writeBytes(bytes, 0, length);
            server.ownUnnamedParseSent(this, version);
        }
    }

    // ---------------------------------------------------------------- what did not happen, and the end

    /** See {@link ServerStatements.Client#unnamedFailed}. */
    void failed() {
        length = 0;
    }

    /** See {@link ServerStatements.Client#unnamedStays}. */
    void stays(Earlier kept, ServerStatements server) {
        if (earlier.peekLast() != kept) {
            // Something that is not skipped has replaced it since.
            return;
        }
        earlier.removeLast();
        drop(bytes);
        bytes = kept.bytes;
        length = kept.length;
        version = kept.version;
        text = kept.text;
        dialect = kept.dialect;
        if (kept.isThere) {
            isOn(server);
        }
    }

    /** See {@link ServerStatements.Client#unnamedIsReplaced}. */
    void isReplaced(Earlier kept) {
        while (earlier.contains(kept)) {
            drop(earlier.removeFirst().bytes);
        }
    }

    private void forgetEarlier() {
        while (!earlier.isEmpty()) {
            drop(earlier.removeFirst().bytes);
        }
    }

    private void drop(byte[] unused) {
        if (counted(unused.length) > 0) {
            shared.charge(-counted(unused.length));
        } else if (unused.length > spare.length && counted(spare.length) == 0) {
            spare = unused;
        }
    }

    /** The client is gone. */
    void clear() {
        shared.charge(-counted(bytes.length) - counted(spare.length));
        bytes = NO_BYTES;
        spare = NO_BYTES;
        length = 0;
        sentTo = null;
        forgetEarlier();
    }
}

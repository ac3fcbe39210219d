package org.pgweir.proxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;

/**
 * Makes of a client's SQL what its server is to get: its prepared statements under the names that they have there, and behind some
 * statements what pgweir adds to them. On the client's loop.
 */
final class SqlRewriter {
    private final NamedStatements named;
    private final boolean renames;
    private final ServerStatements.Client client;
    private boolean needsNameOnly;

    /**
     * @param renames see {@link ClientStatements}
     * @param client is told what did not happen
     */
    SqlRewriter(NamedStatements named, boolean renames, ServerStatements.Client client) {
        this.named = named;
        this.renames = renames;
        this.client = client;
    }

    /** Whether it depends on the answers to what was sent which statements the text names. */
    boolean isInDoubt(SqlText text, ServerStatements server) {
        for (NameUse use : text.names()) {
            if (use.name() != null && server.isInDoubt(ByteString.of(use.name()))) {
                return true;
            }
        }
        return false;
    }

    /** A statement that the text names and that the server has not; null if there is none. */
    PreparedStatement lacking(SqlText text, ServerStatements server) {
        if (server.transaction().hasFailed()) {
            // Nothing can be prepared now, and nothing but its end will be executed.
            return null;
        }
        Set<ByteString> ended = Set.of();
        for (NameUse use : text.names()) {
            boolean executes = use.kind() == NameUse.Kind.EXECUTE;
            boolean ends = use.kind() == NameUse.Kind.DEALLOCATE || use.kind() == NameUse.Kind.PREPARE;
            ByteString name = executes || ends ? ByteString.of(use.name()) : null;
            PreparedStatement held = name == null || ended.contains(name) ? null : named.get(name);
            if (held != null && !has(server, held, executes)) {
                PreparedStatement now = named.inContext(name, held, server.isUnderWay());
                if (now == held || !has(server, now, executes)) {
                    needsNameOnly = ends;
                    return now;
                }
            }
            if (ends && held != null) {
                // From here on the name stands for something else, or nothing is executed.
                ended = ended.isEmpty() ? new HashSet<>() : ended;
                ended.add(name);
            }
        }
        return null;
    }

    /** Whether the server must have no more than the name of the last {@link #lacking}: it is about to be deallocated, or prepared once more. */
    boolean needsNameOnly() {
        return needsNameOnly;
    }

    private boolean has(ServerStatements server, PreparedStatement statement, boolean executes) {
        return executes ? named.isUsable(statement, server) : server.hasName(statement);
    }

    /** Whether the text runs a statement that cannot be prepared again; see {@link Followed#READ_OTHERWISE}. */
    boolean lacksReadOtherwise(SqlText text, ServerStatements server) {
        for (NameUse use : text.names()) {
            if (use.kind() == NameUse.Kind.EXECUTE
                    && named.isReadOtherwise(named.get(ByteString.of(use.name())), server)) {
                return true;
            }
        }
        return false;
    }

    /** Writes what the text names and the server has not. */
    void provide(SqlText text, ServerStatements server, ByteBuf out) {
        PreparedStatement lacking = lacking(text, server);
        while (lacking != null) {
            if (needsNameOnly) {
                server.provideName(lacking, out);
            } else {
                server.provide(lacking, out);
            }
            lacking = lacking(text, server);
        }
    }

    /** Whether running the text may call functions of which nobody knows what they do. */
    boolean calls(SqlText text) {
        if (text.has(Effect.CALLS)) {
            return true;
        }
        if (text.has(Effect.PREPARED)) {
            for (NameUse use : text.names()) {
                boolean executes = use.kind() == NameUse.Kind.EXECUTE;
                PreparedStatement executed = executes ? named.get(ByteString.of(use.name())) : null;
                if (executed != null
                        && (executed.text() == null || !executed.text().isHarmless())) {
                    return true;
                }
            }
        }
        return false;
    }

    /**
     * What the statements take that the text prepares, all together. Who has taken that much may write the text. One whose name is taken
     * needs no room, since PostgreSQL refuses it.
     */
    int roomOfNew(SqlText text) {
        int room = 0;
        boolean mayEnd = false;
        for (NameUse use : text.names()) {
            if (use.kind() != NameUse.Kind.PREPARE) {
                mayEnd |= use.kind() != NameUse.Kind.EXECUTE;
            } else if (mayEnd || named.get(ByteString.of(use.name())) == null) {
                room += PreparedStatement.OVERHEAD + use.statementEnd() - use.nameEnd();
            }
        }
        return room;
    }

    /** The body of a statement that speaks of others, with the names that those have on the server. */
    byte[] bodyOf(PreparedStatement statement, ServerStatements server) {
        ByteBuf body = Unpooled.wrappedBuffer(statement.bodyBytes());
        ByteBuf renamed = Unpooled.buffer(body.readableBytes() + 64);
        int length = body.bytesBefore((byte) 0);
        write(statement.text(), body, 0, length, Additions.NONE, server, renamed);
        renamed.writeBytes(body, length, body.readableBytes() - length);
        byte[] bytes = new byte[renamed.readableBytes()];
        renamed.readBytes(bytes);
        return bytes;
    }

    /** Writes the text with the names that its prepared statements have on the server, and with what is to be added. */
    TextChanges write(
            SqlText text, ByteBuf in, int start, int length, Additions added, ServerStatements server, ByteBuf to) {
        ChangedText changed = new ChangedText(in, start, named.dialect().charset(), to);
        for (NameUse use : text.names()) {
            byte[] name = renames ? nameInSql(text, in, start, use, server) : null;
            if (name != null) {
                changed.replace(start + use.nameStart(), start + use.nameEnd(), name);
            }
            if (use.undoes() && added != Additions.NONE) {
                add(added.behind(use), use, start, server, changed);
            }
        }
        return changed.end(start + length);
    }

    private static void add(
            Additions.Addition addition, NameUse use, int start, ServerStatements server, ChangedText changed) {
        boolean isSet = changed.isLetter('s', start + use.statementStart());
        if (!isSet) {
            sent(use, addition == null ? 0 : addition.count(), server);
        }
        if (addition != null) {
            // What stands in the place of SET … TO DEFAULT has the same tag.
            int from = start + (isSet ? use.statementStart() : use.statementEnd());
            byte[] sql = ((isSet ? "" : ";") + addition.sql()).getBytes(StandardCharsets.ISO_8859_1);
            changed.replace(from, start + use.statementEnd(), sql);
        }
    }

    private static void sent(NameUse use, int added, ServerStatements server) {
        if (use.kind() == NameUse.Kind.RESET || use.kind() == NameUse.Kind.RESET_ALL) {
            server.resetSent(added);
        } else {
            server.unlistenSent(added);
        }
    }

    /** The name to be written in the place of the client's; null if it stays. */
    private byte[] nameInSql(SqlText text, ByteBuf in, int start, NameUse use, ServerStatements server) {
        switch (use.kind()) {
            case DEALLOCATE_ALL, DISCARD_ALL -> {
                named.removeAll();
                server.clearSent(client);
                return null;
            }
            case PREPARE, EXECUTE, DEALLOCATE -> {}
            default -> {
                return null;
            }
        }
        ByteString name = ByteString.of(use.name());
        PreparedStatement held = named.get(name);
        if (use.kind() == NameUse.Kind.PREPARE) {
            return nameOfNew(text, in, start, use, name, held, server);
        }
        if (held == null) {
            return server.missing(name);
        }
        if (use.kind() == NameUse.Kind.DEALLOCATE) {
            named.remove(name);
            server.deallocateSent(held, client, name);
        }
        return held.name();
    }

    private byte[] nameOfNew(
            SqlText text,
            ByteBuf in,
            int start,
            NameUse use,
            ByteString name,
            PreparedStatement held,
            ServerStatements server) {
        if (held != null) {
            server.refusalExpected(held, name);
            return held.name();
        }
        byte[] rest = new byte[use.statementEnd() - use.nameEnd()];
        in.getBytes(start + use.nameEnd(), rest);
        PreparedStatement made = named.addBySql(name, rest, text.isHarmless() ? SqlText.PLAIN : SqlText.CALLING);
        server.prepareSent(made, client, name);
        return made.name();
    }
}

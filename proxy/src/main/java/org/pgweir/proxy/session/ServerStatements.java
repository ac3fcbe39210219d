package org.pgweir.proxy.session;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;

/**
 * The prepared statements on one server, and the answers that it still owes for Parse and Close.
 *
 * <p>PostgreSQL answers in the order in which it was asked, and after an error skips all up to the next Sync. So a queue of what was
 * sent tells for each ParseComplete and CloseComplete whether the client knows of it, and at each ReadyForQuery which of them did not
 * happen. Nothing is ever answered out of turn by pgweir itself: where a client prepares what the server has already, the server is
 * asked to close a statement that does not exist, and its CloseComplete becomes the ParseComplete.
 *
 * <p>Whether a statement is there may be in doubt after an error. Closing one that is not there is no error, and the names are unique,
 * so every Parse goes out behind a Close of the same name: it cannot meet an older one.
 *
 * <p>Belongs to the server's loop.
 */
public final class ServerStatements {
    /** What is to be done with an answer of the server. */
    public enum Answer {
        PASS,
        /** It answers something that pgweir has put in. */
        SWALLOW,
        /** A CloseComplete that must go on as ParseComplete. */
        AS_PARSE_COMPLETE
    }

    /** No server has a statement with this name. */
    private static final byte[] MISSING =
            (PreparedStatement.NAME_PREFIX + "missing").getBytes(StandardCharsets.US_ASCII);

    private static final byte[] UNNAMED = {};

    /** The statement and the portal by which a batch of the extended protocol runs SQL's PREPARE. */
    private static final String VEHICLE = PreparedStatement.NAME_PREFIX + "prepare";

    private static final byte[] VEHICLE_NAME = VEHICLE.getBytes(StandardCharsets.US_ASCII);

    /** An answer that is owed. */
    record Owed(Kind kind, PreparedStatement statement, Client client, ByteString name, TextChanges changes) {
        Owed(Kind kind, PreparedStatement statement, Client client, ByteString name) {
            this(kind, statement, client, name, null);
        }

        enum Kind {
            /** A ReadyForQuery: whatever is owed before it has come or never will. */
            READY,
            /** ParseComplete of the client's unnamed statement. */
            PARSE,
            /** The same, behind a {@link #MARK}: it takes the place of a statement that stays if this one is skipped. */
            MARKED_PARSE,
            /** CloseComplete that the client does not know of: all before it was done. */
            MARK,
            /** CloseComplete for the client, of its unnamed statement. */
            UNNAMED_CLOSE,
            /** ParseComplete of a statement under a client's name. */
            NAMED_PARSE,
            /** ParseComplete that the client does not know of. */
            OWN_PARSE,
            /** The same, of a PREPARE: its BindComplete and CommandComplete are next. */
            OWN_PREPARE,
            /** CloseComplete for the client. */
            CLOSE,
            /** CloseComplete for the client, of a statement that it had under this name. */
            NAMED_CLOSE,
            /** CloseComplete that stands for a ParseComplete. */
            CLOSE_AS_PARSE,
            /** CloseComplete that the client does not know of. */
            OWN_CLOSE,
            /** An error about a name. */
            ERROR,
            /** An error with a position in a text that was changed. */
            POSITION,
            /** A PREPARE in SQL. */
            SQL_PREPARE,
            /** A DEALLOCATE in SQL. */
            SQL_DEALLOCATE,
            /** DEALLOCATE ALL or DISCARD ALL. */
            SQL_CLEAR,
            /** A RESET, behind which there may be additions. */
            SQL_RESET,
            /** An UNLISTEN, behind which there may be additions. */
            SQL_UNLISTEN,
            /** A SET that pgweir has put in. */
            ADDED_SET,
            /** A LISTEN that pgweir has put in. */
            ADDED_LISTEN;

            /** Whether ParseComplete or CloseComplete answers it. */
            private boolean isAnswered() {
                return switch (this) {
                    case PARSE, MARKED_PARSE, NAMED_PARSE, OWN_PARSE, OWN_PREPARE -> true;
                    case CLOSE, UNNAMED_CLOSE, NAMED_CLOSE, CLOSE_AS_PARSE, OWN_CLOSE, MARK -> true;
                    default -> false;
                };
            }

            /** Whether CommandComplete answers it. */
            private boolean hasTag() {
                return !isAnswered() && this != READY && this != ERROR && this != POSITION;
            }
        }

        static final Owed A_READY = new Owed(Kind.READY, null, null, null);
        static final Owed A_CLOSE = new Owed(Kind.CLOSE, null, null, null);
        static final Owed OWN_UNNAMED_PARSE = new Owed(Kind.OWN_PARSE, null, null, null);
        static final Owed AN_OWN_CLOSE = new Owed(Kind.OWN_CLOSE, null, null, null);
        static final Owed A_MARK = new Owed(Kind.MARK, null, null, null);
        static final Owed A_RESET = new Owed(Kind.SQL_RESET, null, null, null);
        static final Owed AN_UNLISTEN = new Owed(Kind.SQL_UNLISTEN, null, null, null);
        static final Owed ADDED_SET = new Owed(Kind.ADDED_SET, null, null, null);
        static final Owed ADDED_LISTEN = new Owed(Kind.ADDED_LISTEN, null, null, null);

        private boolean is(Kind some) {
            return kind == some;
        }
    }

    /** The client that has the server learns what became of what it sent. */
    interface Client {
        void parseDidNotHappen(ByteString name, PreparedStatement statement);

        void closeDidNotHappen(ByteString name, PreparedStatement statement);

        /**
         * A Parse of the unnamed statement has failed: there is none.
         *
         * @param isLast whether no other Parse or Close of it is under way
         */
        void unnamedParseDidNotHappen(boolean isLast);

        /** A Parse or Close of the unnamed statement was skipped: the one before is there. */
        void unnamedStays();

        /** It was not skipped. */
        void unnamedIsReplaced();

        /** DEALLOCATE ALL or DISCARD ALL was done. */
        void clearHappened();

        void clearDidNotHappen();
    }

    /** A statement that the server has, or will have when it has worked off what was sent. */
    private static final class Presence {
        private final long request;
        private boolean confirmed;
        private boolean stale;

        Presence(long request) {
            this.request = request;
        }
    }

    private final LinkedHashMap<PreparedStatement, Presence> present = new LinkedHashMap<>(16, 0.75f, true);
    private final ArrayDeque<Owed> owed = new ArrayDeque<>();
    private final ArrayDeque<Owed> undone = new ArrayDeque<>(1);
    private final ByteString probe = ByteString.probe();
    private long requests;
    private int inFlight;
    private int tagsAwaited;
    private int parsesSent;
    private boolean inFailedTransaction;

    /** What a PREPARE of pgweir's own in a batch of the client's is about to make; null if there is none. */
    private PreparedStatement preparing;

    private Object unnamedOf;
    private long unnamedVersion;

    /** The request with which pgweir has sent it, as long as it may be skipped there; -1 at other times. */
    private long unnamedRequest = -1;

    // ---------------------------------------------------------------- what is sent

    /** A Query, FunctionCall or Sync goes to the server. */
    public void requestSent() {
        owed.addLast(Owed.A_READY);
        requests++;
        inFlight++;
    }

    /** The server ignores the last Sync: it came in the middle of a COPY. */
    public void syncIgnored() {
        if (owed.removeLastOccurrence(Owed.A_READY)) {
            inFlight--;
        }
    }

    /** The answer to a client's Parse of its unnamed statement; one object serves for all. */
    static Owed unnamedParse(Client client) {
        return new Owed(Owed.Kind.PARSE, null, client, null);
    }

    /** A Parse of the client's unnamed statement goes to the server as it came. */
    void parseSent(Owed unnamedParse) {
        parsesSent++;
        owed.addLast(unnamedParse);
    }

    /** As {@link #parseSent}, where the text was changed. */
    void changedParseSent(Owed unnamedParse, TextChanges changes) {
        parseSent(new Owed(unnamedParse.kind, null, unnamedParse.client, null, changes));
    }

    /** The text of a Query was changed. */
    void changed(TextChanges changes) {
        owed.addLast(new Owed(Owed.Kind.POSITION, null, null, null, changes));
    }

    /** As {@link #unnamedParse}, if the statement before it is to come back where this one is skipped. */
    static Owed markedParse(Client client) {
        return new Owed(Owed.Kind.MARKED_PARSE, null, client, null);
    }

    /** The answer to a Close of a client's unnamed statement, if it is to come back where that is skipped. */
    static Owed unnamedClose(Client client) {
        return new Owed(Owed.Kind.UNNAMED_CLOSE, null, client, null);
    }

    /** Writes what tells whether the next Parse fails or is skipped. */
    void mark(ByteBuf out) {
        PreparedStatement.writeClose(out, MISSING);
        owed.addLast(Owed.A_MARK);
    }

    /** Writes a Close of nothing. The CloseComplete for it is not to be told to this class. */
    public static void writeProbe(ByteBuf out) {
        PreparedStatement.writeClose(out, MISSING);
    }

    /** A Close of a portal or of the unnamed statement. */
    void closeSent() {
        owed.addLast(Owed.A_CLOSE);
    }

    /** A Close of the unnamed statement. */
    void closeSent(Owed unnamedClose) {
        owed.addLast(unnamedClose);
    }

    /** How many requests were sent: the same for all messages of a batch. */
    long requests() {
        return requests;
    }

    /** A client prepares a statement under a name that is new to it. Writes what makes the server have it and answer. */
    void prepare(PreparedStatement statement, Client client, ByteString name, int most, ByteBuf out) {
        // In a transaction that has failed, or may have, PostgreSQL refuses to prepare.
        if (isUsable(statement) && !inFailedTransaction && inFlight == 0) {
            PreparedStatement.writeClose(out, MISSING);
            owed.addLast(new Owed(Owed.Kind.CLOSE_AS_PARSE, statement, client, name));
        } else {
            write(
                    statement,
                    statement.bodyBytes(),
                    new Owed(Owed.Kind.NAMED_PARSE, statement, client, name),
                    most,
                    out);
        }
    }

    /** A client prepares under a name that it uses already: writes what PostgreSQL will refuse for that reason, if for no other. */
    void prepareAgain(PreparedStatement held, byte[] body, ByteString name, int most, ByteBuf out) {
        provide(held, most, out);
        held.writeParse(body, out);
        owed.addLast(new Owed(Owed.Kind.ERROR, held, null, name));
    }

    /** A client closes one of its statements, or none: the server keeps it for others. */
    void close(PreparedStatement statement, Client client, ByteString name, ByteBuf out) {
        PreparedStatement.writeClose(out, MISSING);
        owed.addLast(statement == null ? Owed.A_CLOSE : new Owed(Owed.Kind.NAMED_CLOSE, statement, client, name));
    }

    /** A client uses a name that it has not: returns one on which the server will fail. */
    byte[] missing(ByteString name) {
        owed.addLast(new Owed(Owed.Kind.ERROR, null, null, name));
        return MISSING;
    }

    /** Writes what must precede the use of a statement; nothing if the server has it. */
    void provide(PreparedStatement statement, int most, ByteBuf out) {
        if (isUsable(statement)) {
            return;
        }
        if (statement.isBySql()) {
            prepareBySql(statement, most, out);
        } else {
            provideAs(statement, statement.bodyBytes(), most, out);
        }
    }

    /** Writes a PREPARE, which a Parse cannot replace: it names the types of its parameters. */
    private void prepareBySql(PreparedStatement statement, int most, ByteBuf out) {
        makeRoom(statement, most, out);
        ownClose('S', VEHICLE_NAME, out);
        statement.writePrepare(VEHICLE, out);
        owed.addLast(new Owed(Owed.Kind.OWN_PREPARE, statement, null, null));
        ownClose('P', VEHICLE_NAME, out);
        ownClose('S', VEHICLE_NAME, out);
        present.put(statement, new Presence(requests));
    }

    private void ownClose(char kind, byte[] name, ByteBuf out) {
        PreparedStatement.writeClose(out, kind, name);
        owed.addLast(Owed.AN_OWN_CLOSE);
    }

    /** As {@link #provide}, with another text under the same name, whatever the server has there. */
    void provideAs(PreparedStatement statement, byte[] body, int most, ByteBuf out) {
        write(statement, body, new Owed(Owed.Kind.OWN_PARSE, statement, null, null), most, out);
    }

    private void write(PreparedStatement statement, byte[] body, Owed answer, int most, ByteBuf out) {
        makeRoom(statement, most, out);
        statement.writeParse(body, out);
        parsesSent++;
        owed.addLast(answer);
        present.put(statement, new Presence(requests));
    }

    /** Writes what ends others, if there are too many, and what there may be of this one. */
    private void makeRoom(PreparedStatement statement, int most, ByteBuf out) {
        while (present.size() >= most && !present.containsKey(statement)) {
            PreparedStatement eldest = present.keySet().iterator().next();
            present.remove(eldest);
            eldest.writeClose(out);
            owed.addLast(new Owed(Owed.Kind.OWN_CLOSE, eldest, null, null));
        }
        ownClose('S', statement.name(), out);
    }

    /**
     * Whether a use that is sent now will find the statement. One that was sent with an earlier request and is not confirmed yet may
     * have been skipped because of an error.
     */
    public boolean isUsable(PreparedStatement statement) {
        Presence presence = present.get(statement);
        return presence != null && !presence.stale && (presence.confirmed || presence.request == requests);
    }

    private void makeStale(PreparedStatement statement) {
        Presence presence = present.computeIfAbsent(statement, missing -> new Presence(requests));
        presence.stale = true;
    }

    // ---------------------------------------------------------------- PREPARE and DEALLOCATE in SQL, before their
    // request

    void prepareSent(PreparedStatement statement, Client client, ByteString name) {
        sqlSent(new Owed(Owed.Kind.SQL_PREPARE, statement, client, name));
        present.put(statement, new Presence(requests));
    }

    void deallocateSent(PreparedStatement statement, Client client, ByteString name) {
        sqlSent(new Owed(Owed.Kind.SQL_DEALLOCATE, statement, client, name));
        makeStale(statement);
    }

    void clearSent(Client client) {
        sqlSent(new Owed(Owed.Kind.SQL_CLEAR, null, client, null));
        allStale();
    }

    /** A RESET with this many SETs behind it. */
    void resetSent(int added) {
        sqlSent(Owed.A_RESET);
        for (int i = 0; i < added; i++) {
            sqlSent(Owed.ADDED_SET);
        }
    }

    /** An UNLISTEN with this many LISTENs behind it. */
    void unlistenSent(int added) {
        sqlSent(Owed.AN_UNLISTEN);
        for (int i = 0; i < added; i++) {
            sqlSent(Owed.ADDED_LISTEN);
        }
    }

    private void sqlSent(Owed tag) {
        owed.addLast(tag);
        tagsAwaited++;
    }

    /** SQL's PREPARE goes to the server under the name of this one, which the server will refuse. There may be no more than the name of it. */
    void refusalExpected(PreparedStatement held, ByteString name) {
        makeStale(held);
        owed.addLast(new Owed(Owed.Kind.ERROR, null, null, name));
    }

    /** A request of pgweir's own has made the server have it. */
    public void provided(PreparedStatement statement) {
        present.put(statement, new Presence(requests));
        confirm(statement);
    }

    // ---------------------------------------------------------------- the unnamed statement

    /** The unnamed statement is now what this owner prepared as its version. */
    void unnamedIs(Object owner, long version) {
        unnamedOf = owner;
        unnamedVersion = version;
        unnamedRequest = -1;
    }

    /** There is no unnamed statement any more, or not one of a client: a Query ends it. */
    public void noUnnamed() {
        unnamedOf = null;
    }

    boolean isUnnamed(Object owner, long version) {
        boolean certain = unnamedRequest < 0 || unnamedRequest == requests;
        return certain && unnamedOf == owner && unnamedVersion == version;
    }

    /** The client's unnamed statement is prepared again by pgweir. */
    void ownUnnamedParseSent(Object owner, long version) {
        parsesSent++;
        owed.addLast(Owed.OWN_UNNAMED_PARSE);
        unnamedIs(owner, version);
        unnamedRequest = requests;
    }

    /** Writes a Close of the unnamed statement, of which the client does not know. */
    void closeUnnamed(ByteBuf out) {
        PreparedStatement.writeClose(out, UNNAMED);
        owed.addLast(Owed.AN_OWN_CLOSE);
        unnamedOf = null;
    }

    // ---------------------------------------------------------------- what is answered

    /** ParseComplete came. */
    public Answer parseComplete() {
        Owed answered = nextAnswered();
        if (answered == null) {
            return Answer.PASS;
        }
        if (answered.is(Owed.Kind.OWN_PREPARE)) {
            preparing = answered.statement;
            return Answer.SWALLOW;
        }
        if (answered.statement != null) {
            confirm(answered.statement);
        } else if (answered == Owed.OWN_UNNAMED_PARSE) {
            unnamedRequest = -1;
        } else if (answered.is(Owed.Kind.MARKED_PARSE)) {
            answered.client.unnamedIsReplaced();
        }
        return answered.is(Owed.Kind.OWN_PARSE) ? Answer.SWALLOW : Answer.PASS;
    }

    /** Whether the next BindComplete, and then the next CommandComplete, answer something that pgweir has put in. */
    public boolean isPreparing() {
        return preparing != null;
    }

    /** CloseComplete came. */
    public Answer closeComplete() {
        Owed answered = nextAnswered();
        if (answered == null) {
            return Answer.PASS;
        }
        return switch (answered.kind) {
            case OWN_CLOSE, MARK -> Answer.SWALLOW;
            case UNNAMED_CLOSE -> {
                answered.client.unnamedIsReplaced();
                yield Answer.PASS;
            }
            case CLOSE_AS_PARSE -> Answer.AS_PARSE_COMPLETE;
            default -> Answer.PASS;
        };
    }

    /** Takes the first that ParseComplete or CloseComplete may answer; null if there is none before the next ReadyForQuery. */
    private Owed nextAnswered() {
        Owed first = owed.peekFirst();
        if (first != null && first.kind.isAnswered()) {
            return owed.removeFirst();
        }
        for (Owed next : owed) {
            if (next.is(Owed.Kind.READY)) {
                return null;
            }
            if (next.kind.isAnswered()) {
                owed.removeFirstOccurrence(next);
                return next;
            }
        }
        return null;
    }

    private void confirm(PreparedStatement statement) {
        Presence presence = present.get(statement);
        if (presence != null) {
            presence.confirmed = true;
            statement.proven();
        }
    }

    /** As far as is known: requests may be under way that change it. */
    boolean isInFailedTransaction() {
        return inFailedTransaction;
    }

    /** Whether {@link #commandComplete} wants to see the tags of commands. */
    public boolean awaitsTags() {
        return tagsAwaited > 0 || preparing != null;
    }

    /**
     * CommandComplete came.
     *
     * @return whether it answers something that pgweir has put in
     */
    public boolean commandComplete(String tag) {
        if (preparing != null) {
            confirm(preparing);
            preparing = null;
            return true;
        }
        Owed.Kind kind = switch (tag) {
            case "PREPARE" -> Owed.Kind.SQL_PREPARE;
            case "DEALLOCATE" -> Owed.Kind.SQL_DEALLOCATE;
            case "DEALLOCATE ALL", "DISCARD ALL" -> Owed.Kind.SQL_CLEAR;
            case "RESET" -> Owed.Kind.SQL_RESET;
            case "UNLISTEN" -> Owed.Kind.SQL_UNLISTEN;
            case "SET" -> Owed.Kind.ADDED_SET;
            case "LISTEN" -> Owed.Kind.ADDED_LISTEN;
            default -> Owed.Kind.READY;
        };
        boolean isAddition = kind == Owed.Kind.ADDED_SET || kind == Owed.Kind.ADDED_LISTEN;
        for (Owed next : owed) {
            // What was added comes behind what it was added to, and not before.
            if (next.is(Owed.Kind.READY) || isAddition && next.kind.hasTag() && !next.is(kind)) {
                return false;
            }
            if (next.is(kind)) {
                owed.removeFirstOccurrence(next);
                happened(next);
                return isAddition;
            }
        }
        return false;
    }

    private void happened(Owed done) {
        tagsAwaited--;
        switch (done.kind) {
            case SQL_PREPARE -> confirm(done.statement);
            case SQL_CLEAR -> {
                // What is on its way already is sent once more at its next use.
                present.clear();
                done.client.clearHappened();
            }
            default -> {}
        }
    }

    /**
     * ReadyForQuery came.
     *
     * @param inFailedTransaction PostgreSQL refuses nearly every Parse now
     */
    public void ready(boolean inFailedTransaction) {
        this.inFailedTransaction = inFailedTransaction;
        preparing = null;
        Owed next = owed.pollFirst();
        while (next != null && !next.is(Owed.Kind.READY)) {
            undone.addFirst(next);
            next = owed.pollFirst();
        }
        if (next != null) {
            inFlight--;
        }
        undo();
    }

    /**
     * The server has failed before all that was sent, and skips it.
     *
     * @param syncSent whether it ends with a Sync, which is answered
     */
    public void skipped(boolean syncSent) {
        for (Owed next : owed) {
            if (!next.is(Owed.Kind.READY)) {
                undone.addFirst(next);
            }
        }
        owed.clear();
        inFlight = 0;
        preparing = null;
        undo();
        if (syncSent) {
            requestSent();
        }
    }

    /** What was done last is undone first. */
    private void undo() {
        while (!undone.isEmpty()) {
            didNotHappen(undone.removeFirst());
        }
    }

    private boolean owesUnnamed() {
        for (Owed next : owed) {
            if (next.is(Owed.Kind.PARSE) || next.is(Owed.Kind.MARKED_PARSE) || next.is(Owed.Kind.UNNAMED_CLOSE)) {
                return true;
            }
        }
        return false;
    }

    private void didNotHappen(Owed skipped) {
        switch (skipped.kind) {
            case PARSE -> {
                unnamedOf = null;
                skipped.client.unnamedParseDidNotHappen(!owesUnnamed());
            }
            case MARKED_PARSE -> {
                unnamedOf = null;
                if (undone.peekFirst() == Owed.A_MARK) {
                    skipped.client.unnamedStays();
                } else {
                    skipped.client.unnamedIsReplaced();
                    skipped.client.unnamedParseDidNotHappen(!owesUnnamed());
                }
            }
            case UNNAMED_CLOSE -> {
                unnamedOf = null;
                skipped.client.unnamedStays();
            }
            case NAMED_PARSE -> {
                makeStale(skipped.statement);
                skipped.client.parseDidNotHappen(skipped.name, skipped.statement);
            }
            case CLOSE_AS_PARSE -> skipped.client.parseDidNotHappen(skipped.name, skipped.statement);
            case OWN_PARSE -> {
                if (skipped.statement == null) {
                    unnamedOf = null;
                } else {
                    makeStale(skipped.statement);
                }
            }
            case NAMED_CLOSE -> skipped.client.closeDidNotHappen(skipped.name, skipped.statement);
            case OWN_CLOSE, OWN_PREPARE -> {
                if (skipped.statement != null) {
                    makeStale(skipped.statement);
                }
            }
            case SQL_PREPARE -> {
                tagsAwaited--;
                makeStale(skipped.statement);
                skipped.client.parseDidNotHappen(skipped.name, skipped.statement);
            }
            case SQL_DEALLOCATE -> {
                tagsAwaited--;
                skipped.client.closeDidNotHappen(skipped.name, skipped.statement);
            }
            case SQL_CLEAR -> {
                tagsAwaited--;
                skipped.client.clearDidNotHappen();
            }
            case SQL_RESET, SQL_UNLISTEN, ADDED_SET, ADDED_LISTEN -> tagsAwaited--;
            case CLOSE, ERROR, POSITION, READY, MARK -> {}
        }
    }

    // ---------------------------------------------------------------- names

    /** For looking up names without an allocation. */
    ByteString probe() {
        return probe;
    }

    /**
     * Whether it is not known yet what a client's name stands for: a Parse or Close of it went to the server with an earlier request, and
     * may be skipped there because of an error.
     */
    boolean isInDoubt(ByteString name) {
        if (inFlight == 0) {
            return false;
        }
        boolean seen = false;
        for (Owed next : owed) {
            switch (next.kind) {
                case READY -> {
                    if (seen) {
                        return true;
                    }
                }
                case NAMED_PARSE, CLOSE_AS_PARSE, NAMED_CLOSE, SQL_PREPARE, SQL_DEALLOCATE ->
                    seen |= next.name.equals(name);
                case SQL_CLEAR -> seen = true;
                default -> {}
            }
        }
        return false;
    }

    /** The name of the client's that the server has just refused under another name; null if it was none. */
    public ByteString refusedName() {
        for (Owed next : owed) {
            if (next.is(Owed.Kind.ERROR)) {
                return next.name;
            }
            if (next.is(Owed.Kind.READY)) {
                return null;
            }
        }
        return null;
    }

    /** How the text that the server has just found an error in was changed; null if it was not. */
    public TextChanges changes() {
        for (Owed next : owed) {
            if (next.changes != null || next.is(Owed.Kind.READY) || next.kind.isAnswered()) {
                return next.changes;
            }
        }
        return null;
    }

    /** The client's name, which it is about to give up, of a statement with this name here; null if there is none. */
    public ByteString nameOf(String nameHere) {
        for (Owed next : owed) {
            if (next.name != null
                    && next.statement != null
                    && next.statement.toString().equals(nameHere)) {
                return next.name;
            }
        }
        return null;
    }

    /** A name as pgweir gives them on servers that stands quoted in the text; null if there is none. */
    public static String nameIn(String message) {
        int quote = message.indexOf('"' + PreparedStatement.NAME_PREFIX);
        int end = quote < 0 ? -1 : message.indexOf('"', quote + 1);
        return end < 0 ? null : message.substring(quote + 1, end);
    }

    /** The plans are of no use any more: every statement is prepared anew before its next use. */
    public void allStale() {
        present.values().forEach(presence -> presence.stale = true);
    }

    /** The server has none any more. */
    public void clear() {
        present.clear();
        owed.clear();
        inFlight = 0;
        tagsAwaited = 0;
        preparing = null;
        unnamedOf = null;
    }

    /** How many Parse messages were written since the last call. */
    public int takeParsesSent() {
        int sent = parsesSent;
        parsesSent = 0;
        return sent;
    }

    /** How many the server has. */
    public int size() {
        return present.size();
    }
}

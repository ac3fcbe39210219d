package org.pgweir.proxy.session;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

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
    /** No server has a statement with this name. */
    private static final byte[] MISSING =
            (PreparedStatement.NAME_PREFIX + "missing").getBytes(StandardCharsets.US_ASCII);

    private static final byte[] UNNAMED = {};

    /** The statement and the portal by which a batch of the extended protocol runs SQL's PREPARE. */
    private static final String VEHICLE = PreparedStatement.NAME_PREFIX + "prepare";

    private static final byte[] VEHICLE_NAME = VEHICLE.getBytes(StandardCharsets.US_ASCII);

    /** The client that has the server learns what became of what it sent. */
    interface Client {
        void parseDidNotHappen(ByteString name, PreparedStatement statement);

        void closeDidNotHappen(ByteString name, PreparedStatement statement);

        /** The last Parse of the unnamed statement has failed: there is none. */
        void unnamedFailed();

        /** A Parse or Close of the unnamed statement was skipped: what was before is there. */
        void unnamedStays(UnnamedStatement.Earlier kept, ServerStatements server);

        /** It was not skipped. */
        void unnamedIsReplaced(UnnamedStatement.Earlier kept);

        /** DEALLOCATE ALL or DISCARD ALL was done. */
        void clearHappened();

        void clearDidNotHappen();
    }

    private final PresentStatements present = new PresentStatements();
    private final OwedAnswers owed = new OwedAnswers();
    private final StatementAnswers answers = new StatementAnswers(this, owed, present);
    private final ServerTransaction transaction = new ServerTransaction(owed, present);
    private final ByteString probe = ByteString.probe();
    private int parsesSent;
    private int most;

    /** How many may be kept here ({@code max_prepared_statements}). */
    public void keepAtMost(int limit) {
        most = limit;
    }

    // ---------------------------------------------------------------- what is sent

    /** A Query, FunctionCall or Sync goes to the server. */
    public void requestSent() {
        owed.add(Owed.A_READY);
        present.requestSent();
    }

    /** The server ignores the last Sync: it came in the middle of a COPY. */
    public void syncIgnored() {
        owed.syncIgnored();
    }

    /** The answer to a client's Parse of its unnamed statement; one object serves for all. */
    static Owed unnamedParse(Client client) {
        return new Owed(Owed.Kind.PARSE, null, client, null);
    }

    /** A Parse of the client's unnamed statement goes to the server as it came. */
    void parseSent(Owed unnamedParse) {
        parsesSent++;
        owed.add(unnamedParse);
    }

    /** As {@link #parseSent}, where the text was changed. */
    void changedParseSent(Owed unnamedParse, TextChanges changes) {
        parseSent(new Owed(unnamedParse.kind(), null, unnamedParse.client(), null, changes, unnamedParse.kept()));
    }

    /** The text of a Query was changed. */
    void changed(TextChanges changes) {
        owed.add(new Owed(Owed.Kind.POSITION, null, null, null, changes));
    }

    /** As {@link #unnamedParse}, if the statement before it is to come back where this one is skipped. */
    static Owed markedParse(Client client, UnnamedStatement.Earlier kept) {
        return new Owed(Owed.Kind.MARKED_PARSE, null, client, null, null, kept);
    }

    /** The answer to a Close of a client's unnamed statement, if it is to come back where that is skipped. */
    static Owed unnamedClose(Client client, UnnamedStatement.Earlier kept) {
        return new Owed(Owed.Kind.UNNAMED_CLOSE, null, client, null, null, kept);
    }

    /** What stands before the next Parse is a {@link #writeProbe}: it tells whether that fails or is skipped. */
    void markSent() {
        owed.add(Owed.A_MARK);
    }

    /** Writes a Close of nothing. The CloseComplete for it is not to be told to this class, or is a mark. */
    public static void writeProbe(ByteBuf out) {
        PreparedStatement.writeClose(out, MISSING);
    }

    /** A Close of a portal or of the unnamed statement. */
    void closeSent() {
        owed.add(Owed.A_CLOSE);
    }

    /** A Close of the unnamed statement. */
    void closeSent(Owed unnamedClose) {
        owed.add(unnamedClose);
    }

    /** Whether a request is unanswered. */
    boolean isUnderWay() {
        return owed.isUnderWay();
    }

    /** How many requests were sent: the same for all messages of a batch. */
    long requests() {
        return present.requests();
    }

    /** A client prepares a statement under a name that is new to it. Writes what makes the server have it and answer. */
    void prepare(PreparedStatement statement, Client client, ByteString name, ByteBuf out) {
        // In a transaction that has failed, or may have, PostgreSQL refuses to prepare.
        if (isUsable(statement) && !transaction.hadFailed() && !owed.isUnderWay()) {
            PreparedStatement.writeClose(out, MISSING);
            owed.add(new Owed(Owed.Kind.CLOSE_AS_PARSE, statement, client, name));
        } else {
            write(statement, statement.bodyBytes(), new Owed(Owed.Kind.NAMED_PARSE, statement, client, name), out);
        }
    }

    /** A client prepares under a name that it uses already: writes what PostgreSQL will refuse for that reason, if for no other. */
    void prepareAgain(PreparedStatement held, byte[] body, ByteString name, ByteBuf out) {
        if (!hasName(held)) {
            provideName(held, out);
        }
        held.writeParse(body, out);
        owed.add(new Owed(Owed.Kind.ERROR, held, null, name));
    }

    /** A client closes one of its statements, or none: the server keeps it for others. */
    void close(PreparedStatement statement, Client client, ByteString name, ByteBuf out) {
        PreparedStatement.writeClose(out, MISSING);
        owed.add(statement == null ? Owed.A_CLOSE : new Owed(Owed.Kind.NAMED_CLOSE, statement, client, name));
    }

    /** A client uses a name that it has not: returns one on which the server will fail. */
    byte[] missing(ByteString name) {
        owed.add(new Owed(Owed.Kind.ERROR, null, null, name));
        return MISSING;
    }

    /** Writes what must precede the use of a statement; nothing if the server has it. */
    void provide(PreparedStatement statement, ByteBuf out) {
        if (isUsable(statement)) {
            return;
        }
        if (statement.isBySql()) {
            prepareBySql(statement, out);
        } else {
            provideAs(statement, statement.bodyBytes(), out);
        }
    }

    /** Writes a PREPARE, which a Parse cannot replace: it names the types of its parameters. */
    private void prepareBySql(PreparedStatement statement, ByteBuf out) {
        makeRoom(statement, out);
        ownClose('S', VEHICLE_NAME, out);
        statement.writePrepare(VEHICLE, out);
        owed.add(new Owed(Owed.Kind.OWN_PREPARE, statement, null, null));
        ownClose('P', VEHICLE_NAME, out);
        ownClose('S', VEHICLE_NAME, out);
        present.add(statement);
    }

    private void ownClose(char kind, byte[] name, ByteBuf out) {
        PreparedStatement.writeClose(out, kind, name);
        owed.add(Owed.AN_OWN_CLOSE);
    }

    /** As {@link #provide}, with another text under the same name, whatever the server has there. */
    void provideAs(PreparedStatement statement, byte[] body, ByteBuf out) {
        write(statement, body, new Owed(Owed.Kind.OWN_PARSE, statement, null, null), out);
    }

    /** Writes what makes the server have something under the statement's name: it is about to be deallocated, or prepared once more. */
    void provideName(PreparedStatement statement, ByteBuf out) {
        provideStandIn(statement, StandIn.NAME_ONLY, out);
    }

    /** Writes what makes the server have this body under the statement's name, to be refused. */
    void provideStandIn(PreparedStatement statement, byte[] body, ByteBuf out) {
        write(statement, body, new Owed(Owed.Kind.STAND_IN, statement, null, null), out);
        present.addStandIn(statement);
    }

    private void write(PreparedStatement statement, byte[] body, Owed answer, ByteBuf out) {
        makeRoom(statement, out);
        statement.writeParse(body, out);
        parsesSent++;
        owed.add(answer);
        present.add(statement);
    }

    /** Writes what ends others, if there are too many, and what there may be of this one. */
    private void makeRoom(PreparedStatement statement, ByteBuf out) {
        while (present.size() >= most && !present.contains(statement)) {
            PreparedStatement eldest = present.removeEldest();
            eldest.writeClose(out);
            owed.add(new Owed(Owed.Kind.OWN_CLOSE, eldest, null, null));
        }
        ownClose('S', statement.name(), out);
    }

    /**
     * Whether a use that is sent now will find the statement. One that was sent with an earlier request and is not confirmed yet may
     * have been skipped because of an error.
     */
    public boolean isUsable(PreparedStatement statement) {
        return present.isUsable(statement);
    }

    /** As {@link #isUsable}, for what needs no more than that something has its name. */
    boolean hasName(PreparedStatement statement) {
        return present.hasName(statement);
    }

    // ---------------------------------------------------------------- PREPARE and DEALLOCATE in SQL, before their
    // request

    void prepareSent(PreparedStatement statement, Client client, ByteString name) {
        owed.add(new Owed(Owed.Kind.SQL_PREPARE, statement, client, name));
        present.add(statement);
    }

    void deallocateSent(PreparedStatement statement, Client client, ByteString name) {
        owed.add(new Owed(Owed.Kind.SQL_DEALLOCATE, statement, client, name));
        present.makeStale(statement);
    }

    void clearSent(Client client) {
        owed.add(new Owed(Owed.Kind.SQL_CLEAR, null, client, null));
        allStale();
    }

    /** A RESET with this many SETs behind it. */
    void resetSent(int added) {
        sent(Owed.A_RESET, Owed.ADDED_SET, added);
    }

    /** An UNLISTEN with this many LISTENs behind it. */
    void unlistenSent(int added) {
        sent(Owed.AN_UNLISTEN, Owed.ADDED_LISTEN, added);
    }

    private void sent(Owed first, Owed addition, int count) {
        owed.add(first);
        for (int i = 0; i < count; i++) {
            owed.add(addition);
        }
    }

    /** SQL's PREPARE goes to the server under the name of this one, which the server will refuse. There may be no more than the name of it. */
    void refusalExpected(PreparedStatement held, ByteString name) {
        present.makeStale(held);
        owed.add(new Owed(Owed.Kind.ERROR, null, null, name));
    }

    /**
     * A request of pgweir's own has made the server have it.
     *
     * @param standIn whether it has no more than its name
     */
    public void provided(PreparedStatement statement, boolean standIn) {
        if (standIn) {
            present.addStandIn(statement);
            present.confirmStandIn(statement);
        } else {
            present.add(statement);
            answers.confirm(statement);
        }
    }

    // ---------------------------------------------------------------- the unnamed statement

    /** The unnamed statement is now what this owner prepared as its version. */
    void unnamedIs(Object owner, long version) {
        present.unnamedIs(owner, version);
    }

    /** There is no unnamed statement any more, or not one of a client: a Query ends it. */
    public void noUnnamed() {
        present.noUnnamed();
    }

    /** Whether a Parse or Close of its client's unnamed statement is unanswered. */
    boolean owesUnnamed() {
        return owed.owesUnnamed();
    }

    boolean isUnnamed(Object owner, long version) {
        return present.isUnnamed(owner, version);
    }

    /** The client's unnamed statement is prepared again by pgweir. */
    void ownUnnamedParseSent(Object owner, long version) {
        parsesSent++;
        owed.add(Owed.OWN_UNNAMED_PARSE);
        present.addUnnamed(owner, version);
    }

    /** Writes a Parse of this body in the place of the client's unnamed statement, to be refused. */
    void provideUnnamedStandIn(byte[] body, ByteBuf out) {
        PreparedStatement.writeParse(UNNAMED, body, out);
        parsesSent++;
        owed.add(Owed.OWN_UNNAMED_PARSE);
        present.noUnnamed();
    }

    /** Writes a Close of the unnamed statement, of which the client does not know. */
    void closeUnnamed(ByteBuf out) {
        PreparedStatement.writeClose(out, UNNAMED);
        owed.add(Owed.AN_OWN_CLOSE);
        present.noUnnamed();
    }

    // ---------------------------------------------------------------- what is answered

    /** What is known of the transaction that is open on the server. */
    public ServerTransaction transaction() {
        return transaction;
    }

    /** What the server's answers tell. */
    public StatementAnswers answers() {
        return answers;
    }

    /** For looking up names without an allocation. */
    ByteString probe() {
        return probe;
    }

    /**
     * Whether it is not known yet what a client's name stands for: a Parse or Close of it went to the server with an earlier request, and
     * may be skipped there because of an error.
     */
    boolean isInDoubt(ByteString name) {
        return owed.isInDoubt(name);
    }

    /** The name of the client's that the server has just refused under another name; null if it was none. */
    public ByteString refusedName() {
        return owed.refusedName();
    }

    /** How the text that the server has just found an error in was changed; null if it was not. */
    public TextChanges changes() {
        return owed.changes();
    }

    /** The client's name, which it is about to give up, of a statement with this name here; null if there is none. */
    public ByteString nameOf(String nameHere) {
        return owed.nameOf(nameHere);
    }

    /** A name as pgweir gives them on servers that stands quoted in the text; null if there is none. */
    public static String nameIn(String message) {
        int quote = message.indexOf('"' + PreparedStatement.NAME_PREFIX);
        int end = quote < 0 ? -1 : message.indexOf('"', quote + 1);
        return end < 0 ? null : message.substring(quote + 1, end);
    }

    /** The plans are of no use any more: every statement is prepared anew before its next use. */
    public void allStale() {
        present.makeAllStale();
    }

    /** The server has none any more. */
    public void clear() {
        present.clear();
        answers.clear();
        present.noUnnamed();
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

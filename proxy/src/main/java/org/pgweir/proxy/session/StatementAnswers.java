package org.pgweir.proxy.session;

import java.util.ArrayDeque;

/**
 * What a server's answers tell about its prepared statements: which are there, what has not happened, and which answers the client must
 * not see. On the server's loop.
 */
public final class StatementAnswers {
    /** What is to be done with an answer of the server. */
    public enum Answer {
        PASS,
        /** It answers something that pgweir has put in. */
        SWALLOW,
        /** A CloseComplete that must go on as ParseComplete. */
        AS_PARSE_COMPLETE
    }

    private final ServerStatements server;
    private final OwedAnswers owed;
    private final PresentStatements present;
    private final ArrayDeque<Owed> undone = new ArrayDeque<>(1);

    /** What a PREPARE of pgweir's own in a batch of the client's is about to make; null if there is none. */
    private PreparedStatement preparing;

    StatementAnswers(ServerStatements server, OwedAnswers owed, PresentStatements present) {
        this.server = server;
        this.owed = owed;
        this.present = present;
    }

    /** ParseComplete came. */
    public Answer parseComplete() {
        Owed answered = owed.takeAnswered();
        if (answered == null) {
            return Answer.PASS;
        }
        if (answered.is(Owed.Kind.OWN_PREPARE)) {
            preparing = answered.statement();
            return Answer.SWALLOW;
        }
        if (answered.is(Owed.Kind.STAND_IN)) {
            present.confirmStandIn(answered.statement());
            return Answer.SWALLOW;
        }
        if (answered.statement() != null) {
            confirm(answered.statement());
        } else if (answered == Owed.OWN_UNNAMED_PARSE) {
            present.confirmUnnamed();
        } else if (answered.is(Owed.Kind.MARKED_PARSE)) {
            answered.client().unnamedIsReplaced(answered.kept());
        }
        return answered.is(Owed.Kind.OWN_PARSE) ? Answer.SWALLOW : Answer.PASS;
    }

    /** Whether the next BindComplete, and then the next CommandComplete, answer something that pgweir has put in. */
    public boolean isPreparing() {
        return preparing != null;
    }

    /** CloseComplete came. */
    public Answer closeComplete() {
        Owed answered = owed.takeAnswered();
        if (answered == null) {
            return Answer.PASS;
        }
        return switch (answered.kind()) {
            case OWN_CLOSE, MARK -> Answer.SWALLOW;
            case UNNAMED_CLOSE -> {
                answered.client().unnamedIsReplaced(answered.kept());
                yield Answer.PASS;
            }
            case CLOSE_AS_PARSE -> Answer.AS_PARSE_COMPLETE;
            default -> Answer.PASS;
        };
    }

    void confirm(PreparedStatement statement) {
        if (present.confirm(statement)) {
            statement.proven();
        }
    }

    /** Whether {@link #commandComplete} wants to see the tags of commands. */
    public boolean awaitsTags() {
        return owed.awaitsTags() || preparing != null;
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
        Owed done = owed.takeTagged(tag);
        if (done == null) {
            return false;
        }
        switch (done.kind()) {
            case SQL_PREPARE -> confirm(done.statement());
            case SQL_CLEAR -> {
                // What is on its way already is sent once more at its next use.
                present.clear();
                done.client().clearHappened();
            }
            default -> {}
        }
        return done.kind().isAddition();
    }

    /**
     * ReadyForQuery came.
     *
     * @param transactionStatus what it tells of the transaction
     */
    public void ready(byte transactionStatus) {
        server.transaction().ready(transactionStatus);
        preparing = null;
        owed.takeToReady(undone);
        undo();
    }

    /** The server has failed before all that was sent, and skips it. */
    public void skipped() {
        owed.takeAll(undone);
        preparing = null;
        undo();
    }

    /** What was done last is undone first. */
    private void undo() {
        while (!undone.isEmpty()) {
            didNotHappen(undone.removeFirst());
        }
    }

    private void didNotHappen(Owed skipped) {
        switch (skipped.kind()) {
            case PARSE -> unnamedFailed(skipped.client());
            case MARKED_PARSE -> {
                boolean isSkipped = skipped.kept().isNone() || undone.peekFirst() == Owed.A_MARK;
                unnamedStays(skipped);
                if (!isSkipped) {
                    unnamedFailed(skipped.client());
                }
            }
            case UNNAMED_CLOSE -> unnamedStays(skipped);
            case NAMED_PARSE, SQL_PREPARE -> {
                present.makeStale(skipped.statement());
                skipped.client().parseDidNotHappen(skipped.name(), skipped.statement());
            }
            case CLOSE_AS_PARSE -> skipped.client().parseDidNotHappen(skipped.name(), skipped.statement());
            case OWN_PARSE -> {
                if (skipped.statement() == null) {
                    present.noUnnamed();
                } else {
                    present.makeStale(skipped.statement());
                }
            }
            case NAMED_CLOSE, SQL_DEALLOCATE -> skipped.client().closeDidNotHappen(skipped.name(), skipped.statement());
            case OWN_CLOSE, OWN_PREPARE, STAND_IN -> {
                if (skipped.statement() != null) {
                    present.makeStale(skipped.statement());
                }
            }
            case SQL_CLEAR -> skipped.client().clearDidNotHappen();
            default -> {}
        }
    }

    /** The last one decides what there is. */
    private void unnamedFailed(ServerStatements.Client client) {
        if (!owed.owesUnnamed()) {
            present.noUnnamed();
            client.unnamedFailed();
        }
    }

    private void unnamedStays(Owed skipped) {
        if (!owed.owesUnnamed()) {
            present.noUnnamed();
            skipped.client().unnamedStays(skipped.kept(), server);
        }
    }

    /** The server owes nothing any more. */
    void clear() {
        owed.clear();
        preparing = null;
    }
}

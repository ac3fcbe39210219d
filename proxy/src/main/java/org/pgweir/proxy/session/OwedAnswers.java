package org.pgweir.proxy.session;

import java.util.ArrayDeque;

/** The answers that a server owes, in the order in which they come, and what they tell about the client's names. */
final class OwedAnswers {
    private final ArrayDeque<Owed> queue = new ArrayDeque<>();
    private int readies;
    private int tags;

    void add(Owed owed) {
        queue.addLast(owed);
        count(owed, 1);
    }

    private void count(Owed owed, int change) {
        if (owed.is(Owed.Kind.READY)) {
            readies += change;
        } else if (owed.kind().hasTag()) {
            tags += change;
        }
    }

    private void remove(Owed owed) {
        queue.removeFirstOccurrence(owed);
        count(owed, -1);
    }

    /** The last ReadyForQuery does not come. */
    void syncIgnored() {
        if (queue.removeLastOccurrence(Owed.A_READY)) {
            readies--;
        }
    }

    /** Whether a request is unanswered. */
    boolean isUnderWay() {
        return readies > 0;
    }

    /** How many requests are unanswered. */
    int readies() {
        return readies;
    }

    /** Whether {@link #takeTagged} may find something. */
    boolean awaitsTags() {
        return tags > 0;
    }

    /** Takes the first that ParseComplete or CloseComplete may answer; null if there is none before the next ReadyForQuery. */
    Owed takeAnswered() {
        Owed first = queue.peekFirst();
        if (first != null && first.kind().isAnswered()) {
            return queue.removeFirst();
        }
        for (Owed next : queue) {
            if (next.is(Owed.Kind.READY)) {
                return null;
            }
            if (next.kind().isAnswered()) {
                remove(next);
                return next;
            }
        }
        return null;
    }

    /** Takes the first that CommandComplete with this tag answers; null if there is none before the next ReadyForQuery. */
    Owed takeTagged(String tag) {
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
        for (Owed next : queue) {
            // What was added comes behind what it was added to, and not before.
            if (next.is(Owed.Kind.READY) || kind.isAddition() && next.kind().hasTag() && !next.is(kind)) {
                return null;
            }
            if (next.is(kind)) {
                remove(next);
                return next;
            }
        }
        return null;
    }

    /**
     * ReadyForQuery has come.
     *
     * @param undone takes what was owed before it, the last one first
     */
    void takeToReady(ArrayDeque<Owed> undone) {
        Owed next = queue.pollFirst();
        while (next != null && !next.is(Owed.Kind.READY)) {
            count(next, -1);
            undone.addFirst(next);
            next = queue.pollFirst();
        }
        if (next != null) {
            readies--;
        }
    }

    /** Takes all but the ReadyForQuery, the last one first. */
    void takeAll(ArrayDeque<Owed> undone) {
        for (Owed next : queue) {
            if (!next.is(Owed.Kind.READY)) {
                undone.addFirst(next);
            }
        }
        clear();
    }

    void clear() {
        queue.clear();
        readies = 0;
        tags = 0;
    }

    /** Whether a Parse or Close of a client's unnamed statement is unanswered. */
    boolean owesUnnamed() {
        for (Owed next : queue) {
            if (next.is(Owed.Kind.PARSE) || next.is(Owed.Kind.MARKED_PARSE) || next.is(Owed.Kind.UNNAMED_CLOSE)) {
                return true;
            }
        }
        return false;
    }

    /** See {@link ServerStatements#isInDoubt}. */
    boolean isInDoubt(ByteString name) {
        if (readies == 0) {
            return false;
        }
        boolean seen = false;
        for (Owed next : queue) {
            switch (next.kind()) {
                case READY -> {
                    if (seen) {
                        return true;
                    }
                }
                case NAMED_PARSE, CLOSE_AS_PARSE, NAMED_CLOSE, SQL_PREPARE, SQL_DEALLOCATE ->
                    seen |= next.name().equals(name);
                case SQL_CLEAR -> seen = true;
                default -> {}
            }
        }
        return false;
    }

    /** See {@link ServerStatements#refusedName}. */
    ByteString refusedName() {
        for (Owed next : queue) {
            if (next.is(Owed.Kind.ERROR)) {
                return next.name();
            }
            if (next.is(Owed.Kind.READY)) {
                return null;
            }
        }
        return null;
    }

    /** See {@link ServerStatements#changes}. */
    TextChanges changes() {
        for (Owed next : queue) {
            if (next.changes() != null
                    || next.is(Owed.Kind.READY)
                    || next.kind().isAnswered()) {
                return next.changes();
            }
        }
        return null;
    }

    /** See {@link ServerStatements#nameOf}. */
    ByteString nameOf(String nameHere) {
        for (Owed next : queue) {
            if (next.name() != null
                    && next.statement() != null
                    && next.statement().toString().equals(nameHere)) {
                return next.name();
            }
        }
        return null;
    }
}

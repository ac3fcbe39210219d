package org.pgweir.proxy.server;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Random;

/**
 * What PostgreSQL answers, written down from its own main loop (postgres.c) and from its reader of COPY data (copyfromparse.c). Knows
 * nothing of {@link Exchange}.
 */
final class PostgresModel {
    /** Type of a Close of what does not exist. */
    static final char PROBE = 'K';

    /** What a statement does. */
    enum Statement {
        SELECT,
        BEGIN,
        END,
        COPY,
        BAD
    }

    /** @param statements of a Query or an Execute */
    record Message(char type, List<Statement> statements) {
        static Message of(char type, Statement... statements) {
            return new Message(type, List.of(statements));
        }
    }

    private final Random random;
    private final Deque<String> answers = new ArrayDeque<>();
    private final Deque<Statement> rest = new ArrayDeque<>();
    private boolean skipsUntilSync;
    private boolean batchOpen;
    private boolean copying;
    private boolean copyIsExtended;
    private boolean dead;
    private char status = 'I';

    PostgresModel(Random random) {
        this.random = random;
    }

    /** Nothing begun, nothing to skip, no transaction. What it has answered may still be on its way. */
    boolean isAtRest() {
        return !skipsUntilSync && !batchOpen && !copying && status == 'I';
    }

    boolean isDead() {
        return dead;
    }

    boolean isCopying() {
        return copying;
    }

    /** Messages that have not been delivered: G, E, 3, Z and the status; others do not matter. */
    Deque<String> answers() {
        return answers;
    }

    void read(Message message) {
        if (copying) {
            readInCopy(message.type());
            return;
        }
        switch (message.type()) {
            case 'S' -> {
                skipsUntilSync = false;
                batchOpen = false;
                ready();
            }
            case 'd', 'c', 'f', 'H' -> {}
            case PROBE -> {
                if (!skipsUntilSync) {
                    answers.add("3");
                }
            }
            default -> {
                if (!skipsUntilSync) {
                    execute(message);
                }
            }
        }
    }

    private void execute(Message message) {
        switch (message.type()) {
            case 'Q', 'F' -> {
                rest.clear();
                rest.addAll(message.statements());
                runSimple();
            }
            default -> {
                batchOpen = true;
                for (Statement statement : message.statements()) {
                    if (!run(statement, true)) {
                        return;
                    }
                }
            }
        }
    }

    private void runSimple() {
        while (!rest.isEmpty()) {
            if (!run(rest.poll(), false) || copying) {
                return;
            }
        }
        batchOpen = false;
        ready();
    }

    /** False if it failed. */
    private boolean run(Statement statement, boolean extended) {
        if (statement == Statement.BAD || status == 'E' && statement != Statement.END) {
            error(extended);
            return false;
        }
        switch (statement) {
            case BEGIN -> status = 'T';
            case END -> status = 'I';
            case COPY -> {
                copying = true;
                copyIsExtended = extended;
                answers.add("G");
            }
            default -> {}
        }
        return true;
    }

    private void readInCopy(char type) {
        switch (type) {
            case 'd', 'S', 'H' -> {}
            case 'f' -> failCopy();
            case 'c' -> {
                if (random.nextInt(8) == 0) {
                    failCopy();
                } else {
                    copying = false;
                    if (!copyIsExtended) {
                        runSimple();
                    }
                }
            }
            default -> {
                // Protocol synchronization is lost: the connection ends.
                answers.add("E");
                dead = true;
            }
        }
    }

    /** A bad line, a trigger, a cancel request: it may come at any time. */
    void mayFailCopy() {
        if (copying) {
            failCopy();
        }
    }

    private void failCopy() {
        copying = false;
        error(copyIsExtended);
    }

    private void error(boolean extended) {
        answers.add("E");
        rest.clear();
        batchOpen = false;
        if (status == 'T') {
            status = 'E';
        }
        if (extended) {
            skipsUntilSync = true;
        } else {
            ready();
        }
    }

    private void ready() {
        answers.add("Z" + status);
    }
}

package org.pgweir.proxy.session;

import org.pgweir.protocol.Backend;

/** What is known of the transaction in which a server will meet what is sent to it next. On the server's loop. */
public final class ServerTransaction {
    private final OwedAnswers owed;
    private final PresentStatements present;
    private byte status = Backend.IDLE;

    /** The requests with which the last Execute, and the last that may begin a transaction, were sent. */
    private long lastExecute = -1;

    private long lastBegin = -1;

    ServerTransaction(OwedAnswers owed, PresentStatements present) {
        this.owed = owed;
        this.present = present;
    }

    /**
     * An Execute goes to the server. In a failed transaction it either ends that, or fails itself; so whatever of its batch follows is not run
     * in a failed one.
     */
    public void executeSent() {
        lastExecute = present.requests();
    }

    /** What goes to the server may begin a transaction. */
    void mayBegin() {
        lastBegin = present.requests();
    }

    /** ReadyForQuery came. */
    void ready(byte transactionStatus) {
        status = transactionStatus;
    }

    /** Whether it had failed when the last request was answered. */
    boolean hadFailed() {
        return status == Backend.FAILED_TRANSACTION;
    }

    /** Whether it is certain that PostgreSQL meets what is sent next in a failed one, where it refuses nearly every Parse. */
    boolean hasFailed() {
        return hadFailed() && !owed.isUnderWay() && lastExecute != present.requests();
    }

    /** Whether requests are under way behind which it may have failed. */
    boolean isInDoubt() {
        return owed.isUnderWay() && (status != Backend.IDLE || lastBegin >= present.requests() - owed.readies());
    }
}

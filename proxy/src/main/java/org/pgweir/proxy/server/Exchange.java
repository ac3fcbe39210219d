package org.pgweir.proxy.server;

import org.pgweir.protocol.Backend;
import org.pgweir.protocol.Frontend;
import org.pgweir.proxy.session.ServerStatements;

/**
 * What a server still owes for the messages that were sent to it, and whether it may change hands.
 *
 * <p>PostgreSQL answers each Query, FunctionCall and Sync with one ReadyForQuery. Exceptions: while it reads COPY data it ignores
 * Sync; a COPY in the extended protocol swallows the Sync that was sent before its data; after an error in the extended protocol it
 * skips up to the next Sync (PostgreSQL documentation, "Message Flow").
 *
 * <p>Whether a Sync that met a COPY which failed is answered depends on whether PostgreSQL read it before or after the failure: both
 * end with the same ErrorResponse. When all other answers are here, a <em>probe</em> tells: a Close and a Sync, which PostgreSQL reads
 * behind whatever it was sent. What it owed comes before the CloseComplete, or never.
 *
 * <p>Where these rules leave open which answers will come in any other way (a Query inside an extended batch that may have failed,
 * requests behind a COPY that has not ended), the exchange is in doubt: it never becomes quiet again, so the server stays with its
 * client and is closed after it. Counting too many answers is safe, counting too few would give a server away too early.
 */
public final class Exchange {
    private int awaited;
    private boolean batch;
    private boolean copyIn;
    private int copyEndsAhead;
    private boolean endedAhead;
    private boolean syncInCopy;
    private boolean beyondCopy;
    private boolean unsettled;
    private boolean probing;
    private boolean probeClosed;
    private boolean lastWasSync;
    private boolean doubtful;
    private boolean prelude;
    private byte status = Backend.IDLE;
    private final ServerStatements statements;

    public Exchange() {
        this(new ServerStatements());
    }

    /** @param statements hears of each request and its end */
    Exchange(ServerStatements statements) {
        this.statements = statements;
    }

    /** A frontend message of this type goes to the server. */
    public void sent(byte type) {
        switch (type) {
            case Frontend.QUERY, Frontend.FUNCTION_CALL -> {
                // In an open batch, it either ends that batch, or, if the batch has failed, is skipped: then one answer
                // too many is
                // awaited.
                doubtful |= copyIn;
                goesBeyondCopy();
                batch = false;
                awaited++;
                statements.requestSent();
                lastWasSync = false;
            }
            case Frontend.SYNC -> {
                if (copyIn) {
                    syncInCopy = true;
                } else {
                    batch = false;
                    awaited++;
                    statements.requestSent();
                    lastWasSync = true;
                }
            }
            case Frontend.COPY_DONE, Frontend.COPY_FAIL -> {
                if (copyIn) {
                    copyIn = false;
                } else if (awaited > 0 || batch) {
                    copyEndsAhead++;
                    endedAhead = true;
                }
            }
            case Frontend.COPY_DATA, Frontend.FLUSH -> {}
            default -> {
                if (type == Frontend.EXECUTE) {
                    statements.transaction().executeSent();
                }
                goesBeyondCopy();
                batch = true;
            }
        }
    }

    /** Behind a Sync that has met a COPY comes something that may begin another one, which a probe would break. */
    private void goesBeyondCopy() {
        beyondCopy |= syncInCopy;
        doubtful |= unsettled;
    }

    /** CopyInResponse or CopyBothResponse came. */
    public void copyBegan() {
        if (copyEndsAhead > 0) {
            // The client did not wait: data and end are on their way already.
            copyEndsAhead--;
            return;
        }
        copyIn = true;
        if (awaited == 1 && lastWasSync) {
            // Extended protocol: that Sync is read as part of the data, and ignored. Another one must follow the data.
            // Unless the COPY fails before it reads anything.
            awaited = 0;
            statements.syncIgnored();
            beyondCopy = batch;
            batch = true;
            syncInCopy = true;
        } else if (awaited > 1) {
            doubtful = true;
        }
    }

    /**
     * ErrorResponse came; it ends a COPY. Whether a Sync that met the COPY was read before or after that end, a probe will tell; which
     * of several COPYs an end that was sent ahead has met, nobody can tell.
     */
    public void failed() {
        unsettled |= syncInCopy;
        doubtful |= syncInCopy && beyondCopy || endedAhead && (awaited > 1 || batch) || probing;
        copyIn = false;
    }

    /** ReadyForQuery came. */
    public void ready(byte transactionStatus) {
        status = transactionStatus;
        if (probing) {
            // Of a Sync that met the COPY.
            return;
        }
        if (awaited == 0) {
            if (unsettled) {
                // That Sync was read behind the failure, and has ended the batch.
                batch = false;
                statements.answers().ready(transactionStatus);
            } else {
                doubtful = true;
            }
            return;
        }
        awaited--;
        statements.answers().ready(transactionStatus);
        if (awaited == 0) {
            copyIn = false;
            syncInCopy = false;
            beyondCopy = false;
            if (!batch) {
                copyEndsAhead = 0;
                endedAhead = false;
            }
        }
    }

    /** Nothing more will come but, perhaps, the answers to Syncs that met a COPY which failed. */
    public boolean needsProbe() {
        return unsettled && !probing && !doubtful && awaited == 0 && !batch && !copyIn;
    }

    /** A Close of what does not exist and a Sync were sent, and nothing else may be before they are answered. They are not counted. */
    void probeSent() {
        probing = true;
    }

    /** The probe is under way. */
    public boolean isProbing() {
        return probing;
    }

    /** CloseComplete came while {@link #isProbing}: it is the probe's. */
    public void probeClosed() {
        probeClosed = true;
    }

    /** ReadyForQuery came; ends the probe and returns true if it was the probe's, which is not to be counted. */
    public boolean endProbe() {
        if (!probeClosed) {
            return false;
        }
        probing = false;
        probeClosed = false;
        unsettled = false;
        syncInCopy = false;
        beyondCopy = false;
        return true;
    }

    /** A {@link Prelude} goes to a server that is free. It is not counted. */
    void preludeSent() {
        prelude = true;
    }

    void preludeDone() {
        prelude = false;
    }

    /** The server skips all that it was sent since, up to the Sync, if there was one. */
    void preludeFailed() {
        boolean syncSent = awaited > 0 && endsWithSync();
        prelude = false;
        awaited = syncSent ? 1 : 0;
        batch = !syncSent;
        copyIn = false;
        copyEndsAhead = 0;
        endedAhead = false;
        statements.answers().skipped();
        if (syncSent) {
            statements.requestSent();
        }
    }

    /** Pgweir's own settings for the client are still being answered. */
    public boolean inPrelude() {
        return prelude;
    }

    /** Nothing was sent behind it that would make the server answer it. */
    public boolean isOnlyPrelude() {
        return prelude && isQuietBehindPrelude();
    }

    /** While {@link #inPrelude()}, nothing may be sent behind a Sync. */
    public boolean holdsBack() {
        return prelude && awaited > 0 && endsWithSync();
    }

    /** Nothing is owed, nothing half sent. There may be an open transaction. */
    public boolean isQuiet() {
        return !prelude && isQuietBehindPrelude();
    }

    private boolean isQuietBehindPrelude() {
        return awaited == 0 && !batch && !copyIn && !doubtful && !unsettled;
    }

    /** As {@link #isFree}, but there may be a prelude. */
    public boolean isFreeBehindPrelude() {
        return isQuietBehindPrelude() && status == Backend.IDLE;
    }

    /** Quiet, and outside a transaction. */
    public boolean isFree() {
        return isQuiet() && status == Backend.IDLE;
    }

    /** How many ReadyForQuery messages are still to come. */
    public int awaited() {
        return awaited;
    }

    /** Extended-protocol messages were sent, and no Sync behind them. */
    public boolean inBatch() {
        return batch;
    }

    /** The last request was a Sync, and nothing came behind it. */
    public boolean endsWithSync() {
        return lastWasSync && !batch;
    }

    /** The server waits for COPY data. */
    public boolean inCopyIn() {
        return copyIn;
    }

    /** For good. */
    public boolean isDoubtful() {
        return doubtful;
    }

    /** Transaction status of the last ReadyForQuery. */
    public byte status() {
        return status;
    }
}

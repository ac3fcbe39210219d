package org.pgweir.proxy.server;

/**
 * What clients may have left on a server in ways that pgweir does not see: functions change settings, and a statement runs functions
 * whose names do not stand in it, through views, triggers and operators. So what is found on a server is not known to be its client's,
 * unless nobody else has used it since it was clean.
 */
public final class Leftovers {
    /** Stands for all clients whose sessions are not followed. */
    public static final long ANYBODY = -1;

    private static final long NOBODY = 0;

    private long user = NOBODY;
    private boolean several;
    private boolean suspected;
    private boolean due;

    /** A client of this number gets the server. */
    public void usedBy(long client) {
        if (user != client) {
            several = user != NOBODY;
            user = client;
        }
    }

    /** Its present user runs something that may leave some. They stay for as long as nobody else comes. */
    public void mayCome() {
        suspected = true;
    }

    /** A client of this number is about to get the server: others' must go before. */
    public void awaitedBy(long client) {
        due |= suspected && client != user;
    }

    /** Whether nobody else has used the server since it was clean. */
    public boolean areOnlyOf(long client) {
        return user == client && !several;
    }

    /** There are some, or may be: they must go before the next use. */
    public void mustGo() {
        due = true;
    }

    /** Whether they {@link #mustGo}. */
    public boolean areDue() {
        return due;
    }

    /** They are taken back, ahead of whatever the server is told from here on. */
    void areTaken() {
        due = false;
        suspected = false;
        several = false;
        user = NOBODY;
    }

    /** They were not, after all. */
    void stay() {
        due = true;
        several = true;
    }
}

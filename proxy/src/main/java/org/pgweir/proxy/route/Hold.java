package org.pgweir.proxy.route;

/** What keeps the clients of all databases from their servers: PAUSE and SUSPEND. Shared by all loops. */
final class Hold {
    private volatile boolean paused;
    private volatile boolean suspended;
    private volatile boolean ending;

    void pause(boolean pause) {
        paused = pause;
    }

    boolean isPaused() {
        return paused || ending;
    }

    /** Nobody gets a server any more; what was paused stays so if this is taken back. */
    void end(boolean now) {
        ending = now;
    }

    boolean isEnding() {
        return ending;
    }

    void suspend(boolean suspend) {
        suspended = suspend;
    }

    boolean isSuspended() {
        return suspended;
    }
}

package org.pgweir.proxy.route;

/** What keeps the clients of all databases from their servers: PAUSE and SUSPEND. Shared by all loops. */
final class Hold {
    private volatile boolean paused;
    private volatile boolean suspended;
    private volatile boolean last;

    void pause(boolean pause) {
        paused = pause;
    }

    boolean isPaused() {
        return paused;
    }

    /** Nobody gets a server any more, ever. */
    void last(boolean now) {
        last = now;
    }

    boolean isLast() {
        return last;
    }

    void suspend(boolean suspend) {
        suspended = suspend;
    }

    boolean isSuspended() {
        return suspended;
    }
}

package org.pgweir.proxy.route;

/** What keeps the clients of all databases from their servers: PAUSE and SUSPEND. Shared by all loops. */
final class Hold {
    private volatile boolean paused;
    private volatile boolean suspended;

    void pause(boolean pause) {
        paused = pause;
    }

    boolean isPaused() {
        return paused;
    }

    void suspend(boolean suspend) {
        suspended = suspend;
    }

    boolean isSuspended() {
        return suspended;
    }
}

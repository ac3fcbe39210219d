package org.pgweir.proxy.pool;

import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.server.Leftovers;
import org.pgweir.proxy.server.Server;
import org.pgweir.proxy.server.TrackedParameters;
import org.pgweir.proxy.session.SessionState;

/** Somebody who wants a server. All calls come on its loop. */
public interface Waiter {
    /** The user whom the client has named; its servers may be logged in as another. */
    String user();

    /** The settings that the server must have when it is handed over. */
    TrackedParameters parameters();

    /** What else the server must have been told; null if that does not matter. */
    SessionState session();

    /** Tells those apart for whom the server must be cleaned of what others have left; see {@link Leftovers}. */
    default long number() {
        return Leftovers.ANYBODY;
    }

    /** They were set; these are their values in the server's own spelling. */
    void parametersApplied(TrackedParameters values);

    /** Here it is. The waiter owns it until it gives it back. */
    void linked(Server server, long nowNanos);

    /** There will be none. */
    void refused(ErrorMessage error);

    /** It does not want one any more. */
    boolean isGone();

    /** It only wants to learn the first server's settings, to finish its login. */
    boolean isLogin();

    /** When it began to wait. */
    long parkedAtNanos();

    void parkedAt(long nowNanos);
}

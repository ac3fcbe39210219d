package org.pgweir.proxy.server;

import org.pgweir.protocol.ErrorMessage;

/** Watches a server that nobody uses: notices, changed settings and notifications may come, and its end. */
public abstract class ServerIdle extends ServerFrames {
    @Override
    final void onReady(Server server, long nowNanos) {
        server.closeNow();
    }

    @Override
    final void onError(Server server, ErrorMessage error) {
        // A FATAL is kept by the server; the close follows.
    }

    @Override
    final void onCopyIn(Server server) {
        server.closeNow();
    }
}

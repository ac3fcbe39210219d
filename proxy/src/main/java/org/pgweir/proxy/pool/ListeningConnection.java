package org.pgweir.proxy.pool;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Consumer;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.server.Server;
import org.pgweir.proxy.server.ServerIdle;
import org.pgweir.proxy.server.ServerListener;
import org.pgweir.proxy.server.ServerState;
import org.pgweir.proxy.server.ServerStatement;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connection that does nothing but LISTEN to the channels that it is told to. On its server's loop. */
final class ListeningConnection {
    private static final Logger LOG = LoggerFactory.getLogger(ListeningConnection.class);

    private final Pool pool;
    private final Server server;
    private final Owner owner;
    private final Set<String> listened = new LinkedHashSet<>();
    private boolean busy;
    private boolean left;

    /** Who has it; hears nothing more after {@link #leave}. */
    interface Owner {
        /** It listens to what it was told to. */
        void changed(ListeningConnection connection);

        /** @param frame a whole NotificationResponse */
        void notified(ListeningConnection connection, byte[] frame);

        void ended(ListeningConnection connection);
    }

    /** @param server just opened; it is in nobody else's hands */
    ListeningConnection(Pool pool, Server server, Owner owner) {
        this.pool = pool;
        this.server = server;
        this.owner = owner;
        server.handTo(rest, ServerState.ACTIVE);
        server.onNotifications(frame -> tell(now -> now.notified(this, frame)));
    }

    Server server() {
        return server;
    }

    /** Whether no notification of these channels can be missed. */
    boolean listensTo(Set<String> channels) {
        return listened.containsAll(channels);
    }

    /** It is about to listen to something else: its owner will hear of that. */
    boolean isBusy() {
        return busy;
    }

    /** It is to listen to these channels and no other ones; not while it is busy. */
    void listenTo(Set<String> wanted) {
        String sql = difference(wanted);
        if (!sql.isEmpty()) {
            run(sql, wanted);
        }
    }

    /** Says goodbye to the server, and nothing more to the owner. */
    void leave() {
        left = true;
        if (!busy) {
            server.close();
        }
    }

    private String difference(Set<String> wanted) {
        StringBuilder sql = new StringBuilder();
        for (String channel : wanted) {
            if (!listened.contains(channel)) {
                sql.append("LISTEN ").append(quoted(channel)).append(';');
            }
        }
        for (String channel : listened) {
            if (!wanted.contains(channel)) {
                sql.append("UNLISTEN ").append(quoted(channel)).append(';');
            }
        }
        return sql.toString();
    }

    private static String quoted(String channel) {
        return '"' + channel.replace("\"", "\"\"") + '"';
    }

    private void run(String sql, Set<String> wanted) {
        // What ends must not count as listened to while it does.
        listened.retainAll(wanted);
        busy = true;
        ServerStatement.queryOfBytes(server, sql, pool.ownStatementTimeout(), null, new ServerStatement.Outcome() {
            @Override
            public void done(Server done, ErrorMessage error, long nowNanos) {
                busy = false;
                done.handTo(rest, ServerState.ACTIVE);
                if (left) {
                    done.close();
                } else if (error != null) {
                    LOG.warn("{} LISTEN failed: {}", pool.nameOf(done), error.message());
                    done.closeNow();
                } else {
                    listened.addAll(wanted);
                    owner.changed(ListeningConnection.this);
                }
            }

            @Override
            public void lost(Server lost, String reason, long nowNanos) {
                busy = false;
                tell(now -> now.ended(ListeningConnection.this));
            }
        });
    }

    private void tell(Consumer<Owner> what) {
        if (!left) {
            what.accept(owner);
        }
    }

    private final ServerListener rest = new ServerIdle() {
        @Override
        public void onServerClosed(Server lost, long nowNanos) {
            tell(now -> now.ended(ListeningConnection.this));
        }
    };
}

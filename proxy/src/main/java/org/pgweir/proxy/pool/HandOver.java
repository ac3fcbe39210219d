package org.pgweir.proxy.pool;

import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.server.Server;
import org.pgweir.proxy.server.ServerStatement;
import org.pgweir.proxy.session.SessionState;

/**
 * What happens between the moment when a server is chosen for a waiter and the moment when the waiter gets it: a server that rested
 * for long is checked, and it is given the waiter's settings. One that fails is closed and another one sought, unseen by the waiter.
 */
final class HandOver {
    private final LoopPool part;
    private final Closings closings;

    HandOver(LoopPool part, Closings closings) {
        this.part = part;
        this.closings = closings;
    }

    private PoolSettings settings() {
        return part.pool().settings();
    }

    void begin(Server server, Waiter waiter, long nowNanos) {
        PoolSettings settings = settings();
        if (settings.checkQuery() != null && settings.isStale(server.idleSinceNanos(), nowNanos)) {
            check(server, waiter, settings.checkQuery());
        } else {
            adapt(server, waiter, nowNanos);
        }
    }

    private void check(Server server, Waiter waiter, String query) {
        ServerStatement.run(server, query, settings().connectTimeout(), new ServerStatement.Outcome() {
            @Override
            public void done(Server checked, ErrorMessage error, long now) {
                if (error == null) {
                    adapt(checked, waiter, now);
                } else {
                    closings.end(checked, CloseReason.CHECK_FAILED, error.message(), now);
                    part.relink(waiter, now);
                }
            }

            @Override
            public void lost(Server lost, String reason, long now) {
                closings.lost(lost, CloseReason.CHECK_FAILED, reason, now);
                part.relink(waiter, now);
            }
        });
    }

    private void adapt(Server server, Waiter waiter, long nowNanos) {
        // One who does not care for the settings leaves them as they are.
        boolean cares = !waiter.isGone() && waiter.session() != null;
        if (cares) {
            server.leftovers().awaitedBy(waiter.number());
        }
        if (cares && server.leftovers().areDue() && settings().connectQuery() != null) {
            clean(server, waiter);
            return;
        }
        String sql = cares ? server.settings().statementsFor(waiter.parameters(), waiter.session()) : null;
        if (sql == null) {
            part.hand(server, waiter, nowNanos);
            return;
        }
        if (server.settings().readsAs(waiter.parameters())
                || waiter.parameters().isCertainReading() && isAscii(sql)) {
            server.sendAhead(sql, waiter.session());
            part.hand(server, waiter, nowNanos);
            return;
        }
        // First the server must say what encoding that is, and read what is to be set in it.
        String reading = server.settings().readingStatementsFor(waiter.parameters());
        ServerStatement.queryOfBytes(server, reading, settings().connectTimeout(), null, new ServerStatement.Outcome() {
            @Override
            public void done(Server set, ErrorMessage error, long now) {
                if (error == null) {
                    waiter.parametersApplied(
                            waiter.parameters().readingAs(set.settings().parameters()));
                    adapt(set, waiter, now);
                } else {
                    // All or nothing: the server is as it was.
                    part.release(set, now);
                    if (waiter.isGone()) {
                        return;
                    }
                    waiter.refused(error.withSeverity(ErrorMessage.FATAL));
                }
            }

            @Override
            public void lost(Server lost, String reason, long now) {
                closings.lost(lost, CloseReason.STATEMENT_FAILED, reason, now);
                part.relink(waiter, now);
            }
        });
    }

    /** What connect_query has set must be there again. */
    private void clean(Server server, Waiter waiter) {
        Failed failed = (lost, error, isLost, now) -> part.relink(waiter, now);
        runOwn(
                server,
                server.settings().cleanStatements(),
                "RESET ALL",
                (clean, now) -> runOwn(
                        clean,
                        settings().connectQuery(),
                        "connect_query",
                        (set, later) -> {
                            set.settings().hasOnly(SessionState.NONE);
                            adapt(set, waiter, later);
                        },
                        failed),
                failed);
    }

    /** Such bytes mean the same in every encoding of a client. */
    private static boolean isAscii(String sql) {
        return sql.chars().allMatch(c -> c < 0x80);
    }

    /** What comes after a statement of our own. */
    interface Then {
        void run(Server server, long nowNanos);
    }

    /** What a failed statement of our own means for others than its server. */
    interface Failed {
        /** @param lost whether the server died of it, or of something else meanwhile */
        void run(Server server, ErrorMessage error, boolean lost, long nowNanos);
    }

    /** Runs a statement of our own; a server on which it fails is closed. */
    void runOwn(Server server, String sql, String name, Then then, Failed failed) {
        ServerStatement.run(server, sql, settings().connectTimeout(), new ServerStatement.Outcome() {
            @Override
            public void done(Server done, ErrorMessage error, long now) {
                if (error == null) {
                    then.run(done, now);
                } else {
                    failed.run(done, error.withSeverity(ErrorMessage.FATAL), false, now);
                    closings.end(done, CloseReason.STATEMENT_FAILED, name + ": " + error.message(), now);
                }
            }

            @Override
            public void lost(Server lost, String reason, long now) {
                failed.run(lost, ErrorMessage.fatal("08006", name + ": " + reason), true, now);
                closings.lost(lost, CloseReason.STATEMENT_FAILED, name + ": " + reason, now);
            }
        });
    }
}

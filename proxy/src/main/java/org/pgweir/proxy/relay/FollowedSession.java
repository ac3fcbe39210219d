package org.pgweir.proxy.relay;

import org.pgweir.proxy.pool.Pool;
import org.pgweir.proxy.server.Server;
import org.pgweir.proxy.server.TrackedParameters;
import org.pgweir.proxy.session.ClientStatements;
import org.pgweir.proxy.session.SessionState;
import org.pgweir.proxy.session.SqlDialect;

/**
 * What is followed of a client's session, so that any server can go on with it. A relay has none where the session is the client's own
 * affair: it has a server of its own, or the operator wants it so. On the client's loop.
 *
 * @param session what the client has set, and why it keeps its server
 * @param statements what the client has prepared
 * @param upkeep what pgweir itself does for both on the client's server
 * @param errors puts the server's errors into the client's words
 */
record FollowedSession(
        ClientSession session, ClientStatements statements, SessionUpkeep upkeep, StatementErrors errors) {
    /** @param startup further settings that the client began with */
    static FollowedSession of(Relay relay, TrackedParameters parameters, SessionState startup) {
        Pool pool = relay.pool.pool();
        ClientSession session = new ClientSession(startup, pool.customSettings());
        ClientStatements statements = new ClientStatements(
                pool.statements(),
                pool.followsStatements(),
                relay::isWanted,
                dialect -> session.sqlContext(dialect, relay.parameters()));
        SessionUpkeep upkeep = new SessionUpkeep(relay, relay.client, relay.pool, session, parameters);
        statements.additions(upkeep);
        statements.askingFirst(relay::asksFirst);
        FollowedSession followed =
                new FollowedSession(session, statements, upkeep, new StatementErrors(statements, relay.replay));
        followed.readsAs(parameters);
        return followed;
    }

    /** How the bytes of the client's SQL are to be read. */
    void readsAs(TrackedParameters parameters) {
        String encoding = parameters.get("client_encoding");
        statements.dialect(SqlDialect.of(
                encoding == null ? "UTF8" : encoding, !"off".equals(parameters.get("standard_conforming_strings"))));
    }

    /** The client gets a server; the operator's wishes may have changed since the last time. */
    void linked(Server server, Pool pool) {
        server.statements().keepAtMost(pool.maxPreparedStatements());
        session.features(pool.features());
        errors.rejected(null);
    }

    /** PostgreSQL looks anew for what statements name when a session gets the schema of its temporary objects. */
    void outdateStatements() {
        if (session.takeFirstTemporary()) {
            statements.temporaryObjects();
        }
    }

    /** Whether the server may have something of the client's that no other client must meet. */
    boolean mayLeaveTraces() {
        return session.isPinned() || session.isUnsettled();
    }

    void clientGone() {
        upkeep.clientGone();
        statements.clear();
    }
}

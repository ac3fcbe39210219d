package org.pgweir.proxy.client;

import io.netty.buffer.ByteBuf;
import java.util.Map;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.pool.LoopPool;
import org.pgweir.proxy.pool.OwnServers;
import org.pgweir.proxy.server.Server;
import org.pgweir.proxy.session.Replication;
import org.pgweir.proxy.stats.Logins.Failure;

/** The client is let in for replication, and waits for the server that will be its own. */
final class OwnServerWait implements ClientPhase, OwnServers.Applicant {
    private final Client client;
    private final LoopPool pool;
    private final Map<String, String> startupParameters;
    private boolean gone;

    OwnServerWait(Client client, LoopPool pool, Map<String, String> startupParameters) {
        this.client = client;
        this.pool = pool;
        this.startupParameters = startupParameters;
    }

    void begin(long nowNanos) {
        pool.ownServers().open(this, nowNanos);
    }

    @Override
    public void onBytes(ByteBuf bytes, long nowNanos) {
        client.refuseUntimely(bytes);
    }

    @Override
    public void leave(long nowNanos) {
        gone = true;
    }

    @Override
    public String user() {
        return client.user();
    }

    @Override
    public Replication replication() {
        return client.replication();
    }

    @Override
    public Map<String, String> startupParameters() {
        return startupParameters;
    }

    @Override
    public void opened(Server server, long nowNanos) {
        client.admission().welcomeAlone(pool, server, nowNanos);
    }

    @Override
    public void refused(ErrorMessage error) {
        client.refuse(Failure.SERVER, error);
    }

    @Override
    public boolean isGone() {
        return gone;
    }
}

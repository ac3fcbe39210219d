package org.pgweir.proxy.client;

import io.netty.buffer.ByteBuf;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.pool.LoopPool;
import org.pgweir.proxy.pool.Waiter;
import org.pgweir.proxy.server.Server;
import org.pgweir.proxy.server.TrackedParameters;
import org.pgweir.proxy.session.SessionState;
import org.pgweir.proxy.stats.Logins.Failure;

/** The client is let in, but no server of its pool has told its settings yet: it waits for the first one. */
final class LoginWait implements ClientPhase, Waiter {
    private final Client client;
    private final LoopPool pool;
    private long parkedAtNanos;
    private boolean gone;
    private boolean left;

    LoginWait(Client client, LoopPool pool) {
        this.client = client;
        this.pool = pool;
    }

    void begin(long nowNanos) {
        pool.link(this, nowNanos);
    }

    @Override
    public void onBytes(ByteBuf bytes, long nowNanos) {
        client.refuseUntimely(bytes);
    }

    @Override
    public void leave(long nowNanos) {
        gone = true;
        left = true;
        pool.unpark(this);
    }

    @Override
    public void linked(Server server, long nowNanos) {
        gone = true;
        // Not in this call: the server would go to the next who waits to log in, and so on, each deeper on the stack.
        pool.loop().post(() -> {
            long now = Loop.nowNanos();
            pool.release(server, now);
            if (!left) {
                client.admission().welcome(pool, now);
            }
        });
    }

    @Override
    public void refused(ErrorMessage error) {
        client.refuse(Failure.SERVER, error);
    }

    @Override
    public String user() {
        return client.user();
    }

    /** Whatever the server has: nothing will be asked of it. */
    @Override
    public TrackedParameters parameters() {
        return TrackedParameters.NONE;
    }

    @Override
    public SessionState session() {
        return null;
    }

    @Override
    public void parametersApplied(TrackedParameters values) {}

    @Override
    public boolean isGone() {
        return gone;
    }

    @Override
    public boolean isLogin() {
        return true;
    }

    @Override
    public long parkedAtNanos() {
        return parkedAtNanos;
    }

    @Override
    public void parkedAt(long nowNanos) {
        parkedAtNanos = nowNanos;
    }
}

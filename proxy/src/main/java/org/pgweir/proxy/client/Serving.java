package org.pgweir.proxy.client;

import io.netty.buffer.ByteBuf;
import java.util.concurrent.TimeUnit;
import org.pgweir.config.Configuration;
import org.pgweir.proxy.net.TcpOptions;
import org.pgweir.proxy.relay.Relay;
import org.pgweir.proxy.relay.Timeouts;

/** The client is logged in, and its relay has it. */
final class Serving implements ClientPhase {
    private static final long CHECK_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Relay relay;
    private Configuration limitsFrom;
    private Timeouts timeouts = Timeouts.NONE;
    private long checkedAtNanos;

    Serving(Relay relay) {
        this.relay = relay;
    }

    Relay relay() {
        return relay;
    }

    @Override
    public void onBytes(ByteBuf bytes, long nowNanos) {
        relay.onClientBytes(bytes, nowNanos);
    }

    @Override
    public void onReadComplete() {
        relay.onClientReadComplete();
    }

    @Override
    public void onWritability(boolean writable) {
        relay.onClientWritability(writable);
    }

    @Override
    public void leave(long nowNanos) {
        relay.onClientGone(nowNanos);
    }

    @Override
    public boolean isLoggedIn() {
        return true;
    }

    // ---------------------------------------------------------------- time

    @Override
    public void tick(Client client, long nowNanos) {
        readLimits(client);
        checkConnections(client, nowNanos);
        if (timeouts.idle() > 0 && relay.isResting() && nowNanos - relay.lastActiveNanos() > timeouts.idle()) {
            client.fail(ClientErrors.IDLE_TIMEOUT);
        } else {
            relay.checkTimeouts(timeouts, nowNanos);
        }
    }

    /** Once a second, for those who wait. */
    private void checkConnections(Client client, long nowNanos) {
        if (nowNanos - checkedAtNanos < CHECK_NANOS) {
            return;
        }
        checkedAtNanos = nowNanos;
        if (relay.waitsLong(nowNanos) && TcpOptions.isSilentlyReset(client.channel())) {
            client.close("client connection reset");
        } else {
            relay.checkServer(nowNanos);
        }
    }

    /** Timeouts of this user and database, read anew after each reload. */
    private void readLimits(Client client) {
        Configuration now = client.services().configuration();
        if (now == limitsFrom) {
            return;
        }
        limitsFrom = now;
        timeouts = client.services()
                .clients()
                .timeouts()
                .one(Timeouts.of(
                        now,
                        client.pool().database().config(),
                        client.user(),
                        client.pool().userName()));
    }
}

package org.pgweir.proxy.pool;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.pgweir.config.PoolMode;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.server.Server;
import org.pgweir.proxy.server.ServerCleanup;
import org.pgweir.proxy.server.ServerState;
import org.pgweir.proxy.server.ServerStatement;
import org.pgweir.proxy.session.SessionState;
import org.pgweir.proxy.stats.Counters;
import org.pgweir.proxy.stats.Latencies;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A pool's part on one loop: its idle servers and its parked clients. Touched by that loop alone, but for the few volatile numbers by
 * which the parts see each other's need.
 *
 * <p>Who serves a parked client: a server that becomes free on its loop; a new one while the limits allow; an idle or released one
 * that another loop lends. The order is that of parking, over all loops up to a small window. No wake-up is lost: a part first
 * publishes that it waits and then looks for idle servers elsewhere; another first publishes an idle server and then looks for
 * waiting parts. One of the two sees the other.
 */
public final class LoopPool {
    private static final long ADDRESS_CHECK_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final Logger LOG = LoggerFactory.getLogger(LoopPool.class);

    private final Pool pool;
    private final Loop loop;
    private final List<Server> servers = new ArrayList<>();
    private final Counters counters = new Counters();
    private final Latencies latencies = new Latencies(Loop.nowNanos());
    private final ParkedClients parked = new ParkedClients(latencies);
    private final IdleServers idle;
    private final Loop.Ticker upkeep = this::maintain;
    private final Closings closings;
    private final HandOver handOver;
    private final Openings openings;
    private final OwnServers ownServers;
    private final Lending lending;

    private long addressesCheckedNanos = Loop.nowNanos();

    LoopPool(Pool pool, Loop loop) {
        this.pool = pool;
        this.loop = loop;
        idle = new IdleServers(pool);
        closings = idle.closings();
        handOver = new HandOver(this, closings);
        openings = new Openings(this);
        ownServers = new OwnServers(this);
        lending = new Lending(this, idle, parked);
    }

    /** The pool is complete: its upkeep may begin. */
    void begin() {
        loop.post(() -> loop.addTicker(upkeep));
    }

    public Pool pool() {
        return pool;
    }

    public Loop loop() {
        return loop;
    }

    public Counters counters() {
        return counters;
    }

    public Closings closings() {
        return closings;
    }

    public Latencies latencies() {
        return latencies;
    }

    /** Servers for one client alone. */
    public OwnServers ownServers() {
        return ownServers;
    }

    /** Servers on this loop that are logged in, in any state. */
    public List<Server> servers() {
        return servers;
    }

    /** Servers on this loop that are connecting or logging in. */
    public int connecting() {
        return openings.underWay();
    }

    /** Those servers. */
    public List<Opening> openings() {
        return openings.all();
    }

    /** Clients parked on this loop. */
    public int parkedCount() {
        return parked.count();
    }

    /** How long the oldest of them has waited; 0 if there is none. */
    public long oldestWaitNanos(long nowNanos) {
        return parked.count() == 0 ? 0 : Math.max(0, nowNanos - parked.oldestSinceNanos());
    }

    // ---------------------------------------------------------------- clients

    /** Gets the waiter a server: at once, or later, or a refusal. */
    public void link(Waiter waiter, long nowNanos) {
        waiter.parkedAt(nowNanos);
        if (pool.database().isEnding()) {
            waiter.refused(PoolErrors.SHUTTING_DOWN);
            return;
        }
        if (parked.isEmpty() && !pool.database().isHeld()) {
            Server server = idle.take(nowNanos);
            if (server != null) {
                handOver.begin(server, waiter, nowNanos);
                return;
            }
            ErrorMessage refusal = refusal(waiter, nowNanos);
            if (refusal != null) {
                waiter.refused(refusal);
                return;
            }
        }
        parked.add(waiter);
        seek(nowNanos);
    }

    /**
     * Why it makes no sense to wait: the server refused our login a moment ago and no other server is there. One who is only logging in
     * is told at once, too, when no host can be reached.
     */
    private ErrorMessage refusal(Waiter waiter, long nowNanos) {
        ErrorMessage error = pool.size() > 0 ? null : pool.logins().standingRefusal(nowNanos);
        if (error == null && waiter.isLogin() && pool.database().isUnreachableNow(nowNanos)) {
            error = pool.lastConnectError();
        }
        return error == null ? null : PoolErrors.cached(error);
    }

    /** Whether some who are parked here have nothing to expect but that others give their servers back. */
    public boolean isShort() {
        return parked.count() > openings.underWay() + parked.promised() && !pool.hasIdle();
    }

    /** The waiter does not want a server any more; false if it was not parked, or a server is being prepared for it already. */
    public boolean unpark(Waiter waiter) {
        return parked.remove(waiter);
    }

    /** Takes a server back whose client is done with it; the exchange is free. */
    public void release(Server server, long nowNanos) {
        if (server.isClosing()) {
            return;
        }
        server.resumeReading();
        if (server.isCancelInFlight()) {
            server.handTo(idle, ServerState.BEING_CANCELED);
            return;
        }
        CloseReason ending = closings.due(server, nowNanos);
        if (!server.exchange().isFree() || !server.atBoundary()) {
            ending = CloseReason.DOUBT;
        }
        if (ending != null) {
            closings.end(server, ending, nowNanos);
            return;
        }
        ready(server, nowNanos);
    }

    /** As {@link #release}, and runs the reset query first where the mode or a setting asks for it. */
    public void releaseAfterClient(Server server, long nowNanos) {
        PoolSettings settings = pool.settings();
        if (server.isCancelInFlight() && !server.isClosing()) {
            // The signal must not meet the reset query, nor the next client.
            server.resumeReading();
            server.handTo(idle, ServerState.BEING_CANCELED);
            return;
        }
        if (server.isSoiled() && server.exchange().isFree() && !server.isClosing()) {
            server.resumeReading();
            handOver.runOwn(server, "DISCARD ALL", "DISCARD ALL", this::afterDiscard, (failed, error, lost, now) -> {});
            return;
        }
        boolean reset = settings.mode() == PoolMode.SESSION || settings.resetAlways();
        if (!reset
                || settings.resetQuery() == null
                || server.isClosing()
                || !server.exchange().isFree()) {
            release(server, nowNanos);
            return;
        }
        server.resumeReading();
        handOver.runOwn(
                server, settings.resetQuery(), "reset query", this::afterReset, (failed, error, lost, now) -> {});
    }

    private void afterDiscard(Server server, long nowNanos) {
        server.cleaned();
        release(server, nowNanos);
    }

    private void afterReset(Server server, long nowNanos) {
        // Whether it has any left depends on the query: each is closed and prepared again before its next use.
        server.statements().allStale();
        if (pool.settings().resetForgetsAll()) {
            server.settings().hasOnly(SessionState.NONE);
        } else if (pool.settings().resetForgetsSettings()) {
            SessionState before = server.settings().session();
            server.settings()
                    .session(new SessionState(Collections.emptySortedMap(), before.role(), before.authorization()));
        }
        release(server, nowNanos);
    }

    /**
     * Takes a server back whose client went away in the middle of something.
     *
     * @param wholeFrames whether all that the client sent to it were whole frames
     */
    public void salvage(Server server, boolean wholeFrames, long nowNanos) {
        if (server.isClosing()) {
            return;
        }
        if (!wholeFrames || server.exchange().isDoubtful()) {
            closings.endNow(server, CloseReason.CLIENT_GONE, "in the middle of a message", nowNanos);
            return;
        }
        ServerCleanup.run(server, nowNanos, new ServerStatement.Outcome() {
            @Override
            public void done(Server saved, ErrorMessage error, long now) {
                releaseAfterClient(saved, now);
            }

            @Override
            public void lost(Server lost, String reason, long now) {
                closings.lost(lost, CloseReason.CLIENT_GONE, reason, now);
            }
        });
    }

    /** The query of a linked server is to be cancelled; {@code done} when the signal was delivered. */
    public void cancel(Server server, long timeoutNanos, Runnable done) {
        pool.pools().connector().cancel(server, timeoutNanos, () -> {
            done.run();
            if (server.state() == ServerState.BEING_CANCELED) {
                releaseAfterClient(server, Loop.nowNanos());
            }
        });
    }

    /** Closes a linked server whose state cannot be trusted. */
    public void discard(Server server, String reason) {
        closings.endNow(server, CloseReason.DOUBT, reason, Loop.nowNanos());
    }

    /** A linked server has gone. */
    public void lost(Server server, long nowNanos) {
        closings.lost(server, nowNanos);
    }

    // ---------------------------------------------------------------- handing over

    /** The waiter keeps its place: it goes to the front. */
    void relink(Waiter waiter, long nowNanos) {
        if (waiter.isGone()) {
            return;
        }
        if (pool.database().isEnding()) {
            waiter.refused(PoolErrors.SHUTTING_DOWN);
            return;
        }
        Server server = pool.database().isHeld() ? null : idle.take(nowNanos);
        if (server != null) {
            handOver.begin(server, waiter, nowNanos);
            return;
        }
        parked.addFirst(waiter);
        seek(nowNanos);
    }

    void hand(Server server, Waiter waiter, long nowNanos) {
        if (waiter.isGone()) {
            release(server, nowNanos);
            return;
        }
        if (closings.isOutdated(server)) {
            // RECONNECT came while it was checked or told the waiter's settings.
            closings.end(server, CloseReason.RECONFIGURED, nowNanos);
            relink(waiter, nowNanos);
            return;
        }
        server.settings().share(waiter.parameters());
        server.handTo(idle, ServerState.IDLE);
        if (!waiter.isLogin()) {
            server.serves();
            counters.serverAssignments++;
        }
        counters.waitNanos += nowNanos - waiter.parkedAtNanos();
        waiter.linked(server, nowNanos);
    }

    /** A server that is free: for the client that waited longest, here or elsewhere, or to be idle. */
    private void ready(Server server, long nowNanos) {
        server.idleSince(nowNanos);
        if (pool.database().isPaused()) {
            closings.end(server, CloseReason.PAUSE, nowNanos);
            return;
        }
        boolean held = pool.database().isHeld();
        if (!held && lending.toLongestWaiting(server, nowNanos)) {
            return;
        }
        if (!held && !parked.isEmpty()) {
            handOver.begin(server, parked.take(nowNanos), nowNanos);
            return;
        }
        idle.add(server);
        lending.toWhoeverWaits(nowNanos);
    }

    // ---------------------------------------------------------------- what other parts may ask

    /** Touched by this loop alone, but for its numbers. */
    ParkedClients parked() {
        return parked;
    }

    /** Touched by this loop alone, but for {@link IdleServers#isAny}. */
    IdleServers idle() {
        return idle;
    }

    Lending lending() {
        return lending;
    }

    /** Another part has lent this one a server, which may have died on the way. */
    void arrived(Server server, long nowNanos) {
        if (server.state() == ServerState.CLOSED) {
            return;
        }
        parked.promiseEnded();
        own(server);
        if (!server.channel().isActive()) {
            server.closeNow();
        } else if (closings.isOutdated(server)) {
            closings.end(server, CloseReason.RECONFIGURED, nowNanos);
        } else {
            ready(server, nowNanos);
        }
    }

    // ---------------------------------------------------------------- opening and ending

    void wake(long nowNanos) {
        seek(nowNanos);
        ownServers.advance(nowNanos);
    }

    /** Looks for servers for those who are parked and have none coming: here, where a pause may have left some, and elsewhere. */
    private void seek(long nowNanos) {
        if (pool.database().isHeld()) {
            return;
        }
        while (!parked.isEmpty()) {
            Server server = idle.take(nowNanos);
            if (server == null) {
                break;
            }
            handOver.begin(server, parked.take(nowNanos), nowNanos);
        }
        int needed = parked.count() - openings.underWay() - parked.promised();
        while (needed > 0 && openings.open(nowNanos)) {
            needed--;
        }
        if (needed > 0 && pool.parts().size() > 1) {
            pool.askForIdle(this);
        }
    }

    /** A new server, ready for use. */
    void opened(Server server, long nowNanos) {
        own(server);
        String connectQuery = pool.settings().connectQuery();
        if (connectQuery == null) {
            firstRelease(server, nowNanos);
        } else {
            handOver.runOwn(server, connectQuery, "connect_query", this::firstRelease, openings::connectQueryFailed);
        }
    }

    private void firstRelease(Server server, long nowNanos) {
        pool.learnWelcome(server.settings().reportedAtLogin(), server.generation());
        release(server, nowNanos);
    }

    void openingFailed(long nowNanos) {
        seek(nowNanos);
    }

    void own(Server server) {
        servers.add(server);
        server.ownedBy(this::serverGone);
        server.suspend(pool.database().isSuspended());
    }

    private void serverGone(Server server, long nowNanos) {
        servers.remove(server);
        pool.unreserve();
    }

    /** Ends all servers of this part, whatever they do; their clients have gone before. */
    public void killAll(long nowNanos) {
        for (Server server : List.copyOf(servers)) {
            if (!server.isClosing()) {
                idle.remove(server);
                server.handTo(idle, ServerState.IDLE);
                closings.endNow(server, CloseReason.KILLED, null, nowNanos);
            }
        }
    }

    /** How many servers are not to be used any more, and not closed yet. */
    public int countDue() {
        int due = 0;
        for (Server server : servers) {
            due += needsClose(server) ? 1 : 0;
        }
        return due;
    }

    /** Whether the server is closed as soon as it is free. */
    public boolean needsClose(Server server) {
        return server.isClosing()
                || server.isRetired()
                || server.generation() != pool.database().generation();
    }

    /** Closes all servers of this part: the idle ones now, the others when they become free. */
    void retireAll(long nowNanos) {
        servers.forEach(Server::retire);
        idle.endDue(nowNanos);
    }

    // ---------------------------------------------------------------- time

    private void maintain(long nowNanos) {
        if (pool.isRetired()
                && servers.isEmpty()
                && parked.isEmpty()
                && openings.underWay() + ownServers.pending() == 0) {
            loop.removeTicker(upkeep);
            return;
        }
        if (!parked.isEmpty()) {
            parked.expire(pool.settings().patience(), nowNanos);
            seek(nowNanos);
        }
        if (nowNanos - addressesCheckedNanos > ADDRESS_CHECK_NANOS) {
            addressesCheckedNanos = nowNanos;
            retireMoved(nowNanos);
        }
        if (idle.isAny()) {
            idle.endDue(nowNanos);
        }
        ownServers.advance(nowNanos);
        openings.keepMinimum(nowNanos);
    }

    /** The name of their host may lead elsewhere by now. */
    private void retireMoved(long nowNanos) {
        for (Server server : servers) {
            if (!server.isRetired() && !pool.pools().connector().isCurrent(server, nowNanos)) {
                LOG.info("{} {}: the host has another address now", server, pool);
                server.retire();
            }
        }
    }
}

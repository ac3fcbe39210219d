package org.pgweir.proxy.auth;

import java.util.List;
import java.util.function.Consumer;
import org.pgweir.config.Configuration;
import org.pgweir.config.HbaAddress;
import org.pgweir.config.HbaName;
import org.pgweir.config.HbaRule;
import org.pgweir.config.NamePattern;
import org.pgweir.config.UserList;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.net.OwnNetworks;
import org.pgweir.proxy.net.ReverseNames;
import org.pgweir.proxy.net.SystemUsers;
import org.pgweir.proxy.net.UnixPeer;
import org.pgweir.proxy.net.Workers;
import org.pgweir.proxy.net.Workers.Job;

/**
 * Finds the HBA rule for a login: the first that fits counts. Where a rule asks for the name of the client's host, or for the
 * machine's networks, a worker finds out, and the decision comes later.
 */
public final class Hba implements AutoCloseable {
    static final int LOOK_UPS = 4;

    /** Thrown by what would have to wait, where that is not allowed. */
    private static final class MustAsk extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private static final MustAsk INSTANCE = new MustAsk();

        private MustAsk() {
            super(null, null, false, false);
        }
    }

    private final ReverseNames names;
    private final OwnNetworks networks = new OwnNetworks();
    // Of its own: who makes the name server hang must not hold up passwords or servers.
    private final Workers workers = new Workers("pgweir-hba", LOOK_UPS);

    public Hba(ReverseNames names) {
        this.names = names;
    }

    /** Hands the decision to {@code result} on the loop: at once if nobody needs to be asked. */
    public Job decide(Configuration configuration, LoginRequest request, Loop loop, Consumer<HbaDecision> result) {
        HbaDecision decision;
        try {
            decision = decide(configuration, request, false);
        } catch (MustAsk e) {
            return workers.run(loop, () -> decide(configuration, request, true), result);
        }
        result.accept(decision);
        return Job.NONE;
    }

    /** @param mayAsk whether this thread may wait for answers; if not, {@link MustAsk} is thrown where they are needed */
    private HbaDecision decide(Configuration configuration, LoginRequest request, boolean mayAsk) {
        for (HbaRule rule : configuration.hba().rules()) {
            try {
                if (fits(rule, request, configuration.userList(), mayAsk)) {
                    return new HbaDecision.Matched(rule);
                }
            } catch (NamePattern.TooCostly e) {
                return new HbaDecision.Undecidable(rule, e.getMessage());
            }
        }
        return new HbaDecision.Unmatched();
    }

    /** The address last: all else costs nothing. */
    private boolean fits(HbaRule rule, LoginRequest request, UserList users, boolean mayAsk) {
        return rule.connection().covers(request.address() == null, request.tls())
                && database(rule.databases(), request, users)
                && user(rule.users(), request, users)
                && address(rule.address(), request, mayAsk);
    }

    private static boolean database(List<HbaName> names, LoginRequest request, UserList users) {
        for (HbaName name : names) {
            if (request.physicalReplication()) {
                // As in PostgreSQL: these are no connections to a database, not even to "all".
                if (name.kind() == HbaName.Kind.REPLICATION) {
                    return true;
                }
                continue;
            }
            boolean fits = switch (name.kind()) {
                case ALL -> true;
                case SAME_USER -> request.database().equals(request.user());
                case SAME_ROLE -> users.isMember(request.user(), request.database());
                case REPLICATION -> false;
                case PATTERN -> name.pattern().isIn(request.database());
                default -> name.text().equals(request.database());
            };
            if (fits) {
                return true;
            }
        }
        return false;
    }

    private static boolean user(List<HbaName> names, LoginRequest request, UserList users) {
        for (HbaName name : names) {
            boolean fits = switch (name.kind()) {
                case ALL -> true;
                case GROUP -> users.isMember(request.user(), name.text());
                case PATTERN -> name.pattern().isIn(request.user());
                default -> name.text().equals(request.user());
            };
            if (fits) {
                return true;
            }
        }
        return false;
    }

    private boolean address(HbaAddress address, LoginRequest request, boolean mayAsk) {
        if (address instanceof HbaAddress.All) {
            return true;
        } else if (address instanceof HbaAddress.Network network) {
            return network.contains(request.address());
        }
        if (!mayAsk) {
            throw MustAsk.INSTANCE;
        }
        long now = Loop.nowNanos();
        if (address instanceof HbaAddress.HostName hostName) {
            String name = names.nameOf(request.address(), now);
            return name != null && hostName.matches(name);
        }
        return address instanceof HbaAddress.SameHost
                ? networks.isHost(request.address(), now)
                : networks.isNet(request.address(), now);
    }

    /**
     * Finds out whether the operating system's user at the other end of a Unix socket may log in as this user.
     *
     * @param peer null if it is no Unix socket
     * @param refusal gets the reason for the log on the loop; null if the user may
     */
    public Job askPeer(
            Configuration configuration,
            HbaRule rule,
            UnixPeer peer,
            String user,
            Loop loop,
            Consumer<String> refusal) {
        return workers.run(loop, () -> peerRefusal(configuration, rule, peer, user), refusal);
    }

    private static String peerRefusal(Configuration configuration, HbaRule rule, UnixPeer peer, String user) {
        String name = peer == null ? null : SystemUsers.nameOf(peer);
        if (name == null) {
            return "the user at the other end of the socket is not known to the system";
        }
        return mapRefusal(configuration, rule.options().get("map"), name, user, "the system's user");
    }

    /**
     * Whether somebody who is known under a name elsewhere may log in as this user.
     *
     * @param map null if the names must be equal
     * @param who what the name is, for the log
     * @return why not, for the log; null if so
     */
    public static String mapRefusal(Configuration configuration, String map, String name, String user, String who) {
        String shown = who + " \"" + name + "\"";
        try {
            boolean allowed =
                    configuration.hba().identMaps().allows(map, name, user, configuration.userList()::isMember);
            return allowed ? null : shown + " may not log in as this user" + (map == null ? "" : " by the map " + map);
        } catch (NamePattern.TooCostly e) {
            return e.getMessage() + ": " + shown;
        }
    }

    @Override
    public void close() {
        workers.close();
    }
}

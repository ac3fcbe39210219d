package org.pgweir.proxy.server;

import java.util.Set;
import org.pgweir.protocol.ErrorMessage;

/**
 * Why a server could not be had.
 *
 * @param hostDown true if the host is to blame (unreachable, starting, full): try another one, or later. False if the login was
 *     refused: it would be on any host.
 * @param answered whether PostgreSQL has said so
 */
public record ConnectFailure(boolean hostDown, ErrorMessage error, boolean answered) {
    /** SQLSTATEs by which a host says "not now": shutting down, starting up, too many connections. */
    private static final Set<String> NOT_NOW = Set.of("57P01", "57P02", "57P03", "53300");

    static ConnectFailure unreachable(String reason) {
        return new ConnectFailure(true, ErrorMessage.fatal("08006", reason), false);
    }

    static ConnectFailure refused(String reason) {
        return new ConnectFailure(false, ErrorMessage.fatal("28000", reason), false);
    }

    static ConnectFailure answered(ErrorMessage error) {
        return new ConnectFailure(NOT_NOW.contains(error.sqlstate()), error.withSeverity(ErrorMessage.FATAL), true);
    }

    /** For the log: what PostgreSQL has said is told with its severity, as PgBouncer does. */
    public String words() {
        return (answered ? error.severity() + " " : "") + error.message();
    }
}

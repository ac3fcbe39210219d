package org.pgweir.proxy.server;

import java.util.Set;
import org.pgweir.protocol.ErrorMessage;

/**
 * Why a server could not be had.
 *
 * @param hostDown true if the host is to blame (unreachable, starting, full): try another one, or later. False if the login was
 *     refused: it would be on any host.
 */
public record ConnectFailure(boolean hostDown, ErrorMessage error) {
    /** SQLSTATEs by which a host says "not now": shutting down, starting up, too many connections. */
    private static final Set<String> NOT_NOW = Set.of("57P01", "57P02", "57P03", "53300");

    static ConnectFailure unreachable(String reason) {
        return new ConnectFailure(true, ErrorMessage.fatal("08006", reason));
    }

    static ConnectFailure refused(String reason) {
        return new ConnectFailure(false, ErrorMessage.fatal("28000", reason));
    }

    static ConnectFailure answered(ErrorMessage error) {
        return new ConnectFailure(NOT_NOW.contains(error.sqlstate()), error.withSeverity(ErrorMessage.FATAL));
    }
}

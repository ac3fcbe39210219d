package org.pgweir.config;

import java.util.List;
import java.util.Map;

/**
 * A line of the HBA file.
 *
 * @param place file and line, for the log
 * @param options by name, without those of LDAP
 * @param ldap null for all methods but LDAP
 */
public record HbaRule(
        String place,
        Connection connection,
        List<HbaName> databases,
        List<HbaName> users,
        HbaAddress address,
        HbaMethod method,
        Map<String, String> options,
        LdapOptions ldap) {

    /** The kind of connection that a rule is for. */
    public enum Connection {
        /** Unix sockets. */
        LOCAL,
        /** TCP, encrypted or not. */
        HOST,
        /** TCP with TLS. */
        HOSTSSL,
        /** TCP without TLS. */
        HOSTNOSSL,
        /** TCP with GSSAPI encryption: never, since there is none. */
        HOSTGSSENC,
        /** TCP without GSSAPI encryption: always. */
        HOSTNOGSSENC;

        /** Whether a rule of this kind is for such a connection. */
        public boolean covers(boolean unixSocket, boolean tls) {
            return switch (this) {
                case LOCAL -> unixSocket;
                case HOST, HOSTNOGSSENC -> !unixSocket;
                case HOSTSSL -> !unixSocket && tls;
                case HOSTNOSSL -> !unixSocket && !tls;
                case HOSTGSSENC -> false;
            };
        }
    }

    @Override
    public String toString() {
        return place + " (" + method + ")";
    }
}

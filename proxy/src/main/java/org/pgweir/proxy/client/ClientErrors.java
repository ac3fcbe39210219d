package org.pgweir.proxy.client;

import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.pool.PoolErrors;

/** What a client is told when it cannot be let in, or must go. PgBouncer's texts; SQLSTATE, detail and hint are ours where useful. */
public final class ClientErrors {
    private static final String PROTOCOL_VIOLATION = "08P01";
    static final String INVALID_CATALOG_NAME = "3D000";
    private static final String INVALID_PASSWORD = "28P01";
    private static final String INVALID_AUTHORIZATION = "28000";
    private static final String TOO_MANY_CONNECTIONS = "53300";

    static final ErrorMessage NO_USER = ErrorMessage.fatal(INVALID_AUTHORIZATION, "no username supplied");

    static final ErrorMessage USER_TOO_LONG = ErrorMessage.fatal(PROTOCOL_VIOLATION, "username too long");

    static final ErrorMessage DATABASE_TOO_LONG = ErrorMessage.fatal(PROTOCOL_VIOLATION, "database name too long");

    static final ErrorMessage PASSWORD_FAILED = ErrorMessage.fatal(INVALID_PASSWORD, "password authentication failed");

    static final ErrorMessage EMPTY_PASSWORD =
            ErrorMessage.fatal(INVALID_PASSWORD, "empty password returned by client");

    static final ErrorMessage SASL_FAILED = ErrorMessage.fatal(INVALID_PASSWORD, "SASL authentication failed");

    static final ErrorMessage TRUST_FAILED =
            ErrorMessage.fatal(INVALID_AUTHORIZATION, "\"trust\" authentication failed");

    /** For those who need not prove anything: others hear nothing of it. */
    static final ErrorMessage NO_SUCH_USER = ErrorMessage.fatal(INVALID_AUTHORIZATION, "no such user")
            .withHint("Neither auth_file nor auth_query has this user.");

    static final ErrorMessage LOGIN_REJECTED = ErrorMessage.fatal(INVALID_AUTHORIZATION, "login rejected");

    static final ErrorMessage NO_METHOD =
            ErrorMessage.fatal(INVALID_AUTHORIZATION, "no authentication method is found");
    static final ErrorMessage SSL_REQUIRED = ErrorMessage.fatal(INVALID_AUTHORIZATION, "SSL required")
            .withHint("Connect with sslmode=require or better; client_tls_sslmode asks for it.");

    static final ErrorMessage NO_ALPN = ErrorMessage.fatal(
                    PROTOCOL_VIOLATION,
                    "received direct SSL connection request without ALPN protocol negotiation extension")
            .withHint("The client must offer the protocol \"postgresql\".");

    static final ErrorMessage CERTIFICATE_FAILED =
            ErrorMessage.fatal(INVALID_AUTHORIZATION, "certificate authentication failed");

    static final ErrorMessage UNIX_SOCKET_REJECTED =
            ErrorMessage.fatal(INVALID_AUTHORIZATION, "unix socket login rejected");

    static final ErrorMessage TOO_MANY_CLIENTS = ErrorMessage.fatal(
                    TOO_MANY_CONNECTIONS, "no more connections allowed (max_client_conn)")
            .withHint("Raise max_client_conn, or close connections that are not used.");

    static final ErrorMessage TOO_MANY_CLIENTS_OF_DATABASE = ErrorMessage.fatal(
                    TOO_MANY_CONNECTIONS, "client connections exceeded (max_db_client_connections)")
            .withHint("Raise max_db_client_connections, or close connections that are not used.");

    static final ErrorMessage TOO_MANY_CLIENTS_OF_USER = ErrorMessage.fatal(
                    TOO_MANY_CONNECTIONS, "client connections exceeded (max_user_client_connections)")
            .withHint("Raise max_user_client_connections, or close connections that are not used.");

    static final ErrorMessage NEEDS_FORCED_USER = ErrorMessage.fatal(PROTOCOL_VIOLATION, "bouncer config error")
            .withHint("auth_type = any needs user= in the database entry.");

    static final ErrorMessage LOOK_UP_FAILED = ErrorMessage.fatal(PROTOCOL_VIOLATION, "bouncer config error")
            .withHint("The pooler could not run auth_query; its log says why.");

    static final ErrorMessage LOGIN_TIMEOUT = ErrorMessage.fatal(PROTOCOL_VIOLATION, "client_login_timeout");

    static final ErrorMessage IDLE_TIMEOUT = ErrorMessage.fatal(PROTOCOL_VIOLATION, "client_idle_timeout");

    static final ErrorMessage NO_CONSOLE_ACCESS = ErrorMessage.fatal(INVALID_AUTHORIZATION, "not allowed")
            .withHint("The console is open to admin_users and stats_users.");

    static final ErrorMessage KILLED = ErrorMessage.fatal("57P01", "admin forced disconnect");

    public static final ErrorMessage SHUTTING_DOWN = PoolErrors.SHUTTING_DOWN;

    private ClientErrors() {}

    static ErrorMessage noSuchDatabase(String name) {
        return ErrorMessage.fatal(INVALID_CATALOG_NAME, "no such database: " + name)
                .withHint("The databases are in the section [databases] of the configuration.");
    }

    static ErrorMessage loginNotice(String message) {
        return new ErrorMessage(ErrorMessage.NOTICE, "00000", message, null, null);
    }

    static ErrorMessage databaseDisabled(String name) {
        return ErrorMessage.fatal(PROTOCOL_VIOLATION, "database \"" + name + "\" is disabled")
                .withHint("ENABLE on the console ends that.");
    }

    static ErrorMessage violation(String reason) {
        return ErrorMessage.fatal(PROTOCOL_VIOLATION, reason);
    }

    static ErrorMessage unsupportedVersion(int major, int minor) {
        return ErrorMessage.fatal(
                "0A000", "unsupported frontend protocol " + major + "." + minor + ": server supports 3.0 to 3.2");
    }
}

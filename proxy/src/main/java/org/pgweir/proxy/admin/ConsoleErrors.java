package org.pgweir.proxy.admin;

import org.pgweir.protocol.ErrorMessage;

/** What the console refuses. PgBouncer's texts where it has one; details and hints are ours. */
final class ConsoleErrors {
    private static final String PROTOCOL_VIOLATION = "08P01";
    private static final String CANCELED_STATE = "57014";

    static final ErrorMessage NOT_ADMIN = error("admin access needed").withHint("Log in as one of admin_users.");
    static final ErrorMessage BAD_ARGUMENTS = error("bad arguments").withHint("SHOW HELP; lists the commands.");
    static final ErrorMessage ALREADY_HELD =
            error("already suspended/paused").withHint("SHOW STATE; tells which; RESUME; ends it.");
    static final ErrorMessage NOT_HELD = error("pooler is not paused/suspended")
            .withHint("A database that was paused by its name, or by KILL, is resumed by its name.");
    static final ErrorMessage SHUTTING_DOWN = error("pooler is shutting down");
    static final ErrorMessage SUSPEND_WHEN_PAUSED = error("cannot suspend with paused databases")
            .withHint("SHOW DATABASES; tells which; RESUME them by their names first.");
    static final ErrorMessage NEEDS_DATABASE = error("a database is required");
    static final ErrorMessage NO_CLIENT_ID =
            error("invalid client pointer supplied").withHint("The id is the last column of SHOW CLIENTS.");
    static final ErrorMessage NO_SUCH_CLIENT =
            error("client not found").withHint("The id is the last column of SHOW CLIENTS.");
    static final ErrorMessage RESUMED = ErrorMessage.error(CANCELED_STATE, "ended by RESUME")
            .withDetail("What this command waited for had not happened yet.");
    static final ErrorMessage CANCELED = ErrorMessage.error(CANCELED_STATE, "canceled; what had begun was taken back");

    private ConsoleErrors() {}

    static ErrorMessage error(String message) {
        return ErrorMessage.error(PROTOCOL_VIOLATION, message);
    }

    static ErrorMessage invalid(String text) {
        return error("invalid command '" + text + "', use SHOW HELP;");
    }

    static ErrorMessage noSuchDatabase(String name) {
        return error("no such database: " + name).withHint("SHOW DATABASES; lists them.");
    }

    /** @param verb such as "pause" */
    static ErrorMessage consoleDatabase(String verb) {
        return error("cannot " + verb + " admin db: " + org.pgweir.proxy.client.Console.DATABASE);
    }

    static ErrorMessage setFailed(String detail) {
        return error("SET failed").withDetail(detail);
    }
}

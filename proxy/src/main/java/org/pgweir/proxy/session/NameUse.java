package org.pgweir.proxy.session;

/**
 * A statement that names something of the session: a prepared statement, a channel or a setting. A statement has at most one.
 *
 * <p>Offsets are in bytes from the start of the text; an end is behind the last byte. What a kind does not have is null or -1.
 *
 * @param name as PostgreSQL understands it: folded unless quoted, escapes resolved, cut at 63 bytes. The names of settings are in
 *     lower case even when quoted, their parts joined by dots. Null for the kinds {@code …_ALL}
 * @param nameStart where the name stands with its quotes and, for {@code U&""}, its UESCAPE
 * @param statementStart the first byte of the statement's first token
 * @param statementEnd behind the statement's last token, before the semicolon
 * @param valueStart for {@link Kind#SET}: the value as it was written, so that {@code SET name TO value} does the same as long as
 *     standard_conforming_strings and client_encoding are the same; it may hold comments
 */
public record NameUse(
        Kind kind,
        String name,
        int nameStart,
        int nameEnd,
        int statementStart,
        int statementEnd,
        int valueStart,
        int valueEnd) {
    /** Whether it takes something back: a RESET of settings, an UNLISTEN. */
    boolean undoes() {
        return switch (kind) {
            case RESET, RESET_ALL, UNLISTEN, UNLISTEN_ALL -> true;
            default -> false;
        };
    }

    /** What is done with the name. */
    public enum Kind {
        PREPARE,
        /** EXECUTE, EXPLAIN EXECUTE or CREATE TABLE … AS EXECUTE. */
        EXECUTE,
        DEALLOCATE,
        DEALLOCATE_ALL,
        DISCARD_ALL,
        LISTEN,
        UNLISTEN,
        UNLISTEN_ALL,
        /**
         * SET with a value. SET TIME ZONE, NAMES, SCHEMA, ROLE, SESSION AUTHORIZATION and XML OPTION have the name of their setting:
         * timezone, client_encoding, search_path, role, session_authorization, xmloption.
         */
        SET,
        /** RESET, SET … TO DEFAULT, SET TIME ZONE LOCAL, SET NAMES without a name. */
        RESET,
        RESET_ALL
    }
}

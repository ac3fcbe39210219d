package org.pgweir.proxy.relay;

import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.pool.PoolErrors;

/** What a client is told when something ends while it is served. PgBouncer's texts; detail and hint are ours. */
final class RelayErrors {
    static final ErrorMessage SERVER_CRASHED = ErrorMessage.fatal("08P01", "server conn crashed?")
            .withDetail("The connection to PostgreSQL ended while it was in use.")
            .withHint(
                    "PostgreSQL's log tells why. A transaction whose COMMIT was not confirmed may or may not have happened.");

    static final ErrorMessage NO_TRANSACTION_BLOCKS = ErrorMessage.fatal(
                    "08P01", "transaction blocks not allowed in statement pooling mode")
            .withHint("Use pool_mode = transaction for clients that need BEGIN.");

    static final ErrorMessage IDLE_TRANSACTION_TIMEOUT = ErrorMessage.fatal("08P01", "idle transaction timeout")
            .withDetail("The client left a transaction open for longer than idle_transaction_timeout.");

    static final ErrorMessage TRANSACTION_TIMEOUT = ErrorMessage.fatal("08P01", "transaction timeout")
            .withDetail("The transaction took longer than transaction_timeout; it was rolled back.");

    static final ErrorMessage QUERY_TIMEOUT = ErrorMessage.fatal("08P01", "query timeout")
            .withDetail("The query took longer than query_timeout; PostgreSQL was asked to cancel it.");

    static final ErrorMessage QUERY_TIMEOUT_COMING = ErrorMessage.fatal("08P01", "query timeout")
            .withDetail("The client took longer than query_timeout to send a message.");

    static final ErrorMessage QUERY_TIMEOUT_WAITING = ErrorMessage.fatal("08P01", "query_timeout")
            .withDetail("The query has waited for a server for longer than query_timeout.");

    /** A notice. */
    static final ErrorMessage QUEUED = new ErrorMessage(
            ErrorMessage.NOTICE,
            "00000",
            "No server connection available in postgres backend, client being queued",
            null,
            null);

    static final ErrorMessage CONFIGURATION_CHANGED = PoolErrors.CONFIGURATION_CHANGED.withDetail(
            "Its server must not be used any more, and server_fast_close is on.");

    static final ErrorMessage NO_SIMPLE_QUERIES = ErrorMessage.fatal("08P01", "PQexec disallowed")
            .withDetail("The simple query protocol is switched off by disable_pqexec.")
            .withHint("Use the extended query protocol: parameters, or prepared statements.");

    static final ErrorMessage SERVER_NONSENSE = ErrorMessage.fatal("08P01", "the server violated the protocol");

    static final ErrorMessage CANCELED = ErrorMessage.error("57014", "canceling statement due to user request");

    static final ErrorMessage NO_ROOM_FOR_STATEMENT = ErrorMessage.fatal(
                    "53200", "no room for another prepared statement")
            .withDetail("The prepared statements of this pool's clients take max_prepared_statement_memory.")
            .withHint(
                    "Raise max_prepared_statement_memory, or let the application close statements that it does not need.");

    static final ErrorMessage READ_OTHERWISE = ErrorMessage.error(
                    "0A000", "a statement cannot be prepared again under another client_encoding")
            .withDetail("Its text has bytes that mean something else since client_encoding or"
                    + " standard_conforming_strings was changed, and this server has not prepared it.")
            .withHint("Prepare it again after the change, or set back what was changed.");

    /** PostgreSQL's own. */
    static final ErrorMessage STALE_PLAN = ErrorMessage.error("0A000", "cached plan must not change result type");

    /** SQL that no server understands. */
    static final String REJECTED = "pgweir_rejected";

    private RelayErrors() {}

    static ErrorMessage clientNonsense() {
        return ErrorMessage.fatal("08P01", "invalid message")
                .withDetail("A message has an unknown type, or a length that is impossible or beyond max_packet_size.");
    }
}

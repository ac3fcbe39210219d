package org.pgweir.proxy.admin;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.pgweir.protocol.Backend;
import org.pgweir.protocol.BackendMessages;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.protocol.ExtendedQuery;
import org.pgweir.protocol.Frontend;
import org.pgweir.protocol.ProtocolViolation;
import org.pgweir.proxy.client.Client;
import org.pgweir.proxy.client.Console;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Speaks with one client of the console, in the simple and in the extended query protocol. There are no transactions: each Sync ends
 * all portals. Statements have no parameters.
 */
final class ConsoleSession implements Console.Session {
    private static final Logger LOG = LoggerFactory.getLogger(ConsoleSession.class);

    /** More than any driver keeps; each has a name and a text of the client's choice. */
    private static final int MOST_STATEMENTS = 200;

    private final AdminConsole console;
    private final Client client;
    private final Consumer<ByteBuf> sink;
    private final Map<String, ConsoleStatement> statements = new HashMap<>();
    private final Map<String, ConsolePortal> portals = new HashMap<>();

    /** What is prepared out of an empty text. */
    private static final ConsoleStatement EMPTY = new ConsoleStatement("", "", null, call -> Answer.NOTHING.now());

    private Invocation running;
    private boolean failed;
    private boolean closed;

    ConsoleSession(AdminConsole console, Client client, Consumer<ByteBuf> sink) {
        this.console = console;
        this.client = client;
        this.sink = sink;
    }

    @Override
    public void onMessage(byte type, ByteBuf body, Runnable done) throws ProtocolViolation {
        if (failed && type != Frontend.SYNC) {
            done.run();
            return;
        }
        ByteBuf out = PooledByteBufAllocator.DEFAULT.directBuffer();
        boolean later = false;
        try {
            later = answer(type, body, out, done);
        } catch (Refused e) {
            failed = true;
            error(out, e.error);
        } finally {
            send(out);
        }
        if (!later) {
            done.run();
        }
    }

    /** The answer to a message is an error; what follows up to Sync is dropped. */
    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        private final transient ErrorMessage error;

        Refused(ErrorMessage error) {
            super(error.message(), null, false, false);
            this.error = error;
        }

        Refused(String sqlstate, String message) {
            this(ErrorMessage.error(sqlstate, message));
        }
    }

    /** Whether the answer comes later, in a buffer of its own. */
    private boolean answer(byte type, ByteBuf body, ByteBuf out, Runnable done) throws ProtocolViolation, Refused {
        switch (type) {
            case Frontend.QUERY -> {
                return query(ExtendedQuery.readQuery(body), out, done);
            }
            case Frontend.EXECUTE -> {
                return execute(ExtendedQuery.readExecute(body), out, done);
            }
            case Frontend.PARSE -> parse(ExtendedQuery.readParse(body), out);
            case Frontend.BIND -> bind(ExtendedQuery.readBind(body), out);
            case Frontend.DESCRIBE -> describe(ExtendedQuery.readTarget(body), out);
            case Frontend.CLOSE -> close(ExtendedQuery.readTarget(body), out);
            case Frontend.SYNC -> {
                failed = false;
                portals.clear();
                BackendMessages.readyForQuery(out, Backend.IDLE);
            }
            case Frontend.FUNCTION_CALL -> {
                error(out, ErrorMessage.error("0A000", "the console has no functions"));
                BackendMessages.readyForQuery(out, Backend.IDLE);
            }
            default -> {
                // Flush: nothing is held back. The messages of COPY mean nothing outside of one.
            }
        }
        return false;
    }

    // ---------------------------------------------------------------- simple

    private boolean query(String text, ByteBuf out, Runnable done) {
        statements.remove("");
        portals.clear();
        ConsoleStatement statement;
        try {
            statement = console.read(text, client);
        } catch (AdminConsole.NotUnderstood e) {
            error(out, e.error());
            BackendMessages.readyForQuery(out, Backend.IDLE);
            return false;
        }
        run(statement == null ? EMPTY : statement, done, (answer, later) -> {
            if (answer.table() != null) {
                answer.table().write(later);
            }
            writeEnd(answer, later);
            BackendMessages.readyForQuery(later, Backend.IDLE);
        });
        return true;
    }

    /** @param then writes the answer; on the loop */
    private void run(ConsoleStatement statement, Runnable done, BiConsumer<Answer, ByteBuf> then) {
        Invocation call = statement.invocation();
        running = call;
        console.stats().consoleQuery();
        statement
                .run()
                .apply(call)
                .exceptionally(failure -> {
                    LOG.error("the console's command failed: {}", statement.text(), failure);
                    return Answer.failed(ErrorMessage.error("XX000", "internal error: " + failure));
                })
                .thenAccept(answer -> client.loop().post(() -> {
                    running = null;
                    if (!closed) {
                        ByteBuf out = PooledByteBufAllocator.DEFAULT.directBuffer();
                        then.accept(answer, out);
                        send(out);
                        done.run();
                    }
                }));
    }

    /** What follows the rows, if there are any. */
    private void writeEnd(Answer answer, ByteBuf out) {
        if (answer.notice() != null) {
            BackendMessages.noticeResponse(out, answer.notice());
        }
        if (answer.error() != null) {
            error(out, answer.error());
        } else if (answer.tag() != null) {
            BackendMessages.commandComplete(out, answer.tag());
        } else {
            BackendMessages.emptyQueryResponse(out);
        }
    }

    // ---------------------------------------------------------------- extended

    private void parse(ExtendedQuery.Parse parse, ByteBuf out) throws Refused {
        if (!parse.name().isEmpty() && statements.containsKey(parse.name())) {
            throw new Refused("42P05", "prepared statement \"" + parse.name() + "\" already exists");
        }
        if (statements.size() >= MOST_STATEMENTS && !statements.containsKey(parse.name())) {
            throw new Refused("53400", "no more prepared statements allowed on the console");
        }
        try {
            ConsoleStatement statement = console.read(parse.sql(), client);
            statements.put(parse.name(), statement == null ? EMPTY : statement);
        } catch (AdminConsole.NotUnderstood e) {
            throw new Refused(e.error());
        }
        BackendMessages.parseComplete(out);
    }

    private void bind(ExtendedQuery.Bind bind, ByteBuf out) throws Refused {
        ConsoleStatement statement = statement(bind.statement());
        if (bind.parameters() > 0) {
            throw new Refused(
                    "08P01", "the console's statements have no parameters, but " + bind.parameters() + " came");
        }
        int columns = statement.columns() == null ? 0 : statement.columns().size();
        if (statement.columns() != null && !bind.formats().fits(columns)) {
            throw new Refused("08P01", "another number of result formats than columns (" + columns + ")");
        }
        if (portals.size() >= MOST_STATEMENTS && !portals.containsKey(bind.portal())) {
            throw new Refused("53400", "no more portals allowed on the console");
        }
        portals.put(bind.portal(), new ConsolePortal(statement, bind.formats()));
        BackendMessages.bindComplete(out);
    }

    private ConsoleStatement statement(String name) throws Refused {
        ConsoleStatement statement = statements.get(name);
        if (statement == null) {
            throw new Refused("26000", "prepared statement \"" + name + "\" does not exist");
        }
        return statement;
    }

    private ConsolePortal portal(String name) throws Refused {
        ConsolePortal portal = portals.get(name);
        if (portal == null) {
            throw new Refused("34000", "portal \"" + name + "\" does not exist");
        }
        return portal;
    }

    private void describe(ExtendedQuery.Target target, ByteBuf out) throws Refused {
        if (target.isPortal()) {
            portal(target.name()).describe(out);
            return;
        }
        ConsoleStatement statement = statement(target.name());
        BackendMessages.noParameters(out);
        if (statement.columns() == null) {
            BackendMessages.noData(out);
        } else {
            BackendMessages.rowDescription(out, statement.columns());
        }
    }

    private void close(ExtendedQuery.Target target, ByteBuf out) {
        if (target.isPortal()) {
            portals.remove(target.name());
        } else {
            statements.remove(target.name());
        }
        BackendMessages.closeComplete(out);
    }

    private boolean execute(ExtendedQuery.Execute execute, ByteBuf out, Runnable done) throws Refused {
        ConsolePortal portal = portal(execute.portal());
        if (portal.hasRun()) {
            finish(portal, execute.maxRows(), out);
            return false;
        }
        run(portal.statement(), done, (answer, later) -> {
            portal.ran(answer);
            finish(portal, execute.maxRows(), later);
        });
        return true;
    }

    private void finish(ConsolePortal portal, int maxRows, ByteBuf out) {
        if (portal.writeRows(out, maxRows)) {
            writeEnd(portal.answer(), out);
            failed = portal.answer().error() != null;
        } else {
            BackendMessages.portalSuspended(out);
        }
    }

    // ---------------------------------------------------------------- all

    private void error(ByteBuf out, ErrorMessage error) {
        if (console.logsErrors()) {
            LOG.warn("{} pooler error: {}", client, error.message());
        }
        BackendMessages.errorResponse(out, error);
    }

    private void send(ByteBuf out) {
        if (out.isReadable()) {
            sink.accept(out);
        } else {
            out.release();
        }
    }

    @Override
    public void cancel() {
        if (running != null) {
            running.cancel();
        }
    }

    @Override
    public void close() {
        closed = true;
        if (running != null) {
            running.abandon();
        }
        console.closed();
    }
}

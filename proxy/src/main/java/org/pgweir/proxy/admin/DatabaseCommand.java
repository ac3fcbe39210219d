package org.pgweir.proxy.admin;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.client.Console;
import org.pgweir.proxy.pool.Pool;
import org.pgweir.proxy.route.Database;

/** What all commands that may name a database have in common. */
abstract class DatabaseCommand implements Command {
    private final String verb;
    private final boolean registers;

    /**
     * @param verb for the sentence "cannot ... admin db"
     * @param registers whether a database that only the fallback covers, and nobody has asked for yet, is meant, too
     */
    DatabaseCommand(String verb, boolean registers) {
        this.verb = verb;
        this.registers = registers;
    }

    @Override
    public final CompletableFuture<ErrorMessage> run(Admin admin, Invocation call) {
        ErrorMessage refusal = refusal(admin, call);
        if (refusal != null) {
            return Command.failed(refusal);
        }
        if (!call.hasArgument()) {
            return all(admin, call);
        }
        String name = call.argument();
        if (name.equals(Console.DATABASE)) {
            return Command.failed(consoleMeant());
        }
        Optional<Database> database =
                registers ? admin.catalog().database(name) : admin.catalog().known(name);
        return database.isEmpty()
                ? Command.failed(ConsoleErrors.noSuchDatabase(name))
                : one(admin, call, database.get());
    }

    /** Why it cannot be done at the moment; null if it can. */
    ErrorMessage refusal(Admin admin, Invocation call) {
        return null;
    }

    ErrorMessage consoleMeant() {
        return ConsoleErrors.consoleDatabase(verb);
    }

    /** Without a name. */
    CompletableFuture<ErrorMessage> all(Admin admin, Invocation call) {
        return Command.failed(ConsoleErrors.NEEDS_DATABASE);
    }

    abstract CompletableFuture<ErrorMessage> one(Admin admin, Invocation call, Database database);

    static List<Pool> poolsOf(Admin admin, Database database) {
        return admin.pools().all().stream()
                .filter(pool -> pool.database() == database)
                .toList();
    }
}

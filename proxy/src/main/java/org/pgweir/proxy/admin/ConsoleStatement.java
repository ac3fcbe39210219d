package org.pgweir.proxy.admin;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.pgweir.protocol.BackendMessages.Column;

/**
 * A command that was read and understood: what Parse makes and Execute runs.
 *
 * @param columns of its result; null if it has no rows
 * @param run what it does
 */
record ConsoleStatement(
        String text, String argument, List<Column> columns, Function<Invocation, CompletableFuture<Answer>> run) {
    Invocation invocation() {
        return new Invocation(argument, text);
    }
}

package org.pgweir.proxy.admin;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.pgweir.protocol.ErrorMessage;

/**
 * What a command says: a notice, rows, and a tag or an error.
 *
 * @param notice null for none
 * @param table null for none
 * @param tag null if it failed, or was no command at all
 * @param error null if it succeeded
 */
record Answer(ErrorMessage notice, Table table, String tag, ErrorMessage error) {
    /** To a text without a command. */
    static final Answer NOTHING = new Answer(null, null, null, null);

    static Answer done(String tag) {
        return new Answer(null, null, tag, null);
    }

    static Answer rows(Table table) {
        return new Answer(null, table, "SHOW", null);
    }

    static Answer failed(ErrorMessage error) {
        return new Answer(null, null, null, error);
    }

    Answer withNotice(String message, String detail) {
        return new Answer(new ErrorMessage(ErrorMessage.NOTICE, "00000", message, detail, null), table, tag, error);
    }

    CompletableFuture<Answer> now() {
        return CompletableFuture.completedFuture(this);
    }

    List<List<?>> rowList() {
        return table == null ? List.of() : table.rows();
    }
}

package org.pgweir.proxy.admin;

import io.netty.buffer.ByteBuf;
import java.util.List;
import org.pgweir.protocol.BackendMessages;
import org.pgweir.protocol.ResultFormats;

/** A statement that is about to run, or has run and not given all its rows yet. */
final class ConsolePortal {
    private final ConsoleStatement statement;
    private final ResultFormats formats;
    private Answer answer;
    private int rowsSent;

    ConsolePortal(ConsoleStatement statement, ResultFormats formats) {
        this.statement = statement;
        this.formats = formats;
    }

    ConsoleStatement statement() {
        return statement;
    }

    boolean hasRun() {
        return answer != null;
    }

    Answer answer() {
        return answer;
    }

    void ran(Answer result) {
        answer = result;
    }

    void describe(ByteBuf out) {
        if (statement.columns() == null) {
            BackendMessages.noData(out);
        } else {
            BackendMessages.rowDescription(out, statement.columns(), formats);
        }
    }

    /**
     * @param max 0 for all
     * @return whether no row is left
     */
    boolean writeRows(ByteBuf out, int max) {
        List<List<?>> rows = answer.rowList();
        int end = max == 0 ? rows.size() : (int) Math.min(rows.size(), (long) rowsSent + max);
        for (; rowsSent < end; rowsSent++) {
            BackendMessages.dataRow(out, statement.columns(), rows.get(rowsSent), formats);
        }
        return rowsSent == rows.size();
    }
}

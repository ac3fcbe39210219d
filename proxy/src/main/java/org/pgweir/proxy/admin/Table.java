package org.pgweir.proxy.admin;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.pgweir.protocol.BackendMessages;
import org.pgweir.protocol.BackendMessages.Column;
import org.pgweir.protocol.BackendMessages.ColumnType;

/** A result: columns and rows. */
final class Table {
    private final List<Column> columns;
    private final List<List<?>> rows = new ArrayList<>();

    Table(List<Column> columns) {
        this.columns = columns;
    }

    /**
     * Columns out of their names and one letter a column: s text, i int4, q int8, N numeric, b bytes, T a time as text.
     *
     * @param names separated by spaces
     */
    static List<Column> columns(String types, String names) {
        String[] name = names.split(" ");
        if (name.length != types.length()) {
            throw new IllegalArgumentException("as many types as names are needed: " + names);
        }
        List<Column> columns = new ArrayList<>();
        for (int i = 0; i < name.length; i++) {
            columns.add(new Column(name[i], type(types.charAt(i))));
        }
        return List.copyOf(columns);
    }

    private static ColumnType type(char letter) {
        return switch (letter) {
            case 's', 'T' -> ColumnType.TEXT;
            case 'i' -> ColumnType.INT4;
            case 'q' -> ColumnType.INT8;
            case 'N' -> ColumnType.NUMERIC;
            case 'b' -> ColumnType.BYTEA;
            default -> throw new IllegalArgumentException("no type has the letter " + letter);
        };
    }

    /** A null is SQL's NULL. */
    Table add(Object... values) {
        if (values.length != columns.size()) {
            throw new IllegalArgumentException("a row needs " + columns.size() + " values, not " + values.length);
        }
        rows.add(new ArrayList<>(java.util.Arrays.asList(values)));
        return this;
    }

    Table addAll(List<List<?>> more) {
        rows.addAll(more);
        return this;
    }

    /** By the first two columns, which are names. */
    Table sorted() {
        rows.sort(Comparator.comparing((List<?> row) -> row.get(0).toString())
                .thenComparing(row -> String.valueOf(row.get(1))));
        return this;
    }

    List<List<?>> rows() {
        return rows;
    }

    /** All in text format. */
    void write(ByteBuf out) {
        BackendMessages.rowDescription(out, columns);
        for (List<?> row : rows) {
            BackendMessages.dataRow(out, row);
        }
    }
}

package org.pgweir.proxy.behaviour;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.Message;
import org.pgweir.testkit.WireClient;

/** A column of a console table as RowDescription tells it. */
record ConsoleColumn(String name, int typeOid, int typeSize) {
    /** The columns of a SHOW. */
    static List<ConsoleColumn> of(WireClient console, String table) {
        return of(console.send(Frames.query("SHOW " + table)).expect("T D* C Z").get(0));
    }

    static List<ConsoleColumn> of(Message rowDescription) {
        ByteBuffer body = ByteBuffer.wrap(rowDescription.body());
        int count = body.getShort();
        int at = 2;
        List<ConsoleColumn> columns = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String name = rowDescription.cstring(at);
            at = rowDescription.endOfCstring(at);
            columns.add(new ConsoleColumn(name, body.getInt(at + 6), body.getShort(at + 10)));
            at += 18;
        }
        return columns;
    }

    /** One letter for the type, as the tests write it. */
    static ConsoleColumn of(String name, char type) {
        return switch (type) {
            case 's', 'T' -> new ConsoleColumn(name, 25, -1);
            case 'i' -> new ConsoleColumn(name, 23, 4);
            case 'q' -> new ConsoleColumn(name, 20, 8);
            case 'N' -> new ConsoleColumn(name, 1700, -1);
            case 'b' -> new ConsoleColumn(name, 17, -1);
            default -> throw new IllegalArgumentException("no type " + type);
        };
    }
}

package org.pgweir.proxy.behaviour;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pgweir.proxy.Pooler;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.Message;
import org.pgweir.testkit.WireClient;

/** Rows of console tables, by the names of their columns. */
final class ConsoleRows {
    private ConsoleRows() {}

    /** The first row of SHOW POOLS for the database. */
    static Map<String, String> pool(Pooler pooler, String database) {
        return all(pooler, "SHOW POOLS").stream()
                .filter(row -> row.get("database").equals(database))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no pool of " + database));
    }

    /** The row of SHOW POOLS for the database and the user. */
    static Map<String, String> pool(Pooler pooler, String database, String user) {
        return all(pooler, "SHOW POOLS").stream()
                .filter(row ->
                        row.get("database").equals(database) && row.get("user").equals(user))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no pool of " + user + " in " + database));
    }

    /** All rows of a console command. */
    static List<Map<String, String>> all(Pooler pooler, String command) {
        try (WireClient console = pooler.client("postgres", "", "pgbouncer")) {
            List<Map<String, String>> rows = all(console, command);
            // So that the next question does not find this client.
            console.send(Frames.terminate()).expectClosed();
            return rows;
        }
    }

    /** The same on a connection to the console. */
    static List<Map<String, String>> all(WireClient console, String command) {
        List<Message> answer = console.send(Frames.query(command)).expect("T D* C Z");
        List<String> columns = answer.get(0).columns();
        return answer.stream()
                .filter(message -> message.type() == 'D')
                .map(message -> row(columns, message.row()))
                .toList();
    }

    /** The first row that has this value in that column. */
    static Map<String, String> of(Pooler pooler, String command, String column, String value) {
        return all(pooler, command).stream()
                .filter(row -> value.equals(row.get(column)))
                .findFirst()
                .orElseThrow(() -> new AssertionError(command + " has no " + column + " " + value));
    }

    private static Map<String, String> row(List<String> columns, List<String> values) {
        Map<String, String> row = new LinkedHashMap<>();
        for (int i = 0; i < columns.size(); i++) {
            row.put(columns.get(i), values.get(i));
        }
        return row;
    }
}

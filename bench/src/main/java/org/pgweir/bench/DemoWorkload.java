package org.pgweir.bench;

import java.util.SplittableRandom;
import org.pgweir.config.PoolMode;

/** A little bank: mostly single reads, some single writes, and transfers of several statements where the pool mode has them. */
final class DemoWorkload implements Workload {
    private static final int ACCOUNTS = 1000;

    static final String[] SCHEMA = {
        "CREATE TABLE account (id int PRIMARY KEY, balance int NOT NULL) WITH (fillfactor = 50)",
        "INSERT INTO account SELECT id, 1000 FROM generate_series(1, " + ACCOUNTS + ") AS id",
        "VACUUM ANALYZE account"
    };

    private final Transaction[] reads = new Transaction[ACCOUNTS];
    private final Transaction[] writes = new Transaction[ACCOUNTS];
    private final Transaction[] transfers = new Transaction[ACCOUNTS - 1];
    private final boolean severalStatements;

    DemoWorkload(PoolMode mode) {
        severalStatements = mode != PoolMode.STATEMENT;
        for (int i = 0; i < ACCOUNTS; i++) {
            int id = i + 1;
            reads[i] = Transaction.of("SELECT balance FROM account WHERE id = " + id);
            writes[i] = Transaction.of(change(id, "+ 1"));
        }
        for (int i = 0; i < transfers.length; i++) {
            // Always from the lower to the higher number, so that no two of them wait for each other.
            transfers[i] = Transaction.of("BEGIN", change(i + 1, "- 10"), change(i + 2, "+ 10"), "COMMIT");
        }
    }

    private static String change(int id, String by) {
        return "UPDATE account SET balance = balance " + by + " WHERE id = " + id;
    }

    @Override
    public Transaction next(SplittableRandom random) {
        int dice = random.nextInt(20);
        if (dice == 0 && severalStatements) {
            return transfers[random.nextInt(transfers.length)];
        }
        Transaction[] kind = dice < 4 ? writes : reads;
        return kind[random.nextInt(kind.length)];
    }
}

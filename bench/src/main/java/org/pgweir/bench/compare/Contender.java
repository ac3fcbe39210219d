package org.pgweir.bench.compare;

import java.util.Locale;

/**
 * Who is measured.
 *
 * @param transport pgweir's; empty for the others
 * @param loops pgweir's event loops; 0 for the others
 */
record Contender(Kind kind, String transport, int loops) {
    static final Contender DIRECT = new Contender(Kind.DIRECT, "", 0);
    static final Contender PGBOUNCER = new Contender(Kind.PGBOUNCER, "", 0);

    enum Kind {
        DIRECT,
        PGBOUNCER,
        PGWEIR
    }

    static Contender pgweir(String transport, int loops) {
        return new Contender(Kind.PGWEIR, transport, loops);
    }

    boolean isPooler() {
        return kind != Kind.DIRECT;
    }

    String title() {
        return switch (kind) {
            case DIRECT -> "direct";
            case PGBOUNCER -> "PgBouncer";
            case PGWEIR -> "pgweir " + transport + (loops == 1 ? "" : ", " + loops + " loops");
        };
    }

    /** Good as a part of a file name. */
    String id() {
        return title().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_]+", "-");
    }
}

package org.pgweir.bench.compare;

import java.util.Locale;

/**
 * A scenario with a number of clients: one table of the report.
 *
 * @param clients 0 where there are none
 */
record Case(Scenario scenario, int clients) {
    String title() {
        return switch (clients) {
            case 0 -> scenario.id();
            case 1 -> scenario.id() + ", 1 client";
            default -> scenario.id() + String.format(Locale.ROOT, ", %,d clients", clients);
        };
    }
}

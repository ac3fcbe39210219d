package org.pgweir.bench.compare;

/** A scenario with a number of clients: one table of the report. */
record Case(Scenario scenario, int clients) {
    String title() {
        return scenario.id() + (clients == 0 ? "" : ", " + clients + (clients == 1 ? " client" : " clients"));
    }
}

package org.pgweir.bench.compare;

/** What can be measured of a contender; each case has some of them. */
enum Metric {
    TRANSACTIONS("transactions/s", 0, true),
    MEGABYTES("MB/s", 0, true),
    P50("p50 ms", 3, true),
    P99("p99 ms", 3, true),
    P999("p99.9 ms", 3, true),
    CPU("CPU µs/tx", 2, true),
    USER_CPU("user µs/tx", 2, false),
    SYSTEM_CPU("system µs/tx", 2, false),
    CPU_PER_MEGABYTE("CPU µs/MB", 0, true),
    SYSTEM_CALLS("system calls/tx", 2, true),
    HEAP("heap bytes/tx", 0, false),
    RESIDENT("resident MB", 1, true),
    LOGIN("start to first login ms", 0, true),
    PER_CLIENT("bytes a client", 0, true),
    LOGINS("logins/s", 0, true),
    CALM_P99("p99 ms, calm", 3, true),
    STORM_P99("p99 ms, storm", 3, true),
    STORM_FACTOR("storm to calm", 2, false);

    private final String title;
    private final int digits;
    private final boolean compared;

    Metric(String title, int digits, boolean compared) {
        this.title = title;
        this.digits = digits;
        this.compared = compared;
    }

    /** The head of its column, with the unit. */
    String title() {
        return title;
    }

    int digits() {
        return digits;
    }

    /** Whether its ratio to PgBouncer's is worth showing. */
    boolean isCompared() {
        return compared;
    }
}

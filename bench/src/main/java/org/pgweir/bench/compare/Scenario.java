package org.pgweir.bench.compare;

import java.util.List;

/** What is measured, in the order of the report. */
enum Scenario {
    SELECT_SIMPLE(
            "select-simple",
            "one row by its key (pgbench -S), simple protocol",
            Profile.TRANSACTION,
            List.of(1, 20, 100, 500),
            Pgbench.with("-n", "-S", "-M", "simple")),
    SELECT_EXTENDED(
            "select-extended",
            "one row by its key, extended protocol",
            Profile.TRANSACTION,
            List.of(1, 20, 100, 500),
            Pgbench.with("-n", "-S", "-M", "extended")),
    TPCB(
            "tpcb",
            "pgbench's own transaction, much like TPC-B: seven statements, three of them updates",
            Profile.TRANSACTION,
            List.of(1, 20, 100, 500),
            // Without -n: pgbench tidies its small tables first, else they would grow from run to run.
            Pgbench.with("-M", "simple")),
    ROWS_1K(
            "rows-1k",
            "a result of 1 KB",
            Profile.TRANSACTION,
            List.of(20, 100),
            Pgbench.script("SELECT repeat('x', 1024);\n"),
            1 << 10),
    ROWS_100K(
            "rows-100k",
            "a result of 100 KB",
            Profile.TRANSACTION,
            List.of(20),
            Pgbench.script("SELECT repeat('x', 102400);\n"),
            100 << 10),
    ROWS_10M(
            "rows-10m",
            "a result of 10 MB",
            Profile.TRANSACTION,
            List.of(20),
            Pgbench.script("SELECT repeat('x', 10485760);\n"),
            10 << 20),
    COPY_OUT("copy-out", "COPY TO STDOUT of 1 MB", Profile.TRANSACTION, List.of(4), CopyLoad.OUT, CopyLoad.BYTES),
    COPY_IN("copy-in", "COPY FROM STDIN of 1 MB", Profile.TRANSACTION, List.of(4), CopyLoad.IN, CopyLoad.BYTES),
    RECONNECT(
            "reconnect",
            "a connection for each transaction (pgbench -C), with SCRAM; the latencies are without connecting",
            Profile.SCRAM,
            List.of(20),
            Pgbench.with("-n", "-S", "-M", "simple", "-C")),
    RECONNECT_TRUST(
            "reconnect-trust",
            "a connection for each transaction, without a password",
            Profile.TRANSACTION,
            List.of(20),
            Pgbench.with("-n", "-S", "-M", "simple", "-C")),
    RECONNECT_TLS(
            "reconnect-tls",
            "a connection for each transaction, with TLS 1.3 and a P-256 key, without a password",
            Profile.TLS,
            List.of(20),
            Pgbench.with("-n", "-S", "-M", "simple", "-C")),
    TLS_SELECT(
            "tls-select",
            "one row by its key, simple protocol; TLS on the client's side",
            Profile.TLS,
            List.of(20, 100),
            Pgbench.with("-n", "-S", "-M", "simple")),
    TLS_ROWS_100K(
            "tls-rows-100k",
            "a result of 100 KB; TLS on the client's side",
            Profile.TLS,
            List.of(20),
            Pgbench.script("SELECT repeat('x', 102400);\n"),
            100 << 10),
    SELECT_PREPARED(
            "select-prepared",
            "one row by its key, prepared statements; in session mode",
            Profile.SESSION,
            List.of(1, 20, 100),
            Pgbench.with("-n", "-S", "-M", "prepared")),
    SELECT_PREPARED_TRANSACTION(
            "select-prepared-transaction",
            "one row by its key, prepared statements; in transaction mode",
            Profile.PREPARED,
            List.of(1, 20, 100, 500),
            Pgbench.with("-n", "-S", "-M", "prepared")),
    START("start", "from the start of the process to the first login, and the memory at rest", Profile.TRANSACTION),
    IDLE("idle", "clients that do nothing", Profile.TRANSACTION),
    STORM(
            "login-storm",
            "8 clients that ask SELECT 1 while 1,000 others log in with SCRAM, 32 at a time; their keys are derived before",
            Profile.SCRAM),
    STORM_PLAIN("login-storm-plain", "the same, with a pooler that holds the password itself", Profile.SCRAM_PLAIN);

    /** Until pgweir has prepared statements in transaction mode, those in session mode are all that compares. */
    static final List<Scenario> USUAL = List.of(Scenario.values()).stream()
            .filter(scenario -> scenario != SELECT_PREPARED_TRANSACTION)
            .toList();

    static final List<Scenario> QUICK = List.of(SELECT_SIMPLE, SELECT_EXTENDED, RECONNECT, START);

    private final String id;
    private final String description;
    private final Profile profile;
    private final List<Integer> usualClients;
    private final Load load;
    private final int bytes;

    Scenario(String id, String description, Profile profile) {
        this(id, description, profile, List.of(), null);
    }

    Scenario(String id, String description, Profile profile, List<Integer> usualClients, Load load) {
        this(id, description, profile, usualClients, load, 0);
    }

    Scenario(String id, String description, Profile profile, List<Integer> usualClients, Load load, int bytes) {
        this.id = id;
        this.description = description;
        this.profile = profile;
        this.usualClients = usualClients;
        this.load = load;
        this.bytes = bytes;
    }

    String id() {
        return id;
    }

    String description() {
        return description;
    }

    Profile profile() {
        return profile;
    }

    /** Whether clients are busy. */
    boolean isLoad() {
        return load != null;
    }

    /** Null where clients are not busy. */
    Load load() {
        return load;
    }

    /** Whether there are so few transactions a second that the JVM takes its time to compile what they need: logins. */
    boolean isSlow() {
        return this == RECONNECT || this == RECONNECT_TRUST || this == RECONNECT_TLS;
    }

    /** How many clients it is run with if nobody says otherwise. */
    List<Integer> usualClients() {
        return usualClients;
    }

    /** What a transaction moves; 0 where that is not the point. */
    int bytes() {
        return bytes;
    }

    /** As the command line names it. */
    @Override
    public String toString() {
        return id;
    }
}

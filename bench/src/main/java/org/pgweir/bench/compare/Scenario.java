package org.pgweir.bench.compare;

import java.util.List;

/** What the clients do, in the order of the report. */
enum Scenario {
    SELECT_SIMPLE(
            "select-simple",
            "one row by its key, simple protocol",
            Profile.TRANSACTION,
            List.of(1, 20, 100, 500),
            "-S",
            "-M",
            "simple"),
    SELECT_EXTENDED(
            "select-extended",
            "one row by its key, extended protocol",
            Profile.TRANSACTION,
            List.of(1, 20, 100, 500),
            "-S",
            "-M",
            "extended");

    private final String id;
    private final String description;
    private final Profile profile;
    private final List<Integer> usualClients;
    private final List<String> pgbenchArguments;

    Scenario(String id, String description, Profile profile, List<Integer> usualClients, String... pgbenchArguments) {
        this.id = id;
        this.description = description;
        this.profile = profile;
        this.usualClients = usualClients;
        this.pgbenchArguments = List.of(pgbenchArguments);
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

    /** How many clients it is run with if nobody says otherwise. */
    List<Integer> usualClients() {
        return usualClients;
    }

    List<String> pgbenchArguments() {
        return pgbenchArguments;
    }

    @Override
    public String toString() {
        return id;
    }
}

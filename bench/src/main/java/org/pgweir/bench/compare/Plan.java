package org.pgweir.bench.compare;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What is measured.
 *
 * @param contenders in the order of their turns
 * @param rounds how often each has its turn
 * @param seconds of one run
 * @param warmUpSeconds of the run before the first round, which is not counted
 * @param probeSeconds of the run after the last round, for what disturbs the others; 0 for none
 */
record Plan(
        List<Case> cases, List<Contender> contenders, int rounds, int seconds, int warmUpSeconds, int probeSeconds) {
    static final int POOL_SIZE = 20;

    /** From here on several event loops have something to share. */
    private static final int MANY_CLIENTS = 100;

    /** Superusers', autovacuum's, and those that are about to end. */
    private static final int SPARE_CONNECTIONS = 50;

    /** The contenders of a case: one with several loops is not asked to carry a few clients. */
    List<Contender> contenders(Case measured) {
        return contenders.stream()
                .filter(contender -> contender.isPooler() || measured.scenario().isLoad())
                .filter(contender -> contender.loops() < 2
                        || measured.clients() >= MANY_CLIENTS
                        || measured.scenario() == Scenario.START)
                .toList();
    }

    /** The cases with busy clients, together where they can be measured with the same processes. */
    Map<Profile, List<Case>> loads() {
        Map<Profile, List<Case>> all = new EnumMap<>(Profile.class);
        for (Case measured : cases) {
            if (measured.scenario().isLoad()) {
                all.computeIfAbsent(measured.scenario().profile(), none -> new ArrayList<>())
                        .add(measured);
            }
        }
        return all;
    }

    List<Case> of(Scenario scenario) {
        return cases.stream()
                .filter(measured -> measured.scenario() == scenario)
                .toList();
    }

    /** In session mode each client has a server to itself. */
    int poolSize(Profile profile) {
        return profile == Profile.SESSION ? mostClients(profile) : POOL_SIZE;
    }

    /** What PostgreSQL must allow: poolers keep their servers, and clients may come without a pooler. */
    int serverConnections() {
        int most = 0;
        for (Profile profile : Profile.values()) {
            most = Math.max(most, poolSize(profile) * contenders.size() + mostClients(profile));
        }
        return most + SPARE_CONNECTIONS;
    }

    private int mostClients(Profile profile) {
        return loads().getOrDefault(profile, List.of()).stream()
                .mapToInt(Case::clients)
                .max()
                .orElse(0);
    }
}

package org.pgweir.bench.compare;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is measured.
 *
 * @param contenders in the order of their turns
 * @param seconds of one run
 * @param warmUpSeconds of the run before the first round, which is not counted
 */
record Plan(List<Case> cases, List<Contender> contenders, int rounds, int seconds, int warmUpSeconds) {
    static final int POOL_SIZE = 20;

    /** From here on several event loops have something to share. */
    private static final int MANY_CLIENTS = 100;

    /** The contenders of a case: one with several loops is not asked to carry a few clients. */
    List<Contender> contenders(Case measured) {
        return contenders.stream()
                .filter(contender -> contender.loops() < 2 || measured.clients() >= MANY_CLIENTS)
                .toList();
    }

    /** The cases that can be measured with the same processes. */
    Map<Profile, List<Case>> byProfile() {
        Map<Profile, List<Case>> all = new LinkedHashMap<>();
        for (Case measured : cases) {
            all.computeIfAbsent(measured.scenario().profile(), none -> new ArrayList<>())
                    .add(measured);
        }
        return all;
    }

    /** In session mode each client has a server to itself. */
    int poolSize(Profile profile) {
        return switch (profile.mode()) {
            case SESSION ->
                byProfile().get(profile).stream().mapToInt(Case::clients).max().orElse(POOL_SIZE);
            default -> POOL_SIZE;
        };
    }

    int mostClients() {
        return cases.stream().mapToInt(Case::clients).max().orElse(1);
    }
}

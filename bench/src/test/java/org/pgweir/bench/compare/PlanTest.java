package org.pgweir.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PlanTest {
    private static final Contender ONE_LOOP = Contender.pgweir("epoll", 1);
    private static final Contender TWO_LOOPS = Contender.pgweir("epoll", 2);
    private static final Case FEW = new Case(Scenario.SELECT_SIMPLE, 20);
    private static final Case MANY = new Case(Scenario.SELECT_EXTENDED, 100);
    private static final Case SESSION = new Case(Scenario.SELECT_PREPARED, 60);
    private static final Case START = new Case(Scenario.START, 0);

    private final Plan plan = new Plan(
            List.of(FEW, MANY, SESSION, START),
            List.of(Contender.DIRECT, Contender.PGBOUNCER, ONE_LOOP, TWO_LOOPS),
            3,
            5,
            5,
            2);

    @Test
    void severalLoopsCarryManyClientsOnly() {
        assertThat(plan.contenders(FEW)).containsExactly(Contender.DIRECT, Contender.PGBOUNCER, ONE_LOOP);
        assertThat(plan.contenders(MANY)).contains(ONE_LOOP, TWO_LOOPS);
    }

    @Test
    void onlyPoolersAreStarted() {
        assertThat(plan.contenders(START)).containsExactly(Contender.PGBOUNCER, ONE_LOOP, TWO_LOOPS);
    }

    @Test
    void whatNeedsTheSameSettingsSharesProcesses() {
        assertThat(plan.loads())
                .containsEntry(Profile.TRANSACTION, List.of(FEW, MANY))
                .containsEntry(Profile.SESSION, List.of(SESSION))
                .hasSize(2);
    }

    @Test
    void sessionModeNeedsAServerForEachClient() {
        assertThat(plan.poolSize(Profile.TRANSACTION)).isEqualTo(20);
        assertThat(plan.poolSize(Profile.SESSION)).isEqualTo(60);
    }

    @Test
    void allPoolersAndDirectClientsFindServers() {
        assertThat(plan.serverConnections()).isGreaterThanOrEqualTo(60 * 3 + 60);
    }
}

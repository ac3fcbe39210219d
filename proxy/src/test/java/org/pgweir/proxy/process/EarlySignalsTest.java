package org.pgweir.proxy.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class EarlySignalsTest {
    @Test
    void givenASignalBeforeItCanBeActedUponThenItIsNotLostAndEndsNothing() throws Exception {
        EarlySignals early = EarlySignals.remember(List.of("USR1"), List.of(), name -> {});
        Semaphore acted = new Semaphore(0);

        signal("USR1");
        early.act(Map.of("USR1", acted::release));
        assertThat(acted.tryAcquire(10, TimeUnit.SECONDS)).isTrue();

        signal("USR1");
        assertThat(acted.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
    }

    /** To this process itself. */
    private static void signal(String name) throws Exception {
        String self = Long.toString(ProcessHandle.current().pid());
        assertThat(new ProcessBuilder("kill", "-" + name, self).start().waitFor())
                .isZero();
    }
}

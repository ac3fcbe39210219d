package org.pgweir.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class ProcessUsageTest {
    private static final String STAT =
            "4711 (a (strange) name) S 1 4711 4711 0 -1 4194304 8912 0 0 0 123 456 7 8 20 0 14 0 100 0 0";

    @Test
    void readsTheTimesWhateverTheNameIs() {
        ProcessUsage usage = ProcessUsage.parseStat(STAT);

        assertThat(usage.userMicros()).isEqualTo(1_230_000);
        assertThat(usage.systemMicros()).isEqualTo(4_560_000);
        assertThat(usage.totalMicros()).isEqualTo(5_790_000);
    }

    @Test
    void isTheDifferenceOfTwoMoments() {
        ProcessUsage used = new ProcessUsage(50, 70).since(new ProcessUsage(20, 10));

        assertThat(used).isEqualTo(new ProcessUsage(30, 60));
    }

    @Test
    void readsTheResidentMemory() {
        assertThat(ProcessUsage.parseResident("VmHWM:\t  200 kB\nVmRSS:\t  100 kB\nRssAnon:\t 90 kB\n"))
                .isEqualTo(102_400);
    }

    @Test
    void aProcessThatHasEndedHasNoMemory() {
        assertThatThrownBy(() -> ProcessUsage.parseResident("State:\tZ (zombie)\n"))
                .hasMessageContaining("has ended");
    }

    @Test
    void readsThisProcess() throws IOException {
        long pid = ProcessHandle.current().pid();

        assertThat(ProcessUsage.of(pid).totalMicros()).isPositive();
        assertThat(ProcessUsage.residentBytes(pid)).isGreaterThan(1 << 20);
    }
}

package org.pgweir.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SystemCallsTest {
    @Test
    void readsWhatPerfHasCounted() {
        assertThat(SystemCalls.parsePerf("# started on Sat Nov 21\n\n60632,,raw_syscalls:sys_enter,200312,100.00,,\n"))
                .hasValue(60632);
    }

    @Test
    void perfMayHaveCountedNothing() {
        assertThat(SystemCalls.parsePerf("<not counted>,,raw_syscalls:sys_enter,0,0.00,,\n"))
                .isEmpty();
    }

    @Test
    void readsTheTotalOfStrace() {
        String said = """
                % time     seconds  usecs/call     calls    errors syscall
                ------ ----------- ----------- --------- --------- ----------------
                 61.25    0.004500           2      2000        12 epoll_wait
                 38.75    0.002847           2      1234           sendto
                ------ ----------- ----------- --------- --------- ----------------
                100.00    0.007347           2      3234        12 total
                """;

        assertThat(SystemCalls.parseStrace(said)).hasValue(3234);
        assertThat(SystemCalls.parseStrace(said.replace("        12 total", "           total")))
                .hasValue(3234);
        assertThat(SystemCalls.parseStrace("")).isEmpty();
    }
}

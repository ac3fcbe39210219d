package org.pgweir.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.io.PrintStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rest of it is tested by {@code bench/compare --quick}, which needs the launcher. */
class CompareTest {
    @ParameterizedTest
    @CsvSource({
        "--rounds, 0",
        "--seconds, 0",
        "--clients, '20,0'",
        "--loops, 0",
        "--workloads, nonsense",
        "--transports, kqueue",
        "--pgbouncer, /does/not/exist"
    })
    void refusesWhatMakesNoSense(String option, String value) {
        assertThat(Compare.run(new PrintStream(OutputStream.nullOutputStream()), option, value))
                .isEqualTo(2);
    }
}

package org.pgweir.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.ResourceLeakDetector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

/** An object in either kind of transaction would be 8 bytes at least. Newer versions of Java need an option for it, which the launcher gives. */
@EnabledForJreRange(max = JRE.JAVA_23)
final class RelayBenchmarkTest {
    private static final int TRANSACTIONS = 20 * RelayBenchmark.ROUNDS;

    private final ResourceLeakDetector.Level level = ResourceLeakDetector.getLevel();
    private final RelayBenchmark benchmark = new RelayBenchmark();

    @BeforeEach
    void connect() throws Exception {
        // As the launcher does: each buffer that is followed has records of its own.
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
        benchmark.connect();
    }

    @AfterEach
    void end() throws Exception {
        benchmark.end();
        ResourceLeakDetector.setLevel(level);
    }

    @Test
    void aTransactionAllocatesNothing() throws Exception {
        double least = Double.MAX_VALUE;
        // Once it is compiled: what the code allocates by itself is there in each round.
        for (int round = 0; round < 10 && least > 1; round++) {
            long before = benchmark.allocatedBytes();
            run();
            least = Math.min(least, (double) (benchmark.allocatedBytes() - before) / (2 * TRANSACTIONS));
        }
        assertThat(least).as("bytes a transaction on the loop's thread").isLessThan(4);
    }

    private void run() throws Exception {
        for (int done = 0; done < TRANSACTIONS; done += RelayBenchmark.ROUNDS) {
            benchmark.simpleQuery();
            benchmark.preparedStatement();
        }
    }
}

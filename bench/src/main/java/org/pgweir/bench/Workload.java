package org.pgweir.bench;

import java.util.SplittableRandom;

/** What the clients of a {@link LoadGenerator} run. Asked by several threads. */
@FunctionalInterface
public interface Workload {
    /** The next transaction of a client; the random numbers are that client's own. */
    Transaction next(SplittableRandom random);
}

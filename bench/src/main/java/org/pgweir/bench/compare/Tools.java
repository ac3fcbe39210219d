package org.pgweir.bench.compare;

import java.nio.file.Path;

/**
 * The programs that a comparison starts.
 *
 * @param pgbouncer null if there is none
 * @param pgweir the launcher
 */
record Tools(Path pgbench, Path pgbouncer, Path pgweir) {}

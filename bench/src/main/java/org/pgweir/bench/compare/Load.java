package org.pgweir.bench.compare;

import java.io.IOException;

/** Keeps a pooler, or PostgreSQL, busy. */
@FunctionalInterface
interface Load {
    /**
     * Blocks until the run has ended.
     *
     * @param port on 127.0.0.1
     * @throws IOException if the load cannot run, with what it said
     */
    Run run(Stage stage, int port, Profile profile, int clients, int seconds) throws IOException, InterruptedException;
}

package org.pgweir.bench.compare;

import org.pgweir.config.PoolMode;

/**
 * What the poolers' settings must be for some scenarios; poolers with the same profile run side by side.
 *
 * @param scram whether clients prove a password; else everybody is let in
 */
record Profile(PoolMode mode, boolean scram) {
    static final Profile TRANSACTION = new Profile(PoolMode.TRANSACTION, false);
    static final Profile SESSION = new Profile(PoolMode.SESSION, false);
    static final Profile SCRAM = new Profile(PoolMode.TRANSACTION, true);

    String title() {
        return mode + " mode" + (scram ? " with SCRAM" : "");
    }

    String user() {
        return scram ? Stage.SCRAM_USER : Stage.USER;
    }
}

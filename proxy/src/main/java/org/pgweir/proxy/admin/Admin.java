package org.pgweir.proxy.admin;

import org.pgweir.config.Configuration;
import org.pgweir.proxy.client.Clients;
import org.pgweir.proxy.net.Loops;
import org.pgweir.proxy.pool.Pools;
import org.pgweir.proxy.route.Catalog;

/** What the console's commands and tables work on. */
record Admin(Loops loops, Catalog catalog, Pools pools, Clients clients, StatsPeriods stats, ProcessControl process) {
    Configuration configuration() {
        return catalog.configuration();
    }

    /** Whether everything is paused or suspended. */
    boolean isHeld() {
        return catalog.isPaused() || catalog.isSuspended();
    }
}

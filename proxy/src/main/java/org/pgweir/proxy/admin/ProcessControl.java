package org.pgweir.proxy.admin;

import org.pgweir.config.ConfigurationException;

/** What the console may do with the whole process; done by {@code Pgweir}. */
public interface ProcessControl {
    /** How a shutdown treats those who are connected. */
    enum Shutdown {
        /** Everything ends now. */
        IMMEDIATE,
        /** Servers are given back first, clients then dropped. */
        WAIT_FOR_SERVERS,
        /** New clients are refused; the process ends with the last client. */
        WAIT_FOR_CLIENTS
    }

    /** Reads the configuration file again; if it is bad, nothing changes. Not on a loop: it reads files. */
    void reload() throws ConfigurationException;

    void shutdown(Shutdown how);
}

package org.pgweir.proxy.admin;

import java.util.List;
import org.pgweir.config.ConfigurationException;
import org.pgweir.config.Setting;
import org.pgweir.proxy.net.Listener;

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

    /** Changes one setting until the next reload. Not on a loop. */
    void set(Setting<?> setting, String value) throws ConfigurationException;

    void shutdown(Shutdown how);

    boolean isShuttingDown();

    /** The open sockets on which clients arrive. */
    List<Listener> listeners();
}

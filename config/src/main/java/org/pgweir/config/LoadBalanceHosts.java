package org.pgweir.config;

import java.util.Locale;

/** How a new server picks one of a database's hosts. */
public enum LoadBalanceHosts {
    /** One after the other. */
    ROUND_ROBIN,
    /** Always the first that can be reached. */
    DISABLE;

    /** The spelling in configuration files and on the console. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}

package org.pgweir.config;

import java.util.Locale;

/** The way to the operating system's sockets. */
public enum Transport {
    /** The best one that works here. */
    AUTO,
    /** Linux io_uring. */
    IO_URING,
    /** Linux epoll. */
    EPOLL,
    /** The JDK's own selectors; works everywhere. */
    NIO;

    /** The spelling in configuration files and on the console. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}

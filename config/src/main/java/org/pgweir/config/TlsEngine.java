package org.pgweir.config;

import java.util.Locale;

/** Who does TLS. */
public enum TlsEngine {
    /** BoringSSL where it is there, else the JDK's own. */
    AUTO,
    /** The library that Netty brings. */
    BORINGSSL,
    /** Java's own. */
    JDK;

    /** The spelling in configuration files and on the console. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}

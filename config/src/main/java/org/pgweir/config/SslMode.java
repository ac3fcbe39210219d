package org.pgweir.config;

import java.util.Locale;

/** How much TLS a connection asks for, in libpq's words. */
public enum SslMode {
    /** Never. */
    DISABLE,
    /** Only if the other side insists. */
    ALLOW,
    /** If the other side can. */
    PREFER,
    /** Always, without a look at the certificate. */
    REQUIRE,
    /** Always, and the certificate must come from a known authority. */
    VERIFY_CA,
    /** Always, and the certificate must also carry the right name. */
    VERIFY_FULL;

    /** The spelling in configuration files and on the console. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}

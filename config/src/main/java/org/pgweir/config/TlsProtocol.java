package org.pgweir.config;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** A version of TLS. */
public enum TlsProtocol {
    TLS_1_0("TLSv1"),
    TLS_1_1("TLSv1.1"),
    TLS_1_2("TLSv1.2"),
    TLS_1_3("TLSv1.3");

    /** What {@code secure} means. */
    static final Set<TlsProtocol> SECURE = Set.copyOf(EnumSet.of(TLS_1_2, TLS_1_3));

    private final String standardName;

    TlsProtocol(String standardName) {
        this.standardName = standardName;
    }

    /** The name that Java and OpenSSL have for it, such as {@code TLSv1.2}. */
    public String standardName() {
        return standardName;
    }

    /** The spelling in configuration files, such as {@code tlsv1.2}. */
    @Override
    public String toString() {
        return this == TLS_1_0 ? "tlsv1.0" : standardName.toLowerCase(Locale.ROOT);
    }
}

package org.pgweir.config;

import java.util.Locale;

/** How a rule wants a user to prove who they are. */
public enum HbaMethod {
    /** No proof, but the user must be known. */
    TRUST,
    /** Not at all. */
    REJECT,
    /** An MD5 exchange, or SCRAM for those users whose stored secret is a SCRAM one. */
    MD5,
    /** The password in clear text. */
    PASSWORD,
    /** A SCRAM exchange. */
    SCRAM_SHA_256,
    /** The operating system's user at the other end of a Unix socket. */
    PEER,
    /** A TLS client certificate. */
    CERT,
    /** A directory server. */
    LDAP;

    /** The spelling in the file. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}

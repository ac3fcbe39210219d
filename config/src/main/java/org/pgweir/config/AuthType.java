package org.pgweir.config;

import java.util.Locale;

/** How clients prove who they are. */
public enum AuthType {
    /** No proof, and the user name does not matter: every client gets the forced user of its database. */
    ANY,
    /** No proof, but the user must be known. */
    TRUST,
    /** The password in clear text. */
    PLAIN,
    /** An MD5 exchange, or SCRAM for those users whose stored secret is a SCRAM one. */
    MD5,
    /** A SCRAM exchange. */
    SCRAM_SHA_256,
    /** A TLS client certificate. */
    CERT,
    /** As the HBA file says. */
    HBA,
    /** The PAM service of the operating system. */
    PAM,
    /** A directory server. */
    LDAP;

    /** The spelling in configuration files and on the console. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}

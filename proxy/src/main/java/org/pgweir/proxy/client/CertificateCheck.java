package org.pgweir.proxy.client;

import org.pgweir.proxy.auth.Hba;
import org.pgweir.proxy.net.TlsSession;

/** Whether a client has the TLS certificate that is wanted of it. */
final class CertificateCheck {
    private CertificateCheck() {}

    /**
     * Why not, for the log; null if it has.
     *
     * @param named whether the certificate must name the user
     * @param wholeName whether its distinguished name counts, not the common name
     * @param map the map that leads from that name to users; null if they must be equal
     */
    static String refusal(Client client, boolean named, boolean wholeName, String map) {
        TlsSession tls = client.tls();
        if (tls == null) {
            return "the connection is not encrypted, so there is no certificate";
        } else if (tls.clientCertificate() == null) {
            String why = tls.clientCertificateRefusal();
            return "the client has shown no certificate that client_tls_ca_file vouches for"
                    + (why == null ? "" : ": " + why);
        } else if (!named) {
            return null;
        }
        String name = wholeName ? tls.clientDistinguishedName() : tls.clientCommonName();
        if (name == null) {
            return "the client's certificate has no common name";
        }
        return Hba.mapRefusal(client.services().configuration(), map, name, client.user(), "the certificate's name");
    }
}

package org.pgweir.proxy.net;

import java.io.IOException;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.security.spec.PSSParameterSpec;
import java.util.Locale;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/** What a TLS handshake has settled. Immutable, for any thread. */
public final class TlsSession {
    private final String protocol;
    private final String cipher;
    private final X509Certificate server;
    private final X509Certificate client;
    private final String clientRefusal;

    /**
     * @param protocol such as {@code TLSv1.3}
     * @param cipher the suite, in OpenSSL's words
     * @param server the certificate that the server's side has shown; null only where it has none
     * @param client the certificate by which the client's side has proved itself; null if there is none that is trusted
     * @param clientRefusal why one that it has shown is not trusted; null if it has shown none, or it is
     */
    TlsSession(String protocol, String cipher, X509Certificate server, X509Certificate client, String clientRefusal) {
        this.protocol = protocol;
        this.cipher = cipher;
        this.server = server;
        this.client = client;
        this.clientRefusal = clientRefusal;
    }

    /** For SHOW CLIENTS, SHOW SERVERS and the log: {@code TLSv1.3/TLS_AES_256_GCM_SHA384}. */
    public String description() {
        return protocol + "/" + cipher;
    }

    /**
     * The channel binding {@code tls-server-end-point} (RFC 5929): the hash of the server's certificate, on either side of the
     * connection. Made anew at each call. Null if the certificate's signature names no hash, as Ed25519 does.
     */
    public byte[] serverEndPoint() {
        return server == null ? null : endPoint(server);
    }

    /**
     * The certificate by which the other side has proved who it is: one that comes from an authority of the {@code ca_file}, is valid
     * now, was not revoked, and may be used by clients. Null if the client has shown none, or none such.
     */
    public X509Certificate clientCertificate() {
        return client;
    }

    /** Why a certificate that the client has shown does not count; null if there is none, or it does. */
    public String clientCertificateRefusal() {
        return clientRefusal;
    }

    /** The common name of {@link #clientCertificate()}; null if it has none, or there is no certificate. */
    public String clientCommonName() {
        return client == null ? null : commonName(client);
    }

    /** The distinguished name of {@link #clientCertificate()} in the form of RFC 2253, most significant part last; null without one. */
    public String clientDistinguishedName() {
        return client == null ? null : client.getSubjectX500Principal().getName();
    }

    /** The hash of the certificate by the hash of its signature; MD5 and SHA-1 are too weak and count as SHA-256. */
    static byte[] endPoint(X509Certificate certificate) {
        String hash = signatureHash(certificate);
        if (hash == null) {
            return null;
        }
        try {
            return MessageDigest.getInstance(hash).digest(certificate.getEncoded());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String signatureHash(X509Certificate certificate) {
        String signature = certificate.getSigAlgName().toUpperCase(Locale.ROOT);
        int with = signature.indexOf("WITH");
        String hash = signature.equals("RSASSA-PSS")
                ? pssHash(certificate)
                : with < 0 ? "" : signature.substring(0, with).replace("-", "");
        return switch (hash) {
            case "MD5", "SHA1", "SHA256" -> "SHA-256";
            case "SHA224", "SHA384", "SHA512" -> "SHA-" + hash.substring(3);
            default -> null;
        };
    }

    private static String pssHash(X509Certificate certificate) {
        try {
            AlgorithmParameters parameters = AlgorithmParameters.getInstance("RSASSA-PSS");
            parameters.init(certificate.getSigAlgParams());
            return parameters
                    .getParameterSpec(PSSParameterSpec.class)
                    .getDigestAlgorithm()
                    .replace("-", "");
        } catch (GeneralSecurityException | IOException e) {
            return "";
        }
    }

    /** The first CN, as PostgreSQL takes it; a NUL in it, which could hide a part of the name, makes it unusable. */
    static String commonName(X509Certificate certificate) {
        try {
            for (Rdn part : new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()) {
                Attribute name = part.toAttributes().get("CN");
                if (name != null && name.get() instanceof String text) {
                    return text.indexOf('\0') >= 0 ? null : text;
                }
            }
            return null;
        } catch (NamingException e) {
            return null;
        }
    }

    @Override
    public String toString() {
        return description();
    }
}

package org.pgweir.proxy.net;

import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertStore;
import java.security.cert.CertificateException;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.X509CRL;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/** The certificates of a {@code ca_file}, and of whom they have revoked it: whom they vouch for. For any thread. */
final class TrustedAuthorities {
    private final List<X509Certificate> certificates;
    private final List<X509CRL> revocations;
    private final X509ExtendedTrustManager trust;

    /** @param revocations if there are any, there must be one that is not out of date for each authority of a certificate's chain */
    TrustedAuthorities(List<X509Certificate> certificates, List<X509CRL> revocations) {
        this.certificates = certificates;
        this.revocations = revocations;
        trust = new Strict(trustIn(certificates, revocations));
    }

    private static X509ExtendedTrustManager trustIn(List<X509Certificate> certificates, List<X509CRL> revocations) {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            for (int i = 0; i < certificates.size(); i++) {
                store.setCertificateEntry("ca" + i, certificates.get(i));
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            if (revocations.isEmpty()) {
                factory.init(store);
            } else {
                PKIXBuilderParameters rules = new PKIXBuilderParameters(store, new X509CertSelector());
                rules.setRevocationEnabled(true);
                rules.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(revocations)));
                factory.init(new CertPathTrustManagerParameters(rules));
            }
            for (TrustManager manager : factory.getTrustManagers()) {
                if (manager instanceof X509ExtendedTrustManager found) {
                    return found;
                }
            }
            throw new IllegalStateException("this Java has no trust manager for certificates");
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Refuses, during the handshake, whom they do not vouch for. */
    X509ExtendedTrustManager required() {
        return trust;
    }

    /** Refuses nobody during the handshake; asks for certificates of these authorities. */
    X509ExtendedTrustManager invited() {
        return new Lenient(certificates);
    }

    /** Refuses nobody, and asks for no certificate in particular. */
    static X509ExtendedTrustManager anybody() {
        return new Lenient(List.of());
    }

    /** Why they do not vouch, here and now, for a client with this chain; null if they do. */
    String refusal(X509Certificate[] chain) {
        try {
            trust.checkClientTrusted(chain, chain[0].getPublicKey().getAlgorithm());
            return null;
        } catch (CertificateException e) {
            return TlsFailure.reason(e);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TrustedAuthorities that
                && certificates.equals(that.certificates)
                && revocations.equals(that.revocations);
    }

    @Override
    public int hashCode() {
        return Objects.hash(certificates, revocations);
    }

    /** Java takes a certificate that stands in the list itself as it is, expired ones, too; this one does not. */
    private static final class Strict extends X509ExtendedTrustManager {
        private final X509ExtendedTrustManager trust;

        Strict(X509ExtendedTrustManager trust) {
            this.trust = trust;
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            chain[0].checkValidity();
            trust.checkClientTrusted(chain, authType);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
                throws CertificateException {
            chain[0].checkValidity();
            trust.checkClientTrusted(chain, authType, socket);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
                throws CertificateException {
            chain[0].checkValidity();
            trust.checkClientTrusted(chain, authType, engine);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            chain[0].checkValidity();
            trust.checkServerTrusted(chain, authType);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
                throws CertificateException {
            chain[0].checkValidity();
            trust.checkServerTrusted(chain, authType, socket);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
                throws CertificateException {
            chain[0].checkValidity();
            trust.checkServerTrusted(chain, authType, engine);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return trust.getAcceptedIssuers();
        }
    }

    private static final class Lenient extends X509ExtendedTrustManager {
        private final List<X509Certificate> named;

        Lenient(List<X509Certificate> named) {
            this.named = named;
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return named.toArray(X509Certificate[]::new);
        }
    }
}

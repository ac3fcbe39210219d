package org.pgweir.proxy.net;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertStore;
import java.security.cert.CertificateException;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * The certificates of a {@code ca_file}, and of whom they have revoked it: whom they vouch for. As with OpenSSL, whose rules PostgreSQL and
 * PgBouncer follow, every chain must end at a root, one that has signed itself; others in the file only help to find the way there, and can be
 * revoked as any other. For any thread.
 */
final class TrustedAuthorities {
    private final List<X509Certificate> certificates;
    private final List<X509CRL> revocations;
    private final boolean hasRoot;
    private final X509ExtendedTrustManager trust;

    /** @param revocations if there are any, there must be one that is not out of date for each authority of a certificate's chain */
    TrustedAuthorities(List<X509Certificate> certificates, List<X509CRL> revocations) {
        this.certificates = certificates;
        this.revocations = revocations;
        List<X509Certificate> roots = new ArrayList<>();
        List<Object> others = new ArrayList<>(revocations);
        for (X509Certificate certificate : certificates) {
            if (isRoot(certificate)) {
                roots.add(certificate);
            } else {
                others.add(certificate);
            }
        }
        hasRoot = !roots.isEmpty();
        trust = new Strict(certificates, roots, others, revocations);
    }

    private static boolean isRoot(X509Certificate certificate) {
        try {
            certificate.verify(certificate.getPublicKey());
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** @param others certificates and revocation lists that may be needed on the way to a root */
    private static X509ExtendedTrustManager trustIn(Set<TrustAnchor> roots, List<Object> others, boolean revocation) {
        try {
            PKIXBuilderParameters rules = new PKIXBuilderParameters(roots, new X509CertSelector());
            rules.setRevocationEnabled(revocation);
            rules.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(others)));
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(new CertPathTrustManagerParameters(rules));
            for (TrustManager manager : factory.getTrustManagers()) {
                if (manager instanceof X509ExtendedTrustManager found) {
                    return found;
                }
            }
            throw new IllegalStateException("this Java has no trust manager for certificates");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Without a root they vouch for nobody. */
    boolean hasRoot() {
        return hasRoot;
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

    /**
     * Java takes a certificate that stands in the file itself as it is, asks no root whether it is out of date, and looks for none on the
     * lists; this one does.
     */
    private static final class Strict extends X509ExtendedTrustManager {
        private final List<X509Certificate> named;
        private final List<X509Certificate> roots;
        private final List<Object> others;
        private final List<X509CRL> revocations;

        Strict(
                List<X509Certificate> named,
                List<X509Certificate> roots,
                List<Object> others,
                List<X509CRL> revocations) {
            this.named = named;
            this.roots = roots;
            this.others = others;
            this.revocations = revocations;
        }

        /** Made anew for each chain, since time and lists decide which roots are good: little beside a handshake. */
        private X509ExtendedTrustManager trustFor(X509Certificate[] chain) throws CertificateException {
            chain[0].checkValidity();
            if (roots.isEmpty()) {
                throw new CertificateException("there is no root among the authorities, one that has signed itself");
            }
            Set<TrustAnchor> anchors = new HashSet<>();
            for (X509Certificate root : roots) {
                if (!isOutOfDate(root) && isSpared(root)) {
                    anchors.add(new TrustAnchor(root, null));
                }
            }
            if (anchors.isEmpty()) {
                throw new CertificateException(
                        "every root among the authorities is out of date, has been revoked, or has no list of its own");
            }
            return trustIn(anchors, others, !revocations.isEmpty());
        }

        private static boolean isOutOfDate(X509Certificate certificate) {
            try {
                certificate.checkValidity();
                return false;
            } catch (CertificateException e) {
                return true;
            }
        }

        private boolean isSpared(X509Certificate root) {
            return revocations.isEmpty() || revocations.stream().anyMatch(list -> spares(list, root));
        }

        private static boolean spares(X509CRL list, X509Certificate root) {
            Date now = new Date();
            try {
                list.verify(root.getPublicKey());
                return !list.isRevoked(root)
                        && !list.getThisUpdate().after(now)
                        && list.getNextUpdate() != null
                        && !list.getNextUpdate().before(now);
            } catch (GeneralSecurityException e) {
                return false;
            }
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            trustFor(chain).checkClientTrusted(chain, authType);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
                throws CertificateException {
            trustFor(chain).checkClientTrusted(chain, authType, socket);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
                throws CertificateException {
            trustFor(chain).checkClientTrusted(chain, authType, engine);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            trustFor(chain).checkServerTrusted(chain, authType);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
                throws CertificateException {
            trustFor(chain).checkServerTrusted(chain, authType, socket);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
                throws CertificateException {
            trustFor(chain).checkServerTrusted(chain, authType, engine);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return named.toArray(X509Certificate[]::new);
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

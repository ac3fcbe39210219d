package org.pgweir.testkit;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import javax.security.auth.x500.X500Principal;

/**
 * Signs certificates of all kinds, in milliseconds: for servers, for clients, expired ones, with elliptic curve or RSA keys. Its own
 * certificate is what others may trust.
 */
public final class CertificateAuthority {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

    private static final int SEQUENCE = 0x30;
    private static final int SET_OF_VERSION = 0xa0;
    private static final int EXTENSIONS = 0xa3;
    private static final int INTEGER = 0x02;
    private static final int BIT_STRING = 0x03;
    private static final int OCTET_STRING = 0x04;
    private static final int GENERALIZED_TIME = 0x18;
    private static final int DNS_NAME = 0x82;
    private static final int IP_ADDRESS = 0x87;

    private static final byte[] TRUE = {1, 1, (byte) 0xff};
    private static final byte[] BASIC_CONSTRAINTS = {6, 3, 0x55, 0x1d, 0x13};
    private static final byte[] ALTERNATIVE_NAMES = {6, 3, 0x55, 0x1d, 0x11};

    private final TestCertificate own;

    private CertificateAuthority(TestCertificate own) {
        this.own = own;
    }

    /** Kinds of keys. */
    public enum KeyType {
        /** P-256. */
        EC("SHA256withECDSA", new byte[] {SEQUENCE, 10, 6, 8, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 4, 3, 2}),
        /** 2,048 bits. */
        RSA(
                "SHA256withRSA",
                new byte[] {SEQUENCE, 13, 6, 9, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 13, 1, 1, 11, 5, 0});

        private final String signature;
        private final byte[] signatureId;

        KeyType(String signature, byte[] signatureId) {
            this.signature = signature;
            this.signatureId = signatureId;
        }

        private KeyPair newPair() throws GeneralSecurityException {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(name());
            if (this == EC) {
                generator.initialize(new ECGenParameterSpec("secp256r1"));
            } else {
                generator.initialize(2048);
            }
            return generator.generateKeyPair();
        }
    }

    /** What is to be signed. */
    public final class Request {
        private final String subject;
        private final List<byte[]> names = new ArrayList<>();
        private KeyType keyType = KeyType.EC;
        private Instant notBefore = Instant.now().minus(Duration.ofDays(1));
        private Instant notAfter = Instant.now().plus(Duration.ofDays(30));

        private Request(String subject) {
            this.subject = subject;
        }

        /** A host name, which may begin with {@code *.}. */
        public Request dns(String name) {
            names.add(der(DNS_NAME, name.getBytes(StandardCharsets.US_ASCII)));
            return this;
        }

        /** 127.0.0.1. */
        public Request loopback() {
            names.add(der(IP_ADDRESS, new byte[] {127, 0, 0, 1}));
            return this;
        }

        public Request key(KeyType type) {
            keyType = type;
            return this;
        }

        /** Was valid until yesterday. */
        public Request expired() {
            notBefore = Instant.now().minus(Duration.ofDays(9));
            notAfter = Instant.now().minus(Duration.ofDays(1));
            return this;
        }

        public TestCertificate sign() {
            return CertificateAuthority.sign(this, own, false);
        }
    }

    /** A new authority, which everybody has to be told to trust. */
    public static CertificateAuthority create(String commonName) {
        CertificateAuthority nobody = new CertificateAuthority(null);
        return new CertificateAuthority(sign(nobody.new Request("CN=" + commonName), null, true));
    }

    /** A new authority whose own certificate is out of date. */
    public static CertificateAuthority createExpired(String commonName) {
        CertificateAuthority nobody = new CertificateAuthority(null);
        return new CertificateAuthority(sign(nobody.new Request("CN=" + commonName).expired(), null, true));
    }

    /** Another authority, for which this one vouches. */
    public CertificateAuthority subordinate(String commonName) {
        return new CertificateAuthority(sign(request("CN=" + commonName), own, true));
    }

    /** A list of certificates that it has revoked, good for 30 days. */
    public X509CRL revoked(TestCertificate... certificates) {
        try {
            Instant now = Instant.now();
            List<byte[]> entries = new ArrayList<>();
            for (TestCertificate certificate : certificates) {
                byte[] serial = certificate.certificate().getSerialNumber().toByteArray();
                entries.add(der(SEQUENCE, der(INTEGER, serial), time(now.minus(Duration.ofHours(1)))));
            }
            KeyType signer = keyTypeOf(own);
            byte[] body = der(
                    SEQUENCE,
                    new byte[] {INTEGER, 1, 1},
                    signer.signatureId,
                    own.certificate().getSubjectX500Principal().getEncoded(),
                    time(now.minus(Duration.ofHours(1))),
                    time(now.plus(Duration.ofDays(30))),
                    entries.isEmpty() ? new byte[0] : der(SEQUENCE, entries.toArray(byte[][]::new)));
            return (X509CRL) CertificateFactory.getInstance("X.509")
                    .generateCRL(new ByteArrayInputStream(signed(body, signer, own.key())));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static KeyType keyTypeOf(TestCertificate certificate) {
        return certificate.key().getAlgorithm().equals("EC") ? KeyType.EC : KeyType.RSA;
    }

    private static byte[] signed(byte[] body, KeyType signer, PrivateKey key) throws GeneralSecurityException {
        Signature signature = Signature.getInstance(signer.signature);
        signature.initSign(key);
        signature.update(body);
        return der(SEQUENCE, body, signer.signatureId, der(BIT_STRING, new byte[] {0}, signature.sign()));
    }

    /** Its own certificate, for the files of trusted authorities. */
    public TestCertificate own() {
        return own;
    }

    /** @param subject a distinguished name such as {@code CN=localhost} */
    public Request request(String subject) {
        return new Request(subject);
    }

    /** For a server at localhost and 127.0.0.1. */
    public TestCertificate forServer() {
        return request("CN=localhost").dns("localhost").loopback().sign();
    }

    /** For a client with this name. */
    public TestCertificate forClient(String commonName) {
        return request("CN=" + commonName).sign();
    }

    private static TestCertificate sign(Request request, TestCertificate issuer, boolean authority) {
        try {
            KeyPair pair = request.keyType.newPair();
            KeyType signer = issuer == null ? KeyType.EC : keyTypeOf(issuer);
            byte[] subject = new X500Principal(request.subject).getEncoded();
            byte[] issuerName = issuer == null
                    ? subject
                    : issuer.certificate().getSubjectX500Principal().getEncoded();
            byte[] body = der(
                    SEQUENCE,
                    der(SET_OF_VERSION, new byte[] {INTEGER, 1, 2}),
                    der(INTEGER, new BigInteger(63, RANDOM).add(BigInteger.ONE).toByteArray()),
                    signer.signatureId,
                    issuerName,
                    der(SEQUENCE, time(request.notBefore), time(request.notAfter)),
                    subject,
                    pair.getPublic().getEncoded(),
                    extensions(request, authority));
            byte[] encoded = signed(body, signer, issuer == null ? pair.getPrivate() : issuer.key());
            X509Certificate certificate = (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(encoded));
            return new TestCertificate(certificate, pair.getPrivate());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] extensions(Request request, boolean authority) {
        byte[] constraints = authority
                ? der(SEQUENCE, BASIC_CONSTRAINTS, TRUE, der(OCTET_STRING, der(SEQUENCE, TRUE)))
                : der(SEQUENCE, BASIC_CONSTRAINTS, der(OCTET_STRING, der(SEQUENCE)));
        byte[] names = request.names.isEmpty()
                ? new byte[0]
                : der(
                        SEQUENCE,
                        ALTERNATIVE_NAMES,
                        der(OCTET_STRING, der(SEQUENCE, request.names.toArray(byte[][]::new))));
        return der(EXTENSIONS, der(SEQUENCE, constraints, names));
    }

    private static byte[] time(Instant time) {
        return der(GENERALIZED_TIME, TIME.format(time).getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] der(int tag, byte[]... parts) {
        byte[] content = Frames.concat(parts);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        if (content.length < 0x80) {
            out.write(content.length);
        } else if (content.length < 0x100) {
            out.write(0x81);
            out.write(content.length);
        } else {
            out.write(0x82);
            out.write(content.length >> 8);
            out.write(content.length);
        }
        out.writeBytes(content);
        return out.toByteArray();
    }
}

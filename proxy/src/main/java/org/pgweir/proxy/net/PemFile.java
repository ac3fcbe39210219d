package org.pgweir.proxy.net;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CRLException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file of certificates, revocation lists or with a private key, in the text form (RFC 7468) that OpenSSL writes: keys of PKCS #8, and
 * those of PKCS #1 (RSA) and SEC 1 (EC), which Java's own reader does not know.
 */
final class PemFile {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \\1-----", Pattern.DOTALL);
    private static final long LARGEST = 4 << 20;

    private static final int SEQUENCE = 0x30;
    private static final int INTEGER = 0x02;
    private static final int OCTET_STRING = 0x04;
    private static final int SEC1_PARAMETERS = 0xa0;

    /** The object identifier and parameters of RSA keys, as DER. */
    private static final byte[] RSA_ENCRYPTION = {
        SEQUENCE, 13, 6, 9, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 13, 1, 1, 1, 5, 0
    };

    /** The object identifier of elliptic curve keys, as DER. */
    private static final byte[] EC_PUBLIC_KEY = {6, 7, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 2, 1};

    private final List<Block> blocks = new ArrayList<>();

    private record Block(String label, String text) {
        byte[] decoded() throws IOException {
            try {
                return Base64.getMimeDecoder().decode(text);
            } catch (IllegalArgumentException e) {
                throw new IOException("the part " + label + " is damaged");
            }
        }
    }

    private PemFile(String text) {
        Matcher block = BLOCK.matcher(text);
        while (block.find()) {
            blocks.add(new Block(block.group(1), block.group(2)));
        }
    }

    /** @throws IOException with a reason for the operator, which names no file */
    static PemFile read(Path file) throws IOException {
        try {
            if (Files.isDirectory(file)) {
                throw new IOException("it is a folder");
            }
            if (Files.size(file) > LARGEST) {
                throw new IOException("it is too large for such a file");
            }
            return new PemFile(Files.readString(file, StandardCharsets.ISO_8859_1));
        } catch (NoSuchFileException e) {
            throw new IOException("no such file", e);
        } catch (AccessDeniedException e) {
            throw new IOException("permission denied", e);
        }
    }

    /** In the order of the file, one at least. */
    List<X509Certificate> certificates() throws IOException {
        List<X509Certificate> certificates = new ArrayList<>();
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            for (Block block : blocks) {
                if (block.label.equals("CERTIFICATE") || block.label.equals("TRUSTED CERTIFICATE")) {
                    certificates.add(
                            (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(block.decoded())));
                }
            }
        } catch (CertificateException e) {
            throw new IOException("it has a certificate that cannot be read: " + e.getMessage(), e);
        }
        if (certificates.isEmpty()) {
            throw new IOException("it has no certificate (-----BEGIN CERTIFICATE-----)");
        }
        return List.copyOf(certificates);
    }

    /** Lists of revoked certificates, one at least. */
    List<X509CRL> revocations() throws IOException {
        List<X509CRL> lists = new ArrayList<>();
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            for (Block block : blocks) {
                if (block.label.equals("X509 CRL")) {
                    lists.add((X509CRL) factory.generateCRL(new ByteArrayInputStream(block.decoded())));
                }
            }
        } catch (CertificateException | CRLException e) {
            throw new IOException("it has a revocation list that cannot be read: " + e.getMessage(), e);
        }
        if (lists.isEmpty()) {
            throw new IOException("it has no revocation list (-----BEGIN X509 CRL-----)");
        }
        return List.copyOf(lists);
    }

    PrivateKey privateKey() throws IOException {
        for (Block block : blocks) {
            switch (block.label) {
                case "ENCRYPTED PRIVATE KEY" -> throw encrypted();
                case "PRIVATE KEY" -> {
                    return key(block.decoded());
                }
                case "RSA PRIVATE KEY", "EC PRIVATE KEY" -> {
                    if (block.text.contains("ENCRYPTED")) {
                        throw encrypted();
                    }
                    byte[] inner = block.decoded();
                    return key(block.label.startsWith("RSA") ? wrapped(RSA_ENCRYPTION, inner) : wrappedCurveKey(inner));
                }
                default -> {}
            }
        }
        throw new IOException("it has no private key (-----BEGIN PRIVATE KEY-----)");
    }

    private static IOException encrypted() {
        return new IOException("the private key is encrypted; pgweir cannot ask for its password:"
                + " use a key without one, readable for pgweir's user only (openssl pkey)");
    }

    private static PrivateKey key(byte[] pkcs8) throws IOException {
        for (String algorithm : List.of("RSA", "EC", "EdDSA", "RSASSA-PSS")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
            } catch (GeneralSecurityException e) {
                // The next may know it.
            }
        }
        throw new IOException("the private key is neither RSA nor EC, or it is damaged");
    }

    // ---------------------------------------------------------------- PKCS #1 and SEC 1 as PKCS #8

    private static byte[] wrapped(byte[] algorithm, byte[] inner) {
        return der(SEQUENCE, new byte[] {INTEGER, 1, 0}, algorithm, der(OCTET_STRING, inner));
    }

    /** The curve, which PKCS #8 wants outside, stands within the key: {@code SEQUENCE { 1, key, [0] curve, ... }}. */
    private static byte[] wrappedCurveKey(byte[] inner) throws IOException {
        try {
            int at = body(inner, 0);
            at = body(inner, at) + length(inner, at);
            at = body(inner, at) + length(inner, at);
            if ((inner[at] & 0xff) != SEC1_PARAMETERS) {
                throw new IOException("the private key does not name its curve");
            }
            byte[] curve = Arrays.copyOfRange(inner, body(inner, at), body(inner, at) + length(inner, at));
            return wrapped(der(SEQUENCE, EC_PUBLIC_KEY, curve), inner);
        } catch (IndexOutOfBoundsException e) {
            throw new IOException("the private key is damaged", e);
        }
    }

    /** Where the content of the DER element begins. */
    private static int body(byte[] der, int at) {
        return at + 2 + (der[at + 1] < 0 ? der[at + 1] & 0x7f : 0);
    }

    private static int length(byte[] der, int at) {
        int length = der[at + 1];
        if (length < 0) {
            int bytes = length & 0x7f;
            length = 0;
            for (int i = 0; i < bytes; i++) {
                length = length << 8 | der[at + 2 + i] & 0xff;
            }
        }
        return length;
    }

    private static byte[] der(int tag, byte[]... parts) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            content.writeBytes(part);
        }
        int length = content.size();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        if (length < 0x80) {
            out.write(length);
        } else if (length < 0x100) {
            out.write(0x81);
            out.write(length);
        } else {
            out.write(0x82);
            out.write(length >> 8);
            out.write(length);
        }
        out.writeBytes(content.toByteArray());
        return out.toByteArray();
    }
}

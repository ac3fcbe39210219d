package org.pgweir.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A self-signed certificate and its key, for a server or a client; it is its own authority. Made by the JDK's keytool, which takes
 * about half a second: make one a test class.
 */
public record TestCertificate(X509Certificate certificate, PrivateKey key) {

    private static final char[] PASSWORD = "changeit".toCharArray();
    private static final String ALIAS = "it";

    /** A certificate with this common name, valid for localhost and 127.0.0.1. */
    public static TestCertificate selfSigned(String commonName) {
        try {
            Path folder = Files.createTempDirectory("pgweir-certificate");
            try {
                return generate(commonName, folder.resolve("store.p12"));
            } finally {
                Folders.delete(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** For ssl_cert_file, ssl_ca_file and the like. */
    public String certificatePem() {
        try {
            return pem("CERTIFICATE", certificate.getEncoded());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** PKCS #8 without a password, for ssl_key_file and the like. */
    public String keyPem() {
        String pem = pem("PRIVATE KEY", key.getEncoded());
        KnownSecrets.key(pem);
        return pem;
    }

    /** A context that trusts this certificate only. */
    public SSLContext trustingContext() {
        return context(null);
    }

    /** A context that trusts this certificate only and presents another one when asked. */
    public SSLContext trustingContext(TestCertificate own) {
        return context(own);
    }

    private SSLContext context(TestCertificate own) {
        try {
            KeyStore trusted = emptyStore();
            trusted.setCertificateEntry(ALIAS, certificate);
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);

            KeyStore owned = emptyStore();
            if (own != null) {
                owned.setKeyEntry(ALIAS, own.key, PASSWORD, new X509Certificate[] {own.certificate});
            }
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(owned, PASSWORD);

            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), new SecureRandom());
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static TestCertificate generate(String commonName, Path store)
            throws IOException, GeneralSecurityException {
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        ALIAS,
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-sigalg",
                        "SHA256withECDSA",
                        "-dname",
                        "CN=" + commonName,
                        "-ext",
                        "san=dns:localhost,ip:127.0.0.1",
                        "-validity",
                        "30",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        new String(PASSWORD))
                .redirectErrorStream(true)
                .start();
        String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (Files.notExists(store)) {
            throw new IOException("keytool failed: " + output);
        }
        KeyStore loaded = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            loaded.load(in, PASSWORD);
        }
        return new TestCertificate(
                (X509Certificate) loaded.getCertificate(ALIAS), (PrivateKey) loaded.getKey(ALIAS, PASSWORD));
    }

    private static String pem(String label, byte[] der) {
        return "-----BEGIN " + label + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
                + "\n-----END " + label + "-----\n";
    }

    @Override
    public String toString() {
        return "TestCertificate[" + certificate.getSubjectX500Principal() + "]";
    }
}

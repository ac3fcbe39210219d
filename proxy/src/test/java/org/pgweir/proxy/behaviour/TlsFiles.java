package org.pgweir.proxy.behaviour;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.pgweir.testkit.CertificateAuthority;
import org.pgweir.testkit.TestCertificate;

/** Keys and certificates as the files that settings and clients want: one authority, a server of its own, and what clients show. */
final class TlsFiles {
    private final Path folder;
    private final CertificateAuthority authority = CertificateAuthority.create("pgweir test authority");
    private final TestCertificate server = authority.forServer();

    private TlsFiles(Path folder) {
        this.folder = folder;
        write("ca.crt", authority.own().certificatePem());
        write("server", server);
    }

    static TlsFiles in(Path folder) {
        return new TlsFiles(folder);
    }

    CertificateAuthority authority() {
        return authority;
    }

    /** Of the pooler, for localhost and 127.0.0.1. */
    TestCertificate server() {
        return server;
    }

    Path path(String name) {
        return folder.resolve(name);
    }

    /** Writes {@code name.crt} and {@code name.key}. */
    void write(String name, TestCertificate certificate) {
        write(name + ".crt", certificate.certificatePem());
        write(name + ".key", certificate.keyPem());
    }

    Path write(String name, String text) {
        try {
            Path file = path(name);
            Files.writeString(file, text);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes what OpenSSL makes a list of revoked certificates of: good for 30 days from now. */
    Path revoked(String name, TestCertificate... certificates) {
        return revoked(name, List.of("-crldays", "30"), certificates);
    }

    /** As {@link #revoked(String, TestCertificate...)}, but the list was replaced by another one long ago. */
    Path revokedLongAgo(String name) {
        return revoked(name, List.of("-crl_lastupdate", "20200101000000Z", "-crl_nextupdate", "20200201000000Z"));
    }

    private Path revoked(String name, List<String> validity, TestCertificate... certificates) {
        write("index.txt", "");
        write("openssl.cnf", "[ca]\ndefault_ca=d\n[d]\ndatabase=" + path("index.txt") + "\ndefault_md=sha256\n");
        write("ca.key", authority.own().keyPem());
        for (TestCertificate certificate : certificates) {
            openssl(List.of(
                    "-revoke",
                    write("revoked.crt", certificate.certificatePem()).toString()));
        }
        List<String> make = new ArrayList<>(validity);
        make.addAll(List.of("-gencrl", "-out", path(name).toString()));
        openssl(make);
        return path(name);
    }

    private void openssl(List<String> options) {
        List<String> command = new ArrayList<>(
                List.of("openssl", "ca", "-config", path("openssl.cnf").toString()));
        command.addAll(List.of(
                "-keyfile", path("ca.key").toString(), "-cert", path("ca.crt").toString()));
        command.addAll(options);
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IllegalStateException(output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** For clients that trust the authority and have no certificate. */
    SSLContext trusting() {
        return authority.own().trustingContext();
    }

    /** For clients that trust the authority and show this certificate. */
    SSLContext showing(TestCertificate certificate) {
        return authority.own().trustingContext(certificate);
    }

    /** A client's engine with a protocol in ALPN and a host name in SNI; null for none of it. */
    SSLEngine engine(String alpn, String hostName) {
        SSLEngine engine =
                hostName == null ? trusting().createSSLEngine() : trusting().createSSLEngine(hostName, 6432);
        engine.setUseClientMode(true);
        if (alpn != null) {
            SSLParameters parameters = engine.getSSLParameters();
            parameters.setApplicationProtocols(new String[] {alpn});
            engine.setSSLParameters(parameters);
        }
        return engine;
    }
}

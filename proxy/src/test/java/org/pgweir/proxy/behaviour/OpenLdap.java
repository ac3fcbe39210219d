package org.pgweir.proxy.behaviour;

import com.unboundid.ldap.sdk.LDAPConnection;
import com.unboundid.ldap.sdk.LDAPException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.Ports;

/**
 * A real slapd on the loopback address. People: alice (wonderland) and bob (builder) in ou=people, another bob (marley) in
 * ou=musicians. Anonymous visitors may search; a service account cn=pooler may, too.
 */
final class OpenLdap implements AutoCloseable {
    static final String BASE = "dc=example,dc=net";

    private static final Path SLAPD = Path.of("/usr/sbin/slapd");
    private static final Path OPENSSL = Path.of("/usr/bin/openssl");
    private static final Path SCHEMAS = Path.of("/etc/ldap/schema");

    private final Process process;
    final int port;
    final int tlsPort;

    /** Whether there is one on this machine. */
    static boolean isInstalled() {
        return Files.isExecutable(SLAPD) && Files.isExecutable(OPENSSL) && Files.isDirectory(SCHEMAS);
    }

    /**
     * @param folder gets its files; {@code ldap.crt} is its certificate, and its own authority
     * @param host whom the certificate names
     * @param more further people, all with the password "open sesame"
     */
    static OpenLdap start(Path folder, String host, String... more) throws IOException, InterruptedException {
        Path data = Files.createDirectories(folder.resolve("data"));
        Path configuration = folder.resolve("slapd.conf");
        Path certificate = folder.resolve("ldap.crt");
        Path key = folder.resolve("ldap.key");
        // GnuTLS, which slapd is built with, does not read the keys that Java makes.
        run(List.of(
                OPENSSL.toString(),
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=" + host,
                "-addext",
                "subjectAltName=DNS:" + host,
                "-keyout",
                key.toString(),
                "-out",
                certificate.toString()));
        Files.writeString(configuration, """
                include /etc/ldap/schema/core.schema
                include /etc/ldap/schema/cosine.schema
                include /etc/ldap/schema/inetorgperson.schema
                modulepath /usr/lib/ldap
                moduleload back_mdb
                TLSCACertificateFile CERTIFICATE
                TLSCertificateFile CERTIFICATE
                TLSCertificateKeyFile KEY
                database mdb
                suffix "BASE"
                rootdn "cn=admin,BASE"
                directory DATA
                access to attrs=userPassword by anonymous auth by * none
                access to * by * read
                """.replace("CERTIFICATE", certificate.toString())
                .replace("KEY", key.toString())
                .replace("BASE", BASE)
                .replace("DATA", data.toString()));
        Path people = Files.writeString(
                folder.resolve("people.ldif"),
                """
                dn: BASE
                objectClass: dcObject
                objectClass: organization
                dc: example
                o: Example

                dn: cn=pooler,BASE
                objectClass: organizationalRole
                objectClass: simpleSecurityObject
                cn: pooler
                userPassword: sesame of the search

                dn: ou=people,BASE
                objectClass: organizationalUnit
                ou: people

                dn: ou=musicians,BASE
                objectClass: organizationalUnit
                ou: musicians

                """.replace("BASE", BASE)
                        + person("alice", "people", "sesame of alice")
                        + person("bob", "people", "sesame of bob")
                        + person("bob", "musicians", "sesame of marley")
                        + Stream.of(more)
                                .map(name -> person(name, "people", "open sesame"))
                                .collect(Collectors.joining()));
        run(List.of("/usr/sbin/slapadd", "-f", configuration.toString(), "-l", people.toString()));
        return new OpenLdap(configuration);
    }

    private static String person(String name, String unit, String password) {
        return "dn: uid=" + name + ",ou=" + unit + "," + BASE + "\nobjectClass: inetOrgPerson\nuid: " + name + "\ncn: "
                + name + "\nsn: " + name + "\nmail: " + name + "@" + unit + ".example.net\nuserPassword: " + password
                + "\n\n";
    }

    private static void run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new IOException(command + ": " + output);
        }
    }

    private OpenLdap(Path configuration) throws IOException {
        port = Ports.free();
        tlsPort = Ports.free();
        String addresses = "ldap://127.0.0.1:" + port + " ldaps://127.0.0.1:" + tlsPort;
        process = new ProcessBuilder(SLAPD.toString(), "-f", configuration.toString(), "-h", addresses, "-d", "stats")
                .redirectErrorStream(true)
                .redirectOutput(configuration.resolveSibling("slapd.log").toFile())
                .start();
        Await.until("slapd to answer", () -> {
            if (!process.isAlive()) {
                throw new UncheckedIOException(new IOException(
                        "slapd has ended: " + Files.readString(configuration.resolveSibling("slapd.log"))));
            }
            try (LDAPConnection connection = new LDAPConnection("127.0.0.1", port)) {
                return connection.isConnected();
            } catch (LDAPException e) {
                return false;
            }
        });
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

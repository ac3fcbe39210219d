package org.pgweir.bench.compare;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.pgweir.bench.LoadGenerator;
import org.pgweir.testkit.CertificateAuthority;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.Folders;
import org.pgweir.testkit.TestCertificate;

/** What all runs share: a PostgreSQL with pgbench's tables, a folder for temporary files, and the processes that were started. */
final class Stage implements AutoCloseable {
    static final String DATABASE = "bench";
    static final String USER = "postgres";
    static final String SCRAM_USER = "scram";
    static final String PASSWORD = "sesame horse";

    /** Loopback has ports for hardly more. */
    static final int MOST_CLIENTS = 25_000;

    private static final String INSTALLED_POSTGRES = "pgweir.postgres.bin";

    private final Tools tools;
    private final TestCertificate certificate =
            CertificateAuthority.create("pgweir bench").forServer();
    private final Children children = new Children();
    private final Path folder;
    private volatile EmbeddedPostgres postgres;
    private String scramSecret = "";
    private volatile boolean closed;

    Stage(Tools tools) throws IOException {
        this.tools = tools;
        folder = Files.createTempDirectory("pgweir-compare");
        // PgBouncer may have to run as somebody else.
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Starts PostgreSQL, Debian's if it is installed, and fills its tables. */
    void startPostgres(int maxConnections, int scale) throws IOException, InterruptedException {
        Programs.postgresFolder().ifPresent(bin -> System.setProperty(INSTALLED_POSTGRES, bin.toString()));
        postgres = EmbeddedPostgres.builder()
                .database(DATABASE)
                .setting("max_connections", Integer.toString(maxConnections))
                .setting("shared_buffers", "256MB")
                .setting("autovacuum", "off")
                .setting("ssl", "on")
                .file("server.crt", certificate.certificatePem())
                .file("server.key", certificate.keyPem())
                .hba(
                        "host all " + SCRAM_USER + " 127.0.0.1/32 scram-sha-256",
                        "host all all 127.0.0.1/32 trust",
                        "local all all trust")
                .start();
        fill(scale);
    }

    private void fill(int scale) throws IOException, InterruptedException {
        Process pgbench = children.start(new ProcessBuilder(
                        tools.pgbench().toString(),
                        "-i",
                        "-q",
                        "-s",
                        Integer.toString(scale),
                        "-h",
                        "127.0.0.1",
                        "-p",
                        Integer.toString(postgresPort()),
                        "-U",
                        USER,
                        DATABASE)
                .redirectErrorStream(true));
        String said = new String(pgbench.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (pgbench.waitFor() != 0) {
            throw new IOException("pgbench cannot make its tables:\n" + said);
        }
        postgres.execute(CopyLoad.SCHEMA);
        postgres.execute("CREATE ROLE " + SCRAM_USER + " LOGIN SUPERUSER PASSWORD '" + PASSWORD + "'");
        String secret = postgres.query("SELECT rolpassword FROM pg_authid WHERE rolname = '" + SCRAM_USER + "'")
                .get(0)
                .get(0);
        scramSecret = secret;
    }

    /** Where the load generator logs in, to a pooler or to PostgreSQL. */
    LoadGenerator.Target target(int port, Profile profile) {
        return new LoadGenerator.Target(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
                profile.user(),
                profile.provesPassword() ? PASSWORD : "",
                DATABASE);
    }

    Tools tools() {
        return tools;
    }

    Children children() {
        return children;
    }

    Path folder() {
        return folder;
    }

    EmbeddedPostgres postgres() {
        return postgres;
    }

    int postgresPort() {
        return postgres.port();
    }

    /** What PostgreSQL and the poolers show to clients that come by TLS: a P-256 key. */
    TestCertificate certificate() {
        return certificate;
    }

    /** The lines of a pooler's auth_file. */
    List<String> userList(Profile profile) {
        String secret = profile == Profile.SCRAM_PLAIN ? PASSWORD : scramSecret;
        return List.of("\"" + USER + "\" \"\"", "\"" + SCRAM_USER + "\" \"" + secret + "\"");
    }

    /** Whether everything has been ended, or is about to be. */
    boolean isClosed() {
        return closed;
    }

    /** Ends all that was started; from any thread, and more than once. */
    @Override
    public synchronized void close() {
        closed = true;
        children.endAll();
        if (postgres != null) {
            postgres.close();
        }
        try {
            if (Files.exists(folder)) {
                Folders.delete(folder);
            }
        } catch (IOException e) {
            System.err.println("compare: " + folder + " is left behind: " + e.getMessage());
        }
    }
}

package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgweir.config.ConfigurationException;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.Sees;
import org.pgweir.proxy.net.Transport;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.WireClient;
import org.pgweir.testkit.WireError;

/** Unix sockets on both sides, and what the kernel tells about who is at the other end. */
@EveryTransport
final class UnixSocketTest {
    private static final String NOBODY = "65534";
    private static final long OWN_PID = ProcessHandle.current().pid();

    private final Setup setup;
    private final String me = System.getProperty("user.name");

    @TempDir
    Path folder;

    UnixSocketTest(Setup setup) {
        this.setup = setup;
    }

    @BeforeEach
    void letOthersReachTheSocket() throws IOException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Pooler.Builder builder() {
        return setup.emptyPooler()
                .set("unix_socket_dir", folder.toString())
                .userList("\"postgres\" \"sesame\"\n\"" + me + "\" \"other sesame\"\n\"pgbouncer\" \"third sesame\"\n"
                        + "\"nobody\" \"\"\n\"anybody\" \"\"\n")
                .database(setup.postgres(), "user=postgres");
    }

    private Pooler.Builder hba(String ident, String... rules) throws IOException {
        Files.writeString(folder.resolve("hba.conf"), String.join("\n", rules) + "\n");
        Files.writeString(folder.resolve("ident.conf"), ident + "\n");
        return builder()
                .set("auth_type", "hba")
                .set("auth_hba_file", folder.resolve("hba.conf").toString())
                .set("auth_ident_file", folder.resolve("ident.conf").toString());
    }

    private Path socket(Pooler pooler) {
        return folder.resolve(".s.PGSQL." + pooler.port());
    }

    private WireClient client(Pooler pooler, String user, String password, String database) {
        WireClient client = WireClient.connect(socket(pooler));
        try {
            return client.login(user, password, database);
        } catch (RuntimeException | AssertionError e) {
            client.close();
            throw e;
        }
    }

    private void works(Pooler pooler, String user, String password) {
        try (WireClient client = client(pooler, user, password, setup.postgres().database())) {
            assertThat(client.query("SELECT 1")).containsExactly(List.of("1"));
        }
    }

    private void isRefused(Pooler pooler, String user, String database, String message) {
        assertThatThrownBy(() -> client(pooler, user, "", database))
                .isInstanceOfSatisfying(
                        WireError.class,
                        error -> assertThat(error.fields().message()).isEqualTo(message));
    }

    /** What psql says, as a user of the system without any rights. */
    private String psqlOfNobody(String host, Pooler pooler, String user, String database, String query) {
        assumeTrue(me.equals("root"), "only root may start programs as another user");
        List<String> command =
                new ArrayList<>(List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups"));
        command.addAll(psql(host, pooler, user, database, query));
        return output(command);
    }

    private static List<String> psql(String host, Pooler pooler, String user, String database, String query) {
        return List.of(
                "psql", "-w", "-XAt", "-h", host, "-p", "" + pooler.port(), "-U", user, "-d", database, "-c", query);
    }

    private static String output(List<String> command) {
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().remove("PGPASSWORD");
            Process process = builder.start();
            process.getOutputStream().close();
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void assumePsql() {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/psql")), "there is no psql");
    }

    @Test
    @Sees({"transport", "unix_socket_dir"})
    void aClientComesThroughTheSocketAndIsShownWithItsProcess() {
        String process = setup.transport() == Transport.NIO ? "" : "(" + OWN_PID + ")";
        try (LogLines log = new LogLines();
                Pooler pooler = builder().start();
                WireClient client =
                        client(pooler, "postgres", "", setup.postgres().database());
                WireClient console = client(pooler, "postgres", "", "pgbouncer")) {
            assertThat(client.query("SELECT 1")).hasSize(1);

            List<Map<String, String>> clients = ConsoleRows.all(console, "SHOW CLIENTS");
            assertThat(clients).hasSize(2).allSatisfy(row -> {
                assertThat(row.get("addr")).isEqualTo("unix");
                assertThat(row.get("remote_pid"))
                        .isEqualTo(setup.transport() == Transport.NIO ? "0" : Long.toString(OWN_PID));
            });
            assertThat(log.lines())
                    .anyMatch(line ->
                            line.contains("/postgres@unix" + process + ":" + pooler.port() + " login attempt:"));
        }
    }

    @Test
    void itsOwnUserIsAdministratorOfTheConsoleWithoutAPassword() {
        try (Pooler pooler = builder().set("auth_type", "scram-sha-256").start()) {
            try (WireClient console = client(pooler, "pgbouncer", "", "pgbouncer")) {
                assertThat(console.query("SHOW VERSION")).hasSize(1);
                console.query("RELOAD");
            }
            isRefused(pooler, "pgbouncer", setup.postgres().database(), "SASL authentication failed");
            isRefused(pooler, "postgres", "pgbouncer", "SASL authentication failed");
            assertThatThrownBy(() -> pooler.client("pgbouncer", "", "pgbouncer"))
                    .hasMessageContaining("SASL authentication failed");
            assertThatThrownBy(() -> pooler.client("pgbouncer", "third sesame", "pgbouncer"))
                    .as("with its password it is a user like others")
                    .hasMessageContaining("not allowed");
        }
    }

    @Test
    void anotherUserOfTheSystemIsNoAdministrator() {
        assumePsql();
        try (Pooler pooler = builder().set("auth_type", "scram-sha-256").start()) {
            assertThat(psqlOfNobody(folder.toString(), pooler, "pgbouncer", "pgbouncer", "SHOW VERSION"))
                    .contains("no password supplied");
            assertThat(output(psql(folder.toString(), pooler, "pgbouncer", "pgbouncer", "SHOW VERSION")))
                    .startsWith("PgBouncer");
        }
    }

    @Test
    void peerAsksTheKernelWhoIsThere() throws IOException {
        assumePsql();
        try (LogLines log = new LogLines();
                Pooler pooler =
                        hba("", "local all all peer", "host all all all trust").start()) {
            works(pooler, me, "");
            isRefused(pooler, "postgres", setup.postgres().database(), "unix socket login rejected");
            String database = setup.postgres().database();
            assertThat(psqlOfNobody(folder.toString(), pooler, me, database, "SELECT 1"))
                    .contains("unix socket login rejected");
            assertThat(psqlOfNobody(folder.toString(), pooler, "nobody", database, "SELECT 42"))
                    .isEqualTo("42");

            assertThat(log.lines())
                    .anyMatch(line -> line.contains(
                            "login failed: the system's user \"" + me + "\" may not log in as this user, by HBA rule "
                                    + folder.resolve("hba.conf") + ":1 (peer)"));
        }
    }

    /** As in PgBouncer: the system's users are many, and not all of them are meant. */
    @Test
    void aPeerWhomNobodyKnowsStaysOutside() throws IOException {
        try (LogLines log = new LogLines();
                Pooler pooler =
                        hba("m " + me + " all", "local all all peer map=m").start()) {
            works(pooler, me, "");
            isRefused(pooler, "stranger", setup.postgres().database(), "unix socket login rejected");
            assertThat(log.lines()).anyMatch(line -> line.contains("login failed: no such user, by HBA rule"));
        }
    }

    @Test
    @Sees("auth_ident_file")
    void mapsLetPeersInUnderOtherNames() throws Exception {
        String ident = "m " + me + " postgres\nm /^no(.*)$ any\\1";
        try (Pooler pooler = hba(ident, "local all all peer map=m").start()) {
            works(pooler, "postgres", "");
            isRefused(pooler, me, setup.postgres().database(), "unix socket login rejected");
            isRefused(pooler, "anybody", setup.postgres().database(), "unix socket login rejected");
            if (me.equals("root") && Files.isExecutable(Path.of("/usr/bin/psql"))) {
                assertThat(psqlOfNobody(
                                folder.toString(),
                                pooler,
                                "anybody",
                                setup.postgres().database(),
                                "SELECT 42"))
                        .isEqualTo("42");
            }

            Files.writeString(folder.resolve("ident.conf"), "m " + me + " " + me + "\n");
            pooler.pgweir().reload();
            works(pooler, me, "");
            isRefused(pooler, "postgres", setup.postgres().database(), "unix socket login rejected");

            Files.writeString(folder.resolve("ident.conf"), "other a b\n");
            assertThatThrownBy(() -> pooler.pgweir().reload())
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("hba.conf:1: the map \"m\" is not in auth_ident_file");
            works(pooler, me, "");
        }
    }

    @Test
    @Sees({"unix_socket_mode", "unix_socket_group"})
    void modeAndGroupOfTheSocketAreTheConfiguredOnes() throws IOException {
        String group =
                Files.readAttributes(folder, PosixFileAttributes.class).group().getName();
        String other = me.equals("root") ? "daemon" : group;
        try (Pooler pooler = builder()
                .set("unix_socket_mode", "0770")
                .set("unix_socket_group", other)
                .start()) {
            PosixFileAttributes socket = Files.readAttributes(socket(pooler), PosixFileAttributes.class);
            assertThat(PosixFilePermissions.toString(socket.permissions())).isEqualTo("rwxrwx---");
            assertThat(socket.group().getName()).isEqualTo(other);
        }
        assertThatThrownBy(() ->
                        builder().set("unix_socket_group", "no such group").start())
                .hasMessageContaining("unix_socket_group = no such group: there is no such group");
    }

    @Test
    void abstractSocketsHaveNoFile() {
        assumePsql();
        Pooler.Builder builder = builder().set("unix_socket_dir", "@pgweir-test-" + OWN_PID);
        if (setup.transport() == Transport.NIO) {
            assertThatThrownBy(builder::start)
                    .hasMessageContaining(
                            "transport = nio knows no abstract sockets; use epoll or io_uring, or a folder");
            return;
        }
        try (Pooler pooler = builder.start()) {
            String host = "@pgweir-test-" + OWN_PID;
            assertThat(output(psql(host, pooler, "postgres", setup.postgres().database(), "SELECT 42")))
                    .isEqualTo("42");
            assertThat(output(psql(host, pooler, "pgbouncer", "pgbouncer", "SHOW VERSION")))
                    .startsWith("PgBouncer");
            assertThat(psqlOfNobody(host, pooler, "pgbouncer", "pgbouncer", "SHOW VERSION"))
                    .contains("not allowed");
        }
    }

    @Test
    void serversAreReachedThroughSocketsToo() {
        EmbeddedPostgres postgres = setup.postgres();
        try (Pooler pooler = setup.emptyPooler()
                        .database(
                                "unix",
                                "host=" + postgres.socketDirectory() + " port=" + postgres.port() + " dbname="
                                        + postgres.database())
                        .start();
                WireClient client = pooler.client("postgres", "", "unix")) {
            assertThat(client.query("SELECT inet_server_addr() IS NULL")).containsExactly(List.of("t"));
            WireClient.cancel("127.0.0.1", pooler.port(), client.backendPid(), client.backendSecret());
            assertThat(client.query("SELECT 1")).hasSize(1);
            assertThat(ConsoleRows.all(pooler, "SHOW SERVERS"))
                    .singleElement()
                    .satisfies(row -> assertThat(row.get("addr")).isEqualTo("unix"));
        }
    }

    @Test
    void serversAreReachedThroughAbstractSocketsToo() {
        String name = "@pgweir-test-server-" + OWN_PID;
        try (EmbeddedPostgres postgres = EmbeddedPostgres.builder()
                        .setting("unix_socket_directories", name)
                        .start();
                Pooler pooler = setup.emptyPooler()
                        .set("query_wait_timeout", "2")
                        .database("unix", "host=" + name + " port=" + postgres.port() + " dbname=postgres")
                        .start()) {
            if (setup.transport() == Transport.NIO) {
                assertThatThrownBy(() -> pooler.client("postgres", "", "unix"))
                        .hasMessageContaining("need transport = epoll or io_uring");
                return;
            }
            try (WireClient client = pooler.client("postgres", "", "unix")) {
                assertThat(client.query("SELECT inet_server_addr() IS NULL")).containsExactly(List.of("t"));
            }
        }
    }
}

package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.Sees;
import org.pgweir.proxy.SharedPostgres;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.Ports;
import org.pgweir.testkit.WireClient;
import org.pgweir.testkit.WireError;

/** Passwords that a directory knows: a real OpenLDAP. */
@ExtendWith(NoComplaints.class)
final class LdapTest {
    private static final String SEARCH = "ldapbasedn=\"ou=people," + OpenLdap.BASE + "\"";

    @TempDir
    static Path folder;

    private static OpenLdap ldap;

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(OpenLdap.isInstalled(), "there is no slapd");
        ldap = OpenLdap.start(folder, "localhost");
    }

    @AfterAll
    static void stop() {
        if (ldap != null) {
            ldap.close();
        }
    }

    private static String server() {
        return "ldapserver=127.0.0.1 ldapport=" + ldap.port + " ";
    }

    private static Pooler.Builder builder() {
        EmbeddedPostgres postgres = SharedPostgres.current();
        return Pooler.builder()
                .set("event_loops", "1")
                .userList("\"local\" \"sesame\"\n\"postgres\" \"\"\n")
                .database(postgres, "user=postgres");
    }

    private static Pooler pooler(String... ldapOptions) throws IOException {
        StringBuilder rules = new StringBuilder("host all local all scram-sha-256\nhost all postgres all trust\n");
        for (int i = 0; i < ldapOptions.length; i++) {
            String users = i < ldapOptions.length - 1 ? "rule" + i : "all";
            rules.append("host all ")
                    .append(users)
                    .append(" all ldap ")
                    .append(ldapOptions[i])
                    .append('\n');
        }
        Path file = Files.writeString(folder.resolve("hba.conf"), rules);
        return builder()
                .set("auth_type", "hba")
                .set("auth_hba_file", file.toString())
                .start();
    }

    private static void works(Pooler pooler, String user, String password) {
        try (WireClient client =
                pooler.client(user, password, SharedPostgres.current().database())) {
            assertThat(client.query("SELECT 1")).containsExactly(List.of("1"));
        }
    }

    /** And not at once: as with any other wrong password, the time tells nothing. */
    private static void isRefused(Pooler pooler, String user, String password) {
        long began = System.nanoTime();
        assertThatThrownBy(() ->
                        pooler.client(user, password, SharedPostgres.current().database()))
                .as(user)
                .isInstanceOfSatisfying(WireError.class, error -> {
                    assertThat(error.sqlstate()).isEqualTo("28P01");
                    assertThat(error.fields().message())
                            .isEqualTo(
                                    password.isEmpty()
                                            ? "empty password returned by client"
                                            : "password authentication failed");
                });
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofMillis(99));
    }

    @Test
    void aSearchFindsTheUserAndABindProvesIt() throws IOException {
        try (LogLines log = new LogLines();
                Pooler pooler = pooler(server() + SEARCH)) {
            works(pooler, "alice", "sesame of alice");
            works(pooler, "bob", "sesame of bob");
            isRefused(pooler, "alice", "sesame of bob");
            isRefused(pooler, "alice", "");
            isRefused(pooler, "mallory", "sesame of alice");
            works(pooler, "local", "sesame");

            assertThat(log.lines())
                    .anyMatch(line ->
                            line.contains("login failed: LDAP bind as \"uid=alice,ou=people,dc=example,dc=net\": "
                                    + "invalid credentials, by HBA rule "))
                    .anyMatch(line -> line.contains("login failed: the LDAP directory does not know the user"))
                    .noneMatch(line -> line.contains("sesame of alice") || line.contains("sesame of bob"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"*", "a*", "alice)(uid=*", "alice)", "(", "\\61lice", "alice\\2a", "mallory)(|(uid=alice)"})
    void namesAreNoPartOfTheFilter(String user) throws IOException {
        try (Pooler pooler = pooler(server() + "ldapbasedn=\"" + OpenLdap.BASE + "\"")) {
            isRefused(pooler, user, "sesame of alice");
        }
        try (Pooler pooler =
                pooler(server() + SEARCH + " ldapsearchfilter=\"(&(objectClass=person)(uid=$username))\"")) {
            isRefused(pooler, user, "sesame of alice");
            works(pooler, "alice", "sesame of alice");
        }
    }

    @Test
    void whoIsThereTwiceDoesNotGetIn() throws IOException {
        try (LogLines log = new LogLines();
                Pooler pooler = pooler(server() + "ldapbasedn=\"" + OpenLdap.BASE + "\"")) {
            works(pooler, "alice", "sesame of alice");
            isRefused(pooler, "bob", "sesame of bob");
            isRefused(pooler, "bob", "sesame of marley");
            assertThat(log.lines()).anyMatch(line -> line.contains("the LDAP directory knows more than one such user"));
        }
    }

    @Test
    void theSearchMayNeedALogin() throws IOException {
        String binddn = server() + SEARCH + " ldapbinddn=\"cn=pooler,dc=example,dc=net\" ldapbindpasswd=";
        try (Pooler pooler = pooler(binddn + "\"sesame of the search\" ldapsearchattribute=mail")) {
            works(pooler, "alice@people.example.net", "sesame of alice");
            isRefused(pooler, "alice", "sesame of alice");
        }
        try (LogLines log = new LogLines();
                Pooler pooler = pooler(binddn + "\"do not find\"")) {
            isRefused(pooler, "alice", "sesame of alice");
            assertThat(log.lines())
                    .anyMatch(line -> line.contains("LDAP server 127.0.0.1:" + ldap.port + ": invalid credentials"))
                    .noneMatch(line -> line.contains("do not find") || line.contains("sesame of alice"));
        }
    }

    @Test
    void theNameToBindWithMayBeMadeOfTheUsers() throws IOException {
        try (Pooler pooler = pooler(server() + "ldapprefix=\"uid=\" ldapsuffix=\",ou=people,dc=example,dc=net\"")) {
            works(pooler, "alice", "sesame of alice");
            isRefused(pooler, "alice", "sesame of bob");
            isRefused(pooler, "alice", "");
            isRefused(pooler, "mallory", "sesame of alice");
        }
        try (Pooler pooler = pooler(server() + "ldapprefix=\"uid=\" ldapsuffix=\",dc=example,dc=net\"")) {
            isRefused(pooler, "bob,ou=musicians", "sesame of marley");
        }
    }

    @Test
    void aUrlSaysItAll() throws IOException {
        String url = "ldapurl=\"ldap://127.0.0.1:" + ldap.port + "/ou=people,dc=example,dc=net";
        try (Pooler pooler = pooler(url + "?uid?one\"")) {
            works(pooler, "alice", "sesame of alice");
            isRefused(pooler, "alice", "sesame of bob");
        }
        try (Pooler pooler = pooler(url + "??sub?(mail=$username@people.example.net)\"")) {
            works(pooler, "alice", "sesame of alice");
        }
        try (Pooler pooler = pooler(url + "?uid?base\"")) {
            isRefused(pooler, "alice", "sesame of alice");
        }
    }

    @Test
    void theNextServerIsAskedWhereOneDoesNotAnswer() throws IOException {
        int nobody = Ports.free();
        try (Pooler pooler = pooler("ldapserver=\"127.0.0.1:" + nobody + " 127.0.0.1:" + ldap.port + "\" " + SEARCH)) {
            works(pooler, "alice", "sesame of alice");
            isRefused(pooler, "alice", "sesame of bob");
        }
        try (LogLines log = new LogLines();
                Pooler pooler = pooler("ldapserver=127.0.0.1:" + nobody + " " + SEARCH)) {
            isRefused(pooler, "alice", "sesame of alice");
            assertThat(log.lines())
                    .anyMatch(line -> line.contains("LDAP server 127.0.0.1:" + nobody + ": connect error"));
        }
    }

    @Test
    void theDirectoryMustProveWhoItIs() throws IOException {
        String tls = "ldapserver=localhost ldapscheme=ldaps ldapport=" + ldap.tlsPort + " " + SEARCH;
        String startTls = "ldapserver=localhost ldaptls=1 ldapport=" + ldap.port + " " + SEARCH;
        String trusted = " ldapcafile=" + folder.resolve("ldap.crt");
        for (String options : List.of(tls, startTls)) {
            try (Pooler pooler = pooler(options + trusted)) {
                works(pooler, "alice", "sesame of alice");
                isRefused(pooler, "alice", "sesame of bob");
            }
            try (Pooler pooler = pooler(options)) {
                isRefused(pooler, "alice", "sesame of alice");
            }
        }
    }

    @Test
    void theDirectoryMustBeTheOneThatWasMeant() throws Exception {
        Path its = Files.createDirectories(folder.resolve("other"));
        try (OpenLdap other = OpenLdap.start(its, "elsewhere.example")) {
            String trusted = SEARCH + " ldapcafile=" + its.resolve("ldap.crt");
            for (String options : List.of(
                    "ldapscheme=ldaps ldapport=" + other.tlsPort + " ", "ldaptls=1 ldapport=" + other.port + " ")) {
                try (LogLines log = new LogLines();
                        Pooler pooler = pooler("ldapserver=localhost " + options + trusted)) {
                    isRefused(pooler, "alice", "sesame of alice");
                    assertThat(log.lines())
                            .anyMatch(line -> line.contains("LDAP server localhost")
                                    && line.contains("Hostname verification failed"));
                }
            }
        }
    }

    @Test
    void aDirectoryThatHangsHoldsUpOnlyItsOwnUsers() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
                Pooler pooler = pooler(
                        "ldapserver=127.0.0.1 ldapport=" + silent.getLocalPort() + " " + SEARCH, server() + SEARCH)) {
            List<CompletableFuture<Void>> waiting = new java.util.ArrayList<>();
            for (int i = 0; i < 8; i++) {
                waiting.add(CompletableFuture.runAsync(() -> isRefused(pooler, "rule0", "sesame of alice")));
            }
            silent.accept();
            works(pooler, "alice", "sesame of alice");
            works(pooler, "local", "sesame");
            assertThat(waiting).noneMatch(CompletableFuture::isDone);
            waiting.get(0).get(60, TimeUnit.SECONDS);
            CompletableFuture.allOf(waiting.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
        }
    }

    @Test
    @Sees("auth_ldap_options")
    void authTypeLdapNeedsNoUserListAndThePasswordIsGoodForTheServer() throws Exception {
        try (EmbeddedPostgres postgres =
                EmbeddedPostgres.builder().auth("scram-sha-256").start()) {
            postgres.execute("CREATE ROLE alice LOGIN PASSWORD 'sesame of alice'");
            try (Pooler pooler = Pooler.builder()
                    .set("auth_type", "ldap")
                    .set(
                            "auth_ldap_options",
                            server() + SEARCH
                                    + " ldapbinddn=\"cn=pooler,dc=example,dc=net\" ldapbindpasswd=\"sesame of the search\"")
                    .set("admin_users", "alice")
                    .database("postgres", "host=127.0.0.1 port=" + postgres.port())
                    .start()) {
                try (WireClient client = pooler.client("alice", "sesame of alice", "postgres")) {
                    assertThat(client.query("SELECT current_user")).containsExactly(List.of("alice"));
                }
                isRefused(pooler, "alice", "sesame of bob");
                try (WireClient console = pooler.client("alice", "sesame of alice", "pgbouncer")) {
                    assertThat(console.query("SHOW CONFIG"))
                            .filteredOn(row -> row.get(0).equals("auth_ldap_options"))
                            .singleElement()
                            .satisfies(row -> assertThat(row.get(1))
                                    .contains("ldapbindpasswd=\"***\"")
                                    .doesNotContain("sesame of the search"));
                }
                if (Files.isExecutable(Path.of("/usr/bin/psql"))) {
                    ProcessBuilder psql = new ProcessBuilder(
                            "psql",
                            "-XAt",
                            "-h",
                            "127.0.0.1",
                            "-p",
                            "" + pooler.port(),
                            "-U",
                            "alice",
                            "-d",
                            "postgres",
                            "-c",
                            "SELECT 40 + 2");
                    psql.environment().put("PGPASSWORD", "sesame of alice");
                    Process process = psql.redirectErrorStream(true).start();
                    assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip())
                            .isEqualTo("42");
                }
            }
        }
    }
}

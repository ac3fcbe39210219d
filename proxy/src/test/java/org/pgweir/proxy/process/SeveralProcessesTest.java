package org.pgweir.proxy.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgweir.proxy.PoolerProcess;
import org.pgweir.proxy.SharedPostgres;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.Ports;
import org.pgweir.testkit.WireClient;

/** Two processes that share a port and know each other as peers, and psycopg 2 as their client, which knows nothing of that. */
class SeveralProcessesTest {
    private static final Path PYTHON = Path.of("/usr/bin/python3");

    /** Each of eight connections is cancelled in turn; where the request arrives, the kernel decides. */
    private static final String CANCEL = """
            import psycopg2, psycopg2.errors, sys, threading
            def connect():
                return psycopg2.connect(host="127.0.0.1", port=sys.argv[1], user="postgres", dbname="test", sslmode="disable")
            watch = connect()
            watch.autocommit = True
            for turn, connection in enumerate([connect() for _ in range(8)]):
                def cancel():
                    cursor = watch.cursor()
                    while True:
                        cursor.execute("SELECT 1 FROM pg_stat_activity WHERE query = %s AND state = 'active'",
                                       [f"SELECT pg_sleep({100 + turn})"])
                        if cursor.fetchone():
                            return connection.cancel()
                canceller = threading.Thread(target=cancel)
                canceller.start()
                try:
                    connection.cursor().execute(f"SELECT pg_sleep({100 + turn})")
                    sys.exit("not cancelled")
                except psycopg2.errors.QueryCanceled:
                    print("cancelled")
                canceller.join()
                connection.rollback()
            """;

    /** Six applications that open a connection, work and leave, until somebody closes standard input. They count what fails but a connect. */
    private static final String WORK = """
            import psycopg2, sys, threading
            done, over, lock = 0, threading.Event(), threading.Lock()
            def work():
                global done
                while not over.is_set():
                    try:
                        connection = psycopg2.connect(
                            host="127.0.0.1", port=sys.argv[1], user="postgres", dbname="test", sslmode="disable")
                    except psycopg2.OperationalError:
                        continue
                    for value in range(20):
                        with connection, connection.cursor() as cursor:
                            cursor.execute("SET LOCAL work_mem = '1MB'")
                            cursor.execute("SELECT %s", [value])
                            assert cursor.fetchone() == (value,)
                    connection.close()
                    with lock:
                        done += 1
                        print(done, flush=True)
            def follow():
                try:
                    work()
                except Exception as error:
                    print("failed:", error, flush=True)
            threads = [threading.Thread(target=follow) for _ in range(6)]
            for thread in threads:
                thread.start()
            sys.stdin.read()
            over.set()
            """;

    private static EmbeddedPostgres postgres;

    @TempDir
    private Path folders;

    private final int port = Ports.free();

    @BeforeAll
    static void start() throws Exception {
        postgres = SharedPostgres.current();
        assumeTrue(Files.isExecutable(PYTHON) && python("import psycopg2", "").waitFor() == 0, "no psycopg2 here");
    }

    private static Process python(String script, String argument) throws IOException {
        return new ProcessBuilder(PYTHON.toString(), "-c", script, argument)
                .redirectErrorStream(true)
                .start();
    }

    private PoolerProcess.Builder peer(int id) throws IOException {
        StringBuilder entries = new StringBuilder("test = host=" + postgres.host() + " port=" + postgres.port()
                + " dbname=" + postgres.database() + "\n[peers]\n");
        for (int peer = 1; peer <= 2; peer++) {
            Files.createDirectories(folder(peer));
            entries.append(peer)
                    .append(" = host=")
                    .append(folder(peer))
                    .append(" port=")
                    .append(port)
                    .append('\n');
        }
        return PoolerProcess.in(folder(id))
                .databases(entries.toString())
                .set("listen_port", "" + port)
                .set("so_reuseport", "1")
                .set("peer_id", "" + id);
    }

    private Path folder(int id) {
        return folders.resolve("peer" + id);
    }

    private PoolerProcess startPeer(int id) throws IOException {
        PoolerProcess process = peer(id).start();
        process.awaitErr("process up");
        return process;
    }

    /** Which of the processes is asked, the kernel does not decide here. */
    private List<List<String>> console(int id, String command) {
        try (WireClient console = WireClient.connect(folder(id).resolve(".s.PGSQL." + port))) {
            console.login("postgres", "", "pgbouncer");
            return console.query(command);
        }
    }

    @Test
    void givenPeersWhenQueriesAreCancelledThroughEitherThenTheyEnd() throws Exception {
        try (PoolerProcess one = startPeer(1);
                PoolerProcess two = startPeer(2)) {
            Process client = python(CANCEL, "" + port);
            String said = new String(client.getInputStream().readAllBytes());
            assertThat(client.waitFor()).as(said).isZero();
            assertThat(said).isEqualTo("cancelled\n".repeat(8));
            assertThat(one.isAlive() && two.isAlive()).isTrue();
        }
    }

    @Test
    void givenClientsAtWorkWhenTheProcessIsReplacedThenNoneFails() throws Exception {
        try (PoolerProcess old = startPeer(1)) {
            Process clients = python(WORK, "" + port);
            try (BufferedReader said = clients.inputReader()) {
                awaitProgress(said);
                try (PoolerProcess fresh = startPeer(2)) {
                    // when the old one is told to go
                    old.signal("TERM");
                    // then its clients finish, and it ends in peace
                    assertThat(old.awaitExit()).isZero();
                    assertThat(old.err()).contains("LOG client connections dropped, exiting");
                    awaitProgress(said);
                    // nor has it taken anything with it
                    Await.until(
                            "all are there", () -> console(2, "SHOW CLIENTS").size() > 3);
                    assertThat(folder(1).resolve(".s.PGSQL." + port)).doesNotExist();
                    // and when it comes back, the other may go
                    try (PoolerProcess again = startPeer(1)) {
                        fresh.signal("TERM");
                        assertThat(fresh.awaitExit()).isZero();
                        awaitProgress(said);
                        assertThat(console(1, "SHOW VERSION")).hasSize(1);
                        clients.getOutputStream().close();
                        assertThat(clients.waitFor()).isZero();
                        assertThat(said.lines()).noneMatch(line -> line.startsWith("failed"));
                        assertThat(again.isAlive()).isTrue();
                    }
                }
            } finally {
                clients.destroyForcibly();
            }
        }
    }

    /** Each of them has come back since. */
    private static void awaitProgress(BufferedReader said) throws IOException {
        while (said.ready()) {
            assertThat(said.readLine()).doesNotStartWith("failed");
        }
        for (int i = 0; i < 12; i++) {
            assertThat(said.readLine()).isNotNull().doesNotStartWith("failed");
        }
    }
}

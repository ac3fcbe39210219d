package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.Sees;
import org.pgweir.proxy.SharedPostgres;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.Message;
import org.pgweir.testkit.WireClient;

/** The tables of the console: names, order and types of their columns, and what stands in them. */
@ExtendWith(NoComplaints.class)
final class ConsoleTablesTest {
    /** A table of PgBouncer 1.25.2: one letter for the type of each column, and the columns. */
    private record Contract(String table, String types, String names) {
        List<ConsoleColumn> columns() {
            String[] name = names.split(" ");
            assertThat(name).hasSize(types.length());
            List<ConsoleColumn> columns = new ArrayList<>();
            for (int i = 0; i < name.length; i++) {
                columns.add(ConsoleColumn.of(name[i], types.charAt(i)));
            }
            return columns;
        }

        @Override
        public String toString() {
            return table;
        }
    }

    private static final String SOCKET_TYPES = "ssssssisiTTiiississii";
    private static final String SOCKET_NAMES = "type user database replication state addr port local_addr local_port"
            + " connect_time request_time wait wait_us close_needed ptr link remote_pid tls application_name"
            + " prepared_statements id";
    private static final String BUFFERS =
            SOCKET_NAMES + " recv_pos pkt_pos pkt_remain send_pos send_remain pkt_avail send_avail";
    private static final String COUNTS =
            " server_assignment_count xact_count query_count bytes_received bytes_sent xact_time query_time wait_time";

    static final List<Contract> CONTRACTS = List.of(
            new Contract("CLIENTS", SOCKET_TYPES, SOCKET_NAMES),
            new Contract("SERVERS", SOCKET_TYPES, SOCKET_NAMES),
            new Contract("SOCKETS", SOCKET_TYPES + "iiiiiii", BUFFERS),
            new Contract("ACTIVE_SOCKETS", SOCKET_TYPES + "iiiiiii", BUFFERS),
            new Contract(
                    "POOLS",
                    "ssiiiiiiiiiiiiiss",
                    "database user cl_active cl_waiting cl_active_cancel_req cl_waiting_cancel_req sv_active"
                            + " sv_active_cancel sv_being_canceled sv_idle sv_used sv_tested sv_login maxwait maxwait_us"
                            + " pool_mode load_balance_hosts"),
            new Contract(
                    "PEER_POOLS",
                    "iiiii",
                    "peer_id cl_active_cancel_req cl_waiting_cancel_req sv_active_cancel sv_login"),
            new Contract(
                    "DATABASES",
                    "ssissiiiissiiiiii",
                    "name host port database force_user pool_size min_pool_size reserve_pool_size server_lifetime"
                            + " pool_mode load_balance_hosts max_connections current_connections max_client_connections"
                            + " current_client_connections paused disabled"),
            new Contract("PEERS", "isii", "peer_id host port pool_size"),
            new Contract(
                    "STATS",
                    "s" + "N".repeat(22),
                    "database total_server_assignment_count total_xact_count total_query_count total_received"
                            + " total_sent total_xact_time total_query_time total_wait_time total_client_parse_count"
                            + " total_server_parse_count total_bind_count avg_server_assignment_count avg_xact_count"
                            + " avg_query_count avg_recv avg_sent avg_xact_time avg_query_time avg_wait_time"
                            + " avg_client_parse_count avg_server_parse_count avg_bind_count"),
            new Contract(
                    "STATS_TOTALS",
                    "s" + "N".repeat(11),
                    "database" + COUNTS + " client_parse_count server_parse_count bind_count"),
            new Contract(
                    "STATS_AVERAGES",
                    "s" + "N".repeat(11),
                    "database" + COUNTS + " avg_client_parse_count avg_server_parse_count avg_bind_count"),
            new Contract("TOTALS", "sN", "name value"),
            new Contract("LISTS", "si", "list items"),
            new Contract(
                    "USERS",
                    "ssssiiii",
                    "name pool_size reserve_pool_size pool_mode max_user_connections current_connections"
                            + " max_user_client_connections current_client_connections"),
            new Contract("CONFIG", "ssss", "key value default changeable"),
            new Contract("MEM", "siiii", "name size used free memtotal"),
            new Contract(
                    "FDS",
                    "issssiqisssssbb",
                    "fd task user database addr port cancel link client_encoding std_strings datestyle timezone password"
                            + " scram_client_key scram_server_key"),
            new Contract("DNS_HOSTS", "sqs", "hostname ttl addrs"),
            new Contract("DNS_ZONES", "sqi", "zonename serial count"),
            new Contract("STATE", "ss", "key value"),
            new Contract("VERSION", "s", "version"));

    private static final List<String> OURS = List.of("HOSTS", "LATENCY", "PINS");

    private final EmbeddedPostgres postgres = SharedPostgres.current();

    private Pooler.Builder pooler() {
        return Pooler.builder().database(postgres, "");
    }

    private static WireClient console(Pooler pooler) {
        return pooler.client("postgres", "", "pgbouncer");
    }

    @ParameterizedTest
    @FieldSource("CONTRACTS")
    void givenATableOfPgBouncerWhenShownThenItHasItsColumnsAndTypes(Contract contract) {
        try (Pooler pooler = pooler().start();
                WireClient client = pooler.client(postgres);
                WireClient console = console(pooler)) {
            client.query("SELECT 1");
            assertThat(ConsoleColumn.of(console, contract.table())).isEqualTo(contract.columns());
            String lower = contract.table().toLowerCase(java.util.Locale.ROOT);
            for (String command : List.of("SELECT " + contract.table(), "\n show\t" + lower + " ; ")) {
                List<Message> answer = console.send(Frames.query(command)).expect("T D* C Z");
                assertThat(ConsoleColumn.of(answer.get(0))).isEqualTo(contract.columns());
                assertThat(answer.get(answer.size() - 2).commandTag()).isEqualTo("SHOW");
            }
        }
    }

    /** 1.18 lacks columns and tables that came later, and calls reserve_pool_size otherwise. */
    @ParameterizedTest
    @FieldSource("CONTRACTS")
    void givenARunningPgBouncerWhenItsTableIsShownThenOursHasThoseColumns(Contract contract) {
        try (RunningPgBouncer other = RunningPgBouncer.start(postgres);
                WireClient its = other.console("postgres");
                Pooler pooler = pooler().start();
                WireClient ours = console(pooler)) {
            List<Message> answer =
                    its.send(Frames.query("SHOW " + contract.table())).readUntil('Z');
            if (answer.get(0).type() == 'E') {
                assertThat(List.of("PEERS", "PEER_POOLS", "STATE")).contains(contract.table());
                return;
            }
            List<ConsoleColumn> known = ConsoleColumn.of(answer.get(0)).stream()
                    .map(column -> column.name().equals("reserve_pool")
                            ? new ConsoleColumn("reserve_pool_size", column.typeOid(), column.typeSize())
                            : column)
                    .toList();
            assertThat(known).isNotEmpty();
            assertThat(ConsoleColumn.of(ours, contract.table())).containsSubsequence(known);
        }
    }

    @Test
    void givenARunningPgBouncerWhenItsListsAndTotalsAreShownThenOursHasThoseRows() {
        try (RunningPgBouncer other = RunningPgBouncer.start(postgres);
                WireClient its = other.console("postgres");
                Pooler pooler = pooler().start();
                WireClient ours = console(pooler)) {
            for (String table : List.of("LISTS", "TOTALS", "MEM")) {
                assertThat(firstColumn(ours, table)).as(table).containsSubsequence(firstColumn(its, table));
            }
            assertThat(row(ours, "DATABASES", postgres.database()).subList(0, 6))
                    .isEqualTo(row(its, "DATABASES", postgres.database()).subList(0, 6));
            assertThat(row(ours, "STATS", "pgbouncer").get(2)).isNotEqualTo("0");
        }
    }

    /** What is another value or default in PgBouncer 1.25 than in 1.18, and what depends on the test. */
    private static final Set<String> OTHER_VALUES = Set.of(
            "auth_file",
            "client_tls_ciphers",
            "conffile",
            "listen_port",
            "server_check_query",
            "server_tls_ciphers",
            "server_tls_sslmode",
            "unix_socket_mode");

    @Test
    void givenARunningPgBouncerWhenItsSettingsAreShownThenOursHaveThoseValues() {
        try (RunningPgBouncer other = RunningPgBouncer.start(postgres);
                WireClient its = other.console("postgres");
                Pooler pooler = pooler().start();
                WireClient ours = console(pooler)) {
            Map<String, List<String>> found = new TreeMap<>();
            ours.query("SHOW CONFIG").forEach(row -> found.put(row.get(0), row));
            assertThat(firstColumn(ours, "CONFIG")).isSorted();
            for (List<String> row : its.query("SHOW CONFIG")) {
                String key = row.get(0);
                assertThat(found).containsKey(key);
                List<String> own = found.get(key);
                if (OTHER_VALUES.contains(key)) {
                    assertThat(own.get(3)).as(key).isEqualTo(row.get(3));
                } else {
                    assertThat(own).isEqualTo(row);
                }
            }
            for (String key : List.of("auth_file", "conffile")) {
                assertThat(found.get(key).get(2)).as("default of " + key).isNull();
            }
        }
    }

    /** A value for each kind of setting, which both have and take. */
    private static final List<String> ASSIGNMENTS = List.of(
            "SET pool_mode = 'Transaction'",
            "SET pool_mode = 'session'",
            "SET default_pool_size = '7'",
            "SET default_pool_size = 'many'",
            "SET query_timeout = '1.5'",
            "SET query_timeout = '0.001'",
            "SET query_timeout = ''",
            "SET log_connections = '0'",
            "SET server_reset_query = ''",
            "SET admin_users = 'postgres,other'",
            "SET server_tls_sslmode = 'allow'",
            "SET server_tls_sslmode = 'nonsense'",
            "SET client_tls_protocols = 'all'",
            "SET auth_user = 'x'",
            "SET auth_user = ''",
            "SET syslog_facility = 'local0'",
            "SET tcp_keepidle = '5'",
            "SET dns_max_ttl = '3'",
            "SET log_stats = ''",
            "SET server_check_query = ''",
            "SET ignore_startup_parameters = 'a,b'",
            "SET verbose = '1'",
            "SET verbose = 'x'");

    @Test
    void givenARunningPgBouncerWhenSettingsAreSetThenBothSayAndShowTheSame() {
        try (RunningPgBouncer other = RunningPgBouncer.start(postgres);
                WireClient its = other.console("postgres");
                Pooler pooler = pooler().start();
                WireClient ours = console(pooler)) {
            for (String assignment : ASSIGNMENTS) {
                assertThat(outcome(ours, assignment)).isEqualTo(outcome(its, assignment));
                String key = assignment.split(" ")[1];
                List<String> own = row(ours, "CONFIG", key);
                assertThat(own.get(1))
                        .as(assignment)
                        .isEqualTo(row(its, "CONFIG", key).get(1));
            }
        }
    }

    private static String outcome(WireClient console, String command) {
        Message answer = console.send(Frames.query(command)).readUntil('Z').get(0);
        return answer.type() == 'C' ? answer.commandTag() : answer.asError().message();
    }

    private static List<String> firstColumn(WireClient console, String table) {
        return console.query("SHOW " + table).stream().map(row -> row.get(0)).toList();
    }

    private static List<String> row(WireClient console, String table, String key) {
        return console.query("SHOW " + table).stream()
                .filter(row -> row.get(0).equals(key))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void givenTheHelpWhenReadThenItNamesEveryTable() {
        try (Pooler pooler = pooler().start();
                WireClient console = console(pooler)) {
            String help = console.send(Frames.query("SHOW HELP"))
                    .expect("N C Z")
                    .get(0)
                    .asError()
                    .detail();
            List<String> words = List.of(help.split("[^A-Z_]+"));
            assertThat(words)
                    .containsAll(Stream.concat(CONTRACTS.stream().map(Contract::table), OURS.stream())
                            .toList());
            for (String table : OURS) {
                console.send(Frames.query("SHOW " + table)).expect("T D* C Z");
            }
        }
    }

    @Test
    void givenAnExporterWhenItReadsTheVersionThenItFindsPgBouncers() {
        try (Pooler pooler = pooler().start()) {
            String version = pooler.console("SHOW VERSION").get(0).get(0);
            assertThat(version).matches("PgBouncer \\d+\\.\\d+\\.\\d+ \\(pgweir .+\\)");
            assertThat(version).startsWith("PgBouncer 1.25.2 ");
        }
    }

    @Test
    void givenPreparedStatementsOfTwoClientsWhenCountedThenEachParseAndBindIsThereOnce() {
        try (Pooler pooler = pooler().set("default_pool_size", "1")
                        .set("event_loops", "1")
                        .start();
                WireClient first = pooler.client(postgres);
                WireClient second = pooler.client(postgres)) {
            for (WireClient client : List.of(first, second)) {
                client.send(Frames.parse("s", "SELECT 1"), Frames.sync()).readUntil('Z');
                for (int i = 0; i < 3; i++) {
                    client.send(Frames.bind("", "s"), Frames.execute(""), Frames.sync())
                            .readUntil('Z');
                }
            }
            Map<String, String> stats = ConsoleRows.of(pooler, "SHOW STATS", "database", postgres.database());
            assertThat(stats)
                    .containsEntry("total_client_parse_count", "2")
                    // The second client's text is known to the server.
                    .containsEntry("total_server_parse_count", "1")
                    .containsEntry("total_bind_count", "6")
                    .containsEntry("total_query_count", "8")
                    .containsEntry("total_xact_count", "8")
                    .containsEntry("total_server_assignment_count", "8");
            assertThat(Long.parseLong(stats.get("total_received"))).isPositive();
            assertThat(Long.parseLong(stats.get("total_sent"))).isPositive();
            assertThat(Long.parseLong(stats.get("total_query_time"))).isPositive();
            Map<String, String> totals = ConsoleRows.of(pooler, "SHOW STATS_TOTALS", "database", postgres.database());
            assertThat(totals).containsEntry("bind_count", "6").containsEntry("client_parse_count", "2");
            assertThat(ConsoleRows.of(pooler, "SHOW TOTALS", "name", "total_ps_bind_count"))
                    .containsEntry("value", "6");
            assertThat(ConsoleRows.of(pooler, "SHOW CLIENTS", "database", postgres.database()))
                    .containsEntry("prepared_statements", "1");
        }
    }

    @Test
    void givenBytesThatHadToWaitWhenCountedThenTheyAreThereOnce() {
        try (Pooler pooler = pooler().start();
                WireClient client = pooler.client(postgres)) {
            // Behind each the server is asked what it has left in the session; whoever is quick has to wait for the end
            // of that.
            int sent = 0;
            for (int i = 0; i < 50; i++) {
                byte[] query = Frames.query("SELECT set_config('work_mem', '" + (5 + i) + "MB', false)");
                client.send(query).expect("T D C Z");
                sent += query.length;
            }
            assertThat(ConsoleRows.of(pooler, "SHOW STATS", "database", postgres.database()))
                    .containsEntry("total_received", "" + sent);
        }
    }

    @Sees("stats_period")
    @Test
    void givenQueriesWhenShownThenAveragesAreThereAtOnceAndNotForEver() {
        try (Pooler pooler = pooler().start();
                WireClient client = pooler.client(postgres);
                WireClient console = pooler.client("postgres", "", "pgbouncer")) {
            for (int i = 0; i < 100; i++) {
                client.query("SELECT 1");
            }
            assertThat(average(console, "query_count")).isPositive();
            assertThat(average(console, "bytes_sent")).isPositive();
            // a period is looked back upon until the next is over as well
            console.query("SET stats_period = 1");
            Await.until("two periods to end", () -> average(console, "query_count") == 0);
            assertThat(average(console, "bytes_sent")).isZero();
        }
    }

    private long average(WireClient console, String name) {
        return ConsoleRows.all(console, "SHOW STATS_AVERAGES").stream()
                .filter(row -> row.get("database").equals(postgres.database()))
                .mapToLong(row -> Long.parseLong(row.get(name)))
                .sum();
    }

    @Test
    void givenUsersWithSettingsWhenShownThenTheirLimitsAndConnectionsAreThere() {
        try (Pooler pooler = pooler().user("postgres", "pool_size=7 pool_mode=session max_user_connections=9")
                        .start();
                WireClient client = pooler.client(postgres)) {
            client.query("SELECT 1");
            assertThat(ConsoleRows.of(pooler, "SHOW USERS", "name", "postgres"))
                    .containsEntry("pool_size", "        7")
                    .containsEntry("reserve_pool_size", "")
                    .containsEntry("pool_mode", "session")
                    .containsEntry("max_user_connections", "9")
                    .containsEntry("current_connections", "1");
            assertThat(ConsoleRows.of(pooler, "SHOW USERS", "name", "stats"))
                    .containsEntry("pool_mode", null)
                    .containsEntry("current_client_connections", "0");
        }
    }

    @Test
    void givenADatabaseWithItsOwnModeWhenShownThenItAndNoOtherHasOne() {
        try (Pooler pooler = pooler().database(
                                "own", "host=127.0.0.1,127.0.0.2 port=1 pool_mode=statement user=someone pool_size=3")
                        .start();
                WireClient console = console(pooler)) {
            assertThat(firstColumn(console, "DATABASES")).isSorted().contains("own", "pgbouncer");
            assertThat(ConsoleRows.of(pooler, "SHOW DATABASES", "name", "own"))
                    .containsEntry("host", "127.0.0.1,127.0.0.2")
                    .containsEntry("force_user", "someone")
                    .containsEntry("pool_size", "3")
                    .containsEntry("pool_mode", "statement")
                    .containsEntry("load_balance_hosts", "round-robin");
            assertThat(ConsoleRows.of(pooler, "SHOW DATABASES", "name", postgres.database()))
                    .containsEntry("force_user", null)
                    .containsEntry("pool_mode", null)
                    .containsEntry("load_balance_hosts", null);
            assertThat(ConsoleRows.of(pooler, "SHOW DATABASES", "name", "pgbouncer"))
                    .containsEntry("pool_mode", "statement")
                    .containsEntry("current_client_connections", "2");
        }
    }

    @Test
    void givenAServerThatDoesNotAnswerWhenServersAreShownThenItIsNew() throws java.io.IOException {
        try (java.net.ServerSocket silent = new java.net.ServerSocket(0, 5, java.net.InetAddress.getLoopbackAddress());
                Pooler pooler = Pooler.builder()
                        .database("silent", "host=127.0.0.1 port=" + silent.getLocalPort())
                        .start();
                WireClient client = pooler.connect()) {
            client.startup(Map.of("user", "postgres", "database", "silent"));
            try (java.net.Socket server = silent.accept()) {
                assertThat(server.isConnected()).isTrue();
                assertThat(ConsoleRows.of(pooler, "SHOW SERVERS", "database", "silent"))
                        .containsEntry("state", "new")
                        .containsEntry("user", "postgres")
                        .containsEntry("port", "" + silent.getLocalPort());
                assertThat(ConsoleRows.of(pooler, "SHOW SOCKETS", "state", "sv_login"))
                        .containsEntry("database", "silent");
                assertThat(ConsoleRows.pool(pooler, "silent"))
                        .containsEntry("sv_login", "1")
                        .containsEntry("cl_waiting", "1");
                assertThat(ConsoleRows.of(pooler, "SHOW CLIENTS", "database", "silent"))
                        .containsEntry("state", "waiting");
            }
        }
    }

    @Test
    void givenAClientThatIsLinkedWhenSocketsAreShownThenBothSidesAreThere() {
        try (Pooler pooler = pooler().set("transport", "epoll")
                        .set("tcp_defer_accept", "0")
                        .start();
                WireClient client = pooler.client(postgres);
                WireClient stranger = pooler.connect()) {
            assertThat(stranger.backendPid()).isZero();
            client.query("BEGIN");
            List<Map<String, String>> sockets = ConsoleRows.all(pooler, "SHOW SOCKETS");
            assertThat(sockets)
                    .extracting(row -> row.get("state"))
                    .containsExactlyInAnyOrder("cl_active", "cl_active", "cl_login", "sv_active");
            assertThat(sockets)
                    .filteredOn(row -> row.get("state").equals("cl_login"))
                    .allMatch(row -> row.get("user").equals("(nouser)")
                            && row.get("database").equals("(nodb)"));
            // Clients and servers are numbered in one sequence.
            long serverId = Long.parseLong(
                    ConsoleRows.of(pooler, "SHOW SOCKETS", "state", "sv_active").get("id"));
            assertThat(ConsoleRows.of(pooler, "SHOW CLIENTS", "database", postgres.database()))
                    .hasEntrySatisfying(
                            "id",
                            clientId -> assertThat(Long.parseLong(clientId)).isLessThan(serverId));
            assertThat(ConsoleRows.all(pooler, "SHOW CLIENTS")).hasSize(2);
            assertThat(ConsoleRows.all(pooler, "SHOW ACTIVE_SOCKETS"))
                    .extracting(row -> row.get("state"))
                    .contains("cl_active")
                    .doesNotContain("cl_login", "sv_idle");
            List<Map<String, String>> descriptors = ConsoleRows.all(pooler, "SHOW FDS");
            assertThat(descriptors)
                    .extracting(row -> row.get("task"))
                    .containsExactlyInAnyOrder("pooler", "client", "client", "server");
            Map<String, String> server = ConsoleRows.of(pooler, "SHOW FDS", "task", "server");
            assertThat(descriptors)
                    .filteredOn(row -> server.get("fd").equals(row.get("link")))
                    .singleElement()
                    .satisfies(row -> assertThat(row)
                            .containsEntry("task", "client")
                            .containsEntry("fd", server.get("link"))
                            .containsEntry("client_encoding", "UTF8"));
            assertThat(descriptors)
                    .allMatch(row ->
                            row.get("password") == null && row.get("cancel").equals("0"));
            assertThat(ConsoleRows.of(pooler, "SHOW HOSTS", "database", postgres.database()))
                    .containsEntry("state", "up")
                    .containsEntry("servers", "1");
            // The console's last client may be counted for a moment longer.
            Await.until(
                    "three clients to be left",
                    () -> ConsoleRows.of(pooler, "SHOW MEM", "name", "client_cache")
                            .get("used")
                            .equals("3"));
            assertThat(ConsoleRows.of(pooler, "SHOW LISTS", "list", "used_servers"))
                    .containsEntry("items", "1");
            assertThat(ConsoleRows.of(pooler, "SHOW LISTS", "list", "login_clients"))
                    .containsEntry("items", "1");
        }
    }
}

package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.Sees;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.ErrorFields;
import org.pgweir.testkit.FaultProxy;
import org.pgweir.testkit.WireClient;

/** Entries with several hosts. Each host is a PostgreSQL of its own, behind a line that can be cut. */
@EveryTransport
final class HostsTest {
    private static final int HOSTS = 3;

    private static final List<EmbeddedPostgres> POSTGRES = new ArrayList<>();
    private static final List<FaultProxy> LINES = new ArrayList<>();

    private final Setup setup;

    HostsTest(Setup setup) {
        this.setup = setup;
    }

    @BeforeAll
    static void start() {
        for (int i = 0; i < HOSTS; i++) {
            EmbeddedPostgres postgres = EmbeddedPostgres.builder().start();
            POSTGRES.add(postgres);
            LINES.add(FaultProxy.to(postgres));
        }
    }

    @AfterAll
    static void stop() {
        LINES.forEach(FaultProxy::close);
        POSTGRES.forEach(EmbeddedPostgres::close);
        LINES.clear();
        POSTGRES.clear();
    }

    @AfterEach
    void heal() {
        LINES.forEach(FaultProxy::heal);
    }

    private Pooler pooler(String furtherKeys) {
        String ports =
                String.join(",", LINES.stream().map(line -> "" + line.port()).toList());
        return setup.emptyPooler()
                .set("server_login_retry", "0.2")
                .database(
                        "postgres",
                        "host=127.0.0.1,127.0.0.1,127.0.0.1 port=" + ports + " dbname=postgres " + furtherKeys)
                .start();
    }

    private static WireClient client(Pooler pooler) {
        return pooler.client("postgres", "", "postgres");
    }

    /** Which hosts serve so many clients that all hold a transaction open. */
    private static Map<Integer, Integer> servedBy(Pooler pooler, int count) {
        List<WireClient> clients = new ArrayList<>();
        Map<Integer, Integer> served = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            WireClient client = client(pooler);
            client.query("BEGIN");
            int port = Integer.parseInt(client.query("SHOW port").get(0).get(0));
            int host = POSTGRES.stream().map(EmbeddedPostgres::port).toList().indexOf(port);
            served.merge(host, 1, Integer::sum);
            clients.add(client);
        }
        clients.forEach(client -> client.query("COMMIT"));
        clients.forEach(WireClient::close);
        return served;
    }

    @Test
    @Sees({"database.host", "database.port"})
    void serversAreSpreadInTurn() {
        try (Pooler pooler = pooler("")) {
            assertThat(servedBy(pooler, 6)).isEqualTo(Map.of(0, 2, 1, 2, 2, 2));
        }
    }

    @Test
    @Sees("database.load_balance_hosts")
    void withoutBalancingTheFirstServesAll() {
        try (Pooler pooler = pooler("load_balance_hosts=disable")) {
            assertThat(servedBy(pooler, 4)).isEqualTo(Map.of(0, 4));
        }
    }

    @Test
    void withoutBalancingTheNextTakesOver() {
        LINES.get(0).refuse();
        try (Pooler pooler = pooler("load_balance_hosts=disable")) {
            assertThat(servedBy(pooler, 4)).isEqualTo(Map.of(1, 4));
        }
    }

    @Test
    void aHostThatRefusesIsLeftOut() {
        LINES.get(1).refuse();
        try (Pooler pooler = pooler("")) {
            assertThat(servedBy(pooler, 6)).containsOnlyKeys(0, 2);
        }
    }

    @Test
    @Sees("database.server_lifetime")
    void aHostThatIsBackIsUsedAgain() {
        LINES.get(1).refuse();
        try (Pooler pooler = pooler("server_lifetime=0.3")) {
            assertThat(servedBy(pooler, 3)).containsOnlyKeys(0, 2);
            LINES.get(1).heal();
            Await.until("the host to be used again", () -> servedBy(pooler, 3).containsKey(1));
        }
    }

    @Test
    void clientsOfAHostThatFailsGoElsewhere() {
        try (Pooler pooler = pooler("pool_size=1");
                WireClient client = client(pooler)) {
            String first = client.query("SHOW port").get(0).get(0);
            int host = POSTGRES.stream()
                    .map(postgres -> "" + postgres.port())
                    .toList()
                    .indexOf(first);
            LINES.get(host).refuse().closeAll();
            Await.until(
                    "the loss to be noticed",
                    () -> ConsoleRows.pool(pooler, "postgres").get("sv_idle").equals("0"));
            assertThat(client.query("SHOW port")).isNotEqualTo(List.of(List.of(first)));
        }
    }

    @Test
    @Sees({"dns_max_ttl", "dns_nxdomain_ttl"})
    void aNameIsAsGoodAsANumberWhateverElseItMeans() {
        // "localhost" is ::1 on most machines, too, where this PostgreSQL does not listen: then the next address is
        // tried
        EmbeddedPostgres postgres = POSTGRES.get(0);
        try (Pooler pooler = setup.emptyPooler()
                        .database("named", "host=localhost port=" + postgres.port() + " dbname=postgres")
                        .database("unnamed", "host=no-such-host.invalid port=" + postgres.port())
                        .set("dns_max_ttl", "100")
                        .set("dns_nxdomain_ttl", "200")
                        .start();
                WireClient lost = pooler.connect()) {
            List<WireClient> clients = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                WireClient client = pooler.client("postgres", "", "named");
                client.query("BEGIN");
                clients.add(client);
            }
            assertThat(Backends.count(postgres)).isEqualTo(4);
            clients.forEach(WireClient::close);
            lost.startup(Map.of("user", "postgres", "database", "unnamed"));
            assertThat(Ending.of(lost).message()).contains("DNS lookup failed", "no-such-host.invalid");
            assertThat(ConsoleRows.all(pooler, "SHOW DNS_HOSTS"))
                    .satisfiesExactly(
                            row -> {
                                assertThat(row.get("addrs")).contains("127.0.0.1");
                                assertThat(Integer.parseInt(row.get("ttl"))).isBetween(50, 100);
                            },
                            row -> {
                                assertThat(row.get("hostname")).isEqualTo("no-such-host.invalid");
                                assertThat(Integer.parseInt(row.get("ttl"))).isBetween(150, 200);
                            });
        }
    }

    @Test
    void withAllHostsDownTheLoginFails() {
        LINES.forEach(FaultProxy::refuse);
        try (Pooler pooler = pooler("");
                WireClient client = pooler.connect();
                WireClient second = pooler.connect()) {
            Map<String, String> startup = Map.of("user", "postgres", "database", "postgres");
            ErrorFields error = Ending.of(client.startup(startup));
            assertThat(error.message())
                    .startsWith("server login has been failing, cached error: connect failed")
                    .endsWith("(server_login_retry)");
            // and the next fails at once
            assertThat(Ending.of(second.startup(startup)).message()).contains("server_login_retry");
            // until one of them is back
            LINES.get(2).heal();
            Await.until("a login", () -> {
                client(pooler).close();
                return true;
            });
        }
    }
}

package org.pgweir.proxy.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgweir.config.Configuration;
import org.pgweir.config.ConfigurationLoader;
import org.pgweir.config.HbaRule;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.net.Loops;
import org.pgweir.proxy.net.ReverseNames;
import org.pgweir.proxy.net.Transport;
import org.pgweir.proxy.net.UnixPeer;
import org.pgweir.proxy.net.Workers.Job;

/** Which rule decides about a login. */
final class HbaTest {
    @TempDir
    Path folder;

    private final AtomicInteger questions = new AtomicInteger();
    private final Map<String, String> names = Map.of("192.0.2.1", "app.example.com", "192.0.2.2", "Db.Example.COM");
    private final Hba hba = new Hba(new ReverseNames(address -> {
        questions.incrementAndGet();
        return names.get(address.getHostAddress());
    }));
    private Loops loops;
    private Loop loop;

    @BeforeEach
    void setUp() {
        loops = new Loops(Transport.NIO, 1);
        loop = loops.all().get(0);
    }

    @AfterEach
    void tearDown() {
        hba.close();
        loops.close();
    }

    private Configuration configuration(String rules) throws Exception {
        Files.writeString(folder.resolve("hba.conf"), rules.replace(" ; ", "\n"));
        Files.writeString(folder.resolve("users"), "\"alice\" \"\" +staff\n\"bob\" \"\"\n");
        return ConfigurationLoader.load(Files.writeString(
                folder.resolve("pgbouncer.ini"),
                "[pgbouncer]\nauth_type = hba\nauth_hba_file = hba.conf\nauth_file = users\n"));
    }

    private HbaDecision decide(Configuration configuration, LoginRequest request) throws Exception {
        CompletableFuture<HbaDecision> decision = new CompletableFuture<>();
        loop.post(() -> hba.decide(configuration, request, loop, decision::complete));
        return decision.get(10, TimeUnit.SECONDS);
    }

    /** The line that decides, from 1; 0 if none does. */
    private int line(String rules, LoginRequest request) throws Exception {
        HbaDecision decision = decide(configuration(rules), request);
        if (decision instanceof HbaDecision.Matched matched) {
            return Integer.parseInt(matched.rule().place().replaceAll(".*:", ""));
        }
        assertThat(decision).isInstanceOf(HbaDecision.Unmatched.class);
        return 0;
    }

    private static LoginRequest request(String database, String user, String address, boolean tls) throws Exception {
        boolean unix = address.equals("unix");
        return new LoginRequest(database, user, unix ? null : InetAddress.getByName(address), tls, false);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "local all all trust ; host all all all trust                   | db    | bob   | unix      | false | 1",
                "local all all trust ; host all all all trust                   | db    | bob   | 192.0.2.9 | false | 2",
                "local all all trust                                            | db    | bob   | 192.0.2.9 | false | 0",
                "hostssl all all all trust ; hostnossl all all all trust        | db    | bob   | 192.0.2.9 | true  | 1",
                "hostssl all all all trust ; hostnossl all all all trust        | db    | bob   | 192.0.2.9 | false | 2",
                "hostssl all all all trust ; hostnossl all all all trust        | db    | bob   | unix      | true  | 0",
                "hostgssenc all all all trust ; hostnogssenc all all all trust  | db    | bob   | 192.0.2.9 | false | 2",
                "host all all all reject ; host all all all trust               | db    | bob   | 192.0.2.9 | false | 1",
                "host a,b all all trust ; host db all all trust                 | db    | bob   | 192.0.2.9 | false | 2",
                "host sameuser all all trust                                    | bob   | bob   | 192.0.2.9 | false | 1",
                "host sameuser all all trust                                    | db    | bob   | 192.0.2.9 | false | 0",
                "host samerole all all trust                                    | staff | alice | 192.0.2.9 | false | 1",
                "host samerole all all trust                                    | staff | bob   | 192.0.2.9 | false | 0",
                "host replication all all trust                              | replication | bob | 192.0.2.9 | false | 0",
                "host /^app_ all all trust                                      | app_1 | bob   | 192.0.2.9 | false | 1",
                "host /^app_ all all trust                                      | xapp_ | bob   | 192.0.2.9 | false | 0",
                "host all +staff all trust ; host all all all reject            | db    | alice | 192.0.2.9 | false | 1",
                "host all +staff all trust ; host all all all reject            | db    | bob   | 192.0.2.9 | false | 2",
                "host all \"+staff\" all trust                                  | db    | alice | 192.0.2.9 | false | 0",
                "host all /^a all trust                                         | db    | alice | 192.0.2.9 | false | 1",
                "host all \"all\" all trust                                     | db    | bob   | 192.0.2.9 | false | 0",
                "host all all 10.0.0.0/8 trust ; host all all 192.0.2.9/32 md5  | db    | bob   | 192.0.2.9 | false | 2",
                "host all all app.example.com md5                               | db    | bob   | 192.0.2.1 | false | 1",
                "host all all app.example.com md5 ; host all all all reject     | db    | bob   | 192.0.2.2 | false | 2",
                "host all all app.example.com md5 ; host all all all reject     | db    | bob   | 192.0.2.9 | false | 2",
                "host all all .example.com md5                                  | db    | bob   | 192.0.2.2 | false | 1",
                "host all all samehost md5                                      | db    | bob   | 127.0.0.1 | false | 1",
                "host all all samehost md5                                      | db    | bob   | 127.0.0.9 | false | 0",
                "host all all samenet md5                                       | db    | bob   | 127.9.9.9 | false | 1",
                "host all all samenet md5                                       | db    | bob   | 240.0.0.9 | false | 0",
            })
    void theFirstRuleThatFitsDecides(String rules, String database, String user, String address, boolean tls, int line)
            throws Exception {
        assertThat(line(rules, request(database, user, address, tls))).isEqualTo(line);
    }

    @Test
    void nobodyIsAskedForANameThatNoRuleWants() throws Exception {
        String rules = "host all all 192.0.2.1/32 trust ; host all alice app.example.com trust";

        assertThat(line(rules, request("db", "alice", "192.0.2.1", false))).isEqualTo(1);
        assertThat(line(rules, request("db", "bob", "192.0.2.2", false))).isZero();
        assertThat(questions).hasValue(0);
    }

    @Test
    void oneQuestionIsEnoughForManyClientsOfAHost() throws Exception {
        Configuration configuration = configuration("host all all app.example.com trust ; host all all .com trust");
        for (int i = 0; i < 5; i++) {
            decide(configuration, request("db", "bob", "192.0.2.2", false));
        }
        assertThat(questions).hasValue(1);
    }

    @Test
    void aNameThatARegularExpressionCannotBeComparedWithLetsNobodyIn() throws Exception {
        Configuration configuration = configuration("host all /^(.*a){12}$ all reject ; host all all all trust");

        HbaDecision decision = decide(configuration, request("db", "a".repeat(50) + "b", "192.0.2.9", false));
        assertThat(decision).isInstanceOf(HbaDecision.Undecidable.class);
    }

    @Test
    void whoLeavesBeforeItsPeerIsAskedAboutGetsNoAnswer() throws Exception {
        Configuration configuration = configuration("local all all peer ; host all all app.example.com trust");
        HbaRule peer = configuration.hba().rules().get(0);
        Semaphore asking = new Semaphore(0);
        Semaphore nameServer = new Semaphore(0);
        try (Hba busy = new Hba(new ReverseNames(address -> {
            asking.release();
            nameServer.acquireUninterruptibly();
            return null;
        }))) {
            // given no thread that is free
            for (int i = 0; i < Hba.LOOK_UPS; i++) {
                LoginRequest request = request("db", "bob", "192.0.2.1" + i, false);
                loop.post(() -> busy.decide(configuration, request, loop, decision -> {}));
            }
            asking.acquire(Hba.LOOK_UPS);
            List<String> answered = new ArrayList<>();
            CompletableFuture<Void> last = new CompletableFuture<>();
            loop.post(() -> {
                UnixPeer unixPeer = new UnixPeer(0, -1, "bob");
                Job leaving = busy.askPeer(
                        configuration, peer, unixPeer, "bob", loop, refusal -> answered.add("leaving: " + refusal));
                busy.askPeer(configuration, peer, unixPeer, "alice", loop, refusal -> {
                    answered.add("staying: " + refusal);
                    last.complete(null);
                });
                leaving.abandon();
            });
            // when one comes free, which takes one after the other
            nameServer.release();
            last.get(10, TimeUnit.SECONDS);
            assertThat(answered).containsExactly("staying: the system's user \"bob\" may not log in as this user");
            nameServer.release(Hba.LOOK_UPS);
        }
    }
}

package org.pgweir.proxy.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.Sees;
import org.pgweir.proxy.SharedPostgres;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.Ports;
import org.pgweir.testkit.WireClient;
import org.pgweir.testkit.WireError;

class HttpEndpointTest {
    private static final Pattern EXPORTED = Pattern.compile("(?m)^# TYPE (\\w+) (\\w+)$");
    private static final Pattern DOCUMENTED = Pattern.compile("(?m)^\\| `(\\w+)` \\| (\\w+) \\|");
    private static final Pattern LABELLED = Pattern.compile("(?m)^pgweir_\\w+\\{(.*)} \\S+$");
    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"[^\"]*\"");

    private final EmbeddedPostgres postgres = SharedPostgres.current();
    private final HttpClient http = HttpClient.newHttpClient();
    private final int port = Ports.free();

    private Pooler.Builder configured() {
        return Pooler.builder().set("http_listen", "127.0.0.1:" + port);
    }

    private HttpResponse<String> get(String path) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(Duration.ofSeconds(10))
                .build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError("no answer to " + path, e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private double value(String metric) {
        Matcher line = Pattern.compile("(?m)^" + Pattern.quote(metric) + " (\\S+)$")
                .matcher(get("/metrics").body());
        assertThat(line.find()).as(metric).isTrue();
        return Double.parseDouble(line.group(1));
    }

    @Test
    void givenAPinnedClientThenItsReasonIsCounted() {
        try (Pooler pooler = configured()
                        .set("pool_mode", "transaction")
                        .database(postgres, "pool_size=1")
                        .start();
                WireClient client = pooler.client(postgres)) {
            String pins = "pgweir_pins{database=\"" + postgres.database() + "\",reason=\"%s\",user=\"postgres\"}";
            client.query("SELECT pg_advisory_lock(78); CREATE TEMP TABLE t (a int)");
            // The server is asked behind the answer.
            client.query("SELECT 1");
            assertThat(value(pins.formatted("advisory_locks"))).isEqualTo(1);
            assertThat(value(pins.formatted("temporary_tables"))).isEqualTo(1);
            client.query("DROP TABLE t");
            client.query("SELECT 1");
            assertThat(value(pins.formatted("advisory_locks"))).isEqualTo(1);
            assertThat(get("/metrics").body()).doesNotContain(pins.formatted("temporary_tables") + " 1");
        }
    }

    @Test
    @Sees("http_listen")
    void givenARunningPoolerWhenItIsScrapedThenItExportsWhatIsDocumentedAndNothingElse() throws IOException {
        try (Pooler pooler = configured().database(postgres, "").start();
                WireClient client = pooler.client(postgres)) {
            client.query("SELECT 1");

            String page = get("/metrics").body();

            String documentation = Files.readString(Path.of("..", "docs", "metrics.md"));
            assertThat(found(EXPORTED, page)).isEqualTo(found(DOCUMENTED, documentation));
        }
    }

    @Test
    void givenTrafficWhenItIsScrapedThenThereAreFewLabels() {
        try (Pooler pooler = configured().database(postgres, "").start();
                WireClient client = pooler.client(postgres)) {
            client.query("SELECT 1");

            TreeSet<String> labels = new TreeSet<>();
            LABELLED.matcher(get("/metrics").body())
                    .results()
                    .forEach(line ->
                            LABEL.matcher(line.group(1)).results().forEach(label -> labels.add(label.group(1))));

            // le is Prometheus's own, for the buckets of histograms.
            assertThat(labels).containsExactly("database", "le", "loop", "reason", "user");
        }
    }

    /** "name type" of pgweir's own metrics. */
    private static TreeSet<String> found(Pattern pattern, String text) {
        TreeSet<String> names = new TreeSet<>();
        for (Matcher match = pattern.matcher(text); match.find(); ) {
            if (match.group(1).startsWith("pgweir_")) {
                names.add(match.group(1) + " " + match.group(2));
            }
        }
        return names;
    }

    @Test
    @Sees("event_loops")
    void givenThreeEventLoopsWhenItIsScrapedThenEachHasCounters() {
        try (Pooler pooler = configured().set("event_loops", "3").start()) {
            assertThat(pooler.port()).isPositive();
            Matcher lines = Pattern.compile("(?m)^pgweir_loop_lends_total\\{loop=\"(\\d+)\"}")
                    .matcher(get("/metrics").body());
            assertThat(lines.results().map(line -> line.group(1))).containsExactly("0", "1", "2");
        }
    }

    @Test
    void givenTrafficWhenItIsScrapedThenCountersAndHistogramsHaveCounted() {
        try (Pooler pooler = configured().database(postgres, "").start();
                WireClient client = pooler.client(postgres)) {
            for (int i = 0; i < 10; i++) {
                client.query("SELECT 1");
            }
            String labels = "{database=\"" + postgres.database() + "\",user=\"postgres\"}";

            assertThat(value("pgweir_transactions_total" + labels)).isEqualTo(10);
            assertThat(value("pgweir_query_duration_seconds_count" + labels)).isEqualTo(10);
            assertThat(value("pgweir_server_login_duration_seconds_count" + labels))
                    .isEqualTo(1);
            assertThat(value("pgweir_pool_servers_idle" + labels)).isEqualTo(1);
            assertThat(value("pgweir_logins_total")).isEqualTo(1);
            String ofDatabase = "{database=\"" + postgres.database() + "\"}";
            assertThat(value("pgweir_hosts" + ofDatabase)).isEqualTo(1);
            assertThat(value("pgweir_hosts_up" + ofDatabase)).isEqualTo(1);
            assertThat(pooler.console("SHOW LATENCY"))
                    .anySatisfy(row -> assertThat(row.subList(0, 4))
                            .containsExactly(postgres.database(), "postgres", "query", "10"));
        }
    }

    @Test
    void givenAFailedLoginWhenItIsScrapedThenTheReasonHasCounted() {
        try (Pooler pooler = configured().database(postgres, "").start()) {
            try (WireClient client = pooler.connect()) {
                client.login("postgres", "", "nowhere");
                throw new AssertionError("a database that is not configured let a client in");
            } catch (WireError expected) {
                assertThat(value("pgweir_login_failures_total{reason=\"no_such_database\"}"))
                        .isEqualTo(1);
            }
        }
    }

    @Test
    void givenARunningPoolerWhenItsHealthIsAskedThenItIsLiveAndReadyUntilPaused() {
        try (Pooler pooler = configured().database(postgres, "").start()) {
            assertThat(get("/health/live").statusCode()).isEqualTo(200);
            assertThat(get("/health/ready").statusCode()).isEqualTo(200);

            pooler.console("PAUSE");

            assertThat(get("/health/ready").statusCode()).isEqualTo(503);
            assertThat(get("/health/ready").body()).contains("paused");
            assertThat(get("/health/live").statusCode()).isEqualTo(200);

            pooler.console("RESUME");
            assertThat(get("/health/ready").statusCode()).isEqualTo(200);
            try (WireClient console = pooler.client("postgres", "", "pgbouncer")) {
                console.query("SUSPEND");
                assertThat(get("/health/ready").body()).contains("suspended");
            }
        }
    }

    @Test
    void givenNoHostThatAnswersWhenAClientHasTriedThenThePoolerIsNotReady() {
        try (Pooler pooler = configured()
                .database("down", "host=127.0.0.1 port=" + Ports.free())
                .database(postgres, "")
                .start()) {
            try (WireClient client = pooler.connect()) {
                client.login("postgres", "", "down");
                throw new AssertionError("a host that does not answer let a client in");
            } catch (WireError expected) {
                Await.until(
                        "the pooler is not ready", () -> get("/health/ready").statusCode() == 503);
                assertThat(value("pgweir_hosts{database=\"down\"}")).isEqualTo(1);
                assertThat(value("pgweir_hosts_up{database=\"down\"}")).isZero();
                assertThat(value("pgweir_hosts_up{database=\"" + postgres.database() + "\"}"))
                        .isEqualTo(1);
            }
        }
    }

    @Test
    void givenAPgbouncerIniThatDoesNotNameItWhenThePoolerRunsThenNoPortIsOpened() {
        assumeTrue(Ports.isFree(9127), "nobody else listens there");
        try (Pooler pooler = Pooler.builder().database(postgres, "").start()) {
            assertThat(Ports.isFree(9127)).isTrue();
            assertThat(pooler.port()).isPositive();
        }
    }
}

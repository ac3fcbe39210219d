package org.pgweir.proxy.admin;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.ToLongFunction;
import org.pgweir.config.Settings;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.pool.CloseReason;
import org.pgweir.proxy.pool.LoopPool;
import org.pgweir.proxy.pool.Pool;
import org.pgweir.proxy.route.Database;
import org.pgweir.proxy.route.Host;
import org.pgweir.proxy.session.PinReason;
import org.pgweir.proxy.stats.Counters;
import org.pgweir.proxy.stats.Latencies.Kind;
import org.pgweir.proxy.stats.Latencies.Reading;
import org.pgweir.proxy.stats.Logins;
import org.pgweir.proxy.stats.Logins.Failure;
import org.pgweir.proxy.stats.Metric;
import org.pgweir.proxy.stats.MetricsSource;

/** pgweir's own metrics, by pool, database, loop or reason. docs/metrics.md lists them; a test compares. */
public final class PoolerMetrics implements MetricsSource {
    private final Admin admin;
    private final Logins logins;
    private volatile boolean listening;
    private volatile boolean stopping;

    /** The numbers of one pool that come from its loops. */
    private record Observed(
            Map<Pool, PoolCounts> counts,
            Map<Pool, Map<Kind, Reading>> latencies,
            List<Map<Pool, LoopTotals>> byLoop) {}

    /** What one loop has counted for one pool since the start. */
    private record LoopTotals(Counters counters, long[] closings) {}

    PoolerMetrics(Admin admin, Logins logins) {
        this.admin = admin;
        this.logins = logins;
    }

    /** The sockets are open. */
    public void listening() {
        listening = true;
    }

    /** A shutdown has begun. */
    public void stopping() {
        stopping = true;
    }

    @Override
    public String notReadyBecause() {
        if (stopping) {
            return "shutting down";
        } else if (!listening) {
            return "not listening yet";
        }
        if (admin.catalog().isSuspended()) {
            return "suspended";
        }
        List<Database> databases = admin.catalog().databases();
        if (!databases.isEmpty() && databases.stream().allMatch(Database::isPaused)) {
            return "paused";
        }
        // The first entry of the configuration is the one that a pooler is there for.
        return admin.configuration().databases().keySet().stream()
                .findFirst()
                .flatMap(admin.catalog()::database)
                .filter(Database::isUnreachable)
                .map(database -> "no host of database " + database.name() + " answers")
                .orElse(null);
    }

    @Override
    public CompletableFuture<List<Metric>> metrics() {
        var counts = PoolCounts.collect(admin);
        var latencies = ShowLatency.read(admin);
        var totals = admin.loops().collect(this::totals);
        return CompletableFuture.allOf(counts, latencies, totals).thenApply(done -> {
            Observed observed = new Observed(counts.join(), latencies.join(), totals.join());
            List<Metric> metrics = new ArrayList<>();
            addPoolGauges(metrics, observed.counts);
            addPoolCounters(metrics, observed.byLoop);
            addLatencies(metrics, observed.latencies);
            addDatabases(metrics);
            addLogins(metrics);
            addLoops(metrics, observed.byLoop);
            return metrics;
        });
    }

    private Map<Pool, LoopTotals> totals(Loop loop) {
        Map<Pool, LoopTotals> all = new java.util.HashMap<>();
        for (Pool pool : admin.pools().all()) {
            LoopPool part = pool.on(loop);
            long[] closings = new long[CloseReason.values().length];
            for (CloseReason reason : CloseReason.values()) {
                closings[reason.ordinal()] = part.closings().count(reason);
            }
            all.put(pool, new LoopTotals(part.counters().plus(new Counters()), closings));
        }
        return all;
    }

    private static Metric poolGauge(
            String name,
            String help,
            Map<Pool, PoolCounts> counts,
            java.util.function.ToDoubleFunction<PoolCounts> value) {
        Metric metric = Metric.gauge(name, help, "database", "user");
        counts.forEach((pool, count) -> metric.add(
                value.applyAsDouble(count), pool.database().name(), pool.user().name()));
        return metric;
    }

    private static void addPoolGauges(List<Metric> metrics, Map<Pool, PoolCounts> counts) {
        metrics.add(poolGauge(
                "pgweir_pool_clients_active",
                "Clients that wait for nothing but PostgreSQL.",
                counts,
                c -> c.clientsActive));
        metrics.add(poolGauge(
                "pgweir_pool_clients_waiting",
                "Clients that wait for a server or for the end of their login.",
                counts,
                c -> c.clientsWaiting));
        metrics.add(
                poolGauge("pgweir_pool_clients_parked", "Clients in the queue for a server.", counts, c -> c.parked));
        metrics.add(poolGauge(
                "pgweir_pool_max_wait_seconds",
                "How long the oldest of them has waited.",
                counts,
                c -> c.maxWaitNanos / 1e9));
        metrics.add(
                poolGauge("pgweir_pool_servers_active", "Servers that are linked to a client.", counts, c -> c.active));
        metrics.add(poolGauge("pgweir_pool_servers_idle", "Servers that are free.", counts, c -> c.idle));
        metrics.add(poolGauge(
                "pgweir_pool_servers_used",
                "Free servers that will be checked before their next use.",
                counts,
                c -> c.used));
        metrics.add(poolGauge(
                "pgweir_pool_servers_tested",
                "Servers on which a statement of pgweir's own runs.",
                counts,
                c -> c.tested));
        metrics.add(poolGauge("pgweir_pool_servers_login", "Servers that connect or log in.", counts, c -> c.login));
        metrics.add(poolGauge(
                "pgweir_pool_servers_being_canceled",
                "Servers that wait for the end of a cancel request.",
                counts,
                c -> c.beingCanceled));
        Metric limit =
                Metric.gauge("pgweir_pool_size_limit", "The pool's limit of servers; 0 for none.", "database", "user");
        counts.keySet()
                .forEach(pool -> limit.add(
                        pool.sizeLimit(), pool.database().name(), pool.user().name()));
        metrics.add(limit);
        Metric pins = Metric.gauge(
                "pgweir_pins",
                "Clients that keep their server beyond a transaction, by reason.",
                "database",
                "user",
                "reason");
        Metric statements = Metric.gauge(
                "pgweir_prepared_statements",
                "Different prepared statements of the pool's clients.",
                "database",
                "user");
        Metric memory =
                Metric.gauge("pgweir_prepared_statement_bytes", "Memory that they take, roughly.", "database", "user");
        counts.forEach((pool, count) -> {
            String database = pool.database().name();
            String user = pool.user().name();
            for (PinReason reason : PinReason.values()) {
                pins.add(count.pins[reason.ordinal()], database, user, reason.label());
            }
            statements.add(pool.statements().size(), database, user);
            memory.add(pool.statements().bytes(), database, user);
        });
        metrics.addAll(List.of(pins, statements, memory));
    }

    private static Metric poolCounter(
            String name, String help, Map<Pool, Counters> totals, double unit, ToLongFunction<Counters> value) {
        Metric metric = Metric.counter(name, help, "database", "user");
        totals.forEach((pool, counters) -> metric.add(
                value.applyAsLong(counters) / unit,
                pool.database().name(),
                pool.user().name()));
        return metric;
    }

    private static void addPoolCounters(List<Metric> metrics, List<Map<Pool, LoopTotals>> byLoop) {
        Map<Pool, Counters> totals = new java.util.HashMap<>();
        Map<Pool, long[]> closings = new java.util.HashMap<>();
        for (Map<Pool, LoopTotals> loop : byLoop) {
            loop.forEach((pool, part) -> {
                totals.merge(pool, part.counters, Counters::plus);
                closings.merge(pool, part.closings.clone(), PoolerMetrics::sum);
            });
        }
        metrics.add(poolCounter("pgweir_transactions", "Transactions.", totals, 1, c -> c.transactions));
        metrics.add(poolCounter("pgweir_queries", "Requests that PostgreSQL answered.", totals, 1, c -> c.queries));
        metrics.add(poolCounter("pgweir_received_bytes", "Bytes from clients.", totals, 1, c -> c.bytesReceived));
        metrics.add(poolCounter("pgweir_sent_bytes", "Bytes to clients.", totals, 1, c -> c.bytesSent));
        metrics.add(poolCounter(
                "pgweir_transaction_seconds", "Time within transactions.", totals, 1e9, c -> c.transactionNanos));
        metrics.add(poolCounter("pgweir_query_seconds", "Time within requests.", totals, 1e9, c -> c.queryNanos));
        metrics.add(poolCounter(
                "pgweir_wait_seconds", "Time that clients waited for a server.", totals, 1e9, c -> c.waitNanos));
        metrics.add(poolCounter(
                "pgweir_server_assignments",
                "Servers that were linked to a client.",
                totals,
                1,
                c -> c.serverAssignments));
        metrics.add(poolCounter("pgweir_client_parses", "Parse messages of clients.", totals, 1, c -> c.clientParses));
        metrics.add(poolCounter("pgweir_server_parses", "Parse messages to servers.", totals, 1, c -> c.serverParses));
        metrics.add(poolCounter("pgweir_binds", "Bind messages of clients.", totals, 1, c -> c.binds));
        Metric closed = Metric.counter(
                "pgweir_servers_closed", "Servers that were closed, by reason.", "database", "user", "reason");
        closings.forEach((pool, counts) -> {
            for (CloseReason reason : CloseReason.values()) {
                closed.add(
                        counts[reason.ordinal()],
                        pool.database().name(),
                        pool.user().name(),
                        reason.label());
            }
        });
        metrics.add(closed);
    }

    private static long[] sum(long[] a, long[] b) {
        for (int i = 0; i < a.length; i++) {
            a[i] += b[i];
        }
        return a;
    }

    private static void addLatencies(List<Metric> metrics, Map<Pool, Map<Kind, Reading>> latencies) {
        metrics.add(
                latency("pgweir_parked_duration_seconds", "Time in the queue for a server.", latencies, Kind.PARKED));
        metrics.add(latency(
                "pgweir_query_duration_seconds", "Time from a request to its ReadyForQuery.", latencies, Kind.QUERY));
        metrics.add(latency(
                "pgweir_transaction_duration_seconds",
                "Time from a transaction's first byte to its end.",
                latencies,
                Kind.TRANSACTION));
        metrics.add(latency(
                "pgweir_server_login_duration_seconds",
                "Time to connect and log in to a server.",
                latencies,
                Kind.LOGIN));
    }

    private static Metric latency(String name, String help, Map<Pool, Map<Kind, Reading>> latencies, Kind kind) {
        Metric metric = Metric.histogram(name, help, "database", "user");
        latencies.forEach((pool, kinds) -> {
            Reading reading = kinds.getOrDefault(kind, Reading.empty());
            metric.add(reading, pool.database().name(), pool.user().name());
        });
        return metric;
    }

    private void addDatabases(List<Metric> metrics) {
        Metric servers = Metric.gauge(
                "pgweir_database_servers", "Servers of all users, those that connect included.", "database");
        Metric limit = Metric.gauge(
                "pgweir_database_servers_limit", "max_db_connections of the database; 0 for none.", "database");
        Metric paused = Metric.gauge("pgweir_database_paused", "1 while the database is paused.", "database");
        Metric hosts = Metric.gauge("pgweir_hosts", "PostgreSQL hosts that the database names.", "database");
        Metric up = Metric.gauge(
                "pgweir_hosts_up",
                "Those whose last attempt to connect did not fail; one that nobody has tried counts as up.",
                "database");
        for (Database database : admin.catalog().databases()) {
            servers.add(database.servers().used(), database.name());
            limit.add(
                    admin.configuration().effective(Settings.MAX_DB_CONNECTIONS, database.config(), null),
                    database.name());
            paused.add(database.isPaused() ? 1 : 0, database.name());
            List<Host> all = database.hosts();
            hosts.add(all.size(), database.name());
            up.add(all.stream().filter(host -> !host.isFailing()).count(), database.name());
        }
        metrics.addAll(List.of(servers, limit, paused, hosts, up));
        metrics.add(Metric.gauge(
                        "pgweir_clients", "Clients that have proved who they are; those of the console are left out.")
                .add(admin.clients().admitted()));
        metrics.add(Metric.gauge("pgweir_clients_limit", "max_client_conn.")
                .add(admin.configuration().global().get(Settings.MAX_CLIENT_CONN)));
        metrics.add(Metric.gauge("pgweir_client_connections", "Connections of clients, logged in or not.")
                .add(admin.clients().connected()));
    }

    private void addLogins(List<Metric> metrics) {
        metrics.add(Metric.counter("pgweir_logins", "Clients that logged in.").add(logins.logins()));
        Metric failures = Metric.counter("pgweir_login_failures", "Clients that did not get in, by reason.", "reason");
        for (Failure failure : Failure.values()) {
            failures.add(logins.failures(failure), failure.label());
        }
        metrics.add(failures);
    }

    private void addLoops(List<Metric> metrics, List<Map<Pool, LoopTotals>> byLoop) {
        Metric lends = Metric.counter("pgweir_loop_lends", "Servers that a loop lent to another one.", "loop");
        Metric lag = Metric.gauge(
                "pgweir_loop_lag_seconds", "How late the loop was at worst since the last scrape.", "loop");
        for (Loop loop : admin.loops().all()) {
            String label = Integer.toString(loop.index());
            lends.add(
                    byLoop.get(loop.index()).values().stream()
                            .mapToLong(totals -> totals.counters.lends)
                            .sum(),
                    label);
            lag.add(loop.takeWorstLagNanos() / 1e9, label);
        }
        metrics.add(lends);
        metrics.add(lag);
    }
}

package org.pgweir.proxy.behaviour;

import java.util.List;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.WireClient;

/** PostgreSQL's side of the pooler's servers. */
final class Backends {
    private Backends() {}

    /** The process that serves this client at the moment. */
    static int of(WireClient client) {
        return Integer.parseInt(client.query("SELECT pg_backend_pid()").get(0).get(0));
    }

    /** How many come over TCP: the test's own superuser sessions use the Unix socket. */
    static int count(EmbeddedPostgres postgres) {
        return pids(postgres).size();
    }

    static List<Integer> pids(EmbeddedPostgres postgres) {
        return postgres
                .query("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
                        + " AND client_addr IS NOT NULL ORDER BY backend_start")
                .stream()
                .map(row -> Integer.valueOf(row.get(0)))
                .toList();
    }

    static void terminate(EmbeddedPostgres postgres, int pid) {
        postgres.query("SELECT pg_terminate_backend(" + pid + ", 5000)");
    }
}

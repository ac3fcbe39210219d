package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.WireClient;

/** A query that runs until the test lets it end, however slow the machine is: it waits for a lock. */
final class HeldQuery {
    private static final int KEY = 4711;

    private final WireClient holder;
    private final WireClient client;

    private HeldQuery(WireClient holder, WireClient client) {
        this.holder = holder;
        this.client = client;
    }

    /** Begins the query, and waits until it runs. */
    static HeldQuery begin(EmbeddedPostgres postgres, WireClient client) {
        WireClient holder = postgres.client();
        holder.query("SELECT pg_advisory_lock(" + KEY + ")");
        client.send(Frames.query("SELECT 'had it' FROM pg_advisory_xact_lock(" + KEY + ")"));
        Await.until(
                "the query to wait",
                () -> !holder.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = " + KEY
                                + " AND NOT granted")
                        .isEmpty());
        return new HeldQuery(holder, client);
    }

    /** Lets it end. */
    void release() {
        holder.query("SELECT pg_advisory_unlock(" + KEY + ")");
        holder.close();
    }

    /** Ends it: it must have come to no harm meanwhile. */
    void endsWell() {
        release();
        assertThat(client.expect("T D C Z").get(1).row()).isEqualTo(List.of("had it"));
    }
}

package org.pgweir.proxy.behaviour;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.SharedPostgres;
import org.pgweir.proxy.net.Transport;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.PostgresVersion;

/** One way to run the pooler: how it talks to the kernel, on how many loops, and in front of which PostgreSQL. */
record Setup(Transport transport, int eventLoops, PostgresVersion version) {
    /** Every transport on one loop and on two; the oldest PostgreSQL once. */
    static List<Setup> all() {
        List<Setup> setups = new ArrayList<>();
        for (Transport transport : Transport.values()) {
            setups.add(new Setup(transport, 1, PostgresVersion.CURRENT));
            setups.add(new Setup(transport, 2, PostgresVersion.CURRENT));
        }
        setups.add(new Setup(Transport.EPOLL, 2, PostgresVersion.OLD));
        return setups;
    }

    /** Every transport once, on two loops: for what takes its time. */
    static List<Setup> transports() {
        return all().stream()
                .filter(setup -> setup.eventLoops == 2 && setup.version == PostgresVersion.CURRENT)
                .toList();
    }

    /** A PostgreSQL that many tests share, and leave as they found it. */
    EmbeddedPostgres postgres() {
        return version == PostgresVersion.OLD ? SharedPostgres.old() : SharedPostgres.current();
    }

    /** A pooler without any database. */
    Pooler.Builder emptyPooler() {
        assumeTrue(transport.unavailability() == null, () -> transport.settingName() + " does not work here");
        return Pooler.builder()
                .set("transport", transport.settingName())
                .set("event_loops", Integer.toString(eventLoops));
    }

    /** A pooler for the database of {@link #postgres()}. */
    Pooler.Builder pooler() {
        return emptyPooler().database(postgres(), "");
    }

    @Override
    public String toString() {
        return transport.settingName() + " x " + eventLoops + ", PostgreSQL " + version.major();
    }
}

package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.Sees;
import org.pgweir.testkit.FaultProxy;
import org.pgweir.testkit.WireClient;

/** Servers that die or freeze while nobody uses them, and what runs on servers before clients do. */
@EverySetup
final class ServerCheckTest {
    private final Setup setup;

    ServerCheckTest(Setup setup) {
        this.setup = setup;
    }

    private Pooler.Builder behind(FaultProxy line, String furtherKeys) {
        return setup.emptyPooler()
                .set("default_pool_size", "1")
                .database(
                        setup.postgres().database(),
                        "host=" + line.host() + " port=" + line.port() + " " + furtherKeys);
    }

    @Test
    void aServerThatDiedIsReplacedUnnoticed() {
        try (Pooler pooler = setup.pooler()
                        .set("default_pool_size", "1")
                        .set("server_check_delay", "0")
                        .start();
                WireClient client = pooler.client(setup.postgres())) {
            for (int i = 0; i < 2; i++) {
                int backend = Backends.of(client);
                Backends.terminate(setup.postgres(), backend);
                assertThat(Backends.of(client)).isNotEqualTo(backend);
            }
        }
    }

    @Test
    void aServerWhoseLineIsCutIsReplacedUnnoticed() {
        try (FaultProxy line = FaultProxy.to(setup.postgres());
                Pooler pooler = behind(line, "").set("server_check_delay", "0").start();
                WireClient client = pooler.client(setup.postgres())) {
            for (int i = 0; i < 2; i++) {
                int backend = Backends.of(client);
                line.resetAll();
                assertThat(Backends.of(client)).isNotEqualTo(backend);
            }
        }
    }

    @Test
    void aFrozenServerIsReplacedUnnoticed() {
        try (FaultProxy line = FaultProxy.to(setup.postgres());
                FaultProxy other = FaultProxy.to(setup.postgres());
                Pooler pooler = setup.emptyPooler()
                        .set("server_check_delay", "0")
                        .set("server_connect_timeout", "1")
                        .database(
                                setup.postgres().database(),
                                "pool_size=1 host=" + line.host() + "," + other.host() + " port=" + line.port() + ","
                                        + other.port())
                        .start();
                WireClient client = pooler.client(setup.postgres())) {
            // given a server behind a line that lets nothing through any more
            int backend = Backends.of(client);
            line.blackHole();
            // then the check finds it out, and the other host takes over
            assertThat(Backends.of(client)).isNotEqualTo(backend);
        }
    }

    @Test
    @Sees({"server_check_delay", "server_check_query"})
    void aCheckQueryThatFailsCostsTheServer() {
        try (Pooler pooler = setup.pooler()
                        .set("default_pool_size", "1")
                        .set("server_check_delay", "0")
                        .set("server_check_query", "SELECT 1 / (current_setting('work_mem') <> '3MB')::int")
                        .start();
                WireClient client = pooler.client(setup.postgres())) {
            int backend = Backends.of(client);
            assertThat(Backends.of(client)).isEqualTo(backend);
            client.query("SET work_mem = '3MB'");
            assertThat(Backends.of(client)).isNotEqualTo(backend);
        }
    }

    @Test
    @Sees("database.connect_query")
    void theConnectQueryRunsFirstOnEveryServer() {
        try (Pooler pooler = setup.emptyPooler()
                        .database(setup.postgres(), "connect_query='SET work_mem TO ''3MB''; SELECT 1'")
                        .set("server_check_delay", "0")
                        .start();
                WireClient client = pooler.client(setup.postgres())) {
            assertThat(client.query("SHOW work_mem")).containsExactly(List.of("3MB"));
            int backend = Backends.of(client);
            Backends.terminate(setup.postgres(), backend);
            assertThat(client.query("SHOW work_mem")).containsExactly(List.of("3MB"));
            assertThat(Backends.of(client)).isNotEqualTo(backend);
        }
    }

    @Test
    void aConnectQueryThatFailsIsToldToTheClient() {
        try (Pooler pooler = setup.emptyPooler()
                        .database(setup.postgres(), "connect_query='SELECT no_such_column'")
                        .set("query_wait_timeout", "1")
                        .start();
                WireClient client = pooler.connect()) {
            client.startup(
                    Map.of("user", "postgres", "database", setup.postgres().database()));
            assertThat(Ending.of(client).message()).contains("no_such_column");
        }
    }
}

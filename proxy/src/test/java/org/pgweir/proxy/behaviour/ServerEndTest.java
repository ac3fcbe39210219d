package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pgweir.proxy.Pooler;
import org.pgweir.testkit.Await;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.ErrorFields;
import org.pgweir.testkit.FaultProxy;
import org.pgweir.testkit.FaultProxy.Direction;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.WireClient;
import org.pgweir.testkit.WireClosed;

/** Servers that end while somebody uses them: one clear error for that client, nothing for the others. */
@EveryTransport
final class ServerEndTest {
    private final Setup setup;

    ServerEndTest(Setup setup) {
        this.setup = setup;
    }

    private static void awaitSleep(EmbeddedPostgres postgres) {
        Await.until(
                "the query to run",
                () -> !postgres.query(
                                "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'")
                        .isEmpty());
    }

    @Test
    void aTerminatedBackendGivesOneFatalError() {
        try (Pooler pooler = setup.pooler().start();
                WireClient victim = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres())) {
            other.query("BEGIN");
            victim.query("BEGIN");
            int backend = Backends.of(victim);
            victim.send(Frames.query("SELECT pg_sleep(20)"));
            awaitSleep(setup.postgres());
            Backends.terminate(setup.postgres(), backend);
            ErrorFields error = Ending.of(victim);
            assertThat(error.sqlstate()).isEqualTo("57P01");
            assertThat(other.query("SELECT 1")).hasSize(1);
            other.query("COMMIT");
        }
    }

    @Test
    void aBackendTerminatedBetweenStatementsOfATransaction() {
        try (Pooler pooler = setup.pooler().start();
                WireClient victim = pooler.client(setup.postgres())) {
            victim.query("BEGIN");
            Backends.terminate(setup.postgres(), Backends.of(victim));
            assertThat(Ending.of(victim).sqlstate()).isEqualTo("57P01");
        }
    }

    @Test
    void aCutLineGivesOneClearError() {
        try (FaultProxy line = FaultProxy.to(setup.postgres());
                Pooler pooler = setup.emptyPooler()
                        .database(setup.postgres().database(), "host=" + line.host() + " port=" + line.port())
                        .start();
                WireClient victim = pooler.client(setup.postgres());
                WireClient idle = pooler.client(setup.postgres())) {
            victim.send(Frames.query("SELECT pg_sleep(20)"));
            awaitSleep(setup.postgres());
            line.resetAll();
            ErrorFields error = Ending.of(victim);
            assertThat(error.message()).isEqualTo("server conn crashed?");
            assertThat(error.sqlstate()).isEqualTo("08P01");
            assertThat(idle.query("SELECT 1")).hasSize(1);
        }
    }

    @Test
    void aLineCutInsideAMessageGivesTheEndWithoutNonsense() {
        try (FaultProxy line = FaultProxy.to(setup.postgres());
                Pooler pooler = setup.emptyPooler()
                        .database(setup.postgres().database(), "host=" + line.host() + " port=" + line.port())
                        .start();
                WireClient victim = pooler.client(setup.postgres())) {
            victim.query("SELECT 1");
            line.closeAfter(Direction.TO_CLIENT, 100_000);
            victim.send(Frames.query("SELECT repeat('x', 1000000)"));
            victim.expect("T");
            // An error in the middle of the row would be read as a part of it.
            assertThat(victim.readHeader().type()).isEqualTo('D');
            byte[] rest = readToEnd(victim);
            assertThat(rest).hasSizeLessThan(100_000);
            assertThat(new String(rest, 6, rest.length - 6, StandardCharsets.US_ASCII))
                    .matches("x*");
        }
    }

    private static byte[] readToEnd(WireClient client) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            while (true) {
                bytes.write(client.readByte());
            }
        } catch (WireClosed end) {
            return bytes.toByteArray();
        }
    }

    @Test
    void aKilledBackendTakesTheOthersOfItsPostgresAlongAndNobodyElse() {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.builder().start();
                Pooler pooler = setup.pooler()
                        .database(postgres, "")
                        .set("server_check_delay", "0")
                        .set("server_login_retry", "0.2")
                        .start();
                WireClient victim = pooler.client(postgres);
                WireClient idle = pooler.client(postgres);
                WireClient elsewhere = pooler.client(setup.postgres())) {
            elsewhere.query("BEGIN");
            int backend = Backends.of(victim);
            victim.send(Frames.query("SELECT pg_sleep(20)"));
            awaitSleep(postgres);
            postgres.kill9Backend(backend);
            assertThat(Ending.of(victim).message()).isEqualTo("server conn crashed?");
            // Clients that were idle wait until PostgreSQL has recovered.
            assertThat(idle.query("SELECT 1")).hasSize(1);
            assertThat(elsewhere.query("SELECT 1")).hasSize(1);
            elsewhere.query("COMMIT");
        }
    }

    @Test
    void aRestartUnderLoadCostsOnlyWhatIsInFlight() {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.builder().start();
                Pooler pooler = setup.emptyPooler()
                        .database(postgres, "pool_size=2")
                        .set("server_check_delay", "0")
                        .set("server_login_retry", "0.2")
                        .start()) {
            List<WireClient> busy = new ArrayList<>();
            List<WireClient> idle = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                idle.add(pooler.client(postgres));
            }
            for (int i = 0; i < 2; i++) {
                WireClient client = pooler.client(postgres);
                client.query("BEGIN");
                client.send(Frames.query("SELECT pg_sleep(20)"));
                busy.add(client);
            }
            awaitSleep(postgres);
            // when PostgreSQL restarts while others wait
            WireClient waiting = idle.get(0);
            waiting.send(Frames.query("SELECT 1"));
            postgres.restart();
            // then those in flight get one error, and the others their answers
            for (WireClient client : busy) {
                assertThat(Ending.of(client).sqlstate()).isEqualTo("57P01");
            }
            waiting.expect("T D C Z");
            for (WireClient client : idle) {
                assertThat(client.query("SELECT 1")).hasSize(1);
                client.close();
            }
            busy.forEach(WireClient::close);
        }
    }

    @Test
    void loginsDuringARestartWait() {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.builder().start();
                Pooler pooler = setup.emptyPooler()
                        .database(postgres, "")
                        .set("server_login_retry", "0.2")
                        .start()) {
            // given settings that are known from an earlier login
            pooler.client(postgres).close();
            postgres.stop();
            // when clients come while PostgreSQL is away
            try (WireClient client = pooler.client(postgres)) {
                client.send(Frames.query("SELECT 1"));
                postgres.start();
                client.expect("T D C Z");
            }
        }
    }

    @Test
    void anErrorOfTheServersEndIsNotAddedToTheServersOwn() {
        try (Pooler pooler = setup.pooler().set("pool_mode", "session").start();
                WireClient victim = pooler.client(setup.postgres())) {
            victim.send(Frames.query("SELECT pg_terminate_backend(pg_backend_pid())"));
            assertThat(Ending.of(victim).sqlstate()).isEqualTo("57P01");
        }
    }
}

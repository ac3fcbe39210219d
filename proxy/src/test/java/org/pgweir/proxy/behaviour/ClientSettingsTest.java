package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.pgweir.proxy.Pooler;
import org.pgweir.proxy.Sees;
import org.pgweir.testkit.ErrorFields;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.Message;
import org.pgweir.testkit.WireClient;

/** Settings about what clients may send, and what they are told. */
@EveryTransport
final class ClientSettingsTest {
    private final Setup setup;

    ClientSettingsTest(Setup setup) {
        this.setup = setup;
    }

    private String database() {
        return setup.postgres().database();
    }

    @Test
    @Sees("login_notify_message")
    void aNoticeBehindTheLogin() {
        try (Pooler pooler = setup.pooler()
                        .set("login_notify_message", "down at noon")
                        .start();
                WireClient client = pooler.connect()) {
            client.startup(Map.of("user", "postgres", "database", database()));
            List<Message> login = client.readUntil('Z');
            List<Message> notices =
                    login.stream().filter(message -> message.type() == 'N').toList();
            assertThat(notices).hasSize(1);
            assertThat(notices.get(0).asError().severity()).isEqualTo("NOTICE");
            assertThat(notices.get(0).asError().message()).isEqualTo("down at noon");
            assertThat(client.query("SELECT 1")).hasSize(1);
        }
    }

    @Test
    @Sees("application_name_add_host")
    void theAddressOfTheClientBehindItsName() {
        String sql = "SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()";
        try (Pooler pooler =
                        setup.pooler().set("application_name_add_host", "1").start();
                WireClient named = pooler.connect();
                WireClient unnamed = pooler.client(setup.postgres())) {
            named.login("postgres", "", database(), Map.of("application_name", "shop"));
            assertThat(named.query(sql).get(0).get(0)).matches("shop - 127\\.0\\.0\\.1:\\d+");
            assertThat(unnamed.query(sql).get(0).get(0)).matches("app - 127\\.0\\.0\\.1:\\d+");
            assertThat(named.parameterStatus("application_name")).startsWith("shop - ");
        }
    }

    @Test
    @Sees("disable_pqexec")
    void simpleQueriesCanBeForbidden() {
        try (Pooler pooler = setup.pooler().set("disable_pqexec", "1").start();
                WireClient extended = pooler.client(setup.postgres());
                WireClient simple = pooler.client(setup.postgres())) {
            assertThat(extended.queryExtended("SELECT 1")).hasSize(1);
            simple.send(Frames.query("SELECT 1"));
            ErrorFields error = Ending.of(simple);
            assertThat(error.message()).isEqualTo("PQexec disallowed");
            assertThat(error.sqlstate()).isEqualTo("08P01");
            assertThat(extended.queryExtended("SELECT 1")).hasSize(1);
        }
    }

    @Test
    @Sees("max_packet_size")
    void aMessageThatIsTooLong() {
        try (Pooler pooler = setup.pooler().set("max_packet_size", "1000").start();
                WireClient asks = pooler.client(setup.postgres());
                WireClient gets = pooler.client(setup.postgres());
                WireClient other = pooler.client(setup.postgres())) {
            // a result may be long, a row may not
            assertThat(other.query("SELECT repeat('x', 500) FROM generate_series(1, 10)"))
                    .hasSize(10);
            asks.send(Frames.query("SELECT '" + "x".repeat(1000) + "'"));
            assertThat(Ending.of(asks).detail()).contains("max_packet_size");
            gets.send(Frames.query("SELECT repeat('x', 1000)"));
            assertThat(Ending.of(gets).detail()).contains("max_packet_size");
            assertThat(other.query("SELECT 1")).hasSize(1);
        }
    }

    @Test
    @Sees({"database.datestyle", "database.timezone", "database.client_encoding", "database.application_name"})
    void theSettingsThatADatabaseStartsItsServersWith() {
        try (Pooler pooler = setup.emptyPooler()
                        .database(
                                setup.postgres(),
                                "client_encoding=LATIN1 datestyle=German timezone=Asia/Tokyo application_name=pooled")
                        .start();
                WireClient client = pooler.client(setup.postgres());
                WireClient other = pooler.connect()) {
            assertThat(client.query("SELECT current_setting('client_encoding'), current_setting('DateStyle'),"
                            + " current_setting('TimeZone'), current_setting('application_name')"))
                    .containsExactly(List.of("LATIN1", "German, DMY", "Asia/Tokyo", "pooled"));
            assertThat(client.parameterStatus("TimeZone")).isEqualTo("Asia/Tokyo");
            // what a client asks for goes before that
            other.login("postgres", "", database(), Map.of("TimeZone", "Africa/Lagos"));
            assertThat(other.query("SHOW TimeZone")).containsExactly(List.of("Africa/Lagos"));
        }
    }
}

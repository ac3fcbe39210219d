package org.pgweir.proxy.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgweir.proxy.relay.Bytes.ERROR;
import static org.pgweir.proxy.relay.Bytes.IDLE;
import static org.pgweir.proxy.relay.Bytes.IN_TRANSACTION;
import static org.pgweir.proxy.relay.Bytes.ROW;
import static org.pgweir.proxy.relay.Bytes.SYNC;
import static org.pgweir.proxy.relay.Bytes.all;
import static org.pgweir.proxy.relay.Bytes.extended;
import static org.pgweir.proxy.relay.Bytes.frame;
import static org.pgweir.proxy.relay.Bytes.prelude;
import static org.pgweir.proxy.relay.Bytes.preludeDone;
import static org.pgweir.proxy.relay.Bytes.query;
import static org.pgweir.proxy.relay.Bytes.tag;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.pgweir.proxy.server.EmbeddedServer;
import org.pgweir.proxy.server.ServerState;

/** When the server is asked for the settings, and when they are known without. */
class LoneSettingTest {
    private static final byte[] SET_COMPLETE = all(frame('1'), frame('2'), tag("SET"));

    @RegisterExtension
    final RelayStage stage = new RelayStage("transaction", "track");

    private void say(EmbeddedClient client, EmbeddedServer server, byte[] request, byte[] answer) {
        say(client, server, request, request, answer, answer);
    }

    private void say(
            EmbeddedClient client,
            EmbeddedServer server,
            byte[] sent,
            byte[] received,
            byte[] answered,
            byte[] toldTheClient) {
        client.sends(stage.buffer(sent));
        assertThat(server.received()).isEqualTo(received);
        server.sends(stage.buffer(answered));
        assertThat(client.received()).isEqualTo(toldTheClient);
    }

    private void assertNotAsked(byte[] request, byte[] answer) {
        EmbeddedServer server = stage.idleServer();
        EmbeddedClient client = stage.client();
        say(client, server, request, answer);
        assertThat(server.received()).isEmpty();
        assertThat(server.server().state()).isEqualTo(ServerState.IDLE);
        client.leaves();
        server.dies();
    }

    private void assertAsked(byte[] request, byte[] answer) {
        assertAsked(request, request, answer, answer);
    }

    private void assertAsked(byte[] sent, byte[] received, byte[] answered, byte[] toldTheClient) {
        EmbeddedServer server = stage.idleServer();
        EmbeddedClient client = stage.client();
        say(client, server, sent, received, answered, toldTheClient);
        assertThat(new String(server.received(), StandardCharsets.ISO_8859_1)).contains("pg_catalog.pg_settings");
        server.sends(stage.buffer(all(tag("SELECT 0"), tag("SELECT 0"), IDLE)));
        assertThat(server.server().state()).isEqualTo(ServerState.IDLE);
        client.leaves();
        server.dies();
    }

    @Test
    void givenOneSetThatSucceedsThenNothingIsAsked() {
        assertNotAsked(query("SET work_mem = '5MB'"), all(tag("SET"), IDLE));
        assertNotAsked(query("set session statement_timeout to 5000"), all(tag("SET"), IDLE));
        assertNotAsked(query("SET TIME ZONE 'UTC'"), all(tag("SET"), IDLE));
        assertNotAsked(query("RESET work_mem"), all(tag("RESET"), IDLE));
        assertNotAsked(query("SET work_mem TO DEFAULT"), all(tag("SET"), IDLE));
        assertNotAsked(all(extended("SET work_mem = '5MB'"), SYNC), all(SET_COMPLETE, IDLE));
    }

    @Test
    void givenAnyDoubtThenTheServerIsAsked() {
        byte[] set = query("SET work_mem = '5MB'");
        byte[] done = all(tag("SET"), IDLE);
        assertAsked(set, all(ERROR, IDLE));
        assertAsked(all(set, query("SELECT 1")), all(done, ROW, tag("SELECT 1"), IDLE));
        assertAsked(all(query("SELECT 1"), set), all(ROW, tag("SELECT 1"), IDLE, done));
        assertAsked(
                all(query("BEGIN"), set, query("ROLLBACK")),
                all(tag("BEGIN"), IN_TRANSACTION, tag("SET"), IN_TRANSACTION, tag("ROLLBACK"), IDLE));
        assertAsked(query("SET work_mem = '5MB'; SET lock_timeout = 1"), all(tag("SET"), tag("SET"), IDLE));
        assertAsked(query("SET work_mem = E'5MB'"), done);
        assertAsked(query("SET ROLE a"), done);
        assertAsked(query("RESET my.x"), all(tag("RESET"), IDLE));
        assertAsked(query("RESET ALL"), all(tag("RESET"), IDLE));
        byte[] parse = frame('P', "\0SET work_mem = '5MB'\0\0\0");
        assertAsked(all(parse, SYNC), all(frame('1'), IDLE));
        // The first unnamed statement is kept until the second is there.
        byte[] mark = frame('C', "Spgweir_missing\0");
        byte[] failed = all(frame('1'), frame('2'), ERROR, IDLE);
        assertAsked(
                all(extended("SET work_mem = '5MB'"), extended("SELECT 1"), SYNC),
                all(extended("SET work_mem = '5MB'"), mark, extended("SELECT 1"), SYNC),
                all(SET_COMPLETE, frame('3'), failed),
                all(SET_COMPLETE, failed));
        byte[] bind = frame('B', "\0\0\0\0\0\0\0\0");
        byte[] bound = all(frame('1'), frame('2'));
        assertAsked(
                all(parse, bind, extended("SET TRANSACTION READ ONLY"), SYNC),
                all(parse, bind, mark, extended("SET TRANSACTION READ ONLY"), SYNC),
                all(bound, frame('3'), SET_COMPLETE, IDLE),
                all(bound, SET_COMPLETE, IDLE));
    }

    @Test
    void givenASettingThatIsKnownWhenTheNextServerLacksItThenItGetsIt() {
        EmbeddedServer first = stage.idleServer();
        EmbeddedClient client = stage.client();
        say(client, first, query("SET search_path = \"$user\", B, 'c'"), all(tag("SET"), IDLE));
        first.dies();
        // when
        EmbeddedServer second = stage.idleServer();
        client.sends(stage.buffer(query("SELECT 1")));
        // then
        String path = "pg_catalog.concat_ws(', ',pg_catalog.quote_ident('$user'),pg_catalog.quote_ident('b'),"
                + "pg_catalog.quote_ident('c'))";
        assertThat(second.received())
                .isEqualTo(all(
                        prelude("SELECT pg_catalog.set_config('search_path'," + path + ",false);"), query("SELECT 1")));
        second.sends(stage.buffer(preludeDone("search_path", "")));
        // and another setting joins it
        second.sends(stage.buffer(all(tag("SELECT 1"), IDLE)));
        client.received();
        say(client, second, query("SET lock_timeout = 5"), all(tag("SET"), IDLE));
        assertThat(client.relay().session().settings()).containsOnlyKeys("search_path", "lock_timeout");
        say(client, second, query("RESET search_path"), all(tag("RESET"), IDLE));
        assertThat(client.relay().session().settings()).isEqualTo(Map.of("lock_timeout", "'5'"));
    }
}

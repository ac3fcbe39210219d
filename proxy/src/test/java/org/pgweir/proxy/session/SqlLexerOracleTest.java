package org.pgweir.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgweir.proxy.SharedPostgres;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.Frames;
import org.pgweir.testkit.Message;
import org.pgweir.testkit.WireClient;

/**
 * Random SQL, read by the lexer and run by PostgreSQL: both must see as many statements, the same values of literals and the same
 * names of columns. What PostgreSQL refuses is not compared.
 */
final class SqlLexerOracleTest {
    private static final int TEXTS = 600;
    private static final int SOUPS = 2000;

    @ParameterizedTest
    @CsvSource({
        "UTF8, UTF-8, true",
        "UTF8, UTF-8, false",
        "SJIS, windows-31j, false",
        "BIG5, Big5, false",
        "GBK, GBK, true",
        "UHC, x-windows-949, false",
        "GB18030, GB18030, false",
        "EUC_JP, EUC-JP, false"
    })
    void givenLiteralsAndNamesWhenRunThenPostgresUnderstandsThemAsTheLexerDoes(
            String encoding, String charsetName, boolean conforming) {
        Charset charset = Charset.forName(charsetName);
        int valid = compare(
                TEXTS, encoding, charset, conforming, random -> new RandomSql(random, charset, conforming).text());
        assertThat(valid).as("texts that PostgreSQL takes").isGreaterThan(TEXTS * 9 / 10);
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void givenSoupWhenItIsSqlByChanceThenPostgresUnderstandsItAsTheLexerDoes(boolean conforming) {
        Charset charset = Charset.forName("UTF-8");
        int valid = compare(
                SOUPS, "UTF8", charset, conforming, random -> new RandomSql(random, charset, conforming).soup());
        assertThat(valid).as("texts that PostgreSQL takes").isGreaterThan(SOUPS / 20);
    }

    private interface Source {
        String next(Random random);
    }

    private static int compare(int texts, String encoding, Charset charset, boolean conforming, Source source) {
        long seed = Long.getLong("pgweir.seed", System.nanoTime());
        System.out.println("SqlLexerOracleTest: -Dpgweir.seed=" + seed + " for " + encoding + ", " + conforming);
        Random random = new Random(seed);
        SqlDialect dialect = SqlDialect.of(encoding, conforming);
        EmbeddedPostgres postgres = SharedPostgres.current();
        int valid = 0;
        try (WireClient client = WireClient.connect(postgres.host(), postgres.port())) {
            client.login(
                    postgres.superuser(),
                    postgres.superuserPassword(),
                    postgres.database(),
                    Map.of("client_encoding", encoding));
            client.query("SET escape_string_warning = off; SET client_min_messages = error; "
                    + "SET standard_conforming_strings = " + conforming + "; CREATE TEMP TABLE t (a int)");
            for (int i = 0; i < texts; i++) {
                String sql = source.next(random);
                byte[] text = sql.getBytes(charset);
                byte[] body = Arrays.copyOf(text, text.length + 1);
                List<Message> answer = client.send(Frames.message('Q', body)).readUntil('Z');
                if (answer.stream().noneMatch(message -> message.type() == 'E')) {
                    valid++;
                    SqlText read = SqlText.read(Unpooled.wrappedBuffer(text), 0, text.length, dialect);
                    String context = "seed " + seed + ", text " + i + ":\n" + sql + "\n";
                    assertThat(read.statements()).as(context).isEqualTo(statements(answer));
                    assertThat(LexedSql.columns(text, dialect))
                            .as(context)
                            .usingElementComparator(LexedSql.Column::compare)
                            .isEqualTo(columns(answer, charset));
                }
            }
        }
        System.out.println("SqlLexerOracleTest: PostgreSQL took " + valid + " of " + texts);
        return valid;
    }

    /** Some of its characters end in ASCII by the book; PostgreSQL refuses those, so that the lexer need not know them. */
    @Test
    void givenJohabWhenACharacterEndsInAsciiThenPostgresRefusesIt() {
        EmbeddedPostgres postgres = SharedPostgres.current();
        try (WireClient client = WireClient.connect(postgres.host(), postgres.port())) {
            client.login(
                    postgres.superuser(),
                    postgres.superuserPassword(),
                    postgres.database(),
                    Map.of("client_encoding", "JOHAB"));
            for (int lead = 0x84; lead <= 0xf9; lead++) {
                for (char trail : new char[] {'1', 'A', '\\', 'z'}) {
                    byte[] body = {'S', 'E', 'L', 'E', 'C', 'T', ' ', '\'', (byte) lead, (byte) trail, '\'', 0};
                    assertThat(client.send(Frames.message('Q', body)).readUntil('Z'))
                            .as("%x %c", lead, trail)
                            .anyMatch(message -> message.type() == 'E');
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET search_path TO a, \"B\", 'C d'",
                "SET SESSION DateStyle = German, DMY",
                "SET my.Var = 'x''y' -- z",
                "SET \"Work_Mem\" TO '8MB'",
                "SET geqo_seed = .5",
                "SET TIME ZONE 'Europe/Berlin'",
                "SET TIME ZONE -3.5",
                "SET TIME ZONE +3",
                "SET SCHEMA 'a, b'",
                "SET NAMES 'LATIN1'",
                "SET ROLE pg_monitor",
                "SET ROLE 'pg_monitor'",
                "SET SESSION AUTHORIZATION postgres",
                "SET XML OPTION DOCUMENT"
            })
    void givenASettingWhenItsValueIsSetByItsNameThenItIsTheSame(String sql) {
        EmbeddedPostgres postgres = SharedPostgres.current();
        byte[] text = sql.getBytes(StandardCharsets.UTF_8);
        NameUse use = SqlText.read(Unpooled.wrappedBuffer(text), 0, text.length, SqlDialect.DEFAULT)
                .names()
                .get(0);
        String value = sql.substring(use.valueStart(), use.valueEnd());
        try (WireClient client = WireClient.connect(postgres.host(), postgres.port());
                WireClient other = WireClient.connect(postgres.host(), postgres.port())) {
            client.login(postgres.superuser(), postgres.superuserPassword(), postgres.database());
            other.login(postgres.superuser(), postgres.superuserPassword(), postgres.database());
            client.query(sql);
            other.query("SET " + use.name() + " TO " + value);
            assertThat(other.query("SHOW " + use.name())).isEqualTo(client.query("SHOW " + use.name()));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "set_config('My.Var', 'x', false)",
                "set_config('my.var'::text, 'x', 'off')",
                "pg_catalog . set_config(E'my.v\\141\\x72', concat('', (SELECT 'x')), false)",
                "\"set_config\"(e'my.v\\a\\u0072', 'x', 0::bool)",
                "set_config(U&'my!002evar' UESCAPE '!', (ARRAY['x', 'y'])[1], NOT true)",
                "set_config($a$my.var$a$, array_to_string(ARRAY['x'], ','), 1 > 2)"
            })
    void givenACallThatNamesASettingWhenRunThenItSetsThatOne(String call) {
        EmbeddedPostgres postgres = SharedPostgres.current();
        try (WireClient client = WireClient.connect(postgres.host(), postgres.port())) {
            client.login(postgres.superuser(), postgres.superuserPassword(), postgres.database());
            List<String> names = settingNames("SELECT " + call);
            client.query("SELECT " + call);
            assertThat(names).containsExactly("my.var");
            assertThat(client.query("SHOW my.var")).isEqualTo(client.query("SELECT 'x' AS \"my.var\""));
        }
    }

    private static List<String> settingNames(String sql) {
        byte[] text = sql.getBytes(StandardCharsets.UTF_8);
        return SqlText.read(Unpooled.wrappedBuffer(text), 0, text.length, SqlDialect.DEFAULT)
                .settingNames();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "true",
                "TRUE",
                "'t'",
                "'ON'",
                "E'1'",
                "$$yes$$",
                "'y'",
                "true::bool",
                "'true'::boolean",
                "'1' :: BOOL"
            })
    void givenALocalCallWhenTheTransactionEndsThenNothingIsLeftOfIt(String isLocal) {
        EmbeddedPostgres postgres = SharedPostgres.current();
        String call = "SELECT set_config('my.var', 'x', " + isLocal + ")";
        try (WireClient client = WireClient.connect(postgres.host(), postgres.port())) {
            client.login(postgres.superuser(), postgres.superuserPassword(), postgres.database());
            assertThat(settingNames(call)).isEmpty();
            assertThat(client.query(call)).isEqualTo(client.query("SELECT 'x' AS set_config"));
            assertThat(client.query("SHOW my.var")).isEqualTo(client.query("SELECT '' AS \"my.var\""));
        }
    }

    private static int statements(List<Message> answer) {
        return (int) answer.stream().filter(message -> message.type() == 'C').count();
    }

    private static List<LexedSql.Column> columns(List<Message> answer, Charset charset) {
        List<LexedSql.Column> columns = new ArrayList<>();
        List<String> names = List.of();
        for (Message message : answer) {
            if (message.type() == 'T') {
                names = names(message, charset);
            } else if (message.type() == 'D') {
                ByteBuffer row = ByteBuffer.wrap(message.body());
                int count = row.getShort();
                for (int i = 0; i < count; i++) {
                    byte[] value = new byte[row.getInt()];
                    row.get(value);
                    columns.add(new LexedSql.Column(names.get(i), new String(value, charset)));
                }
            }
        }
        return columns;
    }

    private static List<String> names(Message description, Charset charset) {
        List<String> names = new ArrayList<>();
        int at = 2;
        for (int i = description.int16(0); i > 0; i--) {
            int end = description.endOfCstring(at);
            names.add(new String(description.body(), at, end - 1 - at, charset));
            at = end + 18;
        }
        return names;
    }
}

package org.pgweir.proxy.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgweir.proxy.Pooler;
import org.pgweir.testkit.EmbeddedPostgres;
import org.pgweir.testkit.PostgresVersion;
import org.pgweir.testkit.WireClient;

/** pg_dump and pg_restore through the pooler: what comes out is what went in. */
@EveryTransport
final class DumpTest {
    private static EmbeddedPostgres postgres;

    private final Setup setup;

    DumpTest(Setup setup) {
        this.setup = setup;
    }

    @BeforeAll
    static void start() {
        postgres = EmbeddedPostgres.builder()
                .version(PostgresVersion.OLD)
                .database("test")
                .start();
        postgres.execute(
                "CREATE SCHEMA shop; CREATE TABLE shop.goods (id serial PRIMARY KEY, name text, price numeric)");
        postgres.execute("INSERT INTO shop.goods (name, price) SELECT 'good ' || i || E'\\t\\\\ü', i / 3.0"
                + " FROM generate_series(1, 5000) i");
        postgres.execute("CREATE VIEW shop.dear AS SELECT * FROM shop.goods WHERE price > 100;"
                + " CREATE FUNCTION shop.half(numeric) RETURNS numeric LANGUAGE sql AS 'SELECT $1 / 2';"
                + " SELECT lo_create(4242)");
        postgres.execute("CREATE DATABASE copied");
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    private Pooler pooler(String mode) {
        String place = "host=" + postgres.host() + " port=" + postgres.port() + " dbname=";
        return setup.emptyPooler()
                .set("pool_mode", mode)
                .set("default_pool_size", "5")
                .database("test", place + "test")
                .database("copied", place + "copied")
                .start();
    }

    private static String contents(String database) {
        return postgres.query(
                        database,
                        "SELECT md5(string_agg(g::text, '|' ORDER BY id)), (SELECT count(*) FROM shop.dear), shop.half(3)"
                                + " FROM shop.goods g")
                .toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"session", "transaction"})
    void whatIsDumpedIsRestored(String mode, @TempDir Path folder) {
        String dump = folder.resolve("dump").toString();
        try (Pooler pooler = pooler(mode)) {
            DebianProgram.through(pooler, "pg_dump").run("-Fd", "-j", "2", "-f", dump, "test");
            DebianProgram.through(pooler, "pg_restore")
                    .run("--clean", "--if-exists", "--exit-on-error", "-j", "2", "-d", "copied", dump);
            assertThat(contents("copied")).isEqualTo(contents("test"));
        }
    }

    @Test
    void aDumpLeavesNoSettingsToTheNext() {
        try (Pooler pooler = pooler("transaction")) {
            String dump = DebianProgram.through(pooler, "pg_dump").run("test");
            assertThat(dump).contains("CREATE TABLE shop.goods", "PostgreSQL database dump complete");
            // pg_dump empties search_path; the next client of its server must not notice
            try (WireClient client = pooler.client("postgres", "", "test")) {
                assertThat(client.query("SHOW search_path").get(0).get(0)).isEqualTo("\"$user\", public");
                assertThat(client.query("SHOW statement_timeout").get(0).get(0)).isEqualTo("0");
            }
        }
    }
}

package org.pgweir.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgweir.proxy.SharedPostgres;
import org.pgweir.testkit.EmbeddedPostgres;

final class FunctionCallsTest {
    private static boolean calls(String sql) {
        byte[] text = sql.getBytes(StandardCharsets.UTF_8);
        return SqlText.read(Unpooled.wrappedBuffer(text), 0, text.length, SqlDialect.DEFAULT)
                .has(Effect.CALLS);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT abalance FROM pgbench_accounts WHERE aid = 1",
                "INSERT INTO pgbench_history (tid, bid) VALUES (1, 2), (3, CURRENT_TIMESTAMP)",
                "INSERT INTO a.b (c) VALUES ($1) ON CONFLICT (c) DO UPDATE SET (c, d) = (1, 2) RETURNING (c)",
                "INSERT INTO \"A\".\"b\" (c) SELECT (1)",
                "UPDATE t SET a = coalesce(a, 0) + 1 WHERE a IN (1, 2) AND NOT EXISTS (SELECT 1) OR (b = ANY ($1))",
                "SELECT COUNT(*), sum (a) OVER (PARTITION BY b), max(c) FILTER (WHERE d) FROM t GROUP BY ROLLUP (e)",
                "SELECT pg_catalog.lower('A'), Now(), pg_catalog . upper('b')",
                "WITH x (a) AS (SELECT 1), y AS MATERIALIZED (SELECT 2) SELECT * FROM x JOIN y USING (a)",
                "SELECT x::numeric(10, 2), cast(x AS varchar(3)), y::geometry(point, 4326) FROM unnest(ARRAY[1]) AS u(x)",
                "SELECT 1 -- f(x)",
                "SELECT 'f(x)', $$f(x)$$ /* f(x) */",
                "SELECT \"lower\"('A')",
                "EXECUTE p(1, 2)",
                "COPY t (a, b) FROM STDIN",
                "BEGIN; SET LOCAL work_mem = '5MB'; COMMIT"
            })
    void givenNoFunctionOfAUsersWhenReadThenNothingIsCalled(String sql) {
        assertThat(calls(sql)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT f()",
                "SELECT F (1)",
                "SELECT app.lower('A')",
                "SELECT \"Lower\"('A')",
                "SELECT \"f\"()",
                "SELECT U&\"f\"()",
                "SELECT count(f(a)) FROM t",
                "SELECT * FROM f(1) AS g(a)",
                "INSERT INTO t (a) SELECT f(1)",
                "INSERT INTO t VALUES (1, f(2))",
                "UPDATE t SET a = s.f(a)",
                "SELECT 1; SELECT f(1)",
                "EXPLAIN ANALYZE SELECT f(1)",
                "PREPARE p (int) AS SELECT f($1)",
                "CREATE TABLE t AS SELECT f(1)",
                "SELECT /* into */ f(1)",
                "SELECT 1 -- into\n, f(1)",
                "SELECT -- into\nf(1)",
                "SELECT 'into'f(1)",
                "SELECT set_config('a.b', f(1), true)",
                "SELECT f /* a */ (1)",
                "SELECT f\n(1)",
                "SELECT query_to_xml('SELECT f()', true, true, '')"
            })
    void givenAFunctionOfAUsersWhenReadThenItIsCalled(String sql) {
        assertThat(calls(sql)).isTrue();
    }

    /** The list was made of PostgreSQL 15: what newer ones bring along may be a user's function on older ones. */
    @Test
    void everyKnownFunctionIsPostgres() throws IOException {
        String names;
        try (InputStream in = FunctionCalls.class.getResourceAsStream("functions.txt")) {
            names = new String(in.readAllBytes(), StandardCharsets.US_ASCII).replace("\n", ",");
        }
        for (EmbeddedPostgres postgres : List.of(SharedPostgres.old(), SharedPostgres.current())) {
            assertThat(postgres.query(
                            "SELECT n FROM string_to_array(trim(',' FROM '" + names + "'), ',') AS a, unnest(a) AS n"
                                    + " WHERE NOT EXISTS (SELECT 1 FROM pg_proc WHERE proname = n AND pronamespace ="
                                    + " 'pg_catalog'::regnamespace) OR n IN ('set_config', 'query_to_xml', 'ts_stat')"))
                    .isEmpty();
        }
    }
}

package org.pgweir.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SqlTextTest {
    private static final SqlDialect BACKSLASHES = SqlDialect.of("UTF8", false);

    private static SqlText read(String sql) {
        return read(sql, SqlDialect.DEFAULT);
    }

    private static SqlText read(String sql, SqlDialect dialect) {
        ByteBuf buffer = Unpooled.copiedBuffer(sql, StandardCharsets.UTF_8);
        return SqlText.read(buffer, 0, buffer.readableBytes(), dialect);
    }

    private static Set<Effect> effects(SqlText text) {
        return Arrays.stream(Effect.values())
                .filter(text::has)
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(Effect.class)));
    }

    private static Set<Effect> set(String names) {
        return names.isBlank()
                ? Set.of()
                : Arrays.stream(names.trim().split(" +")).map(Effect::valueOf).collect(Collectors.toSet());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        SET work_mem = 1                                        | SETTINGS
        set Session work_mem to 1                               | SETTINGS
        SET search_path = a, "b", 'c'                           | SETTINGS
        SET search_path = pg_temp, public                       | SETTINGS TEMPORARY
        SET search_path = 'PG_temp'                             | SETTINGS TEMPORARY
        SET LOCAL search_path = 'pg_temp'                       | SETS_LOCAL TEMPORARY
        SET my.var = 'x'                                        | SETTINGS
        SET "My"."Var" = 'x'                                    | SETTINGS
        SET local.x = 1                                         | SETTINGS
        SET session.x = 1                                       | SETTINGS
        SET transaction.x = 1                                   | SETTINGS
        SET work_mem TO DEFAULT                                 | SETTINGS RESETS
        SET work_mem FROM CURRENT                               | SETTINGS OPAQUE_SETTINGS
        SET TIME ZONE 'UTC'                                     | SETTINGS
        SET TIME ZONE -5                                        | SETTINGS
        SET TIME ZONE LOCAL                                     | SETTINGS RESETS
        SET TIME ZONE DEFAULT                                   | SETTINGS RESETS
        SET TIME ZONE INTERVAL '1' HOUR TO MINUTE               | SETTINGS OPAQUE_SETTINGS
        SET NAMES 'LATIN1'                                      | SETTINGS
        SET NAMES                                               | SETTINGS RESETS
        SET SCHEMA 'a'                                          | SETTINGS
        SET ROLE a                                              | SETTINGS
        SET ROLE NONE                                           | SETTINGS
        SET SESSION ROLE a                                      | SETTINGS
        SET SESSION AUTHORIZATION a                             | SETTINGS
        SET SESSION SESSION AUTHORIZATION a                     | SETTINGS
        SET SESSION AUTHORIZATION DEFAULT                       | SETTINGS RESETS
        SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY    | SETTINGS OPAQUE_SETTINGS
        SET XML OPTION DOCUMENT                                 | SETTINGS
        SET LOCAL work_mem = 1                                  | SETS_LOCAL
        SET LOCAL ROLE a                                        | SETS_LOCAL
        SET TRANSACTION ISOLATION LEVEL SERIALIZABLE            |
        SET SESSION TRANSACTION READ ONLY                       |
        SET CONSTRAINTS ALL DEFERRED                            |
        RESET work_mem                                          | SETTINGS RESETS
        RESET ALL                                               | SETTINGS RESETS
        RESET TIME ZONE                                         | SETTINGS RESETS
        RESET SESSION AUTHORIZATION                             | SETTINGS RESETS
        RESET TRANSACTION ISOLATION LEVEL                       | SETTINGS RESETS OPAQUE_SETTINGS
        SELECT set_config('a.b', 'c', false)                    | SETTINGS OPAQUE_SETTINGS
        SELECT pg_catalog.SET_CONFIG ('a.b', 'c', false)        | SETTINGS OPAQUE_SETTINGS
        SELECT set_config('search_path', 'pg_temp', false)      | SETTINGS OPAQUE_SETTINGS TEMPORARY
        SELECT "set_config"('a.b', 'c', false)                  | SETTINGS OPAQUE_SETTINGS
        SELECT U&"set\\005fconfig"('a.b', 'c', false)           | SETTINGS OPAQUE_SETTINGS
        SELECT U&"set!005fconfig" UESCAPE '!' ('a.b', 'c', true)| SETTINGS OPAQUE_SETTINGS
        SELECT U&"set!005fconfig" UESCAPE $$!$$ ('a', 'c', true)| SETTINGS OPAQUE_SETTINGS
        SELECT U&"set!005fconfig" UESCAPE E'!' ('a', 'c', true) | SETTINGS OPAQUE_SETTINGS
        UPDATE pg_settings SET setting = 1 WHERE name = 'a'     | SETTINGS OPAQUE_SETTINGS
        WITH a AS (SELECT 1) UPDATE pg_catalog.pg_settings SET setting = 1 | SETTINGS OPAQUE_SETTINGS
        SELECT * FROM pg_settings                               |
        ALTER ROLE a SET work_mem = 1                           |
        ALTER SYSTEM SET work_mem = 1                           |
        UPDATE t SET a = 1                                      |
        CREATE FUNCTION f() RETURNS int SET work_mem = 1 AS ''  |
        DISCARD ALL      | SETTINGS RESETS TEMPORARY_END ADVISORY_UNLOCK CURSOR_CLOSE SEQUENCE_STEPS PREPARED LISTENS
        DISCARD PLANS                                           |
        DISCARD TEMP                                            | TEMPORARY_END
        DISCARD TEMPORARY                                       | TEMPORARY_END
        DISCARD SEQUENCES                                       | SEQUENCE_STEPS
        CREATE TEMP TABLE a (b int)                             | TEMPORARY
        create temporary table a (b int) on commit preserve rows| TEMPORARY
        CREATE TEMP TABLE a (b int) ON COMMIT DELETE ROWS       | TEMPORARY
        CREATE TEMP TABLE a (b int) ON COMMIT DROP              |
        CREATE TEMP TABLE a ON COMMIT DROP AS SELECT 1          |
        CREATE TEMP VIEW a AS SELECT commit drop FROM b         | TEMPORARY
        CREATE LOCAL TEMP TABLE a (b int)                       | TEMPORARY
        CREATE GLOBAL TEMPORARY TABLE a (b int)                 | TEMPORARY
        CREATE OR REPLACE TEMP VIEW a AS SELECT 1               | TEMPORARY
        CREATE TEMP SEQUENCE a                                  | TEMPORARY
        CREATE TABLE pg_temp.a (b int)                          | TEMPORARY
        CREATE FUNCTION "pg_temp".a() RETURNS int AS ''         | TEMPORARY
        SELECT * FROM pg_temp_12.a                              | TEMPORARY
        SELECT 1 INTO TEMP a                                    | TEMPORARY
        SELECT 1 INTO TEMPORARY TABLE a                         | TEMPORARY
        SELECT 1 INTO LOCAL TEMP a                              | TEMPORARY
        SELECT 1 INTO a                                         |
        INSERT INTO temp VALUES (1)                             |
        MERGE INTO temp USING a ON b WHEN MATCHED THEN DELETE   |
        SELECT temp FROM weather                                |
        EXPLAIN ANALYZE CREATE TEMP TABLE a AS SELECT 1         | TEMPORARY
        CREATE TABLE temp (a int)                               |
        DROP TABLE a                                            | TEMPORARY_END
        SELECT pg_advisory_lock(1)                              | ADVISORY_LOCK
        SELECT pg_advisory_lock_shared(1)                       | ADVISORY_LOCK
        SELECT PG_TRY_ADVISORY_LOCK(1)                          | ADVISORY_LOCK
        SELECT pg_catalog . pg_try_advisory_lock_shared(1)      | ADVISORY_LOCK
        SELECT "pg_advisory_lock"(1)                            | ADVISORY_LOCK
        SELECT "PG_ADVISORY_LOCK"(1)                            |
        SELECT pg_advisory_unlock(1)                            | ADVISORY_UNLOCK
        SELECT pg_advisory_unlock_shared(1)                     | ADVISORY_UNLOCK
        SELECT pg_advisory_unlock_all()                         | ADVISORY_UNLOCK
        SELECT pg_advisory_xact_lock(1)                         |
        SELECT pg_try_advisory_xact_lock_shared(1)              |
        SELECT 'pg_advisory_lock(1)'                            |
        SELECT 1 -- pg_advisory_lock(1)                         |
        SELECT 1 /* pg_advisory_lock(1) */                      |
        SELECT a@>b--pg_advisory_lock(1)                        |
        SELECT a@>b/*pg_advisory_lock(1)*/                      |
        SELECT a$pg_advisory_lock                               |
        SELECT $1pg_advisory_lock(1)                            | ADVISORY_LOCK
        DECLARE a CURSOR WITH HOLD FOR SELECT 1                 | HOLD_CURSOR
        DECLARE a SCROLL CURSOR WITH HOLD FOR SELECT 1          | HOLD_CURSOR
        DECLARE a CURSOR WITHOUT HOLD FOR SELECT 1              |
        DECLARE a CURSOR FOR SELECT 1                           |
        CLOSE a                                                 | CURSOR_CLOSE
        CLOSE ALL                                               | CURSOR_CLOSE
        LOAD 'auto_explain'                                     | LOAD
        DO $$BEGIN PERFORM set_config('a','b',false); END$$     | CODE
        DO LANGUAGE plpgsql 'x'                                 | CODE
        CALL a()                                                | CODE
        SELECT nextval('a')                                     | SEQUENCE_STEPS
        SELECT setval('a', 1)                                   | SEQUENCE_STEPS
        SELECT currval('a')                                     | SEQUENCE_READS
        SELECT lastval()                                        | SEQUENCE_READS
        PREPARE a AS SELECT 1                                   | PREPARED
        PREPARE transaction AS SELECT 1                         | PREPARED
        PREPARE TRANSACTION 'a'                                 | TRANSACTION_CONTROL
        PREPARE a AS SELECT pg_advisory_lock(1)                 | PREPARED ADVISORY_LOCK
        EXECUTE a                                               | PREPARED
        DEALLOCATE a                                            | PREPARED
        DEALLOCATE PREPARE a                                    | PREPARED
        DEALLOCATE ALL                                          | PREPARED
        EXPLAIN EXECUTE a                                       | PREPARED
        EXPLAIN ANALYZE VERBOSE EXECUTE a(1)                    | PREPARED
        EXPLAIN (ANALYZE, COSTS (off)) EXECUTE a(1)             | PREPARED
        CREATE TABLE b AS EXECUTE a                             | PREPARED
        CREATE TABLE b (c) WITH (fillfactor = 10) AS EXECUTE a(1) WITH NO DATA | PREPARED
        EXPLAIN CREATE TEMP TABLE b AS EXECUTE a                | PREPARED TEMPORARY
        EXPLAIN SELECT a AS execute FROM t                      |
        CREATE TABLE a AS SELECT b AS execute FROM t            |
        CREATE DOMAIN a AS execute NOT NULL                     |
        CREATE TRIGGER a AFTER INSERT ON b EXECUTE FUNCTION c() |
        GRANT EXECUTE ON FUNCTION a TO b                        |
        LISTEN a                                                | LISTENS
        UNLISTEN a                                              | LISTENS
        UNLISTEN *                                              | LISTENS
        NOTIFY a                                                | NOTIFIES
        NOTIFY a, 'b'                                           | NOTIFIES
        SELECT pg_notify('a', 'b')                              | NOTIFIES
        BEGIN                                                   | TRANSACTION_CONTROL
        START TRANSACTION READ ONLY                             | TRANSACTION_CONTROL
        COMMIT AND CHAIN                                        | TRANSACTION_CONTROL
        END                                                     | TRANSACTION_CONTROL
        ROLLBACK                                                | TRANSACTION_CONTROL
        ROLLBACK WORK                                           | TRANSACTION_CONTROL
        ABORT                                                   | TRANSACTION_CONTROL
        SAVEPOINT a                                             | SAVEPOINTS
        RELEASE SAVEPOINT a                                     | SAVEPOINTS
        ROLLBACK TO a                                           | SAVEPOINTS
        ROLLBACK TRANSACTION TO SAVEPOINT a                     | SAVEPOINTS
        "set" work_mem = 1                                      |
        SELECT 1                                                |
        SELECT abalance FROM pgbench_accounts WHERE aid = 12345;|
        (SELECT 1)                                              |
        WITH a AS (SELECT pg_advisory_lock(1)) TABLE a          | ADVISORY_LOCK
        COPY (SELECT pg_advisory_lock(1)) TO STDOUT             | ADVISORY_LOCK
        VALUES (1)                                              |
        SHOW work_mem                                           |
        """)
    void givenOneStatementWhenReadThenItHasTheseEffects(String sql, String expected) {
        SqlText text = read(sql);
        assertThat(effects(text)).isEqualTo(set(expected == null ? "" : expected));
        assertThat(text.statements()).isEqualTo(1);
        assertThat(text.isPlain()).isEqualTo(expected == null);
    }
}

package org.pgweir.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SqlTextTest {
    private static final SqlDialect BACKSLASHES = SqlDialect.of("UTF8", false);

    private static SqlText read(String sql) {
        return read(sql, SqlDialect.DEFAULT);
    }

    private static SqlText read(String sql, SqlDialect dialect) {
        ByteBuf buffer = Unpooled.copiedBuffer(sql, StandardCharsets.UTF_8);
        return SqlText.read(buffer, 0, buffer.readableBytes(), dialect);
    }

    /** All but {@link Effect#MEANING}, which comes with many, and {@link Effect#CALLS}, see {@link FunctionCallsTest}. */
    private static Set<Effect> effects(SqlText text) {
        return Arrays.stream(Effect.values())
                .filter(effect -> effect != Effect.MEANING && effect != Effect.CALLS && text.has(effect))
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(Effect.class)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET search_path = a",
                "SET SESSION Search_Path TO DEFAULT",
                "SET LOCAL search_path = a",
                "SET LOCAL \"search_path\" TO a",
                "SET SCHEMA 'a'",
                "SET LOCAL SCHEMA 'a'",
                "SET TIME ZONE 'UTC'",
                "SET LOCAL TIME ZONE 'UTC'",
                "SET TIMEZONE = 1",
                "SET ROLE a",
                "SET LOCAL ROLE a",
                "SET SESSION AUTHORIZATION a",
                "SET LOCAL SESSION AUTHORIZATION a",
                "SET LOCAL search_path FROM CURRENT",
                "RESET search_path",
                "RESET ALL",
                "DISCARD ALL",
                "SELECT set_config('search_path', 'a', true)",
                "SELECT set_config('SEARCH_PATH', 'a', false)",
                "SELECT set_config(name, 'a', true) FROM t",
                "UPDATE pg_settings SET setting = 'a'",
                "DO 'x'",
                "CALL p()",
                "SELECT 1; SET LOCAL DateStyle = ISO; SELECT 2"
            })
    void givenASettingByWhichStatementsAreUnderstoodWhenSetThenThatIsSeen(String sql) {
        assertThat(read(sql).has(Effect.MEANING)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT 'SET search_path = a'",
                "SET work_mem = 1",
                "SET LOCAL work_mem = 1",
                "SET LOCAL app.tenant = 'a'",
                "RESET app.tenant",
                "SELECT set_config('app.tenant', $1, true)",
                "SELECT set_config('app.tenant', $1, false)",
                "SET TRANSACTION READ ONLY",
                "BEGIN",
                "UPDATE t SET search_path = 1"
            })
    void givenNothingByWhichStatementsAreUnderstoodWhenReadThenNothingIsSeen(String sql) {
        assertThat(read(sql).has(Effect.MEANING)).isFalse();
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
        SET work_mem FROM CURRENT                               | SETTINGS
        SET TIME ZONE 'UTC'                                     | SETTINGS
        SET TIME ZONE -5                                        | SETTINGS
        SET TIME ZONE LOCAL                                     | SETTINGS RESETS
        SET TIME ZONE DEFAULT                                   | SETTINGS RESETS
        SET TIME ZONE INTERVAL '1' HOUR TO MINUTE               | SETTINGS
        SET NAMES 'LATIN1'                                      | SETTINGS
        SET NAMES                                               | SETTINGS RESETS
        SET SCHEMA 'a'                                          | SETTINGS
        SET ROLE a                                              | SETTINGS
        SET ROLE NONE                                           | SETTINGS
        SET SESSION ROLE a                                      | SETTINGS
        SET SESSION AUTHORIZATION a                             | SETTINGS
        SET SESSION SESSION AUTHORIZATION a                     | SETTINGS
        SET SESSION AUTHORIZATION DEFAULT                       | SETTINGS RESETS
        SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY    | SETTINGS
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
        RESET TRANSACTION ISOLATION LEVEL                       | SETTINGS RESETS
        SELECT set_config('a.b', 'c', false)                    | SETTINGS
        SELECT pg_catalog.SET_CONFIG ('a.b', 'c', false)        | SETTINGS
        SELECT set_config('search_path', 'pg_temp', false)      | SETTINGS TEMPORARY
        SELECT set_config('search_path', 'pg_temp', true)       | SETS_LOCAL TEMPORARY
        SELECT set_config($1, 'pg_temp', false)                 | SETTINGS OPAQUE_SETTINGS TEMPORARY
        SELECT "set_config"('a.b', 'c', false)                  | SETTINGS
        SELECT U&"set\\005fconfig"('a.b', 'c', false)           | SETTINGS
        SELECT U&"set!005fconfig" UESCAPE '!' ('a.b', 'c', true)| SETS_LOCAL
        SELECT U&"set!005fconfig" UESCAPE $$!$$ ('a', 'c', true)| SETS_LOCAL
        SELECT U&"set!005fconfig" UESCAPE E'!' ('a', 'c', true) | SETS_LOCAL
        SELECT set_config('a.b', 'c', TRUE)                     | SETS_LOCAL
        SELECT set_config('a.b', 'c', 't')                      | SETS_LOCAL
        SELECT set_config('a.b', 'c', E'ON')                    | SETS_LOCAL
        SELECT set_config('a.b', 'c', $$1$$)                    | SETS_LOCAL
        SELECT set_config('a.b', 'c', U&'tru!0065' UESCAPE '!') | SETS_LOCAL
        SELECT set_config('a.b', 'c', true::bool)               | SETS_LOCAL
        SELECT set_config('a.b', 'c', 'true' :: BOOLEAN)        | SETS_LOCAL
        SELECT set_config($1, $2, true)                         | SETS_LOCAL
        SELECT set_config(a.b, c <> ',' AND d[1:2] = e, true) FROM a | SETS_LOCAL
        SELECT set_config('a', f(1, (2), ')'), /*,*/ true -- ,  | SETTINGS OPAQUE_SETTINGS
        SELECT set_config('a', ARRAY[1, f(2, 3)]::text, true)   | SETS_LOCAL
        SELECT set_config('a', set_config('b', 'c', true), true)| SETS_LOCAL
        SELECT set_config('a', set_config('b', 'c', false), true)| SETTINGS SETS_LOCAL
        SELECT set_config(set_config('b', 'c', true), 'd', $1)  | SETTINGS OPAQUE_SETTINGS SETS_LOCAL
        SELECT set_config(set_config, set_config, true) FROM a  | SETTINGS OPAQUE_SETTINGS SETS_LOCAL
        SELECT set_config('a', pg_advisory_lock(1)::text, true) | SETS_LOCAL ADVISORY_LOCK
        SELECT set_config('a', 'b', true), set_config('c', 'd', true)| SETS_LOCAL
        SELECT set_config('a', 'b', true), set_config($1, $2, $3)| SETTINGS OPAQUE_SETTINGS SETS_LOCAL
        WITH a AS (SELECT set_config('a', 'b', true)) TABLE a   | SETS_LOCAL
        INSERT INTO a VALUES (1, set_config('a', 'b', true), 2) | SETS_LOCAL
        PREPARE a AS SELECT set_config('a', 'b', true)          | PREPARED SETS_LOCAL
        PREPARE a AS SELECT set_config($1, $2, false)           | PREPARED SETTINGS OPAQUE_SETTINGS
        CREATE TABLE a AS SELECT set_config('a', 'b', true)     | SETS_LOCAL DEFINES
        SELECT set_config('a', 'b', NOT true)                   | SETTINGS
        SELECT set_config('a', 'b', true AND $1)                | SETTINGS
        SELECT set_config('a', 'b', true::text::bool)           | SETTINGS
        SELECT set_config('a', 'b', (true))                     | SETTINGS
        SELECT set_config('a', 'b', "true") FROM a              | SETTINGS
        SELECT set_config('a', 'b', 'tru')                      | SETTINGS
        SELECT set_config('a', 'b', 1)                          | SETTINGS
        SELECT set_config('a', 'b', a.true) FROM a              | SETTINGS
        SELECT set_config('a', 'b', is_local => true)           | SETTINGS
        SELECT set_config('a', NULL, $1)                        | SETTINGS
        SELECT set_config($1, $2, false)                        | SETTINGS OPAQUE_SETTINGS
        SELECT set_config(name, setting, false) FROM pg_settings| SETTINGS OPAQUE_SETTINGS
        SELECT set_config('a' COLLATE "C", 'c', false)          | SETTINGS OPAQUE_SETTINGS
        SELECT set_config(('a'), 'b', false)                    | SETTINGS OPAQUE_SETTINGS
        SELECT set_config('a'::regclass, 'b', false)            | SETTINGS OPAQUE_SETTINGS
        SELECT set_config('a'::text::name, 'b', false)          | SETTINGS OPAQUE_SETTINGS
        SELECT set_config(N'a', 'b', false)                     | SETTINGS OPAQUE_SETTINGS
        SELECT set_config(setting_name => 'a', new_value => 'b', is_local => true)| SETTINGS OPAQUE_SETTINGS
        SELECT set_config('a', 'b')                             | SETTINGS OPAQUE_SETTINGS
        SELECT set_config('a', 'b', true, true)                 | SETTINGS OPAQUE_SETTINGS
        SELECT set_config()                                     | SETTINGS OPAQUE_SETTINGS
        SELECT set_config('a', ARRAY[1, 2, true)                | SETTINGS OPAQUE_SETTINGS
        SELECT set_config('a', 'b', true                        | SETTINGS OPAQUE_SETTINGS
        SELECT set_config FROM a                                | SETTINGS OPAQUE_SETTINGS
        SELECT set_config, ('a', 'b', true) FROM a              | SETTINGS OPAQUE_SETTINGS
        SELECT set_config                                       | SETTINGS OPAQUE_SETTINGS
        SELECT app.set_config('a', 'b', true)                   | SETTINGS OPAQUE_SETTINGS
        SELECT pg_catalog/**/. "set_config"('a', 'b', true)     | SETS_LOCAL
        SELECT a, b.c, 'd', "pg_catalog" . set_config('a', 'b', true)| SETS_LOCAL
        SELECT U&"pg!005fcatalog" UESCAPE '!'.set_config('a', 'b', true)| SETS_LOCAL
        SELECT a.pg_catalog.set_config('a', 'b', true)          | SETS_LOCAL
        SELECT pg_catalog.a.set_config('a', 'b', true)          | SETTINGS OPAQUE_SETTINGS
        SELECT "PG_CATALOG".set_config('a', 'b', true)          | SETTINGS OPAQUE_SETTINGS
        SELECT (a).set_config FROM a                            | SETTINGS OPAQUE_SETTINGS
        UPDATE pg_settings SET setting = 1 WHERE name = 'a'     | SETTINGS OPAQUE_SETTINGS
        WITH a AS (SELECT 1) UPDATE pg_catalog.pg_settings SET setting = 1 | SETTINGS OPAQUE_SETTINGS
        SELECT * FROM pg_settings                               |
        ALTER ROLE a SET work_mem = 1                           | DEFINES
        ALTER SYSTEM SET work_mem = 1                           | DEFINES
        UPDATE t SET a = 1                                      |
        CREATE FUNCTION f() RETURNS int SET work_mem = 1 AS ''  | DEFINES
        DISCARD ALL      | SETTINGS RESETS TEMPORARY_END ADVISORY_UNLOCK CURSOR_CLOSE SEQUENCE_STEPS PREPARED LISTENS
        DISCARD PLANS                                           |
        DISCARD TEMP                                            | TEMPORARY_END
        DISCARD TEMPORARY                                       | TEMPORARY_END
        DISCARD SEQUENCES                                       | SEQUENCE_STEPS
        CREATE TEMP TABLE a (b int)                             | TEMPORARY DEFINES
        create temporary table a (b int) on commit preserve rows| TEMPORARY DEFINES
        CREATE TEMP TABLE a (b int) ON COMMIT DELETE ROWS       | TEMPORARY DEFINES
        CREATE TEMP TABLE a (b int) ON COMMIT DROP              | SHADOWS DEFINES
        CREATE TEMP TABLE a ON COMMIT DROP AS SELECT 1          | SHADOWS DEFINES
        CREATE TEMP VIEW a AS SELECT commit drop FROM b         | TEMPORARY DEFINES
        CREATE LOCAL TEMP TABLE a (b int)                       | TEMPORARY DEFINES
        CREATE GLOBAL TEMPORARY TABLE a (b int)                 | TEMPORARY DEFINES
        CREATE OR REPLACE TEMP VIEW a AS SELECT 1               | TEMPORARY DEFINES
        CREATE TEMP SEQUENCE a                                  | TEMPORARY DEFINES
        CREATE TABLE pg_temp.a (b int)                          | TEMPORARY DEFINES
        CREATE FUNCTION "pg_temp".a() RETURNS int AS ''         | TEMPORARY DEFINES
        SELECT * FROM pg_temp_12.a                              | TEMPORARY
        SELECT 1 INTO TEMP a                                    | TEMPORARY
        SELECT 1 INTO TEMPORARY TABLE a                         | TEMPORARY
        SELECT 1 INTO LOCAL TEMP a                              | TEMPORARY
        SELECT 1 INTO a                                         |
        INSERT INTO temp VALUES (1)                             |
        MERGE INTO temp USING a ON b WHEN MATCHED THEN DELETE   |
        SELECT temp FROM weather                                |
        EXPLAIN ANALYZE CREATE TEMP TABLE a AS SELECT 1         | TEMPORARY
        CREATE TABLE temp (a int)                               | DEFINES
        DROP TABLE a                                            | TEMPORARY_END DEFINES
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
        CREATE TABLE b AS EXECUTE a                             | PREPARED DEFINES
        CREATE TABLE b (c) WITH (fillfactor = 10) AS EXECUTE a(1) WITH NO DATA | PREPARED DEFINES
        EXPLAIN CREATE TEMP TABLE b AS EXECUTE a                | PREPARED TEMPORARY
        EXPLAIN SELECT a AS execute FROM t                      |
        CREATE TABLE a AS SELECT b AS execute FROM t            | DEFINES
        CREATE DOMAIN a AS execute NOT NULL                     | DEFINES
        CREATE TRIGGER a AFTER INSERT ON b EXECUTE FUNCTION c() | DEFINES
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
        assertThat(text.isPlain()).isEqualTo(expected == null && !text.has(Effect.CALLS));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        PREPARE Foo AS SELECT 1              | PREPARE        | foo               | Foo
        PREPARE "Foo" (int) AS SELECT $1     | PREPARE        | Foo               | "Foo"
        PREPARE "a""b" AS SELECT 1           | PREPARE        | a"b               | "a""b"
        PREPARE U&"\\0041b\\+01F600\\\\" AS SELECT 1 | PREPARE | Ab😀\\ | U&"\\0041b\\+01F600\\\\"
        PREPARE U&"!0041""\" UESCAPE '!' AS SELECT 1 | PREPARE | A"                | U&"!0041""\" UESCAPE '!'
        PREPARE ÄÖx AS SELECT 1              | PREPARE        | ÄÖx               | ÄÖx
        PREPARE transaction AS SELECT 1      | PREPARE        | transaction       | transaction
        PREPARE/**/a/**/AS SELECT 1          | PREPARE        | a                 | a
        EXECUTE Foo(1)                       | EXECUTE        | foo               | Foo
        EXPLAIN (ANALYZE) EXECUTE "Foo"      | EXECUTE        | Foo               | "Foo"
        CREATE TEMP TABLE b AS EXECUTE Foo(1)| EXECUTE        | foo               | Foo
        DEALLOCATE Foo                       | DEALLOCATE     | foo               | Foo
        DEALLOCATE PREPARE Foo               | DEALLOCATE     | foo               | Foo
        DEALLOCATE prepare                   | DEALLOCATE     | prepare           | prepare
        DEALLOCATE "all"                     | DEALLOCATE     | all               | "all"
        DEALLOCATE ALL                       | DEALLOCATE_ALL |                   |
        DEALLOCATE PREPARE ALL               | DEALLOCATE_ALL |                   |
        DISCARD ALL                          | DISCARD_ALL    |                   |
        LISTEN Foo                           | LISTEN         | foo               | Foo
        UNLISTEN "Foo"                       | UNLISTEN       | Foo               | "Foo"
        UNLISTEN *                           | UNLISTEN_ALL   |                   |
        RESET ALL                            | RESET_ALL      |                   |
        RESET Work_Mem                       | RESET          | work_mem          | Work_Mem
        RESET "My" . Var                     | RESET          | my.var            | "My" . Var
        RESET TIME ZONE                      | RESET          | timezone          | TIME ZONE
        RESET SESSION AUTHORIZATION          | RESET          | session_authorization | SESSION AUTHORIZATION
        RESET session                        | RESET          | session           | session
        SET Work_Mem TO DEFAULT              | RESET          | work_mem          | Work_Mem
        SET TIME ZONE LOCAL                  | RESET          | timezone          | TIME ZONE
        SET NAMES                            | RESET          | client_encoding   | NAMES
        SET SESSION AUTHORIZATION DEFAULT    | RESET          | session_authorization | SESSION AUTHORIZATION
        """)
    void givenAStatementWithANameWhenReadThenTheNameIsFound(
            String sql, NameUse.Kind kind, String name, String written) {
        // given
        String text = " ;  " + sql + " /* c */ ; SELECT 1";

        // when
        SqlText read = read(text);

        // then
        assertThat(read.statements()).isEqualTo(2);
        assertThat(read.names()).hasSize(1);
        NameUse use = read.names().get(0);
        assertThat(use.kind()).isEqualTo(kind);
        assertThat(use.name()).isEqualTo(name);
        assertThat(cut(text, use.nameStart(), use.nameEnd())).isEqualTo(written);
        assertThat(cut(text, use.statementStart(), use.statementEnd())).isEqualTo(sql);
        assertThat(use.valueStart()).isEqualTo(-1);
        assertThat(use.valueEnd()).isEqualTo(-1);
    }

    private static String cut(String text, int start, int end) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return start < 0 && end < 0 ? null : new String(bytes, start, end - start, StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        SET Search_Path TO "A", b               | search_path           | Search_Path           | "A", b
        SET SESSION work_mem='1MB'              | work_mem              | work_mem              | '1MB'
        SET session TO 1                        | session               | session               | 1
        SET SESSION SESSION = 1                 | session               | SESSION               | 1
        SET a.B.c=-1.5e3                        | a.b.c                 | a.B.c                 | -1.5e3
        SET a TO 'x' /* y */ , 'z'              | a                     | a                     | 'x' /* y */ , 'z'
        SET local.a = 1                         | local.a               | local.a               | 1
        SET role = a                            | role                  | role                  | a
        SET ROLE 'A'                            | role                  | ROLE                  | 'A'
        SET SESSION ROLE NONE                   | role                  | ROLE                  | NONE
        SET SESSION AUTHORIZATION a             | session_authorization | SESSION AUTHORIZATION | a
        SET TIME ZONE 'UTC'                     | timezone              | TIME ZONE             | 'UTC'
        SET TIME ZONE -5                        | timezone              | TIME ZONE             | -5
        SET NAMES 'latin1'                      | client_encoding       | NAMES                 | 'latin1'
        SET SCHEMA 'a'                          | search_path           | SCHEMA                | 'a'
        SET XML OPTION DOCUMENT                 | xmloption             | XML OPTION            | DOCUMENT
        """)
    void givenASettingWhenReadThenItsNameAndValueAreFound(String sql, String name, String written, String value) {
        // given
        String text = "SELECT 'ü';" + sql + " -- c\n; ";

        // when
        SqlText read = read(text);

        // then
        assertThat(read.statements()).isEqualTo(2);
        assertThat(read.names()).hasSize(1);
        NameUse use = read.names().get(0);
        assertThat(use.kind()).isEqualTo(NameUse.Kind.SET);
        assertThat(use.name()).isEqualTo(name);
        assertThat(cut(text, use.nameStart(), use.nameEnd())).isEqualTo(written);
        assertThat(cut(text, use.valueStart(), use.valueEnd())).isEqualTo(value);
        assertThat(use.statementEnd()).isEqualTo(use.valueEnd());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET LOCAL work_mem = 1",
                "SET TRANSACTION READ ONLY",
                "SET TIME ZONE INTERVAL '1' HOUR",
                "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
                "SET work_mem FROM CURRENT",
                "SET work_mem =",
                "PREPARE TRANSACTION 'a'",
                "LISTEN 'a'",
                "SELECT set_config('a', 'b', false)",
                "DISCARD PLANS"
            })
    void givenAStatementThatNamesNothingToFollowWhenReadThenThereIsNoName(String sql) {
        assertThat(read(sql).names()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        SET Work_Mem = 1                                                | work_mem
        SET "My".Var TO 'x'                                             | my.var
        SET TIME ZONE 'UTC'                                             | timezone
        SET TIME ZONE INTERVAL '1' HOUR                                 | timezone
        SET NAMES 'latin1'                                              | client_encoding
        SET SESSION AUTHORIZATION a                                     | session_authorization
        SET ROLE NONE                                                   | role
        SET a TO DEFAULT                                                | a
        SET a FROM CURRENT                                              | a
        SET "A".b FROM CURRENT                                          | a.b
        RESET Work_Mem                                                  | work_mem
        RESET TIME ZONE                                                 | timezone
        RESET SESSION AUTHORIZATION                                     | session_authorization
        RESET ALL                                                       |
        DISCARD ALL                                                     |
        SET LOCAL a = 1                                                 |
        SET TRANSACTION READ ONLY                                       |
        SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY            | default_transaction_isolation default_transaction_read_only default_transaction_deferrable
        SELECT 1                                                        |
        SELECT set_config('My.Var', 'c', false)                         | my.var
        SELECT set_config('a' /* b */ , 'c', $1)                        | a
        SELECT set_config('a'::text, 'c', false)                        | a
        SELECT set_config('a' :: TEXT, 'c', false)                      | a
        SELECT set_config(E'a\\x2Eb\\143\\u0064', 'c', false)           | a.bcd
        SELECT set_config(e'a''\\'\\\\\\d', 'c', false)                 | a''\\d
        SELECT set_config(U&'a\\002Eb', 'c', false)                     | a.b
        SELECT set_config(U&'a!+00002Eb' UESCAPE '!', 'c', false)       | a.b
        SELECT set_config($$a.B$$, 'c', false)                          | a.b
        SELECT set_config($x$a.B$x$::text, $$,$$, false)                | a.b
        SELECT set_config('a.ü', 'c', false)                            | a.ü
        SELECT set_config(E'a.\\v', 'c', false)                         |
        SELECT set_config(E'a.\\xfc', 'c', false)                       |
        SELECT set_config(E'a.\\x', 'c', false)                         |
        SELECT set_config($1, 'c', false)                               |
        SELECT set_config('a', 'c', true)                               |
        SELECT app.set_config('a', 'c', false)                          |
        SELECT set_config('a', set_config('b', 'c', false), false)      | b a
        SELECT set_config('a', set_config('b', 'c', false), true)       | b
        SELECT set_config('a', 'b', false), set_config('A', 'b', false) | a
        SELECT set_config(a, set_config('b', f(1, ','), $1), false)     | b
        PREPARE a AS SELECT set_config('b', $1, false)                  | b
        SET c = 1; SELECT set_config('b', 'c', false); RESET a; RESET c | c b a
        """)
    void givenSettingsWhenReadThenTheirNamesAreListed(String sql, String expected) {
        assertThat(read(sql).settingNames()).isEqualTo(expected == null ? List.of() : List.of(expected.split(" ")));
    }

    @Test
    void givenASettingNameInPartsWhenReadThenItIsNotKnown() {
        for (String name : List.of("'a'\n'b'", "U&'a'\n'b' UESCAPE '!'", "E'a' -- it's\n 'b'")) {
            SqlText text = read("SELECT set_config(" + name + ", 'c', false)");
            assertThat(effects(text)).containsExactly(Effect.SETTINGS, Effect.OPAQUE_SETTINGS);
            assertThat(text.settingNames()).isEmpty();
        }
    }

    @Test
    void givenBackslashesInPlainStringsWhenReadThenTheyCountInNamesOfSettings() {
        String sql = "SELECT set_config('a\\x2Eb', '\\',', false)";
        assertThat(read(sql, BACKSLASHES).settingNames()).containsExactly("a.b");
        assertThat(read("SELECT set_config('a', 'b', true)", BACKSLASHES).has(Effect.SETS_LOCAL))
                .isTrue();
    }

    @Test
    void givenACallThatIsNotClosedWhenAnotherTextIsReadThenNothingIsLeftOfIt() {
        read("SELECT set_config('a', set_config('b', (");
        assertThat(read("SELECT 'pg_temp', true)")).isSameAs(SqlText.PLAIN);
        assertThat(read("SELECT 1").settingNames())
                .isSameAs(read("BEGIN; COMMIT").settingNames());
    }

    @Test
    void givenLongNamesWhenReadThenTheyAreCutAtWholeCharacters() {
        assertThat(nameIn("LISTEN " + "a".repeat(70))).isEqualTo("a".repeat(63));
        assertThat(nameIn("LISTEN " + "a".repeat(62) + "ü")).isEqualTo("a".repeat(62));
        assertThat(nameIn("LISTEN \"" + "ü".repeat(32) + "\"")).isEqualTo("ü".repeat(31));
    }

    private static String nameIn(String sql) {
        return read(sql).names().get(0).name();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        ``                                                                  | 0
        ` -- a`                                                             | 0
        ` ; ;/* ; */;`                                                      | 0
        SELECT 1; ; SELECT 2 ;                                              | 2
        SELECT ';', ";", $$;$$, $a$;$a$, E'\\';', U&';' /* ; */ -- ;        | 1
        CREATE RULE a AS ON INSERT TO b DO (SELECT 1; SELECT 2); SELECT 3   | 2
        CREATE FUNCTION a() RETURNS int BEGIN ATOMIC SELECT 1; END; SELECT 2| 2
        CREATE FUNCTION a() RETURNS int BEGIN ATOMIC END; SELECT 2          | 2
        CREATE FUNCTION a() RETURNS int BEGIN ATOMIC ;; END; SELECT 2       | 2
        create or replace procedure a(b int) begin atomic select case b when 1 then 2 end; select 3; end; select 4 | 2
        CREATE PROCEDURE a() BEGIN ATOMIC SELECT 1 AS end; SELECT b.end FROM b; SELECT 1 end; END; SELECT 2 | 2
        CREATE VIEW a AS SELECT begin atomic FROM b; SELECT 2               | 2
        CREATE FUNCTION a() RETURNS int RETURN CASE WHEN true THEN 1 END; SELECT 2 | 2
        BEGIN; SELECT 1; END                                                | 3
        """)
    void givenSeveralStatementsWhenReadThenTheyAreCounted(String sql, int expected) {
        assertThat(read(sql).statements()).isEqualTo(expected);
    }

    @Test
    void givenSeveralStatementsWhenReadThenNamesComeInOrderAndEffectsTogether() {
        SqlText text = read("BEGIN; SET a.b = 1; PREPARE c AS SELECT 1; EXECUTE c; COMMIT; LISTEN d");
        assertThat(effects(text))
                .isEqualTo(EnumSet.of(Effect.TRANSACTION_CONTROL, Effect.SETTINGS, Effect.PREPARED, Effect.LISTENS));
        assertThat(text.names())
                .extracting(NameUse::kind)
                .containsExactly(NameUse.Kind.SET, NameUse.Kind.PREPARE, NameUse.Kind.EXECUTE, NameUse.Kind.LISTEN);
        assertThat(text.names()).extracting(NameUse::name).containsExactly("a.b", "c", "c", "d");
    }

    @Test
    void givenAFunctionBodyWhenReadThenNothingBehindItIsHidden() {
        assertThat(effects(read("CREATE FUNCTION a() RETURNS int BEGIN ATOMIC SELECT 1; END; SET b.c = 1")))
                .containsExactly(Effect.SETTINGS, Effect.DEFINES);
        assertThat(effects(read("CREATE FUNCTION a() RETURNS int BEGIN ATOMIC SET b.c = 1; END")))
                .containsExactly(Effect.DEFINES);
    }

    @Test
    void givenBackslashesInPlainStringsWhenReadThenTheDialectDecidesWhereTheyEnd() {
        String sql = "SELECT 'a\\'; SET b.c = 1; --'";
        assertThat(read(sql).has(Effect.SETTINGS)).isTrue();
        assertThat(read(sql, BACKSLASHES).isPlain()).isTrue();
    }

    @Test
    void givenAPlainTextWhenReadThenTheConstantIsReturned() {
        assertThat(read("SELECT abalance FROM pgbench_accounts WHERE aid = 12345;"))
                .isSameAs(SqlText.PLAIN);
        assertThat(read(" -- nothing")).isSameAs(SqlText.EMPTY);
        assertThat(read("BEGIN")).isSameAs(read("COMMIT"));
    }

    @Test
    void givenAnyKindOfBufferWhenReadThenOnlyTheGivenPartCounts() {
        byte[] sql = "SET a; LISTEN b; SET c".getBytes(StandardCharsets.UTF_8);
        ByteBuf heap = Unpooled.copiedBuffer(new byte[3], sql).slice(3, sql.length);
        ByteBuf direct = Unpooled.directBuffer(sql.length, sql.length).writeBytes(sql);
        ByteBuf composite = Unpooled.wrappedBuffer(heap.slice(0, 10), heap.slice(10, sql.length - 10));
        for (ByteBuf buffer : List.of(heap, direct, composite, direct.asReadOnly())) {
            SqlText text = SqlText.read(buffer, 6, 9, SqlDialect.DEFAULT);
            assertThat(effects(text)).containsExactly(Effect.LISTENS);
            assertThat(text.names()).containsExactly(new NameUse(NameUse.Kind.LISTEN, "b", 8, 9, 1, 9, -1, -1));
            assertThat(buffer.readerIndex()).isZero();
            assertThatThrownBy(() -> SqlText.read(buffer, 6, sql.length, SqlDialect.DEFAULT))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
        direct.release();
    }

    @Test
    void givenALongTextWhenReadThenAllOfItCounts() {
        ByteBuf buffer = Unpooled.directBuffer();
        buffer.writeCharSequence("SELECT '" + "x".repeat(100_000) + "'; SET a.b = 1", StandardCharsets.UTF_8);
        SqlText text = SqlText.read(buffer, 0, buffer.readableBytes(), SqlDialect.DEFAULT);
        buffer.release();
        assertThat(effects(text)).containsExactly(Effect.SETTINGS);
    }

    @ParameterizedTest
    @CsvSource({
        "UTF8, ASCII_SAFE, UTF-8",
        "SQL_ASCII, ASCII_SAFE, ISO-8859-1",
        "LATIN1, ASCII_SAFE, ISO-8859-1",
        "WIN1252, ASCII_SAFE, windows-1252",
        "EUC_JP, ASCII_SAFE, EUC-JP",
        "JOHAB, ASCII_SAFE, ISO-8859-1",
        "SJIS, SHIFT_JIS, windows-31j",
        "SHIFT_JIS_2004, SHIFT_JIS, x-SJIS_0213",
        "BIG5, DOUBLE_BYTE, Big5",
        "GBK, DOUBLE_BYTE, GBK",
        "UHC, DOUBLE_BYTE, x-windows-949",
        "GB18030, DOUBLE_BYTE, GB18030",
        "unheard-of, ASCII_SAFE, ISO-8859-1"
    })
    void givenAClientEncodingWhenAskedForItsDialectThenCharactersEndWhereTheyShould(
            String name, SqlDialect.Encoding encoding, String charset) {
        SqlDialect dialect = SqlDialect.of(name, false);
        assertThat(dialect.encoding()).isEqualTo(encoding);
        assertThat(dialect.charset()).isEqualTo(Charset.forName(charset));
        assertThat(dialect.standardConformingStrings()).isFalse();
        assertThat(SqlDialect.of("UTF8", true)).isSameAs(SqlDialect.DEFAULT);
    }
}

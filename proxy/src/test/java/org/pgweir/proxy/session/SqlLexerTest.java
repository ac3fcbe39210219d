package org.pgweir.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tokens are written as their kinds and texts, {@code ↵} stands for a line's end. */
final class SqlLexerTest {
    private static final SqlDialect BACKSLASHES = SqlDialect.of("UTF8", false);

    private static List<String> tokens(String sql, SqlDialect dialect, Charset charset) {
        byte[] text = sql.replace('↵', '\n').getBytes(charset);
        SqlLexer lexer = new SqlLexer();
        lexer.reset(text, 0, text.length, dialect);
        List<String> tokens = new ArrayList<>();
        for (SqlToken token = lexer.next(); token != SqlToken.END; token = lexer.next()) {
            String found = new String(text, lexer.start(), lexer.end() - lexer.start(), charset).replace('\n', '↵');
            tokens.add(token == SqlToken.SYMBOL || token == SqlToken.WORD ? found : token + " " + found);
        }
        return tokens;
    }

    private static List<String> tokens(String sql) {
        return tokens(sql, SqlDialect.DEFAULT, StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        'a''b'                | STRING 'a''b'
        'a\\'                 | STRING 'a\\'
        ''                    | STRING ''
        'a'↵'b'               | STRING 'a'↵'b'
        'a' 'b'               | STRING 'a', STRING 'b'
        'a' -- c'↵ 'b'        | STRING 'a' -- c'↵ 'b'
        'a' -- c↵-- d↵ 'b'    | STRING 'a' -- c↵-- d↵ 'b'
        'a' /* c ↵ */ 'b'     | STRING 'a', STRING 'b'
        'a' ↵ /* c */ 'b'     | STRING 'a', STRING 'b'
        'a' -- 'b'            | STRING 'a'
        'a'↵E'b'              | STRING 'a', ESCAPE_STRING E'b'
        E'a\\'b'              | ESCAPE_STRING E'a\\'b'
        e'a\\\\'b             | ESCAPE_STRING e'a\\\\', b
        E'a''\\''c            | ESCAPE_STRING E'a''\\'', c
        E'a'↵'\\'c'           | ESCAPE_STRING E'a'↵'\\'c'
        ee'a\\'               | ee, STRING 'a\\'
        E 'a\\'               | E, STRING 'a\\'
        N'a\\'                | N, STRING 'a\\'
        B'01'                 | BIT_STRING B'01'
        x'1F'↵'2'             | BIT_STRING x'1F'↵'2'
        U&'a\\'b              | UNICODE_STRING U&'a\\', b
        u&'a!' UESCAPE '!' b  | UNICODE_STRING u&'a!' UESCAPE '!', b
        U&'a' uescape↵--c↵'!' | UNICODE_STRING U&'a' uescape↵--c↵'!'
        U&'a' UESCAPE b       | UNICODE_STRING U&'a', UESCAPE, b
        U&'a' b               | UNICODE_STRING U&'a', b
        U &'a'                | U, &, STRING 'a'
        U& 'a'                | U, &, STRING 'a'
        uu&'a'                | uu, &, STRING 'a'
        U&"a" UESCAPE '!'     | UNICODE_NAME U&"a" UESCAPE '!'
        U&"a"U&"b"            | UNICODE_NAME U&"a", UNICODE_NAME U&"b"
        "a""b"                | QUOTED_NAME "a""b"
        "a\\"                 | QUOTED_NAME "a\\"
        "a'b"'c"d'            | QUOTED_NAME "a'b", STRING 'c"d'
        $$a$$                 | DOLLAR_STRING $$a$$
        $a$ $$ $A$ ' $b$ $a$  | DOLLAR_STRING $a$ $$ $A$ ' $b$ $a$
        $a$ $a1$ $$a$         | DOLLAR_STRING $a$ $a1$ $$a$
        $$a$$$b               | DOLLAR_STRING $$a$$, $, b
        $1$a$ $a$             | PARAMETER $1, DOLLAR_STRING $a$ $a$
        $1a                   | PARAMETER $1, a
        $a b                  | $, a, b
        a$b$c$b$              | a$b$c$b$
        $_ü1$'$_ü1$           | DOLLAR_STRING $_ü1$'$_ü1$
        _a1$ Ünï              | _a1$, Ünï
        1+.5-1.5e-3           | NUMBER 1, +, NUMBER .5, -, NUMBER 1.5e-3
        1..2                  | NUMBER 1, DOT ., NUMBER .2
        1e                    | NUMBER 1, e
        1_000.5_0             | NUMBER 1_000.5_0
        1into                 | NUMBER 1, into
        a.b.1                 | a, DOT ., b, NUMBER .1
        a--b                  | a
        a--b↵c                | a, c
        a+--b                 | a, +
        a*/*b*/c              | a, *, c
        a@/*b*/-c             | a, @, -, c
        a - -b                | a, -, -, b
        /*a/*b*/c*/d          | d
        /*/*/*/a*/b*/c*/d     | d
        /**/a                 | a
        /***/a                | a
        /*'*/a/*"*/           | a
        /*a*/*/b              | *, /, b
        '/*'--*/              | STRING '/*'
        a;(b)                 | a, SEMICOLON ;, OPEN (, b, CLOSE )
        'a                    | STRING 'a
        "a""                  | QUOTED_NAME "a""
        $a$b                  | DOLLAR_STRING $a$b
        E'a\\                 | ESCAPE_STRING E'a\\
        a/*/*b*/              | a
        """)
    void givenSqlWhenCutThenTheTokensAreThose(String sql, String expected) {
        assertThat(String.join(", ", tokens(sql))).isEqualTo(expected);
    }

    @Test
    void givenBackslashesInPlainStringsWhenCutThenTheyTakeTheQuote() {
        assertThat(tokens("'a\\'b' N'\\'' B'\\' U&'\\' E'\\''", BACKSLASHES, StandardCharsets.UTF_8))
                .containsExactly(
                        "ESCAPE_STRING 'a\\'b'",
                        "N",
                        "ESCAPE_STRING '\\''",
                        "BIT_STRING B'\\'",
                        "UNICODE_STRING U&'\\'",
                        "ESCAPE_STRING E'\\''");
    }

    @Test
    void givenNoMoreTokensWhenAskedAgainThenItIsStillTheEnd() {
        SqlLexer lexer = new SqlLexer();
        lexer.reset(new byte[] {'a', ' '}, 0, 2, SqlDialect.DEFAULT);
        assertThat(lexer.next()).isEqualTo(SqlToken.WORD);
        assertThat(lexer.next()).isEqualTo(SqlToken.END);
        assertThat(lexer.next()).isEqualTo(SqlToken.END);
    }

    @Test
    void givenShiftJisWhenCutThenSecondBytesAreNoBackslashes() {
        Charset charset = Charset.forName("windows-31j");
        SqlDialect dialect = SqlDialect.of("SJIS", false);
        assertThat(tokens("'表' 'ｱ' E'\\表' 表a 'b'", dialect, charset))
                .containsExactly(
                        "ESCAPE_STRING '表'", "ESCAPE_STRING 'ｱ'", "ESCAPE_STRING E'\\表'", "表a", "ESCAPE_STRING 'b'");
    }

    @Test
    void givenBig5WhenCutThenSecondBytesBelongToTheirWords() {
        Charset charset = Charset.forName("Big5");
        SqlDialect dialect = SqlDialect.of("BIG5", false);
        assertThat(tokens("'功' 功a$功 $功$功$功$", dialect, charset))
                .containsExactly("ESCAPE_STRING '功'", "功a$功", "DOLLAR_STRING $功$功$功$");
    }
}

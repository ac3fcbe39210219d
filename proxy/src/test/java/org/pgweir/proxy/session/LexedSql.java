package org.pgweir.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;

/** Understands simple SELECTs with nothing but the lexer: what PostgreSQL would answer, as far as the tokens tell. */
final class LexedSql {
    /** A column of a result; what the tokens do not tell is null. */
    record Column(String name, String value) {
        /** Zero if nothing speaks against the columns' being the same. */
        static int compare(Column one, Column other) {
            return agrees(one.name, other.name) && agrees(one.value, other.value) ? 0 : 1;
        }

        private static boolean agrees(String one, String other) {
            return one == null || other == null || one.equals(other);
        }
    }

    private record Token(SqlToken kind, int start, int end, byte escape) {}

    private final byte[] text;
    private final SqlDialect dialect;
    private final List<Column> columns = new ArrayList<>();
    private final List<Token> item = new ArrayList<>();

    private LexedSql(byte[] text, SqlDialect dialect) {
        this.text = text;
        this.dialect = dialect;
    }

    /** The columns of all SELECTs of a text. */
    static List<Column> columns(byte[] text, SqlDialect dialect) {
        LexedSql lexed = new LexedSql(text, dialect);
        lexed.read();
        return lexed.columns;
    }

    private void read() {
        SqlLexer lexer = new SqlLexer();
        lexer.reset(text, 0, text.length, dialect);
        boolean first = true;
        boolean selects = false;
        int depth = 0;
        SqlToken kind;
        do {
            kind = lexer.next();
            Token token = new Token(kind, lexer.start(), lexer.end(), lexer.escape());
            depth += kind == SqlToken.OPEN ? 1 : kind == SqlToken.CLOSE ? -1 : 0;
            boolean ends = kind == SqlToken.END || kind == SqlToken.SEMICOLON && depth == 0;
            if (ends || kind == SqlToken.SYMBOL && depth == 0 && string(token).equals(",")) {
                finishItem(selects);
                first = ends;
            } else if (first) {
                selects = kind == SqlToken.WORD && string(token).equals("SELECT");
                first = false;
            } else {
                item.add(token);
            }
        } while (kind != SqlToken.END);
    }

    private void finishItem(boolean selects) {
        if (selects && !item.isEmpty()) {
            int size = item.size();
            boolean national = item.get(0).kind == SqlToken.WORD
                    && size > 1
                    && string(item.get(0)).equals("N");
            int literal = national ? 1 : 0;
            boolean as = size > 1 && string(item.get(size - 2)).equalsIgnoreCase("AS");
            boolean alone = size - (as ? 2 : 0) == literal + 1;
            boolean bare = size == literal + 2 && isName(item.get(size - 1).kind);
            boolean twoStrings = item.get(literal).kind.isString()
                    && size > literal + 1
                    && item.get(literal + 1).kind.isString();
            assertThat(twoStrings)
                    .as("two strings in a row, which PostgreSQL does not take")
                    .isFalse();
            columns.add(new Column(
                    as || bare ? name(item.get(size - 1)) : null, alone || bare ? value(item.get(literal)) : null));
        }
        item.clear();
    }

    private static boolean isName(SqlToken kind) {
        return kind == SqlToken.WORD || kind == SqlToken.QUOTED_NAME || kind == SqlToken.UNICODE_NAME;
    }

    private String string(Token token) {
        return new String(text, token.start, token.end - token.start, dialect.charset());
    }

    private String name(Token token) {
        return SqlName.of(token.kind, text, token.start, token.end, token.escape, dialect.charset());
    }

    private String value(Token token) {
        String literal = string(token);
        switch (token.kind) {
            case DOLLAR_STRING:
                int length = literal.indexOf('$', 1) + 1;
                return literal.substring(length, literal.length() - length);
            case STRING, ESCAPE_STRING, UNICODE_STRING:
                return decoded(token.kind, literal);
            case BIT_STRING:
                String digits = decoded(SqlToken.STRING, literal);
                return "Bb".indexOf(literal.charAt(0)) >= 0 ? digits : bits(digits);
            default:
                return null;
        }
    }

    private static String bits(String hexadecimal) {
        StringBuilder bits = new StringBuilder();
        for (char c : hexadecimal.toCharArray()) {
            bits.append(Integer.toBinaryString(16 | Character.digit(c, 16)).substring(1));
        }
        return bits.toString();
    }

    private static String decoded(SqlToken kind, String literal) {
        StringBuilder value = new StringBuilder();
        int i = literal.indexOf('\'') + 1;
        int end = i;
        while (i > 0) {
            char c = literal.charAt(i);
            if (c == '\'' && literal.startsWith("''", i)) {
                value.append(c);
                i += 2;
            } else if (c == '\'') {
                end = i + 1;
                i = nextPart(literal, end);
            } else if (c == '\\' && kind == SqlToken.ESCAPE_STRING) {
                i = escaped(literal, i + 1, value);
            } else {
                value.append(c);
                i++;
            }
        }
        if (kind != SqlToken.UNICODE_STRING) {
            return value.toString();
        }
        boolean clause = end < literal.length();
        return resolved(value.toString(), clause ? literal.charAt(literal.length() - 2) : '\\');
    }

    /** Behind the quote with which a string goes on, or 0. */
    private static int nextPart(String literal, int from) {
        int i = from;
        while (i < literal.length() && literal.charAt(i) != '\'') {
            if (literal.startsWith("--", i)) {
                i = literal.indexOf('\n', i);
            } else if (!Character.isWhitespace(literal.charAt(i))) {
                return 0;
            } else {
                i++;
            }
        }
        return i < literal.length() ? i + 1 : 0;
    }

    private static int escaped(String literal, int at, StringBuilder value) {
        char c = literal.charAt(at);
        int length = switch (c) {
            case 'x' -> 2;
            case 'u' -> 4;
            case 'U' -> 8;
            default -> 0;
        };
        if (length > 0) {
            value.appendCodePoint(Integer.parseInt(literal.substring(at + 1, at + 1 + length), 16));
            return at + 1 + length;
        }
        if (c >= '0' && c <= '7') {
            value.append((char) Integer.parseInt(literal.substring(at, at + 3), 8));
            return at + 3;
        }
        int simple = "bfnrt".indexOf(c);
        value.append(simple < 0 ? c : "\b\f\n\r\t".charAt(simple));
        return at + 1;
    }

    private static String resolved(String value, char escape) {
        StringBuilder resolved = new StringBuilder();
        int i = 0;
        while (i < value.length()) {
            char c = value.charAt(i);
            if (c != escape) {
                resolved.append(c);
                i++;
            } else if (value.charAt(i + 1) == escape) {
                resolved.append(c);
                i += 2;
            } else {
                boolean plus = value.charAt(i + 1) == '+';
                int from = plus ? i + 2 : i + 1;
                int to = from + (plus ? 6 : 4);
                resolved.appendCodePoint(Integer.parseInt(value.substring(from, to), 16));
                i = to;
            }
        }
        return resolved.toString();
    }
}

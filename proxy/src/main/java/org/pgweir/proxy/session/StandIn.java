package org.pgweir.proxy.session;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;

/**
 * What a server gets in the place of a statement while its transaction has failed. PostgreSQL prepares nothing then but what ends the
 * transaction, and an empty text, which may have parameters; and of that it says there what it would say of the statement, as long as that
 * is not to be run: Bind is refused for the number of its parameters or else for the transaction, Describe tells the parameters (postgres.c,
 * exec_bind_message and exec_describe_statement_message).
 */
final class StandIn {
    /** An empty text without parameters: good where no more than a name must be there. */
    static final byte[] NAME_ONLY = {0, 0, 0};

    /** These are prepared in a failed transaction, too; the last one is PREPARE TRANSACTION. */
    private static final Set<String> ENDS = Set.of("commit", "end", "rollback", "abort", "prepare");

    /** In other statements PostgreSQL looks for parameters when it runs them. */
    private static final Set<String> HAVE_PARAMETERS = Set.of(
            "select", "insert", "update", "delete", "merge", "values", "table", "with", "declare", "explain", "create",
            "call");

    /** PostgreSQL refuses to describe what returns rows. */
    private static final Set<String> RETURN_ROWS =
            Set.of("select", "values", "table", "with", "show", "explain", "fetch", "execute", "call");

    private final String first;
    private final boolean returnsRows;
    private final int[] types;

    private StandIn(String first, boolean returnsRows, int[] types) {
        this.first = first;
        this.returnsRows = returnsRows;
        this.types = types;
    }

    /** Of the body of a Parse that PostgreSQL has taken: what stands behind the name, from this index. */
    static StandIn ofParse(byte[] bytes, int start, SqlDialect dialect) {
        int end = start;
        while (bytes[end] != 0) {
            end++;
        }
        ByteBuffer given = ByteBuffer.wrap(bytes, end + 1, bytes.length - end - 1);
        int[] types = new int[given.getShort() & 0xffff];
        for (int i = 0; i < types.length; i++) {
            types[i] = given.getInt();
        }
        return read(bytes, start, end, dialect, types);
    }

    /** Of a PREPARE that PostgreSQL has taken: what stands behind the name. */
    static StandIn ofPrepare(byte[] bytes, SqlDialect dialect) {
        SqlLexer lexer = new SqlLexer();
        lexer.reset(bytes, 0, bytes.length, dialect);
        int types = 0;
        int depth = 0;
        SqlToken token = lexer.next();
        while (token != SqlToken.END && !(token == SqlToken.WORD && depth == 0)) {
            if (token == SqlToken.OPEN) {
                depth++;
                types = Math.max(types, 1);
            } else if (token == SqlToken.CLOSE) {
                depth--;
            } else if (token == SqlToken.SYMBOL && depth == 1 && bytes[lexer.start()] == ',') {
                types++;
            }
            token = lexer.next();
        }
        // Behind AS.
        return read(bytes, lexer.end(), bytes.length, dialect, new int[types]);
    }

    private static StandIn read(byte[] bytes, int start, int end, SqlDialect dialect, int[] given) {
        SqlLexer lexer = new SqlLexer();
        lexer.reset(bytes, start, end, dialect);
        String first = null;
        boolean returnsRows = false;
        int most = given.length;
        for (SqlToken token = lexer.next(); token != SqlToken.END; token = lexer.next()) {
            if (token == SqlToken.PARAMETER) {
                most = Math.max(most, number(bytes, lexer.start() + 1, lexer.end()));
            }
            String word = token == SqlToken.WORD ? word(bytes, lexer) : "";
            returnsRows |= word.equals("returning");
            boolean isParenthesis = first == null && token == SqlToken.OPEN;
            if (first == null && token != SqlToken.SEMICOLON && !isParenthesis) {
                first = word;
            }
        }
        boolean hasParameters = first != null && HAVE_PARAMETERS.contains(first);
        int[] types = new int[hasParameters ? most : given.length];
        System.arraycopy(given, 0, types, 0, given.length);
        return new StandIn(first, returnsRows || first != null && RETURN_ROWS.contains(first), types);
    }

    private static String word(byte[] bytes, SqlLexer lexer) {
        return new String(bytes, lexer.start(), lexer.end() - lexer.start(), StandardCharsets.ISO_8859_1)
                .toLowerCase(Locale.ROOT);
    }

    /** No statement has more parameters than an int16 can tell. */
    private static int number(byte[] bytes, int start, int end) {
        int number = 0;
        for (int i = start; i < end && number <= Short.MAX_VALUE; i++) {
            number = 10 * number + bytes[i] - '0';
        }
        return Math.min(number, 2 * Short.MAX_VALUE + 1);
    }

    /** The body of a Parse behind the name, of which a Bind is refused as one of the statement is; null if that is to be sent itself. */
    byte[] forBind() {
        return first == null || ENDS.contains(first) ? null : body();
    }

    /** As {@link #forBind} for Describe. */
    byte[] forDescribe() {
        for (int type : types) {
            if (type == 0) {
                // Only PostgreSQL knows it.
                return null;
            }
        }
        return returnsRows ? null : forBind();
    }

    private byte[] body() {
        ByteBuffer body = ByteBuffer.allocate(1 + Short.BYTES + types.length * Integer.BYTES);
        body.put((byte) 0).putShort((short) types.length);
        for (int type : types) {
            body.putInt(type);
        }
        return body.array();
    }
}

package org.pgweir.proxy.session;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Walks over the tokens of a text, statement by statement, and notes the effects of the words that mean the same wherever they
 * stand: functions, the schema of temporary objects, TEMP behind CREATE.
 *
 * <p>A semicolon ends a statement, but not in parentheses (CREATE RULE … DO (…; …)) and not in the body of a function (BEGIN ATOMIC
 * …; END). Not thread-safe.
 */
final class SqlStatements {
    private static final int ANY_SETTING = Effect.SETTINGS.bit() | Effect.SETS_LOCAL.bit();

    private final SqlLexer lexer = new SqlLexer();
    private final SettingCalls calls = new SettingCalls(this);
    private byte[] text;
    private int textStart;
    private SqlDialect dialect;
    private int effects;
    private Set<String> settings = Set.of();

    // The statement

    private boolean over;
    private Keyword first;
    private int depth;
    private boolean createsRoutine;
    private boolean inBody;
    private boolean updates;
    private boolean createsTemporary;
    private boolean onCommit;
    private boolean dropsOnCommit;
    private int statementEnd;

    // The token

    private SqlToken token;
    private int tokenStart;
    private int tokenEnd;
    private byte escape;
    private Keyword keyword;
    private Keyword previous;
    private SqlToken previousToken;
    private int previousStart;

    // The token directly before this one, also where it was passed by

    private SqlToken before;
    private int beforeStart;

    /** Starts over with the bytes from {@code from} to before {@code to}. */
    void reset(byte[] text, int from, int to, SqlDialect dialect) {
        this.text = text;
        this.textStart = from;
        this.dialect = dialect;
        this.effects = 0;
        this.settings = Set.of();
        this.token = SqlToken.SEMICOLON;
        this.tokenStart = from;
        this.tokenEnd = from;
        lexer.reset(text, from, to, dialect);
        calls.clear();
    }

    /** The bits of all effects so far. */
    int effects() {
        return effects;
    }

    void add(Effect effect) {
        effects |= effect.bit();
    }

    /** Adds the effects that a name has. */
    void add(Keyword name) {
        effects |= name.effects();
    }

    /** The settings that are set in the session and whose names are known; each once, in the order of the text. */
    Set<String> settings() {
        return settings;
    }

    /** Adds the name of a setting, in lower case. */
    void addSetting(String name) {
        if (settings.isEmpty()) {
            settings = new LinkedHashSet<>();
        }
        settings.add(name);
        bends(name);
    }

    /** Takes note that a setting changes, in the session or for the transaction; null for one whose name is not known. */
    void bends(String name) {
        if (name == null || SqlContext.isOf(name)) {
            add(Effect.MEANING);
        }
    }

    /**
     * Goes to the first token of the next statement; its keyword says what kind of statement it is.
     *
     * @return false at the end of the text
     */
    boolean nextStatement() {
        do {
            if (token == SqlToken.END) {
                return false;
            }
            beginStatement();
            step();
        } while (over);
        first = keyword;
        return true;
    }

    private void beginStatement() {
        over = false;
        first = Keyword.NONE;
        keyword = Keyword.NONE;
        depth = 0;
        createsRoutine = false;
        inBody = false;
        updates = false;
        createsTemporary = false;
        onCommit = false;
        dropsOnCommit = false;
    }

    /** Reads what is left of the statement. */
    void finishStatement() {
        while (!over) {
            if (calls.isOpen()) {
                step();
            } else {
                stepToNextThatMatters();
            }
        }
        if (createsTemporary) {
            add(dropsOnCommit ? Effect.SHADOWS : Effect.TEMPORARY);
        }
    }

    /** Whether the statement has no more tokens; there is no token then. */
    boolean isOver() {
        return over;
    }

    /** Behind the last token of a statement that is over. */
    int statementEnd() {
        return statementEnd;
    }

    SqlToken token() {
        return token;
    }

    int tokenStart() {
        return tokenStart;
    }

    int tokenEnd() {
        return tokenEnd;
    }

    /** Whether the token is an identifier, which may be a keyword. */
    boolean isName() {
        return isName(token);
    }

    private static boolean isName(SqlToken token) {
        return token == SqlToken.WORD || token == SqlToken.QUOTED_NAME || token == SqlToken.UNICODE_NAME;
    }

    /** The identifier as PostgreSQL understands it. */
    String name() {
        return SqlName.of(token, text, tokenStart, tokenEnd, escape, dialect.charset());
    }

    /** The string's value as PostgreSQL understands it, or null if that is not known; before any look at the next token. */
    String literal() {
        return SqlLiteral.value(token, text, tokenStart, tokenEnd, lexer.escape(), dialect.charset());
    }

    /** Which word the token is; NONE for all other tokens and at the statement's end. */
    Keyword keyword() {
        return keyword;
    }

    boolean isSymbol(char symbol) {
        return !over && token == SqlToken.SYMBOL && text[tokenStart] == symbol;
    }

    boolean isInParentheses() {
        return depth > 0;
    }

    // The token behind this one

    boolean nextIsName() {
        return isName(peek());
    }

    boolean nextIsString() {
        return peek().isString();
    }

    /** The word behind this token, or NONE. */
    Keyword nextKeyword() {
        return keywordOf(peek());
    }

    /** The first byte of the token behind this one; 0 at the end of the text. */
    byte nextByte() {
        return peek() == SqlToken.END ? 0 : text[lexer.start()];
    }

    private SqlToken peek() {
        SqlToken next = lexer.next();
        lexer.continueAt(tokenEnd);
        return next;
    }

    /** Goes to the next token of the statement. */
    void step() {
        if (!over) {
            int end = tokenEnd;
            before = token;
            beforeStart = tokenStart;
            SqlToken next = lexer.next();
            take(next, keywordOf(next), end);
        }
    }

    /** As {@link #step}, but passes by what means nothing wherever it stands: most of most texts. */
    private void stepToNextThatMatters() {
        int end = tokenEnd;
        int start = tokenStart;
        SqlToken last = token;
        boolean skipped = false;
        SqlToken next = lexer.next();
        Keyword word = keywordOf(next);
        while (word == Keyword.NONE && !next.matters()) {
            skipped = true;
            last = next;
            start = lexer.start();
            end = lexer.end();
            next = lexer.next();
            word = keywordOf(next);
        }
        before = last;
        beforeStart = start;
        if (skipped) {
            token = SqlToken.SYMBOL;
            keyword = Keyword.NONE;
        }
        take(next, word, end);
    }

    private Keyword keywordOf(SqlToken next) {
        return next == SqlToken.WORD ? Keyword.find(text, lexer.start(), lexer.end()) : Keyword.NONE;
    }

    private void take(SqlToken next, Keyword word, int endBefore) {
        previous = keyword;
        previousToken = token;
        previousStart = tokenStart;
        token = next;
        keyword = word;
        tokenStart = lexer.start();
        tokenEnd = lexer.end();
        if (calls.isOpen()) {
            calls.take(next, depth);
        }
        switch (next) {
            case WORD -> word();
            case QUOTED_NAME -> name(Keyword.findName(text, tokenStart + 1, tokenEnd - 1));
            case UNICODE_NAME -> unicodeName();
            case STRING, ESCAPE_STRING, UNICODE_STRING, DOLLAR_STRING -> string();
            case OPEN -> {
                depth++;
                if (FunctionCalls.isUnknown(text, textStart, before, beforeStart, endBefore)) {
                    add(Effect.CALLS);
                }
            }
            case CLOSE -> depth = Math.max(0, depth - 1);
            case SEMICOLON -> over = depth == 0 && !inBody;
            case END -> over = true;
            default -> {}
        }
        if (over) {
            statementEnd = endBefore;
        }
    }

    private void word() {
        switch (keyword) {
            case NONE -> {}
            case FUNCTION, PROCEDURE ->
                createsRoutine |=
                        first == Keyword.CREATE && (previous == Keyword.CREATE || previous == Keyword.REPLACE);
            case ATOMIC -> inBody |= createsRoutine && previous == Keyword.BEGIN && depth == 0;
            case END -> {
                // Every statement of a body has its semicolon, and none of them is END.
                if (previousToken == SqlToken.SEMICOLON || previous == Keyword.ATOMIC) {
                    inBody &= depth > 0;
                }
            }
            case INTO -> {
                if (previous == Keyword.INSERT || previous == Keyword.MERGE) {
                    keyword = Keyword.NONE;
                }
            }
            case TEMP, TEMPORARY -> temporary();
            case COMMIT -> onCommit = previous == Keyword.ON;
            case DROP -> dropsOnCommit |= onCommit && previous == Keyword.COMMIT;
            case HOLD -> {
                if (first == Keyword.DECLARE && previous == Keyword.WITH && depth == 0) {
                    add(Effect.HOLD_CURSOR);
                }
            }
            case UPDATE -> updates = true;
            default -> name(keyword);
        }
    }

    private void temporary() {
        switch (previous) {
            case CREATE, REPLACE -> createsTemporary = true;
            case LOCAL, GLOBAL -> {
                if (first == Keyword.CREATE || first == Keyword.EXPLAIN) {
                    createsTemporary = true;
                } else {
                    add(Effect.TEMPORARY);
                }
            }
            case INTO -> add(Effect.TEMPORARY);
            default -> {}
        }
    }

    private void name(Keyword name) {
        if (name == Keyword.SET_CONFIG && isOfPostgres()) {
            calls.begin();
        } else if (name != Keyword.PG_SETTINGS || updates) {
            add(name);
        }
    }

    /** Whether this name stands without a schema or in pg_catalog. Reads again what was passed by, up to this token. */
    private boolean isOfPostgres() {
        boolean ofPostgres = true;
        SqlToken schema = SqlToken.SEMICOLON;
        int start = previousStart;
        int end = previousStart;
        lexer.continueAt(previousStart);
        for (SqlToken next = lexer.next(); lexer.start() < tokenStart; next = lexer.next()) {
            ofPostgres = next != SqlToken.DOT || isCatalog(schema, start, end);
            schema = next;
            start = lexer.start();
            end = lexer.end();
        }
        return ofPostgres;
    }

    private boolean isCatalog(SqlToken schema, int start, int end) {
        return isName(schema)
                && SqlName.of(schema, text, start, end, lexer.escape(), dialect.charset())
                        .equals("pg_catalog");
    }

    private void unicodeName() {
        escape = lexer.escape();
        name(Keyword.findName(name()));
    }

    /** The text of a setting may name the schema of temporary objects. */
    private void string() {
        if (((effects & ANY_SETTING) != 0 || calls.isOpen()) && Keyword.PG_TEMP.isIn(text, tokenStart, tokenEnd)) {
            add(Effect.TEMPORARY);
        }
    }
}

package org.pgweir.proxy.session;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads a text and gathers what its statements do: one method for each statement whose beginning means something.
 *
 * <p>Not thread-safe: each thread has one, to be used again and again.
 */
final class SqlReader {
    private static final ThreadLocal<SqlReader> READERS = ThreadLocal.withInitial(SqlReader::new);

    private static final int USUAL = 1 << 12;
    /** Longer texts are copied into an array of their own, which is forgotten. */
    private static final int LONGEST_KEPT = 1 << 16;

    /** SET a.b, set_config('a.b', also where quotes are doubled. */
    private static final Pattern IN_CODE = Pattern.compile(
            "\\bSET\\s+(?:SESSION\\s+)?(\"?\\w+\"?\\.[\\w.\"]+)|set_config\\s*\\(\\s*'+(\\w+\\.[\\w.]+)'",
            Pattern.CASE_INSENSITIVE);

    private static final Set<Effect> ALL_OF_A_SESSION = EnumSet.of(
            Effect.SETTINGS,
            Effect.MEANING,
            Effect.RESETS,
            Effect.TEMPORARY_END,
            Effect.ADVISORY_UNLOCK,
            Effect.CURSOR_CLOSE,
            Effect.SEQUENCE_STEPS,
            Effect.PREPARED,
            Effect.LISTENS);

    private final SqlStatements statements = new SqlStatements();
    private final List<NameUse> names = new ArrayList<>();
    private final PendingUse use = new PendingUse();
    private final SettingReader settings = new SettingReader(statements, use);
    private byte[] copy = new byte[USUAL];
    private boolean hasCode;

    private SqlReader() {}

    static SqlText read(ByteBuf buffer, int index, int length, SqlDialect dialect) {
        return READERS.get().readText(buffer, index, length, dialect);
    }

    private SqlText readText(ByteBuf buffer, int index, int length, SqlDialect dialect) {
        if (buffer.hasArray()) {
            Objects.checkFromIndexSize(index, length, buffer.capacity());
            return readArray(buffer.array(), buffer.arrayOffset() + index, length, dialect);
        }
        byte[] text = arrayFor(length);
        buffer.getBytes(index, text, 0, length);
        return readArray(text, 0, length, dialect);
    }

    private SqlText readArray(byte[] text, int base, int length, SqlDialect dialect) {
        statements.reset(text, base, base + length, dialect);
        names.clear();
        int count = 0;
        while (statements.nextStatement()) {
            count++;
            readStatement(text, base);
        }
        SqlText result =
                SqlText.of(statements.effects(), names, statements.settings(), count, settingValue(text, base));
        if (text.length > LONGEST_KEPT) {
            statements.reset(copy, 0, 0, dialect);
        }
        return result;
    }

    /** Of a single SET. */
    private String settingValue(byte[] text, int base) {
        NameUse only = names.size() == 1 ? names.get(0) : null;
        return only == null || only.kind() != NameUse.Kind.SET
                ? null
                : SettingValue.expression(only.name(), text, base + only.valueStart(), base + only.valueEnd());
    }

    private byte[] arrayFor(int length) {
        if (length > LONGEST_KEPT) {
            return new byte[length];
        }
        if (length > copy.length) {
            copy = new byte[LONGEST_KEPT];
        }
        return copy;
    }

    private void readStatement(byte[] text, int base) {
        int start = statements.tokenStart();
        use.clear();
        hasCode = false;
        if (statements.keyword() != Keyword.NONE) {
            begin(statements.keyword());
        }
        statements.finishStatement();
        if (hasCode) {
            settingsInCode(text, start, statements.statementEnd());
        }
        NameUse finished = use.finish(base, start, statements.statementEnd());
        if (finished != null) {
            names.add(finished);
        }
    }

    private void begin(Keyword first) {
        switch (first) {
            case SET -> settings.set();
            case RESET -> settings.reset();
            case DISCARD -> discard();
            case PREPARE -> prepare();
            case EXECUTE -> execute();
            case DEALLOCATE -> deallocate();
            case CREATE -> {
                add(Effect.DEFINES);
                create();
            }
            case ALTER -> add(Effect.DEFINES);
            case EXPLAIN -> explain();
            case LISTEN -> listen();
            case UNLISTEN -> unlisten();
            case NOTIFY -> add(Effect.NOTIFIES);
            case LOAD -> add(Effect.LOAD);
            case DO -> {
                code();
                hasCode = true;
            }
            case CALL -> code();
            case CLOSE -> add(Effect.CURSOR_CLOSE);
            case DROP -> {
                add(Effect.DEFINES);
                add(Effect.TEMPORARY_END);
            }
            case BEGIN, START, COMMIT, END, ABORT -> add(Effect.TRANSACTION_CONTROL);
            case ROLLBACK -> rollback();
            case SAVEPOINT, RELEASE -> add(Effect.SAVEPOINTS);
            default -> {}
        }
    }

    private void code() {
        add(Effect.CODE);
        add(Effect.MEANING);
    }

    /** Names with a dot, which PostgreSQL would not list. Rather too many: to ask for one that was not set does no harm. */
    private void settingsInCode(byte[] text, int start, int end) {
        Matcher name = IN_CODE.matcher(new String(text, start, end - start, StandardCharsets.ISO_8859_1));
        while (name.find()) {
            String found = name.group(1) == null ? name.group(2) : name.group(1);
            statements.addSetting(SqlName.folded(found.replace("\"", "")));
        }
    }

    private void add(Effect effect) {
        statements.add(effect);
    }

    private Keyword step() {
        statements.step();
        return statements.keyword();
    }

    /** Takes this token for the name; if it is none, PostgreSQL will refuse the text. */
    private void useName(NameUse.Kind kind) {
        if (statements.isName()) {
            use.set(kind, statements.name(), statements.tokenStart(), statements.tokenEnd());
        }
    }

    // Prepared statements

    private void prepare() {
        // A prepared statement may be called "transaction".
        if (step() == Keyword.TRANSACTION && statements.nextIsString()) {
            add(Effect.TRANSACTION_CONTROL);
        } else {
            add(Effect.PREPARED);
            useName(NameUse.Kind.PREPARE);
        }
    }

    /** At the word EXECUTE. */
    private void execute() {
        add(Effect.PREPARED);
        step();
        useName(NameUse.Kind.EXECUTE);
    }

    private void deallocate() {
        add(Effect.PREPARED);
        if (step() == Keyword.PREPARE && statements.nextIsName()) {
            step();
        }
        if (statements.keyword() == Keyword.ALL) {
            use.setAll(NameUse.Kind.DEALLOCATE_ALL);
        } else {
            useName(NameUse.Kind.DEALLOCATE);
        }
    }

    /** At the word CREATE: CREATE TABLE … AS EXECUTE has it behind the first AS outside of parentheses. */
    private void create() {
        boolean table = false;
        Keyword keyword = step();
        while (!statements.isOver() && (keyword != Keyword.AS || statements.isInParentheses())) {
            table |= keyword == Keyword.TABLE && !statements.isInParentheses();
            keyword = step();
        }
        if (table && step() == Keyword.EXECUTE) {
            execute();
        }
    }

    private void explain() {
        Keyword keyword = step();
        while (keyword == Keyword.ANALYZE || keyword == Keyword.ANALYSE || keyword == Keyword.VERBOSE) {
            keyword = step();
        }
        if (statements.token() == SqlToken.OPEN) {
            while (statements.isInParentheses() && !statements.isOver()) {
                step();
            }
            keyword = step();
        }
        if (keyword == Keyword.EXECUTE) {
            execute();
        } else if (keyword == Keyword.CREATE) {
            create();
        }
    }

    // What else a session holds

    private void discard() {
        switch (step()) {
            case ALL -> {
                ALL_OF_A_SESSION.forEach(this::add);
                use.setAll(NameUse.Kind.DISCARD_ALL);
            }
            case TEMP, TEMPORARY -> add(Effect.TEMPORARY_END);
            case SEQUENCES -> add(Effect.SEQUENCE_STEPS);
            default -> {}
        }
    }

    private void listen() {
        add(Effect.LISTENS);
        step();
        useName(NameUse.Kind.LISTEN);
    }

    private void unlisten() {
        add(Effect.LISTENS);
        step();
        if (statements.isSymbol('*')) {
            use.setAll(NameUse.Kind.UNLISTEN_ALL);
        } else {
            useName(NameUse.Kind.UNLISTEN);
        }
    }

    private void rollback() {
        Keyword keyword = step();
        if (keyword == Keyword.WORK || keyword == Keyword.TRANSACTION) {
            keyword = step();
        }
        add(keyword == Keyword.TO ? Effect.SAVEPOINTS : Effect.TRANSACTION_CONTROL);
    }
}

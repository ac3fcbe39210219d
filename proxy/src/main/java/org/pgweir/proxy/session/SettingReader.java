package org.pgweir.proxy.session;

import java.util.List;

/** Reads SET and RESET, whose forms are many: {@code SET TIME ZONE} and {@code SET time.zone = 1} begin alike. */
final class SettingReader {
    /** What SET SESSION CHARACTERISTICS AS TRANSACTION may set. */
    private static final List<String> OF_TRANSACTIONS =
            List.of("default_transaction_isolation", "default_transaction_read_only", "default_transaction_deferrable");

    private final SqlStatements statements;
    private final PendingUse use;

    private String name;
    private int start;
    private int end;

    SettingReader(SqlStatements statements, PendingUse use) {
        this.statements = statements;
        this.use = use;
    }

    /** At the word SET. */
    void set() {
        Keyword keyword = step();
        if (isAssigned()) {
            assignment();
        } else if (keyword == Keyword.LOCAL) {
            statements.add(Effect.SETS_LOCAL);
            statements.bends(local());
        } else if (keyword == Keyword.SESSION && !isSessionWord(statements.nextKeyword())) {
            step();
            if (isAssigned()) {
                assignment();
            } else {
                special();
            }
        } else {
            special();
        }
    }

    /** At the word RESET. */
    void reset() {
        statements.add(Effect.SETTINGS);
        statements.add(Effect.RESETS);
        Keyword keyword = step();
        Keyword next = statements.nextKeyword();
        start = statements.tokenStart();
        if (keyword == Keyword.ALL) {
            statements.add(Effect.MEANING);
            use.setAll(NameUse.Kind.RESET_ALL);
        } else if (keyword == Keyword.TIME && next == Keyword.ZONE) {
            step();
            reset("timezone", statements.tokenEnd());
        } else if (keyword == Keyword.SESSION && next == Keyword.AUTHORIZATION) {
            step();
            reset("session_authorization", statements.tokenEnd());
        } else if (statements.isName() && !(keyword == Keyword.TRANSACTION && next == Keyword.ISOLATION)) {
            settingName();
            reset(name, end);
        }
    }

    /** The setting of SET LOCAL; null for one that has no name of its own. */
    private String local() {
        Keyword keyword = step();
        if (isAssigned() || keyword == Keyword.NONE) {
            settingName();
            return name;
        }
        return null;
    }

    private void reset(String setting, int nameEnd) {
        statements.addSetting(setting);
        use.set(NameUse.Kind.RESET, setting, start, nameEnd);
    }

    private Keyword step() {
        statements.step();
        return statements.keyword();
    }

    /** Whether this token is a setting's name, whatever it means elsewhere. */
    private boolean isAssigned() {
        byte next = statements.nextByte();
        return next == '.' || next == '=' || statements.nextKeyword() == Keyword.TO;
    }

    /** Whether this is what stands behind SESSION when SESSION is not just the opposite of LOCAL. */
    private static boolean isSessionWord(Keyword keyword) {
        return keyword == Keyword.AUTHORIZATION || keyword == Keyword.CHARACTERISTICS;
    }

    private void assignment() {
        statements.add(Effect.SETTINGS);
        settingName();
        statements.addSetting(name);
        if (statements.isSymbol('=') || statements.keyword() == Keyword.TO) {
            step();
            value();
        }
    }

    /** The forms that have no name of a setting but words of their own. */
    private void special() {
        Keyword keyword = statements.keyword();
        if (keyword == Keyword.TRANSACTION || keyword == Keyword.CONSTRAINTS) {
            return;
        }
        statements.add(Effect.SETTINGS);
        start = statements.tokenStart();
        switch (keyword) {
            case ROLE -> valueOf("role");
            case SCHEMA -> valueOf("search_path");
            case NAMES -> names();
            case TIME -> timeZone();
            case XML -> {
                step();
                valueOf("xmloption");
            }
            case SESSION -> session();
            default -> fromCurrent();
        }
    }

    /** SET name FROM CURRENT, when the name is a single word. */
    private void fromCurrent() {
        if (statements.isName()) {
            settingName();
            statements.addSetting(name);
        }
    }

    private void names() {
        valueOf("client_encoding");
        if (statements.isOver()) {
            toDefault();
        }
    }

    private void timeZone() {
        step();
        valueOf("timezone");
        if (statements.keyword() == Keyword.LOCAL) {
            toDefault();
        } else if (statements.keyword() == Keyword.INTERVAL) {
            use.clear();
        }
    }

    private void session() {
        Keyword keyword = step();
        if (keyword == Keyword.AUTHORIZATION) {
            valueOf("session_authorization");
        } else if (keyword == Keyword.CHARACTERISTICS) {
            OF_TRANSACTIONS.forEach(statements::addSetting);
        }
    }

    /** At the last word of what stands for the setting's name; the value is behind it. */
    private void valueOf(String setting) {
        name = setting;
        end = statements.tokenEnd();
        statements.addSetting(name);
        step();
        value();
    }

    /** At the first token of the value, which goes on to the end of the statement. */
    private void value() {
        if (statements.keyword() == Keyword.DEFAULT) {
            toDefault();
        } else if (!statements.isOver()) {
            use.setValue(NameUse.Kind.SET, name, start, end, statements.tokenStart());
        }
    }

    private void toDefault() {
        statements.add(Effect.RESETS);
        use.set(NameUse.Kind.RESET, name, start, end);
    }

    /** A name of one or more parts with dots between; ends at the token behind it. */
    private void settingName() {
        start = statements.tokenStart();
        name = part();
        while (statements.token() == SqlToken.DOT) {
            step();
            name = statements.isName() ? name + '.' + part() : name;
        }
    }

    private String part() {
        String part = statements.isName() ? SqlName.folded(statements.name()) : "";
        end = statements.tokenEnd();
        step();
        return part;
    }
}

package org.pgweir.proxy.session;

import java.util.Set;

/**
 * Reads the arguments of set_config wherever it is called: a call that is over at the transaction's end, one that names its setting,
 * and one that tells nothing. What is not understood tells nothing.
 *
 * <p>A call may stand in an argument of another one. Each token is looked at once, for the innermost call only.
 */
final class SettingCalls {
    /** What PostgreSQL takes for true, and people write. */
    private static final Set<String> TRUE = Set.of("true", "t", "on", "1", "yes", "y");

    private static final int NAME = 0;
    private static final int LOCAL = 2;
    private static final int ARGUMENTS = 3;

    // How much of an argument has been seen: a literal, behind it perhaps a cast.
    private static final int NOTHING = 0;
    private static final int LITERAL = 1;
    private static final int COLON = 2;
    private static final int COLONS = 3;
    private static final int TYPE = 4;
    /** Neither a literal nor a literal with a cast. */
    private static final int OTHER = 5;

    private static final class Call {
        final Call outer;
        /** How many parentheses are open in the arguments; 0 until the first one. */
        int depth;
        /** Brackets have commas in them, too: ARRAY[1, 2]. */
        int brackets;

        int argument;
        int seen = NOTHING;
        String name;
        boolean local;

        Call(Call outer) {
            this.outer = outer;
        }
    }

    private final SqlStatements statements;
    private Call innermost;

    SettingCalls(SqlStatements statements) {
        this.statements = statements;
    }

    void clear() {
        innermost = null;
    }

    /** At the name of the function. */
    void begin() {
        innermost = new Call(innermost);
    }

    /** Whether the tokens are those of a call. */
    boolean isOpen() {
        return innermost != null;
    }

    /** In a call: the next token, of any kind, with the count of parentheses before it. */
    void take(SqlToken token, int depth) {
        if (innermost.depth == 0) {
            if (token == SqlToken.OPEN) {
                innermost.depth = depth + 1;
                return;
            }
            // No call, but a column or the like.
            finish(innermost);
        }
        if (token == SqlToken.END) {
            while (innermost != null) {
                finish(innermost);
            }
        } else if (innermost != null) {
            takeInside(innermost, token, depth);
        }
    }

    private void takeInside(Call call, SqlToken token, int depth) {
        boolean nested = depth > call.depth;
        if (!nested && token == SqlToken.CLOSE) {
            endArgument(call);
            finish(call);
        } else if (!nested && call.brackets == 0 && statements.isSymbol(',')) {
            endArgument(call);
        } else {
            call.seen = !nested && continues(call, token) ? call.seen + 1 : OTHER;
            if (!nested && statements.isSymbol('[')) {
                call.brackets++;
            } else if (!nested && statements.isSymbol(']')) {
                call.brackets--;
            }
        }
    }

    /** Whether with this token the argument is still a literal, or a literal with a cast. */
    private boolean continues(Call call, SqlToken token) {
        return switch (call.seen) {
            case NOTHING -> isLiteral(call, token);
            case LITERAL, COLON -> statements.isSymbol(':');
            case COLONS -> token == SqlToken.WORD && isType(call, statements.name());
            default -> false;
        };
    }

    private boolean isLiteral(Call call, SqlToken token) {
        if (call.argument == NAME && token.isString()) {
            call.name = statements.literal();
            return call.name != null;
        }
        if (call.argument == LOCAL && token.isString()) {
            String value = statements.literal();
            return value != null && TRUE.contains(SqlName.folded(value));
        }
        return call.argument == LOCAL
                && token == SqlToken.WORD
                && statements.name().equals("true");
    }

    private static boolean isType(Call call, String type) {
        return call.argument == NAME ? type.equals("text") : type.equals("bool") || type.equals("boolean");
    }

    private static void endArgument(Call call) {
        boolean understood = call.seen == LITERAL || call.seen == TYPE;
        if (call.argument == NAME && !understood) {
            call.name = null;
        } else if (call.argument == LOCAL) {
            call.local = understood;
        }
        call.argument++;
        call.seen = NOTHING;
    }

    private void finish(Call call) {
        innermost = call.outer;
        if (call.argument != ARGUMENTS) {
            statements.add(Keyword.SET_CONFIG);
        } else if (call.local) {
            statements.add(Effect.SETS_LOCAL);
            statements.bends(call.name == null ? null : SqlName.folded(call.name));
        } else if (call.name != null) {
            statements.add(Effect.SETTINGS);
            statements.addSetting(SqlName.folded(call.name));
        } else {
            statements.add(Keyword.SET_CONFIG);
        }
    }
}

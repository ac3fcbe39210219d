package org.pgweir.proxy.session;

import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Set;

/**
 * What a text of SQL may do to the session beyond its transaction, as far as the text tells. Immutable.
 *
 * <p>The text is the argument of a Query or Parse. It is read by a lexer, not parsed: of a text that PostgreSQL refuses, nothing
 * true is said, and nothing needs to be, for it runs none of it.
 */
public final class SqlText {
    /** One statement of which nothing lasts: the common case. */
    public static final SqlText PLAIN = new SqlText(0, List.of(), List.of(), 1, null);

    /** No statement at all: PostgreSQL answers EmptyQueryResponse. */
    public static final SqlText EMPTY = new SqlText(0, List.of(), List.of(), 0, null);

    private static final int HARMLESS = Effect.PREPARED.bit()
            | Effect.TRANSACTION_CONTROL.bit()
            | Effect.SAVEPOINTS.bit()
            | Effect.NOTIFIES.bit()
            | Effect.SETS_LOCAL.bit()
            | Effect.SEQUENCE_STEPS.bit()
            | Effect.SEQUENCE_READS.bit();

    /** One statement with one effect and no name, by the effect. */
    private static final SqlText[] SIMPLE = simple();

    /** One statement that calls a function, and does nothing else that lasts. */
    static final SqlText CALLING = of(Effect.CALLS.bit(), List.of(), Set.of(), 1, null);

    private final int effects;
    private final List<NameUse> names;
    private final List<String> settingNames;
    private final int statements;
    private final String settingValue;

    private SqlText(int effects, List<NameUse> names, List<String> settingNames, int statements, String settingValue) {
        this.effects = effects;
        this.names = names;
        this.settingNames = settingNames;
        this.statements = statements;
        this.settingValue = settingValue;
    }

    private static SqlText[] simple() {
        Effect[] all = Effect.values();
        SqlText[] simple = new SqlText[all.length];
        for (Effect effect : all) {
            simple[effect.ordinal()] = new SqlText(effect.bit(), List.of(), List.of(), 1, null);
        }
        return simple;
    }

    /**
     * Reads a text; costs two to three nanoseconds a byte, and no allocation when the text is {@link #PLAIN}. Any thread.
     *
     * @param index where the text starts in the buffer, whose indexes are neither used nor moved
     * @param length of the text in bytes, without the zero that ends it
     * @throws IndexOutOfBoundsException if the buffer is shorter
     */
    public static SqlText read(ByteBuf text, int index, int length, SqlDialect dialect) {
        return SqlReader.read(text, index, length, dialect);
    }

    static SqlText of(int effects, List<NameUse> names, Set<String> settingNames, int statements, String settingValue) {
        if (names.isEmpty() && settingNames.isEmpty() && statements <= 1) {
            if (effects == 0) {
                return statements == 0 ? EMPTY : PLAIN;
            }
            if (Integer.bitCount(effects) == 1) {
                return SIMPLE[Integer.numberOfTrailingZeros(effects)];
            }
        }
        return new SqlText(effects, List.copyOf(names), List.copyOf(settingNames), statements, settingValue);
    }

    /** Whether any of the statements may have this effect. */
    public boolean has(Effect effect) {
        return (effects & effect.bit()) != 0;
    }

    /** Whether no statement has any effect. */
    public boolean isPlain() {
        return effects == 0;
    }

    /** Whether it can leave nothing in the session, once the transaction is over that it may begin or end. */
    public boolean leavesNothing() {
        return (effects & ~(Effect.TRANSACTION_CONTROL.bit() | Effect.DEFINES.bit() | Effect.CALLS.bit())) == 0;
    }

    /** Whether it is known to leave nothing in the session but what its words tell, however often it is executed by name. */
    boolean isHarmless() {
        return (effects & ~HARMLESS) == 0;
    }

    /** The statements that name something, in the order of the text. */
    public List<NameUse> names() {
        return names;
    }

    /**
     * The names, in lower case, of the settings that may be set in the session by SET, RESET, or a call of set_config with the name
     * as a literal; each once, in the order of the text. These are all unless there are {@link Effect#OPAQUE_SETTINGS}, RESET ALL
     * or DISCARD ALL. Of code (DO), names with a dot that may be set there.
     */
    public List<String> settingNames() {
        return settingNames;
    }

    /** The SET or RESET of one setting that is all of the text and has an effect that the text tells; null if it is not like that. */
    public NameUse loneSetting() {
        int settingsOnly = Effect.SETTINGS.bit() | Effect.RESETS.bit() | Effect.MEANING.bit();
        if (statements != 1 || names.size() != 1 || settingNames.size() != 1 || (effects & ~settingsOnly) != 0) {
            return null;
        }
        NameUse use = names.get(0);
        boolean certain = use.kind() == NameUse.Kind.SET || use.kind() == NameUse.Kind.RESET;
        return certain && SettingValue.isCertain(use.name()) ? use : null;
    }

    /** An expression of SQL for the value that {@link #loneSetting} sets; null if the text leaves a doubt. */
    public String settingValue() {
        return settingValue;
    }

    /** How many statements there are, empty ones left out. */
    public int statements() {
        return statements;
    }

    @Override
    public String toString() {
        StringBuilder all = new StringBuilder("SqlText[statements=").append(statements);
        for (Effect effect : Effect.values()) {
            if (has(effect)) {
                all.append(' ').append(effect);
            }
        }
        return all.append(names.isEmpty() ? "" : " " + names)
                .append(settingNames.isEmpty() ? "" : " " + settingNames)
                .append(']')
                .toString();
    }
}

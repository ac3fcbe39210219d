package org.pgweir.proxy.session;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/** The words that tell something, and the names of functions and relations that have an effect wherever they stand. */
enum Keyword {
    /** Any other word, and what is no word. */
    NONE,

    ABORT,
    ALL,
    ALTER,
    ANALYSE,
    ANALYZE,
    AS,
    ATOMIC,
    AUTHORIZATION,
    BEGIN,
    CALL,
    CHARACTERISTICS,
    CLOSE,
    COMMIT,
    CONSTRAINTS,
    CREATE,
    DEALLOCATE,
    DECLARE,
    DEFAULT,
    DISCARD,
    DO,
    DROP,
    END,
    EXECUTE,
    EXPLAIN,
    FUNCTION,
    GLOBAL,
    HOLD,
    INSERT,
    INTERVAL,
    INTO,
    ISOLATION,
    LISTEN,
    LOAD,
    LOCAL,
    MERGE,
    NAMES,
    NOTIFY,
    ON,
    PREPARE,
    PREPARED,
    PROCEDURE,
    RELEASE,
    REPLACE,
    RESET,
    ROLE,
    ROLLBACK,
    SAVEPOINT,
    SCHEMA,
    SEQUENCES,
    SESSION,
    SET,
    START,
    TABLE,
    TEMP,
    TEMPORARY,
    TIME,
    TO,
    TRANSACTION,
    UESCAPE,
    UNLISTEN,
    UPDATE,
    VERBOSE,
    WITH,
    WORK,
    XML,
    ZONE,

    CURRVAL(Effect.SEQUENCE_READS),
    LASTVAL(Effect.SEQUENCE_READS),
    NEXTVAL(Effect.SEQUENCE_STEPS),
    SETVAL(Effect.SEQUENCE_STEPS),
    SET_CONFIG(Effect.SETTINGS, Effect.OPAQUE_SETTINGS, Effect.MEANING),
    PG_NOTIFY(Effect.NOTIFIES),
    PG_ADVISORY_LOCK(Effect.ADVISORY_LOCK),
    PG_ADVISORY_LOCK_SHARED(Effect.ADVISORY_LOCK),
    PG_TRY_ADVISORY_LOCK(Effect.ADVISORY_LOCK),
    PG_TRY_ADVISORY_LOCK_SHARED(Effect.ADVISORY_LOCK),
    PG_ADVISORY_UNLOCK(Effect.ADVISORY_UNLOCK),
    PG_ADVISORY_UNLOCK_SHARED(Effect.ADVISORY_UNLOCK),
    PG_ADVISORY_UNLOCK_ALL(Effect.ADVISORY_UNLOCK),
    PG_TEMP(Effect.TEMPORARY),
    /** Only an UPDATE of it has an effect. */
    PG_SETTINGS(Effect.SETTINGS, Effect.OPAQUE_SETTINGS, Effect.MEANING);

    private static final int LONGEST = 31;
    private static final int LETTERS = 32;

    /** The schemas of temporary objects have a number behind their name; pg_temp stands for the session's own. */
    private static final byte[] PG_TEMP_PREFIX = "pg_temp_".getBytes(StandardCharsets.US_ASCII);

    /** By the first letter and the length. */
    private static final Keyword[][] WORDS = words();

    /** By the first letter: a bit for each length that has words. Nearly every word that is none of these falls through here. */
    private static final int[] LENGTHS = lengths();

    private final byte[] letters;
    private final int effects;

    Keyword() {
        this(new Effect[0]);
    }

    Keyword(Effect... effects) {
        this.letters = name().toLowerCase(Locale.ROOT).getBytes(StandardCharsets.US_ASCII);
        int bits = 0;
        for (Effect effect : effects) {
            bits |= effect.bit();
        }
        this.effects = bits;
    }

    private static Keyword[][] words() {
        Keyword[][] words = new Keyword[LETTERS * (LONGEST + 1)][0];
        for (Keyword keyword : values()) {
            if (keyword != NONE) {
                int slot = slot(keyword.letters[0], keyword.letters.length);
                int count = words[slot].length;
                words[slot] = Arrays.copyOf(words[slot], count + 1);
                words[slot][count] = keyword;
            }
        }
        return words;
    }

    private static int[] lengths() {
        int[] lengths = new int[LETTERS];
        lengths['p' & LETTERS - 1] = -1 << PG_TEMP_PREFIX.length;
        for (Keyword keyword : values()) {
            lengths[keyword.letters[0] & LETTERS - 1] |= 1 << keyword.letters.length;
        }
        return lengths;
    }

    private static int slot(byte first, int length) {
        return (first & LETTERS - 1) * (LONGEST + 1) + length;
    }

    /** The bits of the effects that this name has wherever it stands, quoted or not; 0 for a plain keyword. */
    int effects() {
        return effects;
    }

    /** Which word this is, upper case or lower. */
    static Keyword find(byte[] text, int start, int end) {
        return find(text, start, end, true);
    }

    /** Which name this is, between its quotes: one that has effects, or none. */
    static Keyword findName(byte[] text, int start, int end) {
        Keyword found = find(text, start, end, false);
        return found.effects == 0 ? NONE : found;
    }

    /** As {@link #findName(byte[], int, int)}. */
    static Keyword findName(String name) {
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        return findName(text, 0, text.length);
    }

    /** Whether these letters stand anywhere in the text, upper case or lower. */
    boolean isIn(byte[] text, int start, int end) {
        for (int i = start; i <= end - letters.length; i++) {
            if (startsWith(letters, text, i, true)) {
                return true;
            }
        }
        return false;
    }

    private static Keyword find(byte[] text, int start, int end, boolean folds) {
        int length = end - start;
        if (length <= 0 || length > LONGEST || (LENGTHS[text[start] & LETTERS - 1] >>> length & 1) == 0) {
            return NONE;
        }
        Keyword[] candidates = WORDS[slot(text[start], length)];
        for (Keyword candidate : candidates) {
            if (startsWith(candidate.letters, text, start, folds)) {
                return candidate;
            }
        }
        if (length > PG_TEMP_PREFIX.length
                && (text[start] | 0x20) == 'p'
                && startsWith(PG_TEMP_PREFIX, text, start, folds)) {
            return PG_TEMP;
        }
        return NONE;
    }

    private static boolean startsWith(byte[] letters, byte[] text, int start, boolean folds) {
        for (int i = 0; i < letters.length; i++) {
            byte b = text[start + i];
            if (letters[i] != (folds && b >= 'A' && b <= 'Z' ? b | 0x20 : b)) {
                return false;
            }
        }
        return true;
    }
}

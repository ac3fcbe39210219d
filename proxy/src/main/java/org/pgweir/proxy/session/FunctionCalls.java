package org.pgweir.proxy.session;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Tells whether what stands before an opening parenthesis is the name of a function that may do anything: one that PostgreSQL does not
 * bring along. In doubt it is; that costs little, see {@link Effect#CALLS}.
 *
 * <p>Known are the names of functions that leave nothing in a session, or nothing but what is seen otherwise, and the words of SQL's
 * grammar. A function of a user's that has such a name, too, for other types of arguments, is not told apart from it.
 */
final class FunctionCalls {
    private static final String GRAMMAR = """
            all and any array as asymmetric between both by case cast check coalesce collate conflict cross cube current_time \
            current_timestamp default distinct do else end except exists explain extract filter from full greatest group grouping \
            having ilike in inner intersect interval into is join json json_array json_arrayagg json_exists json_object \
            json_objectagg json_query json_scalar json_serialize json_table json_value lateral leading least left like limit \
            localtime localtimestamp materialized natural not notnull nullif offset on only or order outer over overlay partition \
            position precision returning right rollup row select set sets similar some symmetric table then to trailing treat trim \
            union unique using values varying when where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest \
            xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable bigint boolean character dec decimal float int integer \
            national nchar real smallint vacuum analyze set_config array_append array_cat array_prepend starts_with""";

    /** What stands before a name that has parentheses behind it, and is none of a function: a table, an alias, a prepared statement. */
    private static final byte[][] BEFORE_OTHERS = words("into as with recursive execute prepare copy table references");

    private static final byte[] CATALOG = "pg_catalog".getBytes(StandardCharsets.US_ASCII);

    private static final int SLOTS = 1 << 12;
    private static final byte[][] KNOWN = new byte[SLOTS][];

    static {
        for (byte[] word : words(GRAMMAR + ' ' + resource())) {
            int slot = hash(word, 0, word.length, false);
            while (KNOWN[slot] != null) {
                slot = slot + 1 & SLOTS - 1;
            }
            KNOWN[slot] = word;
        }
    }

    private FunctionCalls() {}

    private static String resource() {
        try (InputStream names = FunctionCalls.class.getResourceAsStream("functions.txt")) {
            return new String(names.readAllBytes(), StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[][] words(String text) {
        String[] words = text.trim().toLowerCase(Locale.ROOT).split("\\s+");
        byte[][] all = new byte[words.length][];
        for (int i = 0; i < words.length; i++) {
            all[i] = words[i].getBytes(StandardCharsets.US_ASCII);
        }
        return all;
    }

    /**
     * Whether a function of an unknown kind may be called.
     *
     * @param from where the text begins
     * @param token what stands before the parenthesis
     */
    static boolean isUnknown(byte[] text, int from, SqlToken token, int start, int end) {
        boolean known;
        switch (token) {
            case WORD -> known = isKnown(text, start, end, true);
            case QUOTED_NAME -> known = isKnown(text, start + 1, end - 1, false);
            case UNICODE_NAME -> known = false;
            default -> {
                return false;
            }
        }
        boolean hasSchema = start > from && text[start - 1] == '.';
        return !(known && !hasSchema) && !isOther(text, from, start, known);
    }

    /** Reads backwards what stands before the name: its schema, and the word before that. What it does not understand is a call. */
    private static boolean isOther(byte[] text, int from, int start, boolean known) {
        int at = start;
        if (at > from && text[at - 1] == '.') {
            int schemaEnd = at - 1;
            at = beginningOfName(text, from, schemaEnd);
            if (known && matches(CATALOG, text, at, schemaEnd)) {
                return true;
            }
            if (at > from && text[at - 1] == '.') {
                at = beginningOfName(text, from, at - 1);
            }
        }
        // Not over the end of a line: what stands there may be a comment.
        while (at > from && text[at - 1] == ' ') {
            at--;
        }
        if (at - 1 > from && text[at - 1] == ':' && text[at - 2] == ':') {
            // A type, as in x::geometry(point, 4326).
            return true;
        }
        int word = beginningOfName(text, from, at);
        for (byte[] before : BEFORE_OTHERS) {
            if (matches(before, text, word, at)) {
                return true;
            }
        }
        return false;
    }

    private static int beginningOfName(byte[] text, int from, int end) {
        int at = end;
        if (at - 1 > from && text[at - 1] == '"') {
            at -= 2;
            while (at > from && text[at] != '"') {
                at--;
            }
            return at;
        }
        while (at > from && isInName(text[at - 1])) {
            at--;
        }
        return at;
    }

    private static boolean isInName(byte b) {
        return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '_' || b == '$' || b < 0;
    }

    private static boolean isKnown(byte[] text, int start, int end, boolean folds) {
        int slot = hash(text, start, end, folds);
        while (KNOWN[slot] != null) {
            if (equals(KNOWN[slot], text, start, end, folds)) {
                return true;
            }
            slot = slot + 1 & SLOTS - 1;
        }
        return false;
    }

    private static boolean matches(byte[] word, byte[] text, int start, int end) {
        return equals(word, text, start, end, true);
    }

    private static boolean equals(byte[] word, byte[] text, int start, int end, boolean folds) {
        if (end - start != word.length) {
            return false;
        }
        for (int i = 0; i < word.length; i++) {
            if (word[i] != folded(text[start + i], folds)) {
                return false;
            }
        }
        return true;
    }

    private static int hash(byte[] text, int start, int end, boolean folds) {
        int hash = 0;
        for (int i = start; i < end; i++) {
            hash = hash * 31 + folded(text[i], folds);
        }
        return (hash ^ hash >>> 13) & SLOTS - 1;
    }

    private static byte folded(byte b, boolean folds) {
        return folds && b >= 'A' && b <= 'Z' ? (byte) (b | 0x20) : b;
    }
}

package org.pgweir.proxy.session;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Makes of the value in {@code SET name TO value} an expression for set_config with the same effect, on whatever server and whenever it is
 * said. Only for what leaves no doubt: plain words, decimal numbers, and strings and quoted names of ASCII without quotes and backslashes in
 * them.
 */
final class SettingValue {
    /** Longer ones are left to the server to tell. */
    private static final int LONGEST = 1000;

    /** PostgreSQL cuts names behind this. */
    private static final int LONGEST_WORD = 63;

    /**
     * What does not depend on its value alone: roles; what ends with the transaction; a name that is looked up in the search_path; lists
     * whose members PostgreSQL quotes; and other names of settings, which may meet themselves.
     */
    private static final Set<String> UNCERTAIN = Set.of(
            "role",
            "session_authorization",
            "is_superuser",
            "seed",
            "transaction_isolation",
            "transaction_read_only",
            "transaction_deferrable",
            "default_text_search_config",
            "temp_tablespaces",
            "local_preload_libraries",
            "session_preload_libraries",
            "shared_preload_libraries",
            "sort_mem",
            "vacuum_mem",
            "ssl_ecdh_curve");

    private static final String LIST = "search_path";

    private SettingValue() {}

    /** Whether what SET and RESET do to this setting can be known from the text. */
    static boolean isCertain(String name) {
        return !UNCERTAIN.contains(name);
    }

    /**
     * @param name in lower case
     * @param text the statement, with the value from {@code start} to {@code end} as it was written
     * @return null if it leaves a doubt
     */
    static String expression(String name, byte[] text, int start, int end) {
        if (!isCertain(name) || end - start > LONGEST) {
            return null;
        }
        boolean isList = name.equals(LIST);
        List<String> members = new ArrayList<>(1);
        int at = start;
        while (true) {
            int memberEnd = endOfMember(text, at, end, isList);
            if (memberEnd < 0) {
                return null;
            }
            members.add(member(text, at, memberEnd));
            at = blanks(text, memberEnd, end);
            if (at == end) {
                break;
            }
            if (!isList || text[at] != ',') {
                return null;
            }
            at = blanks(text, at + 1, end);
        }
        return isList ? list(members) : members.get(0);
    }

    /** As PostgreSQL writes the list, with quotes where it wants them. */
    private static String list(List<String> members) {
        StringBuilder list = new StringBuilder("pg_catalog.concat_ws(', '");
        for (String member : members) {
            list.append(",pg_catalog.quote_ident(").append(member).append(')');
        }
        return list.append(')').toString();
    }

    private static int blanks(byte[] text, int from, int end) {
        int at = from;
        while (at < end && (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r')) {
            at++;
        }
        return at;
    }

    /** Behind a string, name, word or number; -1 if there is none, or not for certain. */
    private static int endOfMember(byte[] text, int start, int end, boolean isList) {
        if (start == end) {
            return -1;
        }
        byte first = text[start];
        if (first == '\'' || first == '"') {
            return endOfQuoted(text, start, end);
        }
        if (isLetter(first)) {
            return endOfWord(text, start, end);
        }
        return isList ? -1 : endOfNumber(text, first == '-' ? start + 1 : start, end);
    }

    private static int endOfQuoted(byte[] text, int start, int end) {
        byte quote = text[start];
        int at = start + 1;
        while (at < end && text[at] != quote) {
            if (text[at] < 0x20 || text[at] == '\\') {
                return -1;
            }
            at++;
        }
        boolean closed = at < end && (at + 1 == end || text[at + 1] != quote);
        boolean cut = quote == '"' && at - start - 1 > LONGEST_WORD;
        return closed && !cut ? at + 1 : -1;
    }

    private static int endOfWord(byte[] text, int start, int end) {
        int at = start;
        while (at < end && (isLetter(text[at]) || isDigit(text[at]))) {
            at++;
        }
        // What goes on otherwise is no plain word: a byte beyond ASCII, a prefix of a string.
        return at - start <= LONGEST_WORD && isDelimited(text, at, end) ? at : -1;
    }

    /** Digits, perhaps with a point; no zero in front, for that would be octal to a setting and not to SQL. */
    private static int endOfNumber(byte[] text, int start, int end) {
        int at = digits(text, start, end);
        boolean whole = at > start && (text[start] != '0' || at == start + 1);
        if (whole && at < end && text[at] == '.') {
            int point = at;
            at = digits(text, point + 1, end);
            whole = at > point + 1;
        }
        return whole && isDelimited(text, at, end) ? at : -1;
    }

    private static int digits(byte[] text, int from, int end) {
        int at = from;
        while (at < end && isDigit(text[at])) {
            at++;
        }
        return at;
    }

    private static boolean isDelimited(byte[] text, int at, int end) {
        return at == end || text[at] == ',' || blanks(text, at, end) > at;
    }

    private static boolean isLetter(byte b) {
        return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '_';
    }

    private static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }

    private static String member(byte[] text, int start, int end) {
        String written = new String(text, start, end - start, StandardCharsets.US_ASCII);
        return switch (written.charAt(0)) {
            case '\'' -> written;
            case '"' -> '\'' + written.substring(1, written.length() - 1).replace("'", "''") + '\'';
            default -> '\'' + written.toLowerCase(Locale.ROOT) + '\'';
        };
    }
}

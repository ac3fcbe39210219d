package org.pgweir.proxy.session;

import java.nio.charset.Charset;

/** Makes out of a string's token the value that PostgreSQL understands. */
final class SqlLiteral {
    private SqlLiteral() {}

    /**
     * @param token one of the kinds of strings
     * @param escape the escape character of a U&amp; string
     * @return null for what is not read: a string that is not closed or comes in several parts, or what E'' alone does not tell
     */
    static String value(SqlToken token, byte[] text, int start, int end, byte escape, Charset charset) {
        String literal = new String(text, start, end - start, charset);
        return switch (token) {
            case STRING -> quoted(literal, false, false);
            case ESCAPE_STRING -> quoted(literal, true, false);
            case UNICODE_STRING -> {
                String value = quoted(literal, false, true);
                yield value == null ? null : SqlName.resolved(value, (char) (escape & 0xff));
            }
            case DOLLAR_STRING -> dollar(literal);
            default -> throw new IllegalArgumentException(token + " is no string");
        };
    }

    private static String dollar(String literal) {
        int length = literal.indexOf('$', 1) + 1;
        String delimiter = literal.substring(0, length);
        return literal.length() >= 2 * length && literal.endsWith(delimiter)
                ? literal.substring(length, literal.length() - length)
                : null;
    }

    private static String quoted(String literal, boolean backslashes, boolean clause) {
        StringBuilder value = new StringBuilder(literal.length());
        int i = literal.indexOf('\'') + 1;
        while (i > 0 && i < literal.length()) {
            char c = literal.charAt(i);
            if (c == '\'' && !literal.startsWith("''", i)) {
                return endsBehind(i, literal, clause) ? value.toString() : null;
            }
            if (c == '\\' && backslashes) {
                i = escaped(literal, i + 1, value);
            } else {
                value.append(c);
                i += c == '\'' ? 2 : 1;
            }
        }
        return null;
    }

    /** Behind the last quote only UESCAPE may stand; else the string goes on. */
    private static boolean endsBehind(int quote, String literal, boolean clause) {
        String rest = literal.substring(quote + 1).strip();
        return rest.isEmpty() || clause && (rest.charAt(0) | 0x20) == 'u';
    }

    /**
     * What stands behind a backslash.
     *
     * @return the place behind it, or -1 if it is not known what it means
     */
    private static int escaped(String literal, int at, StringBuilder value) {
        if (at >= literal.length()) {
            return -1;
        }
        char c = literal.charAt(at);
        switch (c) {
            case 'x':
                return coded(literal, at + 1, 2, 16, value);
            case 'u':
                return coded(literal, at + 1, 4, 16, value);
            case 'U':
                return coded(literal, at + 1, 8, 16, value);
            case '0', '1', '2', '3', '4', '5', '6', '7':
                return coded(literal, at, 3, 8, value);
            case 'v':
                // A control character, but a letter to older servers.
                return -1;
            default:
                int control = "bfnrt".indexOf(c);
                value.append(control < 0 ? c : "\b\f\n\r\t".charAt(control));
                return at + 1;
        }
    }

    /** A character by its number of up to so many digits. Only ASCII: what is beyond may be a byte in the server's encoding. */
    private static int coded(String literal, int from, int longest, int radix, StringBuilder value) {
        int code = 0;
        int i = from;
        while (i < literal.length() && i < from + longest && digit(literal.charAt(i), radix) >= 0) {
            code = code * radix + digit(literal.charAt(i), radix);
            i++;
        }
        if (i == from || code <= 0 || code >= 0x80) {
            return -1;
        }
        value.append((char) code);
        return i;
    }

    private static int digit(char c, int radix) {
        return c < 0x80 ? Character.digit(c, radix) : -1;
    }
}

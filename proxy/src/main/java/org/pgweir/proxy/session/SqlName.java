package org.pgweir.proxy.session;

import java.nio.charset.Charset;

/** Makes out of an identifier's token the name that PostgreSQL understands. */
final class SqlName {
    /** NAMEDATALEN - 1: as many bytes of a name has PostgreSQL, in the encoding of its database. */
    private static final int LONGEST = 63;

    private static final int UNICODE_DIGITS = 4;
    private static final int LONG_UNICODE_DIGITS = 6;

    private SqlName() {}

    /**
     * @param token one of the three kinds of identifiers
     * @param escape the escape character of a U&amp; identifier
     */
    static String of(SqlToken token, byte[] text, int start, int end, byte escape, Charset charset) {
        return switch (token) {
            case WORD -> cut(folded(new String(text, start, end - start, charset)));
            case QUOTED_NAME -> cut(quoted(text, start, end, charset));
            case UNICODE_NAME -> cut(resolved(quoted(text, start + 2, end, charset), (char) (escape & 0xff)));
            default -> throw new IllegalArgumentException(token + " is no name");
        };
    }

    /** In lower case as far as it is ASCII. */
    static String folded(String name) {
        StringBuilder folded = null;
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c >= 'A' && c <= 'Z') {
                folded = folded == null ? new StringBuilder(name) : folded;
                folded.setCharAt(i, (char) (c | 0x20));
            }
        }
        return folded == null ? name : folded.toString();
    }

    /** What stands between the quote at start and the next one that stands alone; behind that may be an UESCAPE clause. */
    private static String quoted(byte[] text, int start, int end, Charset charset) {
        String token = new String(text, start, end - start, charset);
        StringBuilder name = new StringBuilder(token.length());
        for (int i = 1; i < token.length(); i++) {
            char c = token.charAt(i);
            if (c == '"') {
                i++;
                if (i == token.length() || token.charAt(i) != '"') {
                    break;
                }
            }
            name.append(c);
        }
        return name.toString();
    }

    /** Puts the characters for their numbers. What is wrong stays as it is: PostgreSQL refuses it. */
    static String resolved(String name, char escape) {
        StringBuilder resolved = new StringBuilder(name.length());
        int i = 0;
        while (i < name.length()) {
            char c = name.charAt(i);
            int next = i + 1 < name.length() && c == escape ? name.charAt(i + 1) : -1;
            int digitsAt = next == '+' ? i + 2 : i + 1;
            int digits = next == '+' ? LONG_UNICODE_DIGITS : UNICODE_DIGITS;
            int codePoint = next < 0 ? -1 : hexadecimal(name, digitsAt, digits);
            if (codePoint >= 0) {
                resolved.appendCodePoint(codePoint);
                i = digitsAt + digits;
            } else {
                resolved.append(c);
                i += next == escape ? 2 : 1;
            }
        }
        return resolved.toString();
    }

    private static int hexadecimal(String name, int start, int count) {
        if (start + count > name.length()) {
            return -1;
        }
        int value = 0;
        for (int i = start; i < start + count; i++) {
            char c = name.charAt(i);
            int digit = c < 0x80 ? Character.digit(c, 16) : -1;
            if (digit < 0) {
                return -1;
            }
            value = value << 4 | digit;
        }
        return Character.isValidCodePoint(value) ? value : -1;
    }

    /** The longest beginning of whole characters that a database in UTF-8 takes. */
    private static String cut(String name) {
        if (name.length() * 3 <= LONGEST) {
            return name;
        }
        int bytes = 0;
        int i = 0;
        while (i < name.length()) {
            int codePoint = name.codePointAt(i);
            bytes += codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
            if (bytes > LONGEST) {
                break;
            }
            i += Character.charCount(codePoint);
        }
        return name.substring(0, i);
    }
}

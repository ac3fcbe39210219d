package org.pgweir.proxy.admin;

/**
 * PgBouncer's grammar: a word and perhaps an argument, or {@code SET key = value}, or {@code SET key TO value}; behind it perhaps a
 * semicolon. Words are letters, digits and {@code _}, or anything in double quotes; a value may stand in single quotes. Comments, and
 * {@code . - $} in words, are understood beyond that.
 */
final class CommandText {
    /** What stands in a text. */
    sealed interface Parsed permits Nothing, Words, Assignment {}

    /** Blanks, comments, a semicolon. */
    record Nothing() implements Parsed {}

    /** @param argument empty if there is none */
    record Words(String word, String argument) implements Parsed {}

    record Assignment(String key, String value) implements Parsed {}

    /** It is none of these. Without a stack trace: users mistype. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1L;

        Malformed() {
            super("not a command", null, false, false);
        }
    }

    private final String text;
    private int at;

    private CommandText(String text) {
        this.text = text;
    }

    static Parsed parse(String text) throws Malformed {
        CommandText reader = new CommandText(text);
        reader.skipBlanks();
        Parsed parsed = reader.read();
        reader.skipBlanks();
        if (reader.isNext(';')) {
            reader.at++;
            reader.skipBlanks();
        }
        if (!reader.isAtEnd()) {
            throw new Malformed();
        }
        return parsed;
    }

    private Parsed read() throws Malformed {
        if (isAtEnd() || isNext(';')) {
            return new Nothing();
        }
        String word = word();
        skipBlanks();
        if (isAtEnd() || isNext(';')) {
            return new Words(word, "");
        }
        String argument = word();
        if (!word.equalsIgnoreCase("SET")) {
            return new Words(word, argument);
        }
        skipBlanks();
        if (isNext('=')) {
            at++;
        } else if (isAtEnd() || isNext(';') || !word().equalsIgnoreCase("TO")) {
            throw new Malformed();
        }
        skipBlanks();
        return new Assignment(argument, isNext('\'') ? quoted('\'') : word());
    }

    private String word() throws Malformed {
        if (isNext('"')) {
            return quoted('"');
        }
        int start = at;
        while (!isAtEnd() && isOfWord(text.charAt(at))) {
            at++;
        }
        if (at == start) {
            throw new Malformed();
        }
        return text.substring(start, at);
    }

    private static boolean isOfWord(char c) {
        return Character.isLetterOrDigit(c) || c == '_' || c == '-' || c == '.' || c == '$';
    }

    /** A quote inside is written twice. */
    private String quoted(char quote) throws Malformed {
        StringBuilder value = new StringBuilder();
        at++;
        while (true) {
            int end = text.indexOf(quote, at);
            if (end < 0) {
                throw new Malformed();
            }
            value.append(text, at, end);
            at = end + 1;
            if (!isNext(quote)) {
                return value.toString();
            }
            value.append(quote);
            at++;
        }
    }

    /** Blanks and comments. */
    private void skipBlanks() throws Malformed {
        while (!isAtEnd()) {
            if (Character.isWhitespace(text.charAt(at))) {
                at++;
            } else if (text.startsWith("--", at)) {
                int end = text.indexOf('\n', at);
                at = end < 0 ? text.length() : end + 1;
            } else if (text.startsWith("/*", at)) {
                int end = text.indexOf("*/", at + 2);
                if (end < 0) {
                    throw new Malformed();
                }
                at = end + 2;
            } else {
                return;
            }
        }
    }

    private boolean isAtEnd() {
        return at >= text.length();
    }

    private boolean isNext(char c) {
        return at < text.length() && text.charAt(at) == c;
    }
}

package org.pgweir.proxy.session;

/**
 * Cuts SQL into tokens as PostgreSQL's scanner does ("Lexical Structure" in its manual), without a copy of anything.
 *
 * <p>Every text is taken: what is not closed goes on to the end of the text, what means nothing is a {@link SqlToken#SYMBOL}.
 * PostgreSQL refuses such a text as a whole and runs nothing of it.
 *
 * <p>Comments and white space are skipped. Not thread-safe; made to be used again and again.
 */
final class SqlLexer {
    private static final byte SPACE = 1;
    private static final byte LETTER = 2;
    private static final byte DIGIT = 3;
    private static final byte QUOTE = 4;
    private static final byte DOUBLE_QUOTE = 5;
    private static final byte DOLLAR = 6;
    private static final byte POINT = 7;
    private static final byte PUNCTUATION = 8;

    /** What a byte can begin; 0 is a symbol. */
    private static final byte[] CLASSES = classes();

    private static final boolean[] IN_WORDS = inWords();

    private static final SqlToken[] PUNCTUATIONS = new SqlToken[128];

    private static byte[] classes() {
        byte[] classes = new byte[256];
        for (int b = 0; b < 256; b++) {
            boolean letter = b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '_' || b >= 0x80;
            classes[b] = letter ? LETTER : b >= '0' && b <= '9' ? DIGIT : b >= '\t' && b <= '\r' ? SPACE : 0;
        }
        classes[' '] = SPACE;
        classes['\''] = QUOTE;
        classes['"'] = DOUBLE_QUOTE;
        classes['$'] = DOLLAR;
        classes['.'] = POINT;
        classes[';'] = PUNCTUATION;
        classes['('] = PUNCTUATION;
        classes[')'] = PUNCTUATION;
        return classes;
    }

    private static boolean[] inWords() {
        boolean[] inWords = new boolean[256];
        for (int b = 0; b < 256; b++) {
            inWords[b] = CLASSES[b] == LETTER || CLASSES[b] == DIGIT || CLASSES[b] == DOLLAR;
        }
        return inWords;
    }

    static {
        PUNCTUATIONS[';'] = SqlToken.SEMICOLON;
        PUNCTUATIONS['('] = SqlToken.OPEN;
        PUNCTUATIONS[')'] = SqlToken.CLOSE;
    }

    private byte[] text = {};
    private int limit;
    private int at;
    private SqlDialect.Encoding encoding;
    private boolean multibyte;
    private boolean backslashes;

    private int start;
    private int end;
    private byte escape;

    /** Starts over with the bytes from {@code from} to before {@code to}. */
    void reset(byte[] text, int from, int to, SqlDialect dialect) {
        this.text = text;
        this.at = from;
        this.limit = to;
        this.encoding = dialect.encoding();
        this.multibyte = encoding != SqlDialect.Encoding.ASCII_SAFE;
        this.backslashes = !dialect.standardConformingStrings();
        this.start = from;
        this.end = from;
    }

    /** The place of the latest token. */
    int start() {
        return start;
    }

    /** Behind the latest token. */
    int end() {
        return end;
    }

    /** The escape character of the latest U& token. */
    byte escape() {
        return escape;
    }

    /** Goes back to the end of an earlier token. */
    void continueAt(int position) {
        at = position;
    }

    /** Reads the next token; at the end of the text {@link SqlToken#END}, again and again. */
    SqlToken next() {
        skipSpace();
        start = at;
        SqlToken token = at < limit ? token() : SqlToken.END;
        end = at;
        return token;
    }

    private SqlToken token() {
        int b = text[at] & 0xff;
        switch (CLASSES[b]) {
            case LETTER:
                return word();
            case DIGIT:
                number();
                return SqlToken.NUMBER;
            case QUOTE:
                string(backslashes);
                return backslashes ? SqlToken.ESCAPE_STRING : SqlToken.STRING;
            case DOUBLE_QUOTE:
                quoted('"');
                return SqlToken.QUOTED_NAME;
            case DOLLAR:
                return dollar();
            case POINT:
                if (is(DIGIT, at + 1)) {
                    number();
                    return SqlToken.NUMBER;
                }
                at++;
                return SqlToken.DOT;
            case PUNCTUATION:
                at++;
                return PUNCTUATIONS[b];
            default:
                at++;
                return SqlToken.SYMBOL;
        }
    }

    // White space and comments

    private void skipSpace() {
        int i = at;
        while (i < limit) {
            byte b = text[i];
            if (CLASSES[b & 0xff] == SPACE) {
                i++;
            } else if (b == '-' && isByte('-', i + 1)) {
                i = endOfLine(i);
            } else if (b == '/' && isByte('*', i + 1)) {
                i = endOfComment(i);
            } else {
                break;
            }
        }
        at = i;
    }

    private int endOfLine(int from) {
        int i = from;
        while (i < limit && text[i] != '\n' && text[i] != '\r') {
            i++;
        }
        return i;
    }

    private int endOfComment(int from) {
        int depth = 0;
        int i = from;
        while (i < limit) {
            if (text[i] == '/' && isByte('*', i + 1)) {
                depth++;
                i += 2;
            } else if (text[i] == '*' && isByte('/', i + 1)) {
                depth--;
                i += 2;
                if (depth == 0) {
                    return i;
                }
            } else {
                i++;
            }
        }
        return limit;
    }

    // Words and numbers

    private SqlToken word() {
        int from = at;
        skipWord();
        if (at < limit && (text[at] == '\'' || text[at] == '&') && at - from == 1) {
            return prefixed(text[from] | 0x20);
        }
        return SqlToken.WORD;
    }

    private void skipWord() {
        byte[] text = this.text;
        int limit = this.limit;
        int i = at;
        if (multibyte) {
            while (i < limit && IN_WORDS[text[i] & 0xff]) {
                i += encoding.isLead(text[i]) ? 2 : 1;
            }
        } else {
            while (i < limit && IN_WORDS[text[i] & 0xff]) {
                i++;
            }
        }
        at = Math.min(i, limit);
    }

    /** A single letter before a quote or an ampersand. */
    private SqlToken prefixed(int letter) {
        if (text[at] == '&') {
            if (letter == 'u' && isByte('\'', at + 1)) {
                at++;
                string(false);
                takeEscapeClause();
                return SqlToken.UNICODE_STRING;
            }
            if (letter == 'u' && isByte('"', at + 1)) {
                at++;
                quoted('"');
                takeEscapeClause();
                return SqlToken.UNICODE_NAME;
            }
            return SqlToken.WORD;
        }
        switch (letter) {
            case 'e':
                string(true);
                return SqlToken.ESCAPE_STRING;
            case 'b', 'x':
                string(false);
                return SqlToken.BIT_STRING;
            default:
                return SqlToken.WORD;
        }
    }

    /** Of 0x1F only the 0: the rest is a word that means nothing. */
    private void number() {
        skipDigits();
        if (isByte('.', at) && !isByte('.', at + 1)) {
            at++;
            skipDigits();
        }
        if (at < limit && (text[at] | 0x20) == 'e') {
            int sign = isByte('+', at + 1) || isByte('-', at + 1) ? 1 : 0;
            if (is(DIGIT, at + 1 + sign)) {
                at += 1 + sign;
                skipDigits();
            }
        }
    }

    private void skipDigits() {
        while (is(DIGIT, at) || isByte('_', at) && is(DIGIT, at + 1)) {
            at++;
        }
    }

    // Everything quoted

    /** From the opening quote to behind the closing one; two in a row stand for one. */
    private void quoted(char quote) {
        int i = at + 1;
        while (i < limit) {
            byte b = text[i];
            if (b != quote) {
                i += multibyte && encoding.isLead(b) ? 2 : 1;
            } else if (isByte(quote, i + 1)) {
                i += 2;
            } else {
                at = i + 1;
                return;
            }
        }
        at = limit;
    }

    private void string(boolean backslash) {
        if (backslash) {
            escaped();
        } else {
            quoted('\'');
        }
        for (int next = continuation(at); next >= 0; next = continuation(at)) {
            at = next;
            if (backslash) {
                escaped();
            } else {
                quoted('\'');
            }
        }
    }

    /** As {@link #quoted}, but a backslash takes away the meaning of the character behind it. */
    private void escaped() {
        int i = at + 1;
        while (i < limit) {
            byte b = text[i];
            if (b == '\'' && !isByte('\'', i + 1)) {
                at = i + 1;
                return;
            }
            if (b == '\'') {
                i++;
            } else if (b == '\\') {
                i++;
                b = i < limit ? text[i] : 0;
            }
            i += multibyte && encoding.isLead(b) ? 2 : 1;
        }
        at = limit;
    }

    /** Where a string goes on that has ended here: at a quote behind white space with a line's end in it. Else -1. */
    private int continuation(int from) {
        boolean newLine = false;
        int i = from;
        while (i < limit) {
            byte b = text[i];
            if (b == '\'') {
                return newLine ? i : -1;
            }
            if (b == '-' && isByte('-', i + 1)) {
                i = endOfLine(i);
            } else if (CLASSES[b & 0xff] == SPACE) {
                newLine |= b == '\n' || b == '\r';
                i++;
            } else {
                return -1;
            }
        }
        return -1;
    }

    /** UESCAPE and a string of one character may follow what begins with U&; they belong to it. */
    private void takeEscapeClause() {
        int behind = at;
        escape = '\\';
        skipSpace();
        int word = at;
        skipWord();
        if (Keyword.find(text, word, at) == Keyword.UESCAPE) {
            skipSpace();
            int literal = at < limit && (text[at] | 0x20) == 'e' ? at + 1 : at;
            if (isByte('\'', literal) || isByte('$', at)) {
                token();
                // One character between two delimiters of the same length is in the middle.
                escape = text[literal + (at - literal - 1) / 2];
                behind = at;
            }
        }
        at = behind;
    }

    private SqlToken dollar() {
        int from = at;
        at++;
        if (is(DIGIT, at)) {
            while (is(DIGIT, at)) {
                at++;
            }
            return SqlToken.PARAMETER;
        }
        int i = at;
        while (is(LETTER, i) || i > at && is(DIGIT, i)) {
            i += multibyte && encoding.isLead(text[i]) ? 2 : 1;
        }
        if (!isByte('$', i)) {
            return SqlToken.SYMBOL;
        }
        at = endOfDollarString(from, i + 1 - from);
        return SqlToken.DOLLAR_STRING;
    }

    private int endOfDollarString(int delimiter, int length) {
        for (int i = delimiter + length; i <= limit - length; i++) {
            if (text[i] == '$' && matches(delimiter, i, length)) {
                return i + length;
            }
        }
        return limit;
    }

    private boolean matches(int one, int other, int length) {
        for (int i = 1; i < length; i++) {
            if (text[one + i] != text[other + i]) {
                return false;
            }
        }
        return true;
    }

    private boolean isByte(char b, int index) {
        return index < limit && text[index] == b;
    }

    private boolean is(byte byteClass, int index) {
        return index < limit && CLASSES[text[index] & 0xff] == byteClass;
    }
}

package org.pgweir.proxy.session;

/** The kinds of tokens, only as different as the reader needs them. */
enum SqlToken {
    /** The text is over. */
    END,
    /** {@code "…"}. */
    QUOTED_NAME,
    /** {@code U&"…"}, with its UESCAPE clause if it has one. */
    UNICODE_NAME,
    /** {@code '…'} in which a backslash is a backslash; N'…' comes as a word and a string. */
    STRING,
    /** {@code E'…'}, or {@code '…'} without standard_conforming_strings. */
    ESCAPE_STRING,
    /** {@code U&'…'}, with its UESCAPE clause if it has one. */
    UNICODE_STRING,
    /** {@code $tag$…$tag$}. */
    DOLLAR_STRING,
    SEMICOLON,
    OPEN,
    CLOSE,

    // These mean nothing in themselves, unless the word is a keyword.

    /** An identifier or keyword without quotes. */
    WORD,
    /** {@code B'…'} or {@code X'…'}. */
    BIT_STRING,
    NUMBER,
    /** {@code $1}. */
    PARAMETER,
    DOT,
    /** Any other byte, each byte of an operator by itself. */
    SYMBOL;

    /** Whether a token of this kind may mean something wherever it stands; words are left out. */
    boolean matters() {
        return compareTo(WORD) < 0;
    }

    boolean isString() {
        return this == STRING || this == ESCAPE_STRING || this == UNICODE_STRING || this == DOLLAR_STRING;
    }
}

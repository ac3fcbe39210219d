package org.pgweir.config;

/**
 * A word of an HBA or ident file.
 *
 * @param quoted whether it began with a double quote, and so is no keyword, no group and no file
 */
record HbaWord(String text, boolean quoted) {

    boolean is(String keyword) {
        return !quoted && text.equals(keyword);
    }

    boolean startsWith(char mark) {
        return !quoted && text.length() > 1 && text.charAt(0) == mark;
    }

    /** A regular expression may be quoted: it can hold a comma only so. */
    boolean isPattern() {
        return text.startsWith("/");
    }
}

package org.pgweir.config;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A regular expression over names, as HBA and ident files have them behind a slash. It is found anywhere in a name unless it
 * says {@code ^} and {@code $}. The names come from strangers: a search that takes too many steps ends with an error.
 */
public final class NamePattern {

    /** A name that this pattern cannot be compared with in a reasonable time. */
    public static final class TooCostly extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TooCostly() {
            super("a regular expression takes too many steps for this name", null, false, false);
        }
    }

    private static final int LONGEST_PATTERN = 1000;
    private static final int LONGEST_NAME = 1000;
    private static final int MOST_STEPS = 100_000;

    private final Pattern pattern;

    private NamePattern(Pattern pattern) {
        this.pattern = pattern;
    }

    /** @param text without the slash in front */
    static NamePattern of(String text) throws BadValue {
        if (text.isEmpty() || text.length() > LONGEST_PATTERN) {
            throw BadValue.expected("a regular expression of 1 to " + LONGEST_PATTERN + " characters behind the slash");
        }
        try {
            return new NamePattern(Pattern.compile(text));
        } catch (PatternSyntaxException e) {
            throw BadValue.expected("a regular expression: " + e.getDescription() + " at character " + e.getIndex());
        } catch (StackOverflowError e) {
            throw BadValue.expected("a regular expression that is less deeply nested");
        }
    }

    /** Whether the pattern occurs in the name. */
    public boolean isIn(String name) {
        return find(name) != null;
    }

    /** The number of groups in parentheses. */
    int groups() {
        return pattern.matcher("").groupCount();
    }

    /** What the first group has found in the name, empty if it took no part; null if the pattern does not occur. */
    String firstGroup(String name) {
        Matcher found = find(name);
        return found == null ? null : found.group(1) == null ? "" : found.group(1);
    }

    private Matcher find(String name) {
        if (name.length() > LONGEST_NAME) {
            throw new TooCostly();
        }
        try {
            Matcher matcher = pattern.matcher(new Counted(name, new int[1]));
            return matcher.find() ? matcher : null;
        } catch (StackOverflowError e) {
            throw new TooCostly();
        }
    }

    @Override
    public String toString() {
        return "/" + pattern;
    }

    /** Counts each look at a character, of which the time of a search is a multiple. */
    private record Counted(CharSequence text, int[] steps) implements CharSequence {
        @Override
        public char charAt(int index) {
            if (++steps[0] > MOST_STEPS) {
                throw new TooCostly();
            }
            return text.charAt(index);
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.subSequence(start, end);
        }

        @Override
        public String toString() {
            return text.toString();
        }
    }
}

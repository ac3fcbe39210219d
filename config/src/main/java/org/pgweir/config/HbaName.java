package org.pgweir.config;

/**
 * What a rule says of a database or a user.
 *
 * @param text the name, or the group's name without the plus; null where the kind says all
 * @param pattern for {@link Kind#PATTERN} only
 */
public record HbaName(Kind kind, String text, NamePattern pattern) {

    /** How to compare. */
    public enum Kind {
        /** Everything. */
        ALL,
        /** The database that is called as the user. */
        SAME_USER,
        /** The database that is called as a group of the user. */
        SAME_ROLE,
        /** Replication connections; no database of that name. */
        REPLICATION,
        /** Exactly this name. */
        NAME,
        /** Whoever is in the group. */
        GROUP,
        /** Whatever the regular expression finds. */
        PATTERN
    }

    static HbaName database(HbaWord word) throws BadValue {
        if (word.is("all")) {
            return new HbaName(Kind.ALL, null, null);
        } else if (word.is("sameuser")) {
            return new HbaName(Kind.SAME_USER, null, null);
        } else if (word.is("samerole") || word.is("samegroup")) {
            return new HbaName(Kind.SAME_ROLE, null, null);
        } else if (word.is("replication")) {
            return new HbaName(Kind.REPLICATION, null, null);
        }
        return other(word);
    }

    static HbaName user(HbaWord word) throws BadValue {
        if (word.is("all")) {
            return new HbaName(Kind.ALL, null, null);
        } else if (word.startsWith('+')) {
            return new HbaName(Kind.GROUP, word.text().substring(1), null);
        }
        return other(word);
    }

    private static HbaName other(HbaWord word) throws BadValue {
        if (word.isPattern()) {
            return new HbaName(Kind.PATTERN, null, NamePattern.of(word.text().substring(1)));
        }
        if (word.text().isEmpty()) {
            throw BadValue.expected("a name");
        }
        return new HbaName(Kind.NAME, word.text(), null);
    }
}

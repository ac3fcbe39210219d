package org.pgweir.config;

import java.util.ArrayList;
import java.util.List;

/**
 * Reads {@code key=val key='quoted '' val'}. As in PgBouncer, blanks around the equals sign are allowed, and a quote
 * inside quotes is written twice. Errors name the key but never repeat the text, since a
 * password may be in it.
 */
final class ConnectionString {

    private final String text;
    private final Position position;
    private final String owner;
    private int at;

    private ConnectionString(String text, Position position, String owner) {
        this.text = text;
        this.position = position;
        this.owner = owner;
    }

    /** The pairs in their order; {@code owner} is for errors, such as {@code database "mydb"}. */
    static List<RawValue> parse(String text, Position position, String owner) throws ConfigurationException {
        return new ConnectionString(text, position, owner).pairs();
    }

    private List<RawValue> pairs() throws ConfigurationException {
        List<RawValue> pairs = new ArrayList<>();
        skipBlanks();
        while (at < text.length()) {
            String key = key();
            String value = value(key);
            pairs.add(new RawValue(key, value, position));
            skipBlanks();
        }
        return pairs;
    }

    private String key() throws ConfigurationException {
        int start = at;
        while (at < text.length() && text.charAt(at) != '=' && !isBlank(text.charAt(at))) {
            at++;
        }
        String key = text.substring(start, at);
        skipBlanks();
        if (key.isEmpty() || at == text.length() || text.charAt(at) != '=') {
            throw ConfigurationException.broken(
                    position,
                    "the connection string of " + owner + " is broken: expected key=value at character " + (at + 1));
        }
        at++;
        skipBlanks();
        return key;
    }

    private String value(String key) throws ConfigurationException {
        if (at < text.length() && text.charAt(at) == '\'') {
            return quotedValue(key);
        }
        int start = at;
        while (at < text.length() && !isBlank(text.charAt(at))) {
            at++;
        }
        return text.substring(start, at);
    }

    private String quotedValue(String key) throws ConfigurationException {
        StringBuilder value = new StringBuilder();
        at++;
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c != '\'') {
                value.append(c);
            } else if (at < text.length() && text.charAt(at) == '\'') {
                value.append(c);
                at++;
            } else if (at < text.length() && !isBlank(text.charAt(at))) {
                throw ConfigurationException.broken(
                        position, key, key + " of " + owner + " goes on behind its closing quote");
            } else {
                return value.toString();
            }
        }
        throw ConfigurationException.broken(position, key, key + " of " + owner + " has no closing quote");
    }

    private void skipBlanks() {
        while (at < text.length() && isBlank(text.charAt(at))) {
            at++;
        }
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\r';
    }
}

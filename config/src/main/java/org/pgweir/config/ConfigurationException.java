package org.pgweir.config;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;

/**
 * The configuration is not usable. The message is complete: it names the file, the line, the key, what was found and
 * what is allowed, as far as they are known, and never holds a password.
 */
public final class ConfigurationException extends Exception {

    private static final long serialVersionUID = 1L;
    private static final int LONGEST_FOUND = 80;

    private final transient Path file;
    private final int line;
    private final String key;
    private final String found;
    private final String allowed;

    private ConfigurationException(Position position, String key, String found, String allowed, String message) {
        super(message);
        this.file = position.file();
        this.line = position.line();
        this.key = key;
        this.found = found;
        this.allowed = allowed;
    }

    static ConfigurationException badValue(Position position, String key, String found, BadValue bad) {
        if (bad.isConfidential()) {
            return broken(position, key, key + ": " + bad.getMessage());
        }
        return badValue(position, key, found, bad.getMessage(), bad.allowed());
    }

    static ConfigurationException badValue(Position position, String key, String found, String reason, String allowed) {
        return new ConfigurationException(
                position, key, found, allowed, position.prefix() + key + " = " + quoted(found) + ": " + reason);
    }

    /** A key that does not exist, with the nearest one that does. */
    static ConfigurationException unknown(
            Position position, String what, String key, String where, Collection<String> known) {
        String nearest = NearestName.of(key, known)
                .map(name -> "; did you mean " + quoted(name) + "?")
                .orElse("");
        return new ConfigurationException(
                position,
                key,
                key,
                String.join(", ", known),
                position.prefix() + "unknown " + what + " " + quoted(key) + " in " + where + nearest);
    }

    /** A file that cannot be read at all. */
    static ConfigurationException unreadable(String what, Path file, IOException failure) {
        String message = "cannot read " + what + " " + file + ": " + FileText.reason(failure);
        return new ConfigurationException(new Position(file, 0), null, null, null, message);
    }

    /** An error about no particular key. */
    static ConfigurationException broken(Position position, String text) {
        return new ConfigurationException(position, null, null, null, position.prefix() + text);
    }

    /** An error about a key whose value is better not repeated. */
    static ConfigurationException broken(Position position, String key, String text) {
        return new ConfigurationException(position, key, null, null, position.prefix() + text);
    }

    /** In quotes, on one line and not too long. */
    static String quoted(String text) {
        StringBuilder shown = new StringBuilder("\"");
        int end = Math.min(text.length(), LONGEST_FOUND);
        for (int i = 0; i < end; i++) {
            char c = text.charAt(i);
            shown.append(Character.isISOControl(c) ? '?' : c);
        }
        return shown.append(end < text.length() ? "...\"" : "\"").toString();
    }

    /** The file that holds the error; null if it is in none. */
    public Path file() {
        return file;
    }

    /** The line, from 1; 0 if it is not known. */
    public int line() {
        return line;
    }

    /** The key; null if the error is about none. */
    public String key() {
        return key;
    }

    /** What was found; null if there is nothing to repeat. */
    public String found() {
        return found;
    }

    /** What is allowed; null if that is no matter of values. */
    public String allowed() {
        return allowed;
    }
}

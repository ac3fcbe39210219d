package org.pgweir.config;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads {@code pgbouncer.ini}. Sections may repeat and a later key replaces an earlier one; comments stand on lines of
 * their own, behind {@code ;} or {@code #}; values are the rest of their line. {@code %include} puts another file in
 * its place, which goes on in the current section.
 *
 * <p>Names of databases and users that have other characters than letters, digits and {@code _ . - *} stand in single
 * or double quotes, where the quote itself is written twice.
 */
final class IniReader {

    /** PgBouncer's own limit. */
    static final int DEEPEST_INCLUDE = 10;

    private static final String INCLUDE = "%include";
    private static final List<String> SECTIONS = List.of("databases", "peers", "pgbouncer", "users");
    private static final Pattern SECTION = Pattern.compile("\\[\\s*([^\\]]*?)\\s*\\]");
    private final RawConfiguration raw = new RawConfiguration("[pgbouncer]");
    private final Deque<Path> open = new ArrayDeque<>();
    private String section;

    private IniReader() {}

    static RawConfiguration read(Path file) throws ConfigurationException, IOException {
        IniReader reader = new IniReader();
        reader.readFile(file);
        return reader.raw;
    }

    private void readFile(Path file) throws ConfigurationException, IOException {
        List<String> lines = FileText.lines(file);
        open.push(file.toRealPath());
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.startsWith(";") || line.startsWith("#")) {
                raw.comment(line.substring(1).strip());
            } else if (!line.isEmpty()) {
                Position position = new Position(file, i + 1);
                FileText.requireText(line, position);
                readLine(line, position);
            }
        }
        open.pop();
    }

    private void readLine(String line, Position position) throws ConfigurationException {
        if (line.charAt(0) == '[') {
            beginSection(line, position);
        } else if (line.charAt(0) == '%') {
            directive(line, position);
        } else {
            int keyEnd = keyEnd(line);
            int equals = keyEnd;
            while (equals < line.length() && Character.isWhitespace(line.charAt(equals))) {
                equals++;
            }
            if (keyEnd == 0 || equals == line.length() || line.charAt(equals) != '=') {
                throw ConfigurationException.broken(position, "expected a [section], or key = value");
            }
            raw.attachComments(position);
            put(unquoted(line.substring(0, keyEnd)), line.substring(equals + 1).strip(), position);
        }
    }

    /** Where the key ends that starts the line; 0 if none does. */
    private static int keyEnd(String line) {
        char quote = line.charAt(0);
        int at = 0;
        if (quote != '\'' && quote != '"') {
            while (at < line.length() && isKeyLetter(line.charAt(at))) {
                at++;
            }
            return at;
        }
        do {
            at = line.indexOf(quote, at + 1) + 1;
        } while (at > 0 && at < line.length() && line.charAt(at) == quote);
        return at;
    }

    private static boolean isKeyLetter(char c) {
        return Character.isLetterOrDigit(c) || c == '_' || c == '.' || c == '-' || c == '*';
    }

    private void beginSection(String line, Position position) throws ConfigurationException {
        Matcher name = SECTION.matcher(line);
        if (!name.matches()) {
            throw ConfigurationException.broken(position, "expected the name of a section between [ and ]");
        }
        section = name.group(1);
        if (!SECTIONS.contains(section)) {
            throw ConfigurationException.unknown(position, "section", section, "this file", SECTIONS);
        }
    }

    private void directive(String line, Position position) throws ConfigurationException {
        String[] words = line.split("\\s+", 2);
        if (!words[0].equals(INCLUDE) || words.length == 1) {
            throw ConfigurationException.broken(position, "expected " + INCLUDE + " and the name of a file");
        }
        include(words[1], position);
    }

    private void include(String name, Position position) throws ConfigurationException {
        try {
            Path file = FileText.mentioned(name, position.file());
            if (open.contains(file.toRealPath())) {
                throw includeError(name, position, "the files include each other in a circle");
            }
            if (open.size() > DEEPEST_INCLUDE) {
                throw includeError(name, position, "files may include each other " + DEEPEST_INCLUDE + " deep at most");
            }
            readFile(file);
        } catch (IOException failure) {
            throw includeError(name, position, "cannot read it: " + FileText.reason(failure));
        }
    }

    private static ConfigurationException includeError(String name, Position position, String reason) {
        return ConfigurationException.badValue(position, INCLUDE, name, reason, null);
    }

    private void put(String key, String value, Position position) throws ConfigurationException {
        if (section == null) {
            throw ConfigurationException.broken(
                    position, key, ConfigurationException.quoted(key) + " stands before the first [section]");
        }
        switch (section) {
            case "pgbouncer" -> raw.global().put(key, new RawValue(key, value, position));
            case "databases" -> putSection(raw.databases(), "database", key, value, position);
            case "users" -> putSection(raw.users(), "user", key, value, position);
            default -> putSection(raw.peers(), "peer", key, value, position);
        }
    }

    private static void putSection(
            Map<String, RawSection> sections, String kind, String name, String value, Position position)
            throws ConfigurationException {
        String owner = kind + " " + ConfigurationException.quoted(name);
        sections.put(name, new RawSection(name, position, ConnectionString.parse(value, position, owner)));
    }

    private static String unquoted(String key) {
        char quote = key.charAt(0);
        if (quote != '\'' && quote != '"') {
            return key;
        }
        String mark = String.valueOf(quote);
        return key.substring(1, key.length() - 1).replace(mark + mark, mark);
    }
}

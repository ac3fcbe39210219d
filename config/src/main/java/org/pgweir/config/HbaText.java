package org.pgweir.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Reads the words of an HBA or ident file by PostgreSQL's rules: blanks separate fields, commas the words of a field,
 * {@code #} begins a comment, double quotes take every meaning from what is between them, a backslash at the end joins
 * the next line, {@code @file} stands for the words of that file, and include, include_if_exists and include_dir for
 * lines. Files are looked for beside the one that names them.
 */
final class HbaText {

    private static final int DEEPEST = 10;

    private final List<HbaLine> lines = new ArrayList<>();

    private HbaText() {}

    static List<HbaLine> read(Path file) throws ConfigurationException, IOException {
        HbaText text = new HbaText();
        text.readFile(file, 0);
        return text.lines;
    }

    /** The words of a text that is no file, with none in it. */
    static List<HbaWord> words(String text) throws BadValue {
        try {
            List<HbaWord> words = new ArrayList<>();
            new Words(text, Position.NONE, DEEPEST).fields().forEach(words::addAll);
            return words;
        } catch (ConfigurationException e) {
            throw BadValue.confidential(e.getMessage());
        }
    }

    private void readFile(Path file, int depth) throws ConfigurationException, IOException {
        List<String> physical = FileText.lines(file);
        for (int i = 0; i < physical.size(); i++) {
            Position position = new Position(file, i + 1);
            StringBuilder line = new StringBuilder(physical.get(i));
            while (line.length() > 0 && line.charAt(line.length() - 1) == '\\' && i + 1 < physical.size()) {
                line.setLength(line.length() - 1);
                i++;
                line.append(physical.get(i));
            }
            readLine(line.toString(), position, depth);
        }
    }

    private void readLine(String line, Position position, int depth) throws ConfigurationException {
        if (line.isBlank() || line.strip().charAt(0) == '#') {
            return;
        }
        FileText.requireText(line, position);
        List<List<HbaWord>> fields = new Words(line, position, depth).fields();
        if (fields.isEmpty()) {
            return;
        }
        HbaLine read = new HbaLine(position, fields);
        HbaWord first = fields.get(0).get(0);
        if (first.is("include") || first.is("include_if_exists") || first.is("include_dir")) {
            include(first.text(), read, depth);
        } else {
            lines.add(read);
        }
    }

    private void include(String directive, HbaLine line, int depth) throws ConfigurationException {
        String name = line.word(1, "name of a file or folder").text();
        if (line.size() > 2) {
            throw line.broken("nothing may follow the name behind " + directive);
        }
        try {
            Path path = beside(name, line.position().file());
            requireShallow(depth, line.position());
            if (directive.equals("include_dir")) {
                for (Path each : configurationsIn(path)) {
                    readFile(each, depth + 1);
                }
            } else if (directive.equals("include") || Files.exists(path)) {
                readFile(path, depth + 1);
            }
        } catch (IOException failure) {
            throw ConfigurationException.broken(
                    line.position(),
                    directive + " " + ConfigurationException.quoted(name) + ": cannot read it: "
                            + FileText.reason(failure));
        }
    }

    /** As PostgreSQL: what ends in .conf and is not hidden, in the order of its bytes. */
    private static List<Path> configurationsIn(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> {
                        String name = file.getFileName().toString();
                        return name.endsWith(".conf") && !name.startsWith(".") && !Files.isDirectory(file);
                    })
                    .sorted()
                    .toList();
        }
    }

    private static void requireShallow(int depth, Position position) throws ConfigurationException {
        if (depth >= DEEPEST) {
            throw ConfigurationException.broken(
                    position, "files may include each other " + DEEPEST + " deep at most; is there a circle?");
        }
    }

    private static Path beside(String name, Path by) throws IOException {
        try {
            return by.toAbsolutePath().resolveSibling(name);
        } catch (InvalidPathException invalid) {
            throw new NoSuchFileException("not a path");
        }
    }

    /** A reader of the words of one line. */
    private static final class Words {
        private final String text;
        private final Position position;
        private final int depth;
        private int at;
        private boolean comma;

        Words(String text, Position position, int depth) {
            this.text = text;
            this.position = position;
            this.depth = depth;
        }

        List<List<HbaWord>> fields() throws ConfigurationException {
            List<List<HbaWord>> fields = new ArrayList<>();
            while (true) {
                List<HbaWord> field = new ArrayList<>();
                do {
                    HbaWord word = next();
                    if (word == null) {
                        break;
                    } else if (word.startsWith('@')) {
                        field.addAll(wordsOf(word.text().substring(1)));
                    } else {
                        field.add(word);
                    }
                } while (comma);
                if (!field.isEmpty()) {
                    fields.add(List.copyOf(field));
                } else if (at >= text.length()) {
                    return fields;
                } else {
                    throw ConfigurationException.broken(position, "a list of names is empty");
                }
            }
        }

        /** Null at the end of the line. */
        private HbaWord next() throws ConfigurationException {
            comma = false;
            while (at < text.length() && (isBlank(text.charAt(at)) || text.charAt(at) == ',')) {
                at++;
            }
            if (at < text.length() && text.charAt(at) == '#') {
                at = text.length();
            }
            if (at == text.length()) {
                return null;
            }
            boolean startsQuoted = text.charAt(at) == '"';
            StringBuilder word = new StringBuilder();
            boolean inQuotes = false;
            for (; at < text.length(); at++) {
                char c = text.charAt(at);
                if (c == '"') {
                    boolean doubled = inQuotes && at + 1 < text.length() && text.charAt(at + 1) == '"';
                    if (doubled) {
                        word.append(c);
                        at++;
                    } else {
                        inQuotes = !inQuotes;
                    }
                } else if (!inQuotes && (isBlank(c) || c == ',' || c == '#')) {
                    break;
                } else {
                    word.append(c);
                }
            }
            if (inQuotes) {
                throw ConfigurationException.broken(position, "a double quote has no end on this line");
            }
            comma = isCommaAhead();
            return new HbaWord(word.toString(), startsQuoted);
        }

        /** PgBouncer lets blanks stand in front of a comma; for PostgreSQL the list ends there, and the rest makes no sense. */
        private boolean isCommaAhead() {
            int ahead = at;
            while (ahead < text.length() && isBlank(text.charAt(ahead))) {
                ahead++;
            }
            return ahead < text.length() && text.charAt(ahead) == ',';
        }

        private static boolean isBlank(char c) {
            return c == ' ' || c == '\t' || c == '\r';
        }

        private List<HbaWord> wordsOf(String name) throws ConfigurationException {
            requireShallow(depth, position);
            List<HbaWord> words = new ArrayList<>();
            try {
                Path file = beside(name, position.file());
                List<String> lines = FileText.lines(file);
                for (int i = 0; i < lines.size(); i++) {
                    Position there = new Position(file, i + 1);
                    FileText.requireText(lines.get(i), there);
                    new Words(lines.get(i), there, depth + 1).fields().forEach(words::addAll);
                }
            } catch (IOException failure) {
                throw ConfigurationException.broken(
                        position,
                        ConfigurationException.quoted("@" + name) + ": cannot read it: " + FileText.reason(failure));
            }
            return words;
        }
    }
}

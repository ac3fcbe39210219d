package org.pgweir.proxy.session;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Writes SQL that is hard to read: valid but for rare accidents ({@link #text}), or valid by accident ({@link #soup}). */
final class RandomSql {
    private static final String[] PIECES = {
        "'",
        "\"",
        "\\",
        "$",
        "$$",
        "$a$",
        ";",
        "--",
        "/",
        "*",
        "a",
        "E'",
        "U&",
        "b",
        "(",
        ")",
        "\n",
        " ",
        "1",
        "!",
        "_",
        "SET x = 1;",
        "BEGIN",
        "END",
        "\t",
        "n",
        "x41",
        "u0041",
        "@",
        "["
    };
    private static final String[] SPACES = {" ", "\n", "\t", "  ", "\r\n", "\f", " \n "};
    private static final String[] EXPRESSIONS = {
        "1",
        "(1)",
        "- -1",
        "1 +--;'\n 2",
        "1*/*;'*/2",
        "(array[1,2])",
        "'a' || 'b'",
        "1 OPERATOR(pg_catalog.+) 2",
        "@ -5",
        "1::int",
        "$$a$$ = 'a'",
        "5 <-1",
        "1.5e3",
        ".5",
        "(SELECT 1)",
        "CASE WHEN true THEN 1 END",
        "(1)/-- \n1"
    };
    private static final String[] OTHERS = {
        "CREATE OR REPLACE FUNCTION pg_temp.f() RETURNS int BEGIN ATOMIC select 1; select 2; END",
        "CREATE OR REPLACE FUNCTION pg_temp.f() RETURNS int BEGIN ATOMIC select CASE 1 WHEN 1 THEN 2 END; END",
        "CREATE OR REPLACE FUNCTION pg_temp.f() RETURNS int begin /*;*/ atomic select 1 AS end; select 1 end; end",
        "CREATE OR REPLACE PROCEDURE pg_temp.p() BEGIN ATOMIC END",
        "CREATE OR REPLACE FUNCTION pg_temp.f() RETURNS int RETURN CASE WHEN true THEN 1 END",
        "CREATE OR REPLACE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2;)",
        "CREATE OR REPLACE TEMP VIEW v AS SELECT begin atomic FROM (SELECT 1 AS begin) s"
    };
    private static final String[] SOUP = {
        "1",
        "2",
        "'a'",
        "'",
        "'",
        "E'\\''",
        "E'",
        "\\",
        "--",
        "\n",
        "\n",
        "/*",
        "*/",
        "\"b\"",
        "$$",
        "$a$",
        ";SELECT ",
        ";",
        "+",
        "-",
        ",",
        ",",
        "AS",
        " ",
        " ",
        "||",
        "U&'a'",
        "a",
        "(",
        ")",
        "''",
        "B'1'",
        "$",
        ".",
        "\"",
        "|| 'c'",
        "+ 1"
    };

    private final Random random;
    private final Charset charset;
    private final boolean conforming;
    private final List<String> letters = new ArrayList<>();

    RandomSql(Random random, Charset charset, boolean conforming) {
        this.random = random;
        this.charset = charset;
        this.conforming = conforming;
        if (charset.equals(StandardCharsets.UTF_8)) {
            letters.addAll(List.of("ü", "語", "\uD83D\uDE00", "ß"));
        } else {
            addLetters();
        }
    }

    /** Characters of two bytes, the second of which looks like a backslash, a letter or a bracket where the encoding has such. */
    private void addLetters() {
        for (int lead = 0x88; lead < 0xf0; lead++) {
            for (int trail : new int[] {0x5c, 'A', 'z', '[', '|', '@', 0xa4, 0xdc}) {
                byte[] bytes = {(byte) lead, (byte) trail};
                String letter = new String(bytes, charset);
                if (letter.length() == 1
                        && Character.isLetter(letter.charAt(0))
                        && Arrays.equals(letter.getBytes(charset), bytes)) {
                    letters.add(letter);
                }
            }
        }
        if (charset.equals(Charset.forName("windows-31j"))) {
            letters.addAll(List.of("ｱ", "ﾟ", "ｱ", "ﾟ"));
        }
        if (charset.equals(Charset.forName("GB18030"))) {
            letters.addAll(List.of("ß", "Ü", "ß", "\uD83D\uDE00"));
        }
    }

    /** Statements that PostgreSQL takes. */
    String text() {
        StringBuilder text = new StringBuilder(maybeSpace());
        for (int statements = random.nextInt(4); statements >= 0; statements--) {
            switch (random.nextInt(8)) {
                case 0 -> {}
                case 1 -> text.append(oneOf(OTHERS));
                default -> select(text);
            }
            text.append(maybeSpace())
                    .append(statements > 0 || random.nextBoolean() ? ";" : "")
                    .append(maybeSpace());
        }
        return text.toString();
    }

    /** Fragments in a row. */
    String soup() {
        StringBuilder text = new StringBuilder("SELECT ");
        for (int i = random.nextInt(7); i >= 0; i--) {
            text.append(oneOf(SOUP));
        }
        return text.toString();
    }

    private String oneOf(String... strings) {
        return strings[random.nextInt(strings.length)];
    }

    private void select(StringBuilder text) {
        text.append("SELECT").append(space());
        for (int items = random.nextInt(3); items >= 0; items--) {
            text.append(random.nextInt(4) == 0 ? oneOf(EXPRESSIONS) : literal());
            if (random.nextInt(3) > 0) {
                text.append(space()).append("AS").append(space()).append(name());
            }
            text.append(items > 0 ? maybeSpace() + "," + maybeSpace() : "");
        }
    }

    // Between tokens

    private String maybeSpace() {
        return random.nextBoolean() ? "" : space();
    }

    private String space() {
        StringBuilder space = new StringBuilder();
        for (int i = random.nextInt(3); i >= 0; i--) {
            switch (random.nextInt(4)) {
                case 0 ->
                    space.append("--").append(content(4).replace('\n', ' ')).append('\n');
                case 1 -> space.append(comment(2));
                default -> space.append(oneOf(SPACES));
            }
        }
        return space.toString();
    }

    private String comment(int depth) {
        String nested = depth > 0 && random.nextBoolean() ? comment(depth - 1) : "";
        return "/*" + inComment() + nested + inComment() + "*/";
    }

    private String inComment() {
        return " " + content(3).replace('/', '|') + " ";
    }

    /** Random pieces of text; of the encoding's own letters about every third. */
    private String content(int pieces) {
        StringBuilder content = new StringBuilder();
        for (int i = random.nextInt(pieces + 1); i > 0; i--) {
            content.append(random.nextInt(3) == 0 ? letter() : oneOf(PIECES));
        }
        return content.toString();
    }

    private String letter() {
        return letters.get(random.nextInt(letters.size()));
    }

    // Literals

    private String literal() {
        String content = content(6);
        switch (random.nextInt(7)) {
            case 0:
                return oneOf("E", "e") + parts(content, this::escaped);
            case 1:
                return conforming ? unicode('\'', content) : parts(content, this::plain);
            case 2:
                return dollar(content);
            case 3:
                return oneOf("B", "b") + parts(oneOf("0101", "", "1"), digits -> digits);
            case 4:
                return oneOf("X", "x") + parts(oneOf("1f", "", "A0"), digits -> digits);
            case 5:
                return "N" + parts(content, this::plain);
            default:
                return parts(content, this::plain);
        }
    }

    private interface Writing {
        String of(String content);
    }

    /** The content in one string, or in two with a line's end between. */
    private String parts(String content, Writing writing) {
        int points = content.codePointCount(0, content.length());
        if (random.nextInt(3) > 0) {
            return "'" + writing.of(content) + "'";
        }
        int cut = content.offsetByCodePoints(0, random.nextInt(points + 1));
        String between = oneOf("\n", " \n\t", " --'\n", "\r", "\n--\\'\n ", "--" + letter() + "\n", "\n\n--\n--a\n");
        return "'" + writing.of(content.substring(0, cut)) + "'" + between + "'" + writing.of(content.substring(cut))
                + "'";
    }

    private String plain(String content) {
        String quoted = content.replace("'", "''");
        return conforming ? quoted : quoted.replace("\\", "\\\\");
    }

    private String escaped(String content) {
        StringBuilder escaped = new StringBuilder();
        content.codePoints().forEach(c -> {
            String character = Character.toString(c);
            if (c == '\'') {
                // PostgreSQL takes \' only where a second byte cannot look like a backslash.
                escaped.append(isSafe() ? oneOf("''", "\\'", "\\x27", "\\047") : "''");
            } else if (c == '\\') {
                escaped.append(oneOf("\\\\", "\\x5c", "\\134"));
            } else if (c < 0x80) {
                String other = Character.isLetterOrDigit(c) ? character : "\\" + character;
                escaped.append(oneOf(
                        character,
                        character,
                        other,
                        String.format("\\x%02x", c),
                        String.format("\\%03o", c),
                        String.format("\\u%04x", c)));
            } else {
                escaped.append(oneOf(character, character, "\\" + character, String.format("\\U%08x", c)));
            }
        });
        return escaped.toString();
    }

    private boolean isSafe() {
        return charset.equals(StandardCharsets.UTF_8) || charset.equals(Charset.forName("EUC-JP"));
    }

    private String unicode(char quote, String content) {
        boolean clause = random.nextBoolean();
        int escape = clause ? oneOf("!", "\\", "|", "_").charAt(0) : '\\';
        Writing writing = part -> {
            StringBuilder written = new StringBuilder();
            part.codePoints().forEach(c -> {
                String character = Character.toString(c);
                String raw = c == quote || c == escape ? character + character : character;
                String digits = Character.toString(escape)
                        + (c < 0x10000 && random.nextBoolean() ? String.format("%04X", c) : String.format("+%06x", c));
                written.append(oneOf(raw, raw, digits));
            });
            return written.toString();
        };
        String literal = quote == '"' ? quote + writing.of(content) + quote : parts(content, writing);
        String literalOfEscape = !conforming && escape == '\\' ? "'\\\\'" : "'" + Character.toString(escape) + "'";
        return oneOf("U&", "u&")
                + literal
                + (clause ? space() + oneOf("UESCAPE", "uescape") + maybeSpace() + literalOfEscape : "");
    }

    private String dollar(String content) {
        String delimiter = "$" + oneOf("", "a", "A", "_x1", letter(), letter() + "1") + "$";
        boolean closesEarly = (content + delimiter).indexOf(delimiter) < content.length();
        return closesEarly ? parts(content, this::plain) : delimiter + content + delimiter;
    }

    // Names

    private String name() {
        String content = content(random.nextInt(8) == 0 ? 60 : 4) + "a";
        switch (random.nextInt(4)) {
            case 0:
                return unicode('"', content);
            case 1:
                return oneOf("a", "Bc", "_", letter()) + oneOf("", "$", "a$b$", "1", letter(), "Z" + letter() + "$1");
            default:
                return "\"" + content.replace("\"", "\"\"") + "\"";
        }
    }
}

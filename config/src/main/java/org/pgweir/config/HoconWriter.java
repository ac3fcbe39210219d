package org.pgweir.config;

import com.typesafe.config.ConfigUtil;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.pgweir.config.Setting.Scope;

/** Writes what a {@code pgbouncer.ini} says as a {@code pgweir.conf}. What it gets has been checked. */
final class HoconWriter {

    private static final Pattern PLAIN_KEY = Pattern.compile("(?!include$)[A-Za-z_][A-Za-z0-9_]*");
    private static final Pattern PLAIN_NUMBER = Pattern.compile("0|[1-9][0-9]{0,8}(\\.[0-9]{1,6})?");
    private static final Pattern PLAIN_WORD = Pattern.compile("(?!(true|false|null|include)$)[a-z][a-z0-9_-]*");

    private final RawConfiguration raw;
    private final Path file;
    private final StringBuilder text = new StringBuilder();

    HoconWriter(RawConfiguration raw, Path file) {
        this.raw = raw;
        this.file = file;
    }

    String text() {
        line(0, "# The same as " + file + ".");
        line(0, "pgweir {");
        for (RawValue value : raw.global().values()) {
            global(value);
        }
        httpListen();
        sections("databases", raw.databases(), Scope.DATABASE);
        sections("users", raw.users(), Scope.USER);
        sections("peers", raw.peers(), null);
        comments(1, raw.lastComments());
        line(0, "}");
        return text.toString();
    }

    private void global(RawValue value) {
        Setting<?> setting = Settings.find(value.key()).orElseThrow();
        List<String> comments = raw.commentsAt(value.position());
        comments(1, comments.isEmpty() ? List.of(setting.doc()) : comments);
        setting.whyWithoutMeaning().ifPresent(why -> line(1, "# Without effect: " + why));
        line(1, value.key() + " = " + settingText(setting, value));
    }

    /** The one setting whose default depends on the language of the file. */
    private void httpListen() {
        if (!raw.global().containsKey(Settings.HTTP_LISTEN.name())) {
            line(1, "# " + Settings.HTTP_LISTEN.doc());
            line(1, Settings.HTTP_LISTEN + " = \"\"");
        }
    }

    private void sections(String name, Map<String, RawSection> sections, Scope scope) {
        if (sections.isEmpty()) {
            return;
        }
        text.append('\n');
        line(1, name + " {");
        for (RawSection section : sections.values()) {
            comments(2, raw.commentsAt(section.position()));
            Map<String, String> values = new LinkedHashMap<>();
            for (RawValue value : section.values()) {
                values.put(value.key(), scope == null ? quoted(value.text()) : overrideText(scope, value));
            }
            String pairs = values.entrySet().stream()
                    .map(entry -> key(entry.getKey()) + " = " + entry.getValue())
                    .collect(Collectors.joining(", "));
            line(2, key(section.name()) + (pairs.isEmpty() ? " {}" : " { " + pairs + " }"));
        }
        line(1, "}");
    }

    private String overrideText(Scope scope, RawValue value) {
        Setting<?> setting = Settings.findOverride(scope, value.key()).orElse(null);
        if (setting != null) {
            return settingText(setting, value);
        }
        boolean list = value.key().equals("host") || value.key().equals("port");
        return list && value.text().contains(",") ? list(value.text()) : quoted(value.text());
    }

    private String settingText(Setting<?> setting, RawValue value) {
        if (setting.name().endsWith("_file")) {
            return quoted(asFound(value));
        }
        return setting.type().isList() && !value.text().isEmpty() ? list(value.text()) : quoted(value.text());
    }

    /** A file that was found beside the file that mentions it would not be found beside another one. */
    private static String asFound(RawValue value) {
        try {
            Path found = FileText.mentioned(value.text(), value.position().file());
            return found.equals(Path.of(value.text()))
                    ? value.text()
                    : found.toAbsolutePath().normalize().toString();
        } catch (IOException noPath) {
            return value.text();
        }
    }

    /** An empty item has its meaning with ports and hosts, and HOCON's brackets would lose a last one. */
    private static String list(String text) {
        List<String> items = new ArrayList<>();
        for (String item : text.split(",", -1)) {
            if (item.isBlank()) {
                return quoted(text);
            }
            items.add(quoted(item.strip()));
        }
        return "[" + String.join(", ", items) + "]";
    }

    private static String key(String name) {
        return PLAIN_KEY.matcher(name).matches() ? name : ConfigUtil.quoteString(name);
    }

    private static String quoted(String text) {
        boolean plain =
                PLAIN_NUMBER.matcher(text).matches() || PLAIN_WORD.matcher(text).matches();
        return plain ? text : ConfigUtil.quoteString(text);
    }

    private void comments(int depth, List<String> comments) {
        for (String comment : comments) {
            line(depth, comment.isEmpty() ? "#" : "# " + comment);
        }
    }

    private void line(int depth, String line) {
        text.append("  ".repeat(depth)).append(line).append('\n');
    }
}

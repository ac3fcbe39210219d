package org.pgweir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.pgweir.config.DatabaseConfig;
import org.pgweir.config.PeerConfig;
import org.pgweir.config.Setting;
import org.pgweir.config.Setting.Scope;
import org.pgweir.config.Settings;

/** Every setting has a test that sees it work. The table is written to {@code target/settings-seen.md}. */
final class SettingsSeenTest {
    private static final Path TABLE = Path.of("target", "settings-seen.md");

    private static Map<String, Set<String>> seen() throws Exception {
        Map<String, Set<String>> seen = new TreeMap<>();
        Path classes = Path.of(SettingsSeenTest.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        List<Path> files;
        try (Stream<Path> all = Files.walk(classes)) {
            files = all.filter(file -> file.toString().endsWith("Test.class")).toList();
        }
        for (Path file : files) {
            String name = classes.relativize(file).toString().replace(File.separatorChar, '.');
            Class<?> type = Class.forName(
                    name.substring(0, name.length() - ".class".length()),
                    false,
                    SettingsSeenTest.class.getClassLoader());
            for (Method method : type.getDeclaredMethods()) {
                Sees sees = method.getAnnotation(Sees.class);
                for (String setting : sees == null ? new String[0] : sees.value()) {
                    seen.computeIfAbsent(setting, first -> new TreeSet<>())
                            .add(type.getSimpleName() + "." + method.getName());
                }
            }
        }
        return seen;
    }

    /** Each key of each section, the global ones by themselves. */
    private static Set<String> toBeSeen() {
        Set<String> names = new TreeSet<>();
        for (Setting<?> setting : Settings.all()) {
            if (!setting.hasEffect()) {
                continue;
            }
            names.add(setting.name());
            if (setting.scopes().contains(Scope.DATABASE)) {
                setting.overrideNames().forEach(name -> names.add("database." + name));
            }
            if (setting.scopes().contains(Scope.USER)) {
                names.add("user." + setting.overrideNames().get(0));
            }
        }
        DatabaseConfig.keys().forEach(key -> names.add("database." + key));
        PeerConfig.keys().forEach(key -> names.add("peer." + key));
        return names;
    }

    private static String table(Set<String> names, Map<String, Set<String>> seen) {
        StringBuilder table = new StringBuilder("| setting | seen at work by |\n|---|---|\n");
        for (String name : names) {
            table.append("| `").append(name).append("` | ");
            table.append(String.join(", ", seen.getOrDefault(name, Set.of()))).append(" |\n");
        }
        for (Setting<?> setting : Settings.all()) {
            setting.whyWithoutMeaning()
                    .ifPresent(why -> table.append("| `" + setting + "` | nothing to see: ")
                            .append(why)
                            .append(" |\n"));
        }
        return table.toString();
    }

    @Test
    void givenTheTableOfSettings_whenTestsAreLookedThrough_thenEachSettingIsSeenAtWork() throws Exception {
        Map<String, Set<String>> seen = seen();
        Set<String> names = toBeSeen();
        Files.createDirectories(TABLE.getParent());
        Files.writeString(TABLE, table(names, seen));

        assertThat(seen.keySet()).as("names of settings").isSubsetOf(names);
        Set<String> unseen = new TreeSet<>(names);
        unseen.removeAll(seen.keySet());
        assertThat(unseen)
                .as("settings without a test that has @Sees with their name")
                .isEmpty();
    }
}

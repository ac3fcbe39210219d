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
import org.pgweir.config.Setting;
import org.pgweir.config.Settings;

/** Every setting has a test that sees it work. The table is written to {@code target/settings-seen.md}. */
final class SettingsSeenTest {
    private static final Path TABLE = Path.of("target", "settings-seen.md");

    /** Have no such test yet. Only to become shorter. */
    private static final Set<String> NOT_YET = Set.of(
            "auth_dbname",
            "auth_file",
            "auth_hba_file",
            "auth_ident_file",
            "auth_ldap_options",
            "auth_query",
            "auth_type",
            "auth_user",
            "event_loops",
            "http_listen",
            "ignore_startup_parameters",
            "listen_addr",
            "listen_port",
            "log_connections",
            "log_disconnections",
            "log_format",
            "log_pooler_errors",
            "log_stats",
            "logfile",
            "max_prepared_statement_memory",
            "max_prepared_statements",
            "pidfile",
            "pool_mode",
            "scram_iterations",
            "server_check_delay",
            "server_check_query",
            "server_login_retry",
            "server_reset_query",
            "server_reset_query_always",
            "session_features",
            "syslog",
            "syslog_facility",
            "syslog_ident",
            "transport",
            "unix_socket_dir",
            "unix_socket_group",
            "unix_socket_mode",
            "user",
            "verbose");

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

    private static Set<String> withMeaning() {
        Set<String> names = new TreeSet<>();
        for (Setting<?> setting : Settings.all()) {
            if (setting.hasEffect()) {
                names.add(setting.name());
            }
        }
        return names;
    }

    @Test
    void givenTheTableOfSettings_whenTestsAreLookedThrough_thenEachSettingIsSeenAtWork() throws Exception {
        Map<String, Set<String>> seen = seen();
        Set<String> unseen = withMeaning();
        unseen.removeAll(seen.keySet());

        StringBuilder table = new StringBuilder("| setting | seen at work by |\n|---|---|\n");
        for (String name : withMeaning()) {
            table.append("| `").append(name).append("` | ");
            table.append(String.join(", ", seen.getOrDefault(name, Set.of()))).append(" |\n");
        }
        Files.createDirectories(TABLE.getParent());
        Files.writeString(TABLE, table);

        assertThat(seen.keySet()).as("names of settings").isSubsetOf(withMeaning());
        assertThat(unseen)
                .as("settings without a test that has @Sees with their name; those that got one leave NOT_YET")
                .isEqualTo(new TreeSet<>(NOT_YET));
    }
}

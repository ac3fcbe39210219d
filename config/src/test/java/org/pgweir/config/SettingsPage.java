package org.pgweir.config;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Writes {@code docs/settings.md} out of the table of settings. */
final class SettingsPage {

    private static final String HEAD = """
            # Settings

            <!-- Generated from the table in config/src/main/java/org/pgweir/config/Settings.java. To write it anew:
                 %s -->

            The names, meanings and defaults are PgBouncer's, in both languages of a configuration file; settings of pgweir's own are marked
            with ★. In `pgbouncer.ini` the global ones stand in `[pgbouncer]`, in `pgweir.conf` directly in `pgweir { }`.

            - A **time** is a number of seconds, with decimals where needed, or has a unit: `500ms`, `2 min`, `1 h`.
            - **Where**: *database* and *user* say that an entry of `[databases]` or `[users]` may have a value of its own. The user's goes before
              the database's, and that before the global one.
            - **Changes**: *reload* takes effect with SIGHUP, RELOAD, or SET on the console; *start* needs a new start.
            - **Works**: *without meaning* are those that [pgweir has no use for](#without-meaning).

            """;

    private static final String DATABASES = """
            ## Keys of a database

            In `pgbouncer.ini` a database is a line `name = key=value key='value with blanks'`, in `pgweir.conf` an object or such a text. A name
            with other characters than letters, digits and `_ . - *` stands in single or double quotes, where the quote itself is written twice.
            The name `*` stands for all databases that are not there; `pgbouncer` is the console's. Beside the settings that are marked with
            *database* above (`pool_size` stands for `default_pool_size`, `reserve_pool` may stand for `reserve_pool_size`), there are:

            | key | default | what |
            |---|---|---|
            | `dbname` | the entry's name; for `*` the name that the client asks for | The database on the server. |
            | `host` | the Unix socket in `unix_socket_dir` | A name, an IP address, a folder that starts with `/`, an abstract socket that starts with `@`; several with commas between. |
            | `port` | 5432 | One for all hosts, or one for each, with commas between. |
            | `user` | the client's | The user of all its servers, whoever the client is: all clients share one pool. |
            | `password` | what the user list has | The secret of `user`. |
            | `connect_query` | | What a new server runs first. |
            | `load_balance_hosts` | round-robin | `disable`: take the first host that answers. |
            | `client_encoding`, `datestyle`, `timezone`, `application_name` | | Parameters that a new server is opened with. |

            ## Keys of a user

            `[users]`, or `users { }`: the settings that are marked with *user* above, and no others. A user needs no entry to log in.

            ## Keys of a peer

            `[peers]`, or `peers { }`: the other processes that serve the same clients, each by its `peer_id` (1 to 16383). A cancel request
            that came to the wrong one is passed on: see [peers.md](peers.md).

            | key | default | what |
            |---|---|---|
            | `host` | | Where it listens: a name, an IP address, or a folder for its Unix socket. |
            | `port` | 6432 | |
            | `pool_size` | `default_pool_size` | The most connections to it. |

            """;

    private static final String WITHOUT_MEANING = """
            ## Without meaning

            A file may have these, since PgBouncer's have them. They are checked, shown by SHOW CONFIG, and change nothing.

            | setting | why |
            |---|---|
            """;

    /** How the page is written anew. */
    static final String COMMAND = "mvn -pl config verify -Dtest=SettingsPageTest -Dpgweir.write=true";

    /** What PgBouncer does not have. */
    private static final List<String> OURS = List.of(
            "event_loops",
            "http_listen",
            "max_prepared_statement_memory",
            "session_features",
            "client_tls_crl_file",
            "server_tls_crl_file",
            "tls_engine",
            "transport",
            "log_format");

    private SettingsPage() {}

    static String text() {
        StringBuilder page = new StringBuilder(HEAD.formatted(COMMAND));
        table(page);
        page.append('\n').append(DATABASES);
        page.append(WITHOUT_MEANING);
        for (Setting<?> setting : all(each -> !each.hasEffect())) {
            page.append("| `").append(setting).append("` | ");
            page.append(setting.whyWithoutMeaning().orElseThrow()).append(" |\n");
        }
        return page.toString();
    }

    private static void table(StringBuilder page) {
        page.append(
                "## All settings\n\n| setting | default | where | changes | works | what | value |\n|---|---|---|---|---|---|---|\n");
        for (Setting<?> setting : all(each -> true)) {
            row(
                    page,
                    "`" + setting + "`" + (OURS.contains(setting.name()) ? " ★" : ""),
                    shownDefault(setting),
                    where(setting),
                    setting.isReloadable() ? "reload" : "start",
                    works(setting),
                    setting.doc(),
                    value(setting.allowed()));
        }
    }

    private static List<Setting<?>> all(Predicate<Setting<?>> which) {
        List<Setting<?>> settings = new ArrayList<>();
        for (Setting<?> setting : Settings.all()) {
            if (which.test(setting)) {
                settings.add(setting);
            }
        }
        return settings;
    }

    private static void row(StringBuilder page, String... cells) {
        page.append('|');
        for (String cell : cells) {
            String escaped = cell.replace("|", "\\|");
            page.append(' ').append(escaped).append(escaped.isEmpty() ? "|" : " |");
        }
        page.append('\n');
    }

    private static String shownDefault(Setting<?> setting) {
        String shown = SettingValues.empty().shownDefault(setting);
        return shown.isEmpty() ? "" : "`" + shown + "`";
    }

    /** In short what is the same in many rows. */
    private static String value(String allowed) {
        return allowed.startsWith("seconds, or a number with a unit") ? "a time" : allowed;
    }

    private static String where(Setting<?> setting) {
        return setting.scopes().stream()
                .map(scope -> switch (scope) {
                    case GLOBAL -> "global";
                    case DATABASE -> overridden("database", setting);
                    case USER -> overridden("user", setting);
                })
                .collect(Collectors.joining(", "));
    }

    private static String overridden(String kind, Setting<?> setting) {
        String name = setting.overrideNames().get(0);
        return name.equals(setting.name()) ? kind : kind + " (`" + name + "`)";
    }

    private static String works(Setting<?> setting) {
        return setting.hasEffect() ? "yes" : "without meaning";
    }
}

package org.pgweir.proxy.session;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.protocol.StartupPacket;

/**
 * A startup packet, sorted.
 *
 * @param user the user, or null if the packet names none
 * @param database the database; the user's name if the packet names none
 * @param settings by their names in lower case: those that follow the client from server to server
 * @param others further settings by their names in lower case: they follow the client where sessions are followed
 * @param unsupported what to tell the client about the first of the others where they do not; null if there are none
 * @param unknownProtocolOptions {@code _pq_.} options, none of which pgweir knows
 * @param replication what the connection is for
 * @param refused set if the packet asks for something that cannot be kept; the others are then incomplete
 */
public record StartupOptions(
        String user,
        String database,
        Map<String, String> settings,
        Map<String, String> others,
        ErrorMessage unsupported,
        List<String> unknownProtocolOptions,
        Replication replication,
        ErrorMessage refused) {
    private static final String PROTOCOL_VIOLATION = "08P01";
    private static final Pattern SETTING_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_$]*(\\.[A-Za-z_][A-Za-z0-9_$]*)*");

    /** Far more than any client sends; each takes memory before anybody has proved anything. */
    private static final int MOST_PARAMETERS = 200;

    private static final String PROTOCOL_OPTION_PREFIX = "_pq_.";

    /**
     * @param tracked tells which settings follow a client
     * @param ignored names, in lower case, that are to be swallowed ({@code ignore_startup_parameters})
     */
    public static StartupOptions read(StartupPacket.Startup packet, Predicate<String> tracked, Set<String> ignored) {
        Sorter sorter = new Sorter(tracked, ignored);
        // As in PostgreSQL, what stands in "options" gives way to a parameter of its own.
        String commandLine = packet.parameters().get("options");
        if (commandLine != null) {
            sorter.options(commandLine);
        }
        packet.parameters().forEach(sorter::parameter);
        String database = sorter.database == null || sorter.database.isEmpty() ? sorter.user : sorter.database;
        return new StartupOptions(
                sorter.user,
                database,
                Map.copyOf(sorter.settings),
                Map.copyOf(sorter.others),
                sorter.unsupported,
                List.copyOf(sorter.unknownOptions),
                sorter.replication,
                sorter.refused);
    }

    private static final class Sorter {
        private final Predicate<String> tracked;
        private final Set<String> ignored;
        private final Map<String, String> settings = new LinkedHashMap<>();
        private final Map<String, String> others = new LinkedHashMap<>();
        private final List<String> unknownOptions = new ArrayList<>();
        private ErrorMessage unsupported;
        private String user;
        private String database;
        private Replication replication = Replication.NONE;
        private ErrorMessage refused;
        private int parameters;

        Sorter(Predicate<String> tracked, Set<String> ignored) {
            this.tracked = tracked;
            this.ignored = ignored;
        }

        void parameter(String name, String value) {
            if (isTooMany()) {
                return;
            }
            switch (name) {
                case "user" -> user = value;
                case "database" -> database = value;
                case "replication" -> replication(value);
                case "options" -> {}
                default -> {
                    if (name.startsWith(PROTOCOL_OPTION_PREFIX)) {
                        unknownOptions.add(name);
                    } else {
                        setting(name, value, "unsupported startup parameter: " + name);
                    }
                }
            }
        }

        private boolean isTooMany() {
            parameters++;
            if (parameters > MOST_PARAMETERS) {
                refuse("too many startup parameters", "There may be " + MOST_PARAMETERS + " of them.");
            }
            return parameters > MOST_PARAMETERS;
        }

        private void replication(String value) {
            Replication wanted = Replication.of(value);
            if (wanted == null) {
                refuse(
                        "invalid value for parameter \"replication\": \"" + value + "\"",
                        "Valid values are: \"false\", 0, \"true\", 1, \"database\".");
            } else {
                replication = wanted;
            }
        }

        private void setting(String name, String value, String complaint) {
            if (tracked.test(name)) {
                settings.put(name.toLowerCase(Locale.ROOT), value);
            } else if (!isIgnored(name)) {
                String hint = "Leave it out, or add it to ignore_startup_parameters.";
                if (!SETTING_NAME.matcher(name).matches()) {
                    refuse(complaint, hint);
                    return;
                }
                others.put(name.toLowerCase(Locale.ROOT), value);
                if (unsupported == null) {
                    unsupported =
                            ErrorMessage.fatal(PROTOCOL_VIOLATION, complaint).withHint(hint);
                }
            }
        }

        private boolean isIgnored(String name) {
            return ignored.contains(name.toLowerCase(Locale.ROOT));
        }

        /** {@code -c name=value} and {@code --name=value}, separated by spaces; a backslash escapes a space or itself. */
        private void options(String text) {
            if (isIgnored("options")) {
                return;
            }
            List<String> words = words(text);
            for (int i = 0; i < words.size(); i++) {
                String word = words.get(i);
                String assignment = null;
                if (word.equals("-c") && i + 1 < words.size()) {
                    i++;
                    assignment = words.get(i);
                } else if (word.startsWith("-c") || word.startsWith("--")) {
                    assignment = word.substring(2);
                }
                int equals = assignment == null ? -1 : assignment.indexOf('=');
                if (equals <= 0) {
                    refuse(
                            "unsupported options startup parameter: only '-c config=val' and '--config=val' are allowed",
                            "Leave it out, or add options to ignore_startup_parameters.");
                    return;
                }
                if (isTooMany()) {
                    return;
                }
                // PostgreSQL takes --search-path for search_path.
                String name = assignment.substring(0, equals).replace('-', '_');
                setting(name, assignment.substring(equals + 1), "unsupported startup parameter in options: " + name);
            }
        }

        private static List<String> words(String text) {
            List<String> words = new ArrayList<>();
            StringBuilder word = new StringBuilder();
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                if (c == '\\' && i + 1 < text.length()) {
                    i++;
                    word.append(text.charAt(i));
                } else if (!Character.isWhitespace(c)) {
                    word.append(c);
                } else if (!word.isEmpty()) {
                    words.add(word.toString());
                    word.setLength(0);
                }
            }
            if (!word.isEmpty()) {
                words.add(word.toString());
            }
            return words;
        }

        private void refuse(String message, String hint) {
            if (refused == null) {
                refused = ErrorMessage.fatal(PROTOCOL_VIOLATION, message).withHint(hint);
            }
        }
    }
}

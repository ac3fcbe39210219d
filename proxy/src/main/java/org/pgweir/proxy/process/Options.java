package org.pgweir.proxy.process;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * PgBouncer's command line: {@code [-d] [-q] [-v] [-R] [-u USER] [-V] [-h] FILE}. Options may be joined as in {@code -dv}, long ones cut
 * as far as they stay clear, and stand behind the file; what is wrong is told in getopt's words.
 *
 * @param daemon run in the background
 * @param quiet no log on standard error
 * @param reboot take over from a running process, which is deprecated
 * @param verbose how often -v was there
 * @param user the user to become; empty for none
 * @param asks what to print instead of starting
 * @param file the configuration; null only where something else is asked
 */
public record Options(
        boolean daemon, boolean quiet, boolean reboot, int verbose, String user, Question asks, String file) {

    /** What the command line asks for instead of a start. */
    public enum Question {
        NONE,
        HELP,
        VERSION
    }

    /** A command line that makes no sense; the message is for the operator, without the program's name. */
    public static final class Misused extends Exception {
        private static final long serialVersionUID = 1;

        Misused(String message) {
            super(message);
        }
    }

    private enum Option {
        DAEMON('d', "run in the background; needs a pidfile"),
        QUIET('q', "no log on standard error"),
        REBOOT('R', "deprecated, without effect"),
        USER('u', "become this user at the start"),
        VERBOSE('v', "log more; may be repeated"),
        VERSION('V', "show the version"),
        HELP('h', "show this help");

        private final char letter;
        private final String doc;

        Option(char letter, String doc) {
            this.letter = letter;
            this.doc = doc;
        }

        String longName() {
            return "--" + name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /**
     * Reads a command line.
     *
     * @throws Misused in getopt's words
     */
    public static Options parse(List<String> arguments) throws Misused {
        return new Parser(arguments).parse();
    }

    /** The text of {@code --help} for a program of that name. */
    public static String help(String program) {
        String options = Arrays.stream(Option.values())
                .map(option -> String.format(
                        "  -%s, %-18s %s%n",
                        option.letter, option.longName() + (option == Option.USER ? "=USER" : ""), option.doc))
                .collect(Collectors.joining());
        return program + " pools connections to PostgreSQL.\n\nUsage:\n  " + program
                + " [OPTION]... FILE\n\nFILE is a pgbouncer.ini or a pgweir.conf.\n\nOptions:\n" + options;
    }

    private static final class Parser {
        private final List<String> arguments;
        private final List<String> files = new ArrayList<>();
        private int next;
        private boolean daemon;
        private boolean quiet;
        private boolean reboot;
        private int verbose;
        private String user = "";
        private Question asks = Question.NONE;

        Parser(List<String> arguments) {
            this.arguments = arguments;
        }

        Options parse() throws Misused {
            boolean onlyFiles = false;
            while (next < arguments.size() && asks == Question.NONE) {
                String argument = arguments.get(next++);
                if (onlyFiles || !argument.startsWith("-") || argument.equals("-")) {
                    files.add(argument);
                } else if (argument.equals("--")) {
                    onlyFiles = true;
                } else if (argument.startsWith("--")) {
                    readLong(argument);
                } else {
                    readLetters(argument);
                }
            }
            if (asks == Question.NONE && files.size() != 1) {
                throw new Misused("no configuration file specified");
            }
            return new Options(daemon, quiet, reboot, verbose, user, asks, files.isEmpty() ? null : files.get(0));
        }

        private void readLong(String argument) throws Misused {
            int equals = argument.indexOf('=');
            String name = equals < 0 ? argument : argument.substring(0, equals);
            String value = equals < 0 ? null : argument.substring(equals + 1);
            Option option = longOption(name);
            if (option != Option.USER && value != null) {
                throw new Misused("option '" + option.longName() + "' doesn't allow an argument");
            }
            if (option == Option.USER && value == null) {
                if (next == arguments.size()) {
                    throw new Misused("option '" + option.longName() + "' requires an argument");
                }
                value = arguments.get(next++);
            }
            apply(option, value);
        }

        private static Option longOption(String name) throws Misused {
            List<Option> fitting = Arrays.stream(Option.values())
                    .filter(option -> option.longName().startsWith(name))
                    .toList();
            for (Option option : fitting) {
                if (option.longName().equals(name)) {
                    return option;
                }
            }
            if (fitting.isEmpty()) {
                throw new Misused("unrecognized option '" + name + "'");
            }
            if (fitting.size() > 1) {
                throw new Misused("option '" + name + "' is ambiguous; possibilities:"
                        + fitting.stream()
                                .map(option -> " '" + option.longName() + "'")
                                .collect(Collectors.joining()));
            }
            return fitting.get(0);
        }

        private void readLetters(String argument) throws Misused {
            for (int i = 1; i < argument.length() && asks == Question.NONE; i++) {
                Option option = letterOption(argument.charAt(i));
                String value = null;
                if (option == Option.USER) {
                    value = argument.substring(i + 1);
                    i = argument.length();
                    if (value.isEmpty()) {
                        if (next == arguments.size()) {
                            throw new Misused("option requires an argument -- '" + option.letter + "'");
                        }
                        value = arguments.get(next++);
                    }
                }
                apply(option, value);
            }
        }

        private static Option letterOption(char letter) throws Misused {
            for (Option option : Option.values()) {
                if (option.letter == letter) {
                    return option;
                }
            }
            throw new Misused("invalid option -- '" + letter + "'");
        }

        private void apply(Option option, String value) {
            switch (option) {
                case DAEMON -> daemon = true;
                case QUIET -> quiet = true;
                case REBOOT -> reboot = true;
                case USER -> user = value;
                case VERBOSE -> verbose++;
                case VERSION -> asks = Question.VERSION;
                case HELP -> asks = Question.HELP;
            }
        }
    }
}

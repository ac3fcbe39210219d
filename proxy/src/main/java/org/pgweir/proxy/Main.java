package org.pgweir.proxy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.pgweir.config.Configuration;
import org.pgweir.config.ConfigurationException;
import org.pgweir.config.ConfigurationLoader;
import org.pgweir.config.DatabaseConfig;
import org.pgweir.config.HostAddress;
import org.pgweir.config.SettingValues;
import org.pgweir.config.Settings;
import org.pgweir.proxy.admin.AdminConsole;
import org.pgweir.proxy.net.TlsContexts;
import org.pgweir.proxy.process.LogSetup;
import org.pgweir.proxy.process.Options;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Parameters;

/**
 * The command line: pgweir's subcommands, and PgBouncer's way, which is options and a file. Started as {@code pgbouncer} it knows the
 * latter only.
 */
@Command(
        name = "pgweir",
        description = "A PostgreSQL connection pooler that takes PgBouncer's place.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        subcommands = {Main.RunHelp.class, Main.Check.class, Main.Convert.class, Main.Demo.class},
        footer = {
            "",
            "Or as PgBouncer: pgweir [-d] [-q] [-v] [-R] [-u USER] FILE; pgweir run --help tells what these do.",
            "",
            "To start: pgweir demo shows it at work on a PostgreSQL of its own;",
            "pgweir run pgbouncer.ini takes the file that PgBouncer has been using."
        })
public final class Main {
    private static final int FAILURE = 1;
    private static final List<String> SUBCOMMANDS = List.of("check", "convert", "demo");
    private static final List<String> ABOUT_ALL = List.of("-h", "--help", "-V", "--version");

    private Main() {}

    public static void main(String[] arguments) {
        LogSetup.toStandardError();
        List<String> all = List.of(arguments);
        String program = System.getProperty("pgweir.program", "pgweir");
        if (program.equals("pgbouncer")) {
            System.exit(start(new Start("pgbouncer", true), all));
        }
        if (all.isEmpty() || SUBCOMMANDS.contains(all.get(0)) || all.size() == 1 && ABOUT_ALL.contains(all.get(0))) {
            System.exit(subcommand(arguments));
        }
        // Picocli reads its annotations for longer than all else takes that is done before the sockets are open.
        boolean run = all.get(0).equals("run");
        System.exit(
                run
                        ? start(new Start("pgweir run", false), all.subList(1, all.size()))
                        : start(new Start("pgweir", true), all));
    }

    /** Whatever goes wrong, the process ends: event loops would keep it alive. */
    private static int subcommand(String[] arguments) {
        CommandLine commandLine = new CommandLine(new Main());
        if (arguments.length == 0) {
            commandLine.usage(System.err);
            return CommandLine.ExitCode.USAGE;
        }
        try {
            return commandLine.execute(arguments);
        } catch (Error e) {
            return failed(e);
        }
    }

    /** As {@link #subcommand}, without Picocli. */
    private static int start(Start start, List<String> arguments) {
        try {
            return start.with(arguments);
        } catch (Exception | Error e) {
            return failed(e);
        }
    }

    private static int failed(Throwable e) {
        LoggerFactory.getLogger(Main.class).error("cannot go on", e);
        return FAILURE;
    }

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"pgweir " + AdminConsole.VERSION, "Java " + Runtime.version()};
        }
    }

    /** Reads the file, or tells on standard error why that fails. */
    private static Configuration load(Path file) {
        try {
            return ConfigurationLoader.load(file);
        } catch (ConfigurationException e) {
            System.err.println("pgweir: " + e.getMessage());
            return null;
        }
    }

    /** Listed here for the help; {@link Start} does it. */
    @Command(name = "run", description = "Run in the foreground, or with -d in the background.")
    static final class RunHelp implements Callable<Integer> {
        @Override
        public Integer call() {
            System.out.print(Options.help("pgweir run"));
            return 0;
        }
    }

    @Command(
            name = "check",
            description = "Check a configuration file and print what would run.",
            mixinStandardHelpOptions = true)
    static final class Check implements Callable<Integer> {
        @Parameters(paramLabel = "FILE", description = "pgbouncer.ini or pgweir.conf")
        private Path file;

        @Override
        public Integer call() {
            Configuration configuration = load(file);
            if (configuration == null || !hasUsableTls(configuration)) {
                return FAILURE;
            }
            SettingValues settings = configuration.global();
            System.out.println(file + ": configuration is valid");
            System.out.println("listens on: " + listening(settings));
            System.out.println("authentication: " + settings.get(Settings.AUTH_TYPE) + ", "
                    + configuration.userList().size() + " user(s) in auth_file");
            System.out.println("clients: at most " + settings.get(Settings.MAX_CLIENT_CONN));
            configuration.databases().values().forEach(database -> print(configuration, database));
            configuration.fallback().ifPresent(database -> print(configuration, database));
            if (!configuration.withoutEffect().isEmpty()) {
                System.out.println("without effect in pgweir (docs/settings.md says why): "
                        + String.join(", ", configuration.withoutEffect()));
            }
            return 0;
        }

        private static boolean hasUsableTls(Configuration configuration) {
            try {
                TlsContexts.of(configuration, Runnable::run);
                return true;
            } catch (ConfigurationException e) {
                System.err.println("pgweir: " + e.getMessage());
                return false;
            }
        }

        private static String listening(SettingValues settings) {
            int port = settings.get(Settings.LISTEN_PORT);
            StringBuilder text = new StringBuilder();
            for (String address : settings.get(Settings.LISTEN_ADDR)) {
                text.append(address).append(':').append(port).append(' ');
            }
            String folder = settings.get(Settings.UNIX_SOCKET_DIR);
            return folder.isEmpty() ? text.toString().strip() : text + new HostAddress(folder, port).unixSocketPath();
        }

        private static void print(Configuration configuration, DatabaseConfig database) {
            System.out.println("database " + database.name() + ": "
                    + String.join(
                            ", ",
                            database.hosts().stream().map(Object::toString).toList())
                    + ", pool_mode " + configuration.effective(Settings.POOL_MODE, database, null)
                    + ", pool_size " + configuration.effective(Settings.DEFAULT_POOL_SIZE, database, null));
        }
    }

    @Command(
            name = "convert",
            description = "Print a pgbouncer.ini as pgweir.conf, in HOCON, with its comments.",
            mixinStandardHelpOptions = true)
    static final class Convert implements Callable<Integer> {
        @Parameters(paramLabel = "FILE", description = "pgbouncer.ini")
        private Path file;

        @Override
        public Integer call() {
            try {
                byte[] hocon = ConfigurationLoader.asHocon(file).getBytes(StandardCharsets.UTF_8);
                System.out.write(hocon, 0, hocon.length);
                System.out.flush();
                return 0;
            } catch (ConfigurationException e) {
                System.err.println("pgweir: " + e.getMessage());
                return FAILURE;
            }
        }
    }

    /** Listed here for the help; the launcher starts it from the bench module, which brings PostgreSQL. */
    @Command(
            name = "demo",
            description = "Start a PostgreSQL and the pooler, and show load running (needs the launcher).",
            mixinStandardHelpOptions = true)
    static final class Demo implements Callable<Integer> {
        @Override
        public Integer call() {
            System.err.println(
                    "pgweir: the demo is started by the script ./pgweir of a source checkout: ./pgweir demo");
            return FAILURE;
        }
    }
}

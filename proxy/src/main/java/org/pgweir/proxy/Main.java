package org.pgweir.proxy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.pgweir.config.Configuration;
import org.pgweir.config.ConfigurationException;
import org.pgweir.config.ConfigurationLoader;
import org.pgweir.config.DatabaseConfig;
import org.pgweir.config.SettingValues;
import org.pgweir.config.Settings;
import org.pgweir.proxy.admin.AdminConsole;
import org.pgweir.proxy.admin.ProcessControl.Shutdown;
import org.pgweir.proxy.net.TlsContexts;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Parameters;

/** The command line. */
@Command(
        name = "pgweir",
        description = "A PostgreSQL connection pooler that takes PgBouncer's place.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        subcommands = {Main.Run.class, Main.Check.class, Main.Convert.class, Main.Demo.class},
        footer = {
            "",
            "To start: pgweir demo shows it at work on a PostgreSQL of its own;",
            "pgweir run pgbouncer.ini takes the file that PgBouncer has been using."
        })
public final class Main {
    private static final int FAILURE = 1;

    private Main() {}

    public static void main(String[] arguments) {
        LogSetup.toStandardError();
        if (arguments.length == 2 && arguments[0].equals("run") && !arguments[1].matches("[-@].*")) {
            // Picocli reads its annotations for longer than all else takes that is done before the sockets are open.
            System.exit(run(Path.of(arguments[1])));
        }
        CommandLine commandLine = new CommandLine(new Main());
        if (arguments.length == 0) {
            commandLine.usage(System.err);
            System.exit(CommandLine.ExitCode.USAGE);
        }
        System.exit(execute(commandLine, arguments));
    }

    /** Whatever goes wrong, the process ends: event loops would keep it alive. */
    private static int execute(CommandLine commandLine, String[] arguments) {
        try {
            return commandLine.execute(arguments);
        } catch (Error e) {
            return failed(e);
        }
    }

    /** As {@link #execute}, without Picocli. */
    private static int run(Path file) {
        try {
            return new Run(file).call();
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

    @Command(name = "run", description = "Run in the foreground.", mixinStandardHelpOptions = true)
    static final class Run implements Callable<Integer> {
        private static final Logger LOG = LoggerFactory.getLogger(Main.class);

        @Parameters(paramLabel = "FILE", description = "pgbouncer.ini or pgweir.conf")
        private Path file;

        /** For Picocli, which sets the file. */
        Run() {}

        Run(Path file) {
            this.file = file;
        }

        @Override
        public Integer call() throws InterruptedException {
            Configuration configuration = load(file);
            if (configuration == null) {
                return FAILURE;
            }
            SettingValues settings = configuration.global();
            try {
                LogSetup.toFile(settings.get(Settings.LOGFILE), settings.get(Settings.VERBOSE));
                if (!configuration.acceptedOnly().isEmpty()) {
                    LOG.warn(
                            "accepted, but without effect in this version: {}",
                            String.join(", ", configuration.acceptedOnly()));
                }
                PidFile pidFile = PidFile.write(settings.get(Settings.PIDFILE));
                try {
                    return serve(configuration);
                } finally {
                    pidFile.delete();
                }
            } catch (IOException | ConfigurationException e) {
                System.err.println("pgweir: " + e.getMessage());
                return FAILURE;
            } finally {
                LogSetup.flush();
            }
        }

        private static int serve(Configuration configuration)
                throws IOException, ConfigurationException, InterruptedException {
            try (Pgweir pgweir = Pgweir.start(configuration)) {
                Signals.handle("TERM", () -> pgweir.shutdown(Shutdown.WAIT_FOR_CLIENTS));
                Signals.handle("INT", () -> pgweir.shutdown(Shutdown.WAIT_FOR_SERVERS));
                Signals.handle("HUP", () -> reload(pgweir));
                Signals.handle("USR1", pgweir::pause);
                pgweir.whenReloaded(Run::reopenLog);
                pgweir.awaitEnd();
            }
            return 0;
        }

        /** The file may have been moved away by whoever rotates logs. */
        private static void reopenLog(Configuration configuration) {
            SettingValues settings = configuration.global();
            try {
                LogSetup.toFile(settings.get(Settings.LOGFILE), settings.get(Settings.VERBOSE));
            } catch (IOException e) {
                LOG.error("the log file cannot be opened, the old one stays: {}", e.getMessage());
            }
        }

        private static void reload(Pgweir pgweir) {
            try {
                pgweir.reload();
            } catch (ConfigurationException e) {
                LOG.error("reload failed, nothing was changed: {}", e.getMessage());
            }
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
            if (!configuration.acceptedOnly().isEmpty()) {
                System.out.println("accepted, but without effect in this version: "
                        + String.join(", ", configuration.acceptedOnly()));
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
            return folder.isEmpty() ? text.toString().strip() : text + folder + "/.s.PGSQL." + port;
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

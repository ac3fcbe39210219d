package org.pgweir.proxy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.pgweir.config.Configuration;
import org.pgweir.config.ConfigurationException;
import org.pgweir.config.ConfigurationLoader;
import org.pgweir.config.DatabaseConfig;
import org.pgweir.config.Setting;
import org.pgweir.config.SettingValues;
import org.pgweir.config.Settings;
import org.pgweir.proxy.admin.AdminConsole;
import org.pgweir.proxy.process.EarlySignals;
import org.pgweir.proxy.process.FileLimit;
import org.pgweir.proxy.process.Identity;
import org.pgweir.proxy.process.LogSetup;
import org.pgweir.proxy.process.Options;
import org.pgweir.proxy.process.Options.Misused;
import org.pgweir.proxy.process.PassedSockets;
import org.pgweir.proxy.process.PidFile;
import org.pgweir.proxy.process.ServiceManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the pooler as a process: from the command line to the end. What only another process can do, the launcher does: it becomes the
 * user that it asks for here, and waits until a daemon is up.
 */
final class Start {
    /** Set by the launcher: it waits for a word on standard output, and that word. */
    private static final String LAUNCHER = "pgweir.launcher";

    private static final String UP = "up";
    private static final int FAILURE = 1;
    private static final int OWN_FILES = 50;

    private static final Logger LOG = LoggerFactory.getLogger(Start.class);

    private final String program;
    private final boolean asPgBouncer;
    private Options options;

    /**
     * @param program for messages
     * @param asPgBouncer refuse what PgBouncer refuses, in its words
     */
    Start(String program, boolean asPgBouncer) {
        this.program = program;
        this.asPgBouncer = asPgBouncer;
    }

    /** Runs until the pooler ends; the result is the exit code. */
    int with(List<String> arguments) throws InterruptedException {
        try {
            options = Options.parse(arguments);
        } catch (Misused e) {
            System.err.println(program + ": " + e.getMessage());
            System.err.println("Try \"" + program + " --help\" for more information.");
            return FAILURE;
        }
        return switch (options.asks()) {
            case HELP -> {
                System.out.print(Options.help(program));
                yield 0;
            }
            case VERSION -> {
                printVersion();
                yield 0;
            }
            case NONE -> run();
        };
    }

    /** Scripts that ask PgBouncer find its name and the version whose files and console are understood. */
    private void printVersion() {
        String own = "pgweir " + AdminConsole.VERSION;
        System.out.println(program.equals("pgbouncer") ? AdminConsole.shownVersion() : own);
        System.out.println("Java " + Runtime.version());
        System.out.println("systemd: yes");
    }

    private int run() throws InterruptedException {
        if (options.quiet()) {
            LogSetup.mostlyQuiet();
        }
        // Nobody but the launcher sees the process that only answers it.
        boolean asked = System.getProperty(LAUNCHER, "").equals("asks-user");
        EarlySignals early = asked ? null : SignalActions.remember();
        Configuration configuration;
        try {
            configuration = ConfigurationLoader.load(Path.of(options.file()));
        } catch (ConfigurationException e) {
            return notLoaded(e);
        }
        SettingValues settings = configuration.global();
        if (asked) {
            System.out.println(options.user().isEmpty() ? settings.get(Settings.USER) : options.user());
            return 0;
        }
        try {
            checkIdentity(settings);
            checkDaemon(settings);
            openLog(settings);
            tell(settings);
            tellOfFiles(configuration);
            if (options.reboot()) {
                LOG.warn(
                        "-R is deprecated and without effect: start the new process with so_reuseport, then send the old one SIGTERM");
            }
            if (!configuration.withoutEffect().isEmpty()) {
                LOG.warn(
                        "without effect in pgweir (docs/settings.md says why): {}",
                        String.join(", ", configuration.withoutEffect()));
            }
            if (early.end().isPresent()) {
                LOG.info("got SIG{} while starting, exiting", early.end().get());
                return 0;
            }
            PidFile pidFile = PidFile.write(settings.get(Settings.PIDFILE));
            try {
                return serve(configuration, early);
            } finally {
                pidFile.delete();
            }
        } catch (IOException | ConfigurationException e) {
            LogSetup.fatal(e.getMessage());
            return FAILURE;
        } finally {
            LogSetup.flush();
        }
    }

    private int notLoaded(ConfigurationException e) {
        if (asPgBouncer) {
            LOG.error(e.getMessage());
            LogSetup.fatal("cannot load config file");
        } else {
            System.err.println("pgweir: " + e.getMessage());
        }
        return FAILURE;
    }

    private void checkIdentity(SettingValues settings) throws IOException {
        String wanted = options.user().isEmpty() ? settings.get(Settings.USER) : options.user();
        if (!wanted.isEmpty() && !wanted.equals(Identity.userName())) {
            throw new IOException("failed to assume identity of user '" + wanted
                    + "': a JVM cannot change its user; start ./pgweir as root, which does that before, or start as "
                    + wanted);
        }
        if (asPgBouncer && Identity.isRoot()) {
            throw new IOException((program.equals("pgbouncer") ? "PgBouncer" : program)
                    + " should not run as root: give it a user with -u or user=, or start it by pgweir run");
        }
    }

    private void checkDaemon(SettingValues settings) throws IOException {
        if (!options.daemon()) {
            return;
        }
        if (settings.get(Settings.PIDFILE).isEmpty()) {
            throw new IOException("daemon needs pidfile configured");
        }
        if (!isLaunchedAsDaemon()) {
            throw new IOException("a JVM cannot go to the background by itself; start ./pgweir with -d, or without -d");
        }
        LogSetup.mostlyQuiet();
    }

    private static boolean isLaunchedAsDaemon() {
        return System.getProperty(LAUNCHER, "").equals("daemon");
    }

    /** What differs from the defaults, for those who want to know more. */
    private static void tell(SettingValues settings) {
        for (Setting<?> setting : Settings.all()) {
            boolean mayHaveSecret = setting == Settings.AUTH_LDAP_OPTIONS;
            if (settings.isSet(setting) && !mayHaveSecret) {
                LOG.debug("'{}' = '{}'", setting, settings.shown(setting));
            }
        }
    }

    private static void tellOfFiles(Configuration configuration) {
        FileLimit limit = FileLimit.now();
        LOG.info(
                "kernel file descriptor limit: {} (hard: {}); max_client_conn: {}, max expected fd use: {}",
                limit.soft(),
                limit.hard(),
                configuration.global().get(Settings.MAX_CLIENT_CONN),
                expectedFiles(configuration));
    }

    /** All clients, all servers of all users in all databases, and a few of our own: more there cannot be. */
    private static long expectedFiles(Configuration configuration) {
        long files = OWN_FILES + configuration.global().get(Settings.MAX_CLIENT_CONN);
        int users = Math.max(1, configuration.userList().size());
        for (DatabaseConfig database : configuration.databases().values()) {
            long servers = (long) configuration.effective(Settings.DEFAULT_POOL_SIZE, database, null)
                    + configuration.effective(Settings.RESERVE_POOL_SIZE, database, null);
            long all = database.hasForcedUser() ? servers : servers * users;
            int most = configuration.effective(Settings.MAX_DB_CONNECTIONS, database, null);
            files += most > 0 ? Math.min(most, all) : all;
        }
        return files;
    }

    private void openLog(SettingValues settings) throws IOException {
        LogSetup.use(settings, Math.max(options.verbose(), settings.get(Settings.VERBOSE)));
    }

    private int serve(Configuration configuration, EarlySignals early)
            throws IOException, ConfigurationException, InterruptedException {
        try (Pgweir pgweir = Pgweir.start(configuration, PassedSockets.ofEnvironment())) {
            ServiceManager serviceManager = ServiceManager.ofEnvironment();
            String status = pgweir.listening();
            pgweir.whenReloaded(this::reopenLog);
            pgweir.whenStopping(serviceManager::stopping);
            pgweir.tellThatItIsUp(asPgBouncer ? AdminConsole.shownVersion() : "pgweir " + AdminConsole.VERSION);
            if (options.daemon()) {
                leaveTerminal();
            } else if (options.quiet()) {
                LogSetup.quiet();
            }
            serviceManager.ready(status);
            // Whoever waits for one of the signs above finds that signals are not lost before.
            new SignalActions(pgweir, serviceManager, status).listen(early);
            pgweir.awaitEnd();
        }
        return 0;
    }

    /** Java leaves the null device in the place of a standard stream that it closes. */
    private static void leaveTerminal() {
        LogSetup.quiet();
        System.err.close();
        System.out.println(UP);
        System.out.close();
    }

    /** The file may have been moved away by whoever rotates logs. */
    private void reopenLog(Configuration configuration) {
        try {
            openLog(configuration.global());
        } catch (IOException e) {
            LOG.error("the log file cannot be opened, the old one stays: {}", e.getMessage());
        }
    }
}

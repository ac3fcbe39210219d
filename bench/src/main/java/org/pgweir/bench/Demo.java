package org.pgweir.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.ConsoleHandler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;
import org.pgweir.config.ConfigurationException;
import org.pgweir.config.PoolMode;
import org.pgweir.testkit.Ports;
import org.pgweir.testkit.PostgresVersion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Shows the pooler at work, on a PostgreSQL of its own that is gone afterwards. */
@Command(
        name = "pgweir demo",
        description = {
            "Start a PostgreSQL, the pooler and clients that keep it busy, and show what happens.",
            "Nothing is left behind, not after Ctrl-C either."
        },
        sortOptions = false)
public final class Demo implements Callable<Integer> {
    /** The launcher sets it where standard output is a terminal; Java cannot tell before version 22. */
    private static final String ON_TERMINAL = "pgweir.terminal";

    private static final int FAILURE = 1;
    private static final int POOL_SIZE = 10;

    /** In session mode each client has a server of its own, and each server is a process. */
    private static final int MOST_SESSION_CLIENTS = 200;

    private static final long HOOK_SECONDS = 10;

    /** Kept, since the log manager would forget its level. */
    private static final Logger LOG = Logger.getLogger("");

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "30",
            description = "How long; 0 until Ctrl-C (default: ${DEFAULT-VALUE}).")
    private int seconds;

    @Option(
            names = "--port",
            paramLabel = "P",
            defaultValue = "6432",
            description = "The pooler's port on 127.0.0.1 (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(
            names = "--clients",
            paramLabel = "C",
            defaultValue = "50",
            description = "How many clients (default: ${DEFAULT-VALUE}).")
    private int clients;

    @Option(
            names = "--mode",
            defaultValue = "transaction",
            description = "The pool mode: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private PoolMode mode;

    @Option(names = "--help", usageHelp = true, description = "Show this text.")
    private boolean help;

    @Spec
    private CommandSpec spec;

    private final PrintStream out;
    private final boolean onTerminal = Boolean.getBoolean(ON_TERMINAL);
    private final CountDownLatch stop = new CountDownLatch(1);
    private final CountDownLatch done = new CountDownLatch(1);

    Demo(PrintStream out) {
        this.out = out;
    }

    public static void main(String[] arguments) {
        System.exit(run(System.out, arguments));
    }

    static int run(PrintStream out, String... arguments) {
        return new CommandLine(new Demo(out))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .execute(arguments);
    }

    @Override
    public Integer call() throws InterruptedException {
        check();
        if (!Ports.isFree(port)) {
            return fail("port " + port + " is in use on 127.0.0.1; choose another with --port");
        }
        logOnlyTrouble();
        DemoStage stage = new DemoStage(port);
        Thread hook = new Thread(() -> endEarly(stage), "pgweir-demo-shutdown");
        Runtime.getRuntime().addShutdownHook(hook);
        try (stage) {
            return play(stage);
        } catch (IOException | ConfigurationException | RuntimeException | AssertionError e) {
            // While everything goes down at once, anything may fail.
            return isStopped() ? 0 : fail(e.getMessage() == null ? e.toString() : e.getMessage());
        } finally {
            done.countDown();
            forget(hook);
        }
    }

    private void check() {
        if (port < 1 || port > 65535) {
            throw new ParameterException(spec.commandLine(), "--port is a number from 1 to 65535");
        }
        if (seconds < 0) {
            throw new ParameterException(spec.commandLine(), "--seconds is a number from 0 on");
        }
        if (clients < 1) {
            throw new ParameterException(spec.commandLine(), "--clients is a number from 1 on");
        }
        if (mode == PoolMode.SESSION && clients > MOST_SESSION_CLIENTS) {
            throw new ParameterException(
                    spec.commandLine(),
                    "in session mode each client has a PostgreSQL process of its own: at most " + MOST_SESSION_CLIENTS
                            + " clients");
        }
    }

    private int fail(String message) {
        System.err.println("pgweir demo: " + message);
        return FAILURE;
    }

    private int play(DemoStage stage) throws IOException, ConfigurationException, InterruptedException {
        int poolSize = mode == PoolMode.SESSION ? clients : Math.min(clients, POOL_SIZE);
        say("starting PostgreSQL %d (unpacked first if this is the first time) ...", PostgresVersion.CURRENT.major());
        stage.startPostgres(poolSize);
        say("starting pgweir on port %d, %s mode, %d servers at most ...", port, mode, poolSize);
        stage.startPooler(mode, poolSize, clients);
        say("connecting %d clients ...", clients);
        stage.startLoad(mode, clients);
        say("");
        say("running over %s; meanwhile try it yourself:", stage.transport());
        say("  a session:    psql -h 127.0.0.1 -p %d -U postgres demo", port);
        say("  the console:  psql -h 127.0.0.1 -p %d -U postgres pgbouncer -c 'SHOW POOLS'", port);
        say("");
        LoadSample all = watch(stage);
        LoadGenerator load = stage.load();
        load.stop();
        summarise(all, load);
        LOG.setLevel(Level.OFF);
        return all.transactions() > 0 ? 0 : FAILURE;
    }

    private LoadSample watch(DemoStage stage) throws InterruptedException {
        LoadSample all = LoadSample.empty();
        for (int second = 1; seconds == 0 || second <= seconds; second++) {
            boolean stopped = stop.await(1, TimeUnit.SECONDS);
            LoadSample sample = stage.load().sample();
            if (stopped) {
                // A terminal sends Ctrl-C to PostgreSQL as well: the errors of this moment say nothing.
                all = all.plus(sample.withoutErrors());
                break;
            }
            all = all.plus(sample);
            show(second, sample, stage);
        }
        if (onTerminal) {
            say("");
        }
        return all;
    }

    private void show(int second, LoadSample sample, DemoStage stage) {
        String line = String.format(
                Locale.ROOT,
                "%3d s  %,8.0f transactions/s   p50 %.2f  p99 %.2f  p99.9 %.2f ms   %d clients on %d servers   %d errors",
                second,
                sample.transactionsPerSecond(),
                sample.millisAt(50),
                sample.millisAt(99),
                sample.millisAt(99.9),
                stage.load().connected(),
                stage.servers(),
                sample.errors());
        if (onTerminal) {
            // Back to the beginning of the line, and clear what is longer.
            out.print("\r" + line + "\033[K");
            out.flush();
        } else {
            say("%s", line);
        }
    }

    private void summarise(LoadSample all, LoadGenerator load) {
        say("");
        say(
                "%,d transactions in %.1f s: %,.0f/s, p50 %.2f  p99 %.2f  p99.9 %.2f  longest %.2f ms, %d errors",
                all.transactions(),
                all.nanos() / 1e9,
                all.transactionsPerSecond(),
                all.millisAt(50),
                all.millisAt(99),
                all.millisAt(99.9),
                all.millisAt(100),
                all.errors());
        if (all.errors() > 0) {
            say("the first error: %s", load.firstError());
        }
        say(
                "PostgreSQL, pooler and clients shared %d core(s).",
                Runtime.getRuntime().availableProcessors());
    }

    private void say(String format, Object... values) {
        out.printf(Locale.ROOT, format + "%n", values);
    }

    /** Ctrl-C: the play ends as it would have, only now. */
    private void endEarly(DemoStage stage) {
        LOG.setLevel(Level.OFF);
        stop.countDown();
        stage.quiet();
        try {
            if (!done.await(HOOK_SECONDS, TimeUnit.SECONDS)) {
                stage.close();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isStopped() {
        return stop.getCount() == 0;
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // It is what ended us.
        }
    }

    private static void logOnlyTrouble() {
        LogManager.getLogManager().reset();
        LOG.setLevel(Level.WARNING);
        LOG.addHandler(new ConsoleHandler());
    }
}

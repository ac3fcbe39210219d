package org.pgweir.bench.compare;

import io.netty.channel.uring.IoUring;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line of the comparison. */
@Command(
        name = "bench/compare",
        description = {
            "Measure pgweir beside PgBouncer and PostgreSQL without a pooler.",
            "Starts all of them on free ports of 127.0.0.1, and ends them; also after Ctrl-C."
        },
        sortOptions = false)
public final class Compare implements Callable<Integer> {
    private static final String LAUNCHER = "PGWEIR_LAUNCHER";
    private static final int FAILURE = 1;
    private static final int SPARE_CONNECTIONS = 50;

    @Option(
            names = "--workloads",
            paramLabel = "NAME",
            split = ",",
            description = "What the clients do; all if not given: ${COMPLETION-CANDIDATES}.")
    private List<Scenario> scenarios = List.of(Scenario.values());

    @Option(
            names = "--clients",
            paramLabel = "N",
            split = ",",
            description = "How many clients; if not given, each workload has numbers of its own.")
    private List<Integer> clients = List.of();

    @Option(
            names = "--transports",
            paramLabel = "NAME",
            split = ",",
            defaultValue = "io_uring,epoll",
            description = "pgweir's: io_uring, epoll, nio (default: ${DEFAULT-VALUE}).")
    private List<String> transports;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "3",
            description = "How often all of them have their turn; medians are reported (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "5",
            description = "The length of one run (default: ${DEFAULT-VALUE}).")
    private int seconds;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "3",
            description =
                    "Seconds of the run before the first round, which does not count (default: ${DEFAULT-VALUE}).")
    private int warmUpSeconds;

    @Option(
            names = "--scale",
            paramLabel = "N",
            defaultValue = "20",
            description = "The size of pgbench's tables, in 100,000 rows (default: ${DEFAULT-VALUE}).")
    private int scale;

    @Option(
            names = "--pgbouncer",
            paramLabel = "PATH",
            description = "Another PgBouncer than the one that is installed.")
    private Path pgbouncer;

    @Option(names = "--help", usageHelp = true, description = "Show this text.")
    private boolean help;

    @Spec
    private CommandSpec spec;

    private final PrintStream out;
    private volatile boolean interrupted;

    Compare(PrintStream out) {
        this.out = out;
    }

    public static void main(String[] arguments) {
        System.exit(run(System.out, arguments));
    }

    static int run(PrintStream out, String... arguments) {
        return new CommandLine(new Compare(out))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .execute(arguments);
    }

    @Override
    public Integer call() throws InterruptedException {
        check();
        try {
            Tools tools = tools();
            compare(plan(tools), tools);
            return 0;
        } catch (IOException | RuntimeException | AssertionError e) {
            // While everything goes down at once, anything may fail.
            return interrupted ? FAILURE : fail(e.getMessage() == null ? e.toString() : e.getMessage());
        }
    }

    private void compare(Plan plan, Tools tools) throws IOException, InterruptedException {
        Progress progress = new Progress(System.err, Comparison.runs(plan), Comparison.seconds(plan));
        progress.say("starting PostgreSQL, and filling its tables ...");
        int connections = plan.mostClients() + plan.contenders().size() * plan.mostClients() + SPARE_CONNECTIONS;
        Stage stage = Stage.open(tools, connections, scale);
        Thread hook = new Thread(() -> endEarly(stage), "pgweir-compare-shutdown");
        Runtime.getRuntime().addShutdownHook(hook);
        try (stage) {
            Comparison comparison = new Comparison(plan, stage, progress);
            comparison.run();
            for (Case measured : comparison.results().cases()) {
                out.print(MarkdownReport.table(comparison.results(), measured));
            }
        } finally {
            forget(hook);
        }
    }

    private void check() {
        atLeast("--rounds", rounds, 1);
        atLeast("--seconds", seconds, 1);
        atLeast("--warm-up", warmUpSeconds, 0);
        atLeast("--scale", scale, 1);
        clients.forEach(number -> atLeast("--clients", number, 1));
    }

    private void atLeast(String option, int value, int least) {
        if (value < least) {
            throw new ParameterException(spec.commandLine(), option + " is a number from " + least + " on");
        }
    }

    private Plan plan(Tools tools) {
        List<Case> cases = scenarios.stream()
                .flatMap(scenario -> (clients.isEmpty() ? scenario.usualClients() : clients)
                        .stream().map(number -> new Case(scenario, number)))
                .toList();
        List<Contender> contenders = new ArrayList<>(List.of(Contender.DIRECT));
        if (tools.pgbouncer() == null) {
            System.err.println("compare: no PgBouncer was found (Debian: apt-get install pgbouncer; or name one with"
                    + " --pgbouncer), so there is nothing but PostgreSQL itself to compare with");
        } else {
            contenders.add(Contender.PGBOUNCER);
        }
        for (String transport : transports) {
            if (transport.equals("io_uring") && !IoUring.isAvailable()) {
                System.err.println("compare: without io_uring, which this machine does not allow");
            } else {
                contenders.add(Contender.pgweir(transport, 1));
            }
        }
        return new Plan(cases, contenders, rounds, seconds, warmUpSeconds);
    }

    private Tools tools() throws IOException {
        Path pgbench = Programs.pgbench()
                .orElseThrow(
                        () -> new IOException("there is no pgbench; install it (Debian: apt-get install postgresql)"));
        Path bouncer =
                pgbouncer != null ? pgbouncer : Programs.onPath("pgbouncer").orElse(null);
        String launcher = System.getenv(LAUNCHER);
        if (launcher == null) {
            throw new IOException("start it with bench/compare or ./pgweir compare");
        }
        return new Tools(pgbench, bouncer, Path.of(launcher));
    }

    private int fail(String message) {
        System.err.println("compare: " + message);
        return FAILURE;
    }

    private void endEarly(Stage stage) {
        interrupted = true;
        stage.close();
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException shuttingDown) {
            // It is running.
        }
    }
}

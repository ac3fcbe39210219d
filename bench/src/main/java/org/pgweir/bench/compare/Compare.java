package org.pgweir.bench.compare;

import io.netty.channel.uring.IoUring;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
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
    private static final List<String> TRANSPORTS = List.of("io_uring", "epoll", "nio");
    private static final Set<Integer> QUICK_CLIENTS = Set.of(20, 100);
    private static final int SPARE_FILES = 200;

    @Option(
            names = "--quick",
            description = {
                "A smoke test of less than two minutes: one short round of few workloads.",
                "Other options change what they say."
            })
    private boolean quick;

    @Option(
            names = "--workloads",
            paramLabel = "NAME",
            split = ",",
            description = {
                "What is measured, out of ${COMPLETION-CANDIDATES}.",
                "If not given, all but select-prepared-transaction."
            })
    private List<Scenario> scenarios;

    @Option(
            names = "--clients",
            paramLabel = "N",
            split = ",",
            description = "How many busy clients; if not given, each workload has numbers of its own.")
    private List<Integer> clients;

    @Option(
            names = "--transports",
            paramLabel = "NAME",
            split = ",",
            defaultValue = "io_uring,epoll",
            description = "pgweir's: io_uring, epoll, nio (default: ${DEFAULT-VALUE}).")
    private List<String> transports;

    @Option(
            names = "--loops",
            paramLabel = "N",
            split = ",",
            description = {
                "pgweir's event loops; more than one run with 100 clients and more only.",
                "If not given, 1 and, where there are several cores, 2."
            })
    private List<Integer> loops;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "How often each has its turn; medians are reported (default: 3, quick: 1).")
    private Integer rounds;

    @Option(names = "--seconds", paramLabel = "N", description = "The length of one run (default: 5, quick: 2).")
    private Integer seconds;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            description = "Seconds before the first round that do not count (default: 5, quick: 1).")
    private Integer warmUpSeconds;

    @Option(
            names = "--probe",
            paramLabel = "N",
            description = {
                "Seconds of one more run that counts system calls and what the event loops allocate; 0 for none",
                "(default: 2, quick: 1)."
            })
    private Integer probeSeconds;

    @Option(
            names = "--scale",
            paramLabel = "N",
            description = "The size of pgbench's tables, in 100,000 rows (default: 20, quick: 5).")
    private Integer scale;

    @Option(
            names = "--idle-clients",
            paramLabel = "N",
            defaultValue = "8000",
            description =
                    "Clients of the workload idle, if there may be as many open files (default: ${DEFAULT-VALUE}).")
    private int idleClients;

    @Option(
            names = "--pgbouncer",
            paramLabel = "PATH",
            description = "Another PgBouncer than the one that is installed.")
    private Path pgbouncer;

    @Option(
            names = "--pgweir",
            paramLabel = "PATH",
            description = "The launcher of another source folder than this one.")
    private Path pgweir;

    @Option(
            names = "--out",
            paramLabel = "FOLDER",
            description = {
                "Where results.md, results.json and index.html are written",
                "(default: one named by the time, in bench/target/compare)."
            })
    private Path folder;

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
    public Integer call() {
        check();
        try {
            Tools tools = tools();
            return compare(plan(tools), tools);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return fail("ended early; what was measured until then is in " + folder);
        } catch (IOException | RuntimeException | AssertionError e) {
            // While everything goes down at once, anything may fail.
            return interrupted ? FAILURE : fail(e.getMessage() == null ? e.toString() : e.getMessage());
        }
    }

    private int compare(Plan plan, Tools tools) throws IOException, InterruptedException {
        System.err.println("starting PostgreSQL, and filling its tables ...");
        String began = ZonedDateTime.now()
                .truncatedTo(ChronoUnit.SECONDS)
                .toOffsetDateTime()
                .toString();
        Stage stage = new Stage(tools);
        Thread hook = new Thread(() -> endEarly(stage), "pgweir-compare-shutdown");
        Runtime.getRuntime().addShutdownHook(hook);
        try (stage) {
            stage.startPostgres(plan.serverConnections(), scale);
            SystemCalls.Counter counter =
                    plan.probeSeconds() > 0 ? SystemCalls.Counter.find() : SystemCalls.Counter.NONE;
            Comparison comparison = new Comparison(plan, stage, counter);
            Report report = new Report(
                    began,
                    Circumstances.gather(plan, stage, scale, counter),
                    comparison.results(),
                    comparison.failures());
            comparison.run(() -> write(report));
            out.print(MarkdownReport.of(report));
            System.err.println("written to " + folder);
            return comparison.failures().isEmpty() ? 0 : FAILURE;
        } finally {
            forget(hook);
        }
    }

    /** What was measured is kept if the rest goes wrong. */
    private void write(Report report) {
        try {
            report.writeTo(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void check() {
        scenarios = given(scenarios, quick ? Scenario.QUICK : Scenario.USUAL);
        loops = given(loops, quick || Runtime.getRuntime().availableProcessors() == 1 ? List.of(1) : List.of(1, 2));
        rounds = given(rounds, quick ? 1 : 3);
        seconds = given(seconds, quick ? 2 : 5);
        warmUpSeconds = given(warmUpSeconds, quick ? 1 : 5);
        probeSeconds = given(probeSeconds, quick ? 1 : 2);
        scale = given(scale, quick ? 5 : 20);
        atLeast("--rounds", rounds, 1);
        atLeast("--seconds", seconds, 1);
        atLeast("--warm-up", warmUpSeconds, 0);
        atLeast("--probe", probeSeconds, 0);
        atLeast("--scale", scale, 1);
        atLeast("--idle-clients", idleClients, 1);
        if (idleClients > Stage.MOST_CLIENTS) {
            throw new ParameterException(spec.commandLine(), "--idle-clients is a number up to " + Stage.MOST_CLIENTS);
        }
        loops.forEach(number -> atLeast("--loops", number, 1));
        given(clients, List.<Integer>of()).forEach(number -> atLeast("--clients", number, 1));
        if (pgbouncer != null && !Files.isExecutable(pgbouncer)) {
            throw new ParameterException(spec.commandLine(), pgbouncer + " is no program");
        }
        if (!TRANSPORTS.containsAll(transports)) {
            throw new ParameterException(
                    spec.commandLine(), "--transports is a list out of " + String.join(", ", TRANSPORTS));
        }
    }

    private static <T> T given(T value, T otherwise) {
        return value == null ? otherwise : value;
    }

    private void atLeast(String option, int value, int least) {
        if (value < least) {
            throw new ParameterException(spec.commandLine(), option + " is a number from " + least + " on");
        }
    }

    private Plan plan(Tools tools) {
        List<Case> cases = scenarios.stream()
                .flatMap(scenario -> clients(scenario).stream().map(number -> new Case(scenario, number)))
                .toList();
        return new Plan(cases, contenders(tools), rounds, seconds, warmUpSeconds, probeSeconds);
    }

    private List<Integer> clients(Scenario scenario) {
        if (scenario == Scenario.IDLE) {
            return List.of(possibleClients());
        }
        if (!scenario.isLoad()) {
            return List.of(0);
        }
        if (clients != null) {
            return clients;
        }
        return quick
                ? scenario.usualClients().stream()
                        .filter(QUICK_CLIENTS::contains)
                        .toList()
                : scenario.usualClients();
    }

    /** A pooler and this process need an open file for each. */
    private int possibleClients() {
        long files = Programs.mostOpenFiles();
        if (idleClients + SPARE_FILES <= files) {
            return idleClients;
        }
        System.err.println(
                "compare: no more than " + files + " open files are allowed (ulimit -n), so there will be fewer"
                        + " than " + idleClients + " idle clients");
        return (int) Math.max(1, files - SPARE_FILES);
    }

    private List<Contender> contenders(Tools tools) {
        List<Contender> contenders = new ArrayList<>(List.of(Contender.DIRECT));
        if (tools.pgbouncer() == null) {
            System.err.println("compare: no PgBouncer was found (Debian: apt-get install pgbouncer; or name one with"
                    + " --pgbouncer), so there is nothing but PostgreSQL itself to compare with");
        } else {
            contenders.add(Contender.PGBOUNCER);
        }
        for (int number : loops) {
            for (String transport : transports) {
                if (transport.equals("io_uring") && !IoUring.isAvailable()) {
                    System.err.println("compare: without io_uring, which is not allowed here");
                } else {
                    contenders.add(Contender.pgweir(transport, number));
                }
            }
        }
        return contenders;
    }

    private Tools tools() throws IOException {
        Path pgbench = Programs.pgbench()
                .orElseThrow(
                        () -> new IOException("there is no pgbench; install it (Debian: apt-get install postgresql)"));
        Path bouncer = pgbouncer != null
                ? pgbouncer.toAbsolutePath()
                : Programs.onPath("pgbouncer").orElse(null);
        String home = System.getenv(LAUNCHER);
        if (home == null) {
            throw new IOException("start it with bench/compare or ./pgweir compare");
        }
        if (folder == null) {
            folder = Path.of(home)
                    .resolveSibling("bench/target/compare")
                    .resolve(LocalDateTime.now().format(DateTimeFormatter.ofPattern("yyyy-MM-dd-HHmmss")));
        }
        return new Tools(pgbench, bouncer, pgweir == null ? Path.of(home) : pgweir.toAbsolutePath());
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

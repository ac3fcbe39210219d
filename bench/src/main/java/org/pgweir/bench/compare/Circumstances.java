package org.pgweir.bench.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What must be known of a run to judge its numbers: the machine, the versions, the settings. */
final class Circumstances {
    private static final Path CPUS = Path.of("/proc/cpuinfo");
    private static final Path MEMORY = Path.of("/proc/meminfo");
    private static final Path KERNEL = Path.of("/proc/sys/kernel/osrelease");
    private static final Path LOAD = Path.of("/proc/loadavg");
    private static final Path SYSTEM = Path.of("/etc/os-release");
    private static final double KILOBYTES_OF_GIGABYTE = 1 << 20;

    private Circumstances() {}

    /** Words and what they mean here, in the order in which they should be read. */
    static Map<String, String> gather(Plan plan, Stage stage, int scale, SystemCalls.Counter counter) {
        Map<String, String> all = new LinkedHashMap<>();
        machine(all);
        versions(all, stage);
        settings(all, plan, scale, counter);
        return all;
    }

    private static void machine(Map<String, String> all) {
        String cpu = first(CPUS, "(?m)^model name\\s*: (.*)$");
        all.put(
                "CPU",
                (cpu.isEmpty() ? System.getProperty("os.arch") : cpu) + ", "
                        + Runtime.getRuntime().availableProcessors() + " cores to run on");
        String memory = first(MEMORY, "MemTotal: +(\\d+) kB");
        if (!memory.isEmpty()) {
            all.put("memory", String.format("%.1f GB", Long.parseLong(memory) / KILOBYTES_OF_GIGABYTE));
        }
        all.put("kernel", first(KERNEL, "(.*)\\n"));
        all.put("system", first(SYSTEM, "PRETTY_NAME=\"(.*)\""));
        all.put("load average before", first(LOAD, "(\\S+ \\S+ \\S+)"));
    }

    private static void versions(Map<String, String> all, Stage stage) {
        Tools tools = stage.tools();
        String launcher = tools.pgweir().toString();
        String folder = tools.pgweir().getParent().toString();
        String commit = Programs.output("git", "-C", folder, "describe", "--always", "--dirty");
        all.put(
                "pgweir",
                Programs.output(launcher, "--version").strip().replace("\n", ", ")
                        + (commit.isEmpty() ? "" : ", commit " + commit.strip()));
        if (tools.pgbouncer() != null) {
            all.put("PgBouncer", Programs.firstLine(tools.pgbouncer().toString(), "--version"));
        }
        all.put(
                "PostgreSQL",
                stage.postgres().query("SHOW server_version").get(0).get(0));
        all.put("pgbench", Programs.firstLine(tools.pgbench().toString(), "--version"));
    }

    private static void settings(Map<String, String> all, Plan plan, int scale, SystemCalls.Counter counter) {
        all.put("pool size", Plan.POOL_SIZE + " (in session mode a server for each client)");
        all.put(
                "rounds",
                plan.rounds() + " of " + plan.seconds() + " s, in turns; before them a warm-up of "
                        + plan.warmUpSeconds()
                        + " s for pgweir (three times that the first time), of 1 s for PgBouncer");
        all.put("scale of pgbench's tables", Integer.toString(scale));
        all.put(
                "PostgreSQL's settings",
                "fsync, full_page_writes, synchronous_commit and autovacuum off, shared_buffers 256 MB");
        all.put("threads of pgbench", Pgbench.threads(Integer.MAX_VALUE) + ", or one a client");
        all.put("event loops", "one, beside PgBouncer's one thread, where nothing else is said");
        String options = System.getenv("PGWEIR_JAVA_OPTS");
        all.put("PGWEIR_JAVA_OPTS", options == null ? "none" : options);
        all.put(
                "system calls counted by",
                switch (counter) {
                    case PERF -> "perf, in a run of their own";
                    case STRACE -> "strace, in a run of their own, which it slows down";
                    case NONE -> "nobody: there is neither perf that may count nor strace";
                });
    }

    private static String first(Path file, String pattern) {
        try {
            Matcher found = Pattern.compile(pattern).matcher(Files.readString(file));
            return found.find() ? found.group(1) : "";
        } catch (IOException e) {
            return "";
        }
    }
}

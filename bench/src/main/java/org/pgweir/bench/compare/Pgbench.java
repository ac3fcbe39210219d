package org.pgweir.bench.compare;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.HdrHistogram.Histogram;
import org.pgweir.testkit.Folders;

/**
 * A load by pgbench. Transactions a second are as it counts them: without the time for the first connecting, with that for connecting
 * each transaction. The latencies are out of its log, which knows nothing of connecting.
 *
 * @param arguments beside those that say where, how many and how long
 * @param script what the clients run; empty where the arguments say it
 */
record Pgbench(List<String> arguments, String script) implements Load {
    /** Beside the time that was asked for: connecting, and the last transactions. */
    private static final long PATIENCE_SECONDS = 60;

    private static final Pattern PROCESSED =
            Pattern.compile("^number of transactions actually processed: (\\d+)", Pattern.MULTILINE);
    private static final Pattern FAILED = Pattern.compile("^number of failed transactions: (\\d+)", Pattern.MULTILINE);
    private static final Pattern PER_SECOND = Pattern.compile("^tps = ([\\d.]+)", Pattern.MULTILINE);

    static Pgbench with(String... arguments) {
        return new Pgbench(List.of(arguments), "");
    }

    static Pgbench script(String script) {
        return new Pgbench(List.of("-n", "-M", "simple"), script);
    }

    @Override
    public Run run(Stage stage, int port, Profile profile, int clients, int seconds)
            throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory(stage.folder(), "pgbench");
        List<String> command = command(folder, stage, port, profile.user(), clients, seconds);
        Path output = folder.resolve("output");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("PG") || name.startsWith("LC_"));
        builder.environment()
                .putAll(Map.of(
                        "PGPASSWORD",
                        Stage.PASSWORD,
                        "PGSSLMODE",
                        profile.isEncrypted() ? "require" : "disable",
                        "PGGSSENCMODE",
                        "disable",
                        "LC_ALL",
                        "C"));
        Process process = stage.children().start(builder);
        if (!process.waitFor(seconds + PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            stage.children().end(process);
            throw new IOException("pgbench does not end:\n" + Files.readString(output));
        }
        String said = Files.readString(output);
        if (process.exitValue() != 0) {
            throw new IOException("pgbench failed:\n" + said);
        }
        Run run = parse(said, readLogs(folder));
        Folders.delete(folder);
        return run;
    }

    private List<String> command(Path folder, Stage stage, int port, String user, int clients, int seconds)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(stage.tools().pgbench().toString(), "-l"));
        command.addAll(arguments);
        if (!script.isEmpty()) {
            Path file = Files.writeString(folder.resolve("script"), script);
            command.addAll(List.of("-f", file.toString()));
        }
        command.addAll(List.of("-h", "127.0.0.1", "-p", Integer.toString(port), "-U", user));
        command.addAll(List.of("-c", Integer.toString(clients), "-j", Integer.toString(threads(clients))));
        command.addAll(List.of("-T", Integer.toString(seconds), Stage.DATABASE));
        return command;
    }

    /** Enough of them, so that pgbench is not the one that cannot keep up. */
    static int threads(int clients) {
        return Math.min(clients, Runtime.getRuntime().availableProcessors());
    }

    static Run parse(String output, Histogram micros) throws IOException {
        Matcher processed = PROCESSED.matcher(output);
        Matcher perSecond = PER_SECOND.matcher(output);
        if (!processed.find() || !perSecond.find()) {
            throw new IOException("pgbench says something new:\n" + output);
        }
        // Not before PostgreSQL 15.
        Matcher failed = FAILED.matcher(output);
        return new Run(
                Long.parseLong(processed.group(1)),
                failed.find() ? Long.parseLong(failed.group(1)) : 0,
                Double.parseDouble(perSecond.group(1)),
                micros);
    }

    private static Histogram readLogs(Path folder) throws IOException {
        Histogram micros = new Histogram(3);
        try (DirectoryStream<Path> logs = Files.newDirectoryStream(folder, "pgbench_log.*")) {
            for (Path log : logs) {
                try (BufferedReader lines = Files.newBufferedReader(log, StandardCharsets.US_ASCII)) {
                    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                        readLogLine(line, micros);
                    }
                }
            }
        }
        return micros;
    }

    /** {@code client_id transaction_no time script_no time_epoch time_us}; the time of one that failed is a word. */
    static void readLogLine(String line, Histogram micros) {
        int second = line.indexOf(' ', line.indexOf(' ') + 1) + 1;
        int end = line.indexOf(' ', second);
        if (Character.isDigit(line.charAt(second))) {
            micros.recordValue(Long.parseLong(line, second, end, 10));
        }
    }
}

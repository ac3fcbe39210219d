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

/**
 * What one run of pgbench has found.
 *
 * @param transactions that were processed
 * @param failed that were not
 * @param perSecond as pgbench counts: without the time for connecting, unless it connects for each transaction
 * @param micros the latencies, out of pgbench's log; connecting does not count
 */
record PgbenchRun(long transactions, long failed, double perSecond, Histogram micros) {
    /** Beside the time that was asked for: connecting, and the last transactions. */
    private static final long PATIENCE_SECONDS = 60;

    private static final Pattern PROCESSED =
            Pattern.compile("^number of transactions actually processed: (\\d+)", Pattern.MULTILINE);
    private static final Pattern FAILED = Pattern.compile("^number of failed transactions: (\\d+)", Pattern.MULTILINE);
    private static final Pattern PER_SECOND = Pattern.compile("^tps = ([\\d.]+)", Pattern.MULTILINE);

    /**
     * Runs pgbench.
     *
     * @param arguments what makes the scenario
     */
    static PgbenchRun run(Stage stage, int port, String user, List<String> arguments, int clients, int seconds)
            throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory(stage.folder(), "pgbench");
        List<String> command = new ArrayList<>(List.of(stage.tools().pgbench().toString(), "-n", "-l"));
        command.addAll(arguments);
        command.addAll(List.of("-h", "127.0.0.1", "-p", Integer.toString(port), "-U", user));
        command.addAll(List.of("-c", Integer.toString(clients), "-j", Integer.toString(threads(clients))));
        command.addAll(List.of("-T", Integer.toString(seconds), Stage.DATABASE));
        Path output = folder.resolve("output");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment()
                .putAll(Map.of("PGPASSWORD", Stage.PASSWORD, "PGSSLMODE", "disable", "PGGSSENCMODE", "disable"));
        builder.environment().put("LC_ALL", "C");
        Process process = stage.children().start(builder);
        if (!process.waitFor(seconds + PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            stage.children().end(process);
            throw new IOException("pgbench does not end:\n" + Files.readString(output));
        }
        String said = Files.readString(output);
        if (process.exitValue() != 0) {
            throw new IOException("pgbench failed:\n" + said);
        }
        PgbenchRun run = parse(said, readLogs(folder));
        deleteAll(folder);
        return run;
    }

    /** pgbench must not be the one that cannot keep up. */
    static int threads(int clients) {
        return Math.min(clients, Math.max(1, Runtime.getRuntime().availableProcessors()));
    }

    static PgbenchRun parse(String output, Histogram micros) throws IOException {
        Matcher processed = PROCESSED.matcher(output);
        Matcher perSecond = PER_SECOND.matcher(output);
        if (!processed.find() || !perSecond.find()) {
            throw new IOException("pgbench says something new:\n" + output);
        }
        // Not before PostgreSQL 15.
        Matcher failed = FAILED.matcher(output);
        return new PgbenchRun(
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

    private static void deleteAll(Path folder) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}

package org.pgweir.bench.compare;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.pgweir.bench.LoadGenerator;
import org.pgweir.bench.LoadSample;
import org.pgweir.bench.Transaction;

/** COPY by our own load generator, since pgbench refuses it. Nothing is stored: the server reads the rows and drops them. */
final class CopyLoad implements Load {
    static final int BYTES = 1 << 20;

    private static final int ROW_BYTES = 1 << 10;

    /** Small enough to be sent in a piece, large enough not to measure the frames; about what drivers send. */
    private static final int FRAME_BYTES = 8 << 10;

    private static final String ROW = "x".repeat(ROW_BYTES - 1);

    static final String SCHEMA = "CREATE UNLOGGED TABLE copied (text text)";
    static final CopyLoad OUT = new CopyLoad(
            Transaction.of("COPY (SELECT '" + ROW + "' FROM generate_series(1, " + BYTES / ROW_BYTES + ")) TO STDOUT"));
    static final CopyLoad IN = new CopyLoad(Transaction.copyIn(
            "COPY copied FROM STDIN WHERE false",
            (ROW + "\n").repeat(BYTES / ROW_BYTES).getBytes(StandardCharsets.US_ASCII),
            FRAME_BYTES));

    private final Transaction transaction;

    private CopyLoad(Transaction transaction) {
        this.transaction = transaction;
    }

    @Override
    public Run run(Stage stage, int port, Profile profile, int clients, int seconds)
            throws IOException, InterruptedException {
        LoadSample sample;
        try (LoadGenerator generator = LoadGenerator.connect(
                stage.target(port, profile), clients, Pgbench.threads(clients), random -> transaction)) {
            generator.start();
            TimeUnit.SECONDS.sleep(seconds);
            sample = generator.sample();
            if (sample.errors() > 0) {
                throw new IOException(sample.errors() + " errors, the first: " + generator.firstError());
            }
        }
        Histogram micros = new Histogram(3);
        sample.latencies()
                .recordedValues()
                .forEach(value -> micros.recordValueWithCount(
                        TimeUnit.NANOSECONDS.toMicros(value.getValueIteratedTo()), value.getCountAtValueIteratedTo()));
        return new Run(sample.transactions(), 0, sample.transactionsPerSecond(), micros);
    }
}

package org.pgweir.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.pgweir.config.ConfigurationException;
import org.pgweir.config.ConfigurationLoader;
import org.pgweir.proxy.Pgweir;
import org.pgweir.testkit.Ports;
import org.pgweir.testkit.WireClient;

/** What an exporter asks of a pooler with a thousand databases, over a socket: the console's tables and the metrics page. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class ConsoleBenchmark {
    private static final int DATABASES = 1000;

    private final HttpClient http = HttpClient.newHttpClient();
    private Path file;
    private Pgweir pgweir;
    private WireClient console;
    private HttpRequest metrics;

    @Setup
    public void start() throws IOException, ConfigurationException {
        file = Files.createTempFile("pgweir-bench", ".ini");
        int httpPort = Ports.free();
        StringBuilder ini = new StringBuilder("[databases]\n");
        for (int i = 0; i < DATABASES; i++) {
            ini.append("shop").append(i).append(" = host=127.0.0.1 port=1 pool_size=20\n");
        }
        ini.append("[pgbouncer]\nlisten_addr = 127.0.0.1\nunix_socket_dir =\nauth_type = any\nadmin_users = root\n")
                .append("listen_port = ")
                .append(Ports.free())
                .append("\nhttp_listen = 127.0.0.1:")
                .append(httpPort)
                .append('\n');
        Files.writeString(file, ini);
        pgweir = Pgweir.start(ConfigurationLoader.load(file));
        console = WireClient.connect(new InetSocketAddress("127.0.0.1", pgweir.port()));
        console.login("root", "", "pgbouncer", Map.of());
        metrics = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + httpPort + "/metrics"))
                .build();
    }

    @Benchmark
    public List<List<String>> showDatabases() {
        return console.query("SHOW DATABASES");
    }

    @Benchmark
    public List<List<String>> showStats() {
        return console.query("SHOW STATS");
    }

    @Benchmark
    public String scrape() throws IOException, InterruptedException {
        return http.send(metrics, HttpResponse.BodyHandlers.ofString()).body();
    }

    @TearDown
    public void stop() throws IOException {
        console.close();
        pgweir.close();
        Files.delete(file);
    }
}

package org.pgweir.proxy.stats;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Serves {@code /metrics}, {@code /health/live} and {@code /health/ready}, with the JDK's HTTP server on threads of its own: however
 * slow a scraper is, no event loop notices.
 */
public final class HttpEndpoint implements AutoCloseable {
    private static final int THREADS = 2;
    private static final int WAITING_REQUESTS = 32;
    private static final String SLOWEST_SECONDS = "30";
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";

    private final HttpServer server;
    private final ExecutorService threads;
    private final PrometheusPage page;
    private final MetricsSource source;

    private HttpEndpoint(HttpServer server, MetricsSource source) {
        this.server = server;
        this.source = source;
        page = new PrometheusPage(source);
        threads = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(WAITING_REQUESTS),
                new DefaultThreadFactory("pgweir-http", true));
    }

    /**
     * @param listen {@code address:port}
     * @throws IOException with a message for the operator
     */
    public static HttpEndpoint start(String listen, MetricsSource source) throws IOException {
        int colon = listen.lastIndexOf(':');
        String host = listen.substring(0, colon).replace("[", "").replace("]", "");
        // Read by the JDK's server when it is first used: ends requests and answers that take too long.
        System.setProperty("sun.net.httpserver.maxReqTime", SLOWEST_SECONDS);
        System.setProperty("sun.net.httpserver.maxRspTime", SLOWEST_SECONDS);
        try {
            InetAddress address = host.equals("*") ? null : InetAddress.getByName(host);
            int port = Integer.parseInt(listen.substring(colon + 1));
            HttpServer server = HttpServer.create(new InetSocketAddress(address, port), 0);
            HttpEndpoint endpoint = new HttpEndpoint(server, source);
            server.setExecutor(endpoint.threads);
            server.createContext("/metrics", endpoint::metrics);
            server.createContext("/health/live", exchange -> answer(exchange, 200, TEXT, "live\n"));
            server.createContext("/health/ready", endpoint::ready);
            server.start();
            return endpoint;
        } catch (IOException e) {
            throw new IOException(
                    "cannot listen on " + listen + " for HTTP: " + e.getMessage() + "; see http_listen", e);
        }
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return server.getAddress();
    }

    private void metrics(HttpExchange exchange) throws IOException {
        try {
            answer(exchange, 200, PROMETHEUS_TEXT, page.render(PROMETHEUS_TEXT));
        } catch (CompletionException e) {
            answer(exchange, 503, TEXT, "the event loops do not answer\n");
        }
    }

    private void ready(HttpExchange exchange) throws IOException {
        String reason = source.notReadyBecause();
        answer(exchange, reason == null ? 200 : 503, TEXT, reason == null ? "ready\n" : "not ready: " + reason + "\n");
    }

    private static void answer(HttpExchange exchange, int status, String contentType, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", contentType);
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, head ? -1 : body.length);
        if (!head) {
            exchange.getResponseBody().write(body);
        }
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
        page.close();
    }
}

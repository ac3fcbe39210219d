package org.pgweir.proxy.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.pgweir.config.ConfigurationLoader;
import org.pgweir.proxy.auth.ScramKeys;
import org.pgweir.proxy.net.Loop;
import org.pgweir.proxy.net.Loops;
import org.pgweir.proxy.net.Resolver;
import org.pgweir.proxy.net.Transport;
import org.pgweir.proxy.net.Workers;
import org.pgweir.proxy.pool.LoopPool;
import org.pgweir.proxy.pool.Pools;
import org.pgweir.proxy.route.Catalog;
import org.pgweir.proxy.route.Database;
import org.pgweir.proxy.server.EmbeddedServer;
import org.pgweir.proxy.server.ServerConnector;
import org.pgweir.proxy.server.TrackedParameters;

/** One loop with a real pool; test methods run on that loop. A buffer that is left over fails the test. */
final class RelayStage implements BeforeEachCallback, AfterEachCallback, InvocationInterceptor {
    private final String poolMode;
    private final String sessionFeatures;
    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
    private final List<EmbeddedServer> servers = new ArrayList<>();
    private final List<EmbeddedClient> clients = new ArrayList<>();
    private Path file;
    private Loops loops;
    private Workers workers;
    private Database database;
    private LoopPool pool;

    RelayStage(String poolMode) {
        this(poolMode, "ignore");
    }

    RelayStage(String poolMode, String sessionFeatures) {
        this.poolMode = poolMode;
        this.sessionFeatures = sessionFeatures;
    }

    @Override
    public void beforeEach(ExtensionContext context) throws Exception {
        file = Files.createTempFile("pgweir-relay", ".ini");
        Files.writeString(
                file,
                "[databases]\nshop = host=127.0.0.1 port=1\n[pgbouncer]\npool_mode = " + poolMode
                        + "\nlog_disconnections = 0\nsession_features = " + sessionFeatures + "\n");
        Catalog catalog = new Catalog(ConfigurationLoader.load(file));
        loops = new Loops(Transport.NIO, 1);
        workers = new Workers("test-worker", 1);
        Pools pools = new Pools(
                catalog,
                loops,
                new ServerConnector(Transport.NIO, new Resolver(Transport.NIO, workers), workers, name -> null),
                new ScramKeys());
        database = catalog.database("shop").orElseThrow();
        pool = pools.pool(database, "bob").on(loops.all().get(0));
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        onLoop(() -> {
            clients.forEach(EmbeddedClient::end);
            for (EmbeddedServer server : servers) {
                server.stuck(false);
                server.dies();
                server.received();
            }
            return null;
        });
        loops.close();
        workers.close();
        Files.delete(file);
        assertThat(allocator.metric().usedDirectMemory() + allocator.metric().usedHeapMemory())
                .as("bytes in buffers that were not released")
                .isZero();
    }

    LoopPool pool() {
        return pool;
    }

    Loop loop() {
        return pool.loop();
    }

    /** Nobody gets a server until it is resumed. */
    void pause(boolean pause) {
        database.pause(pause);
    }

    /** An idle server of the pool. */
    EmbeddedServer idleServer() {
        EmbeddedServer server = looseServer();
        pool.release(server.server(), Loop.nowNanos());
        return server;
    }

    /** A server that the pool does not know yet. */
    EmbeddedServer looseServer() {
        EmbeddedServer server = new EmbeddedServer(loop(), database.hosts().get(0), allocator);
        servers.add(server);
        return server;
    }

    EmbeddedClient client() {
        return client(TrackedParameters.NONE);
    }

    EmbeddedClient client(TrackedParameters parameters) {
        EmbeddedClient client = new EmbeddedClient(pool, parameters, allocator);
        clients.add(client);
        return client;
    }

    ByteBuf buffer(byte... bytes) {
        return buffer(bytes, 0, bytes.length);
    }

    ByteBuf buffer(byte[] bytes, int from, int to) {
        return allocator.directBuffer(Math.max(1, to - from)).writeBytes(bytes, from, to - from);
    }

    private interface Task {
        Object run() throws Throwable;
    }

    private void onLoop(Task task) throws Exception {
        try {
            loop().eventLoop()
                    .submit(() -> {
                        try {
                            return task.run();
                        } catch (Exception | Error e) {
                            throw e;
                        } catch (Throwable e) {
                            throw new AssertionError(e);
                        }
                    })
                    .get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw e;
        }
    }

    @Override
    public void interceptTestMethod(
            Invocation<Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Exception {
        onLoop(invocation::proceed);
    }

    @Override
    public void interceptTestTemplateMethod(
            Invocation<Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Exception {
        onLoop(invocation::proceed);
    }
}

package org.pgweir.proxy.container;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;

/** PostgreSQL in a container, and PostgreSQL's programs in a second one that sees the published ports as the host does. */
final class Postgres implements AutoCloseable {
    static final String ALIAS = "postgres";
    static final String PASSWORD = "sesame";

    private final GenericContainer<?> server;
    private final GenericContainer<?> programs;

    private Postgres(GenericContainer<?> server, GenericContainer<?> programs) {
        this.server = server;
        this.programs = programs;
    }

    static Postgres start(Network network) {
        GenericContainer<?> server = new GenericContainer<>(Engine.POSTGRES_IMAGE)
                .withNetwork(network)
                .withNetworkAliases(ALIAS)
                .withEnv("POSTGRES_PASSWORD", PASSWORD)
                .withCommand("postgres", "-c", "fsync=off")
                .waitingFor(Wait.forSuccessfulCommand("pg_isready -q -h 127.0.0.1 -U postgres"));
        GenericContainer<?> programs = new GenericContainer<>(Engine.POSTGRES_IMAGE)
                .withNetworkMode("host")
                .withEnv("PGPASSWORD", PASSWORD)
                .withCommand("sleep", "infinity");
        try {
            server.start();
            programs.start();
        } catch (RuntimeException e) {
            server.close();
            throw e;
        }
        return new Postgres(server, programs);
    }

    String log() {
        return server.getLogs();
    }

    /** As {@code docker restart}: a fast shutdown, and the same files again. */
    void restart() {
        Engine.client().restartContainerCmd(server.getContainerId()).exec();
    }

    /** The one value that a query gives, asked past the pooler. */
    String ask(String query) {
        return run(server, List.of("psql", "-h", "/var/run/postgresql", "-U", "postgres", "-XAtqc", query))
                .getStdout()
                .strip();
    }

    /** The same, through the port that pgweir has published. */
    ExecResult psql(GenericContainer<?> pgweir, String database, String query) {
        return run(programs, throughPublishedPort("psql", pgweir, "-XAtq", "-d", database, "-c", query));
    }

    /** pgbench through the port that pgweir has published. */
    ExecResult pgbench(GenericContainer<?> pgweir, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add("bench");
        return run(programs, throughPublishedPort("pgbench", pgweir, all.toArray(String[]::new)));
    }

    /** The same, while the test goes on. */
    CompletableFuture<ExecResult> load(GenericContainer<?> pgweir, String... arguments) {
        return CompletableFuture.supplyAsync(() -> pgbench(pgweir, arguments));
    }

    private static List<String> throughPublishedPort(String program, GenericContainer<?> pgweir, String... arguments) {
        List<String> command = new ArrayList<>(List.of(program, "-h", pgweir.getHost(), "-U", "postgres", "-p"));
        command.add(pgweir.getMappedPort(PgweirImage.PORT).toString());
        command.addAll(List.of(arguments));
        return command;
    }

    private static ExecResult run(GenericContainer<?> container, List<String> command) {
        try {
            return container.execInContainer(command.toArray(String[]::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        programs.close();
        server.close();
    }
}

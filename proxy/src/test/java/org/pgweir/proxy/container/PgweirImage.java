package org.pgweir.proxy.container;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.logging.Logger;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.ImageFromDockerfile;

/** pgweir's image, built once a test run from the source tree; and containers of it. */
final class PgweirImage {
    private static final Logger LOG = Logger.getLogger(PgweirImage.class.getName());

    static final int PORT = 6432;
    static final int HTTP_PORT = 9127;
    static final String ALIAS = "pgweir";

    private static final Duration LONGEST_START = Duration.ofSeconds(20);

    /** What {@code docker/Dockerfile} copies; all else stays out of the engine's hands. */
    private static final List<String> SOURCES = List.of(
            ".mvn",
            "LICENSE",
            "pom.xml",
            "protocol/pom.xml",
            "config/pom.xml",
            "testkit/pom.xml",
            "proxy/pom.xml",
            "bench/pom.xml",
            "protocol/src",
            "config/src",
            "testkit/src/main",
            "proxy/src/main",
            "docker/entrypoint",
            "docker/healthcheck",
            "docker/train");

    private static String name;

    private PgweirImage() {}

    static synchronized String name() {
        if (name == null) {
            ImageFromDockerfile image = new ImageFromDockerfile("localhost/pgweir-test:latest", false)
                    .withFileFromPath("Dockerfile", root().resolve("docker/Dockerfile"));
            SOURCES.forEach(source -> image.withFileFromPath(source, root().resolve(source)));
            name = image.get();
        }
        return name;
    }

    /** The root of the source tree. */
    static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("docker/Dockerfile"))) {
            folder = folder.getParent();
        }
        return folder;
    }

    /** A container that has no configuration yet, and is started when it is ready for clients. */
    static GenericContainer<?> container(Network network) {
        return new GenericContainer<>(name())
                .withNetwork(network)
                .withNetworkAliases(ALIAS)
                .withExposedPorts(PORT, HTTP_PORT)
                // For whoever looks for secrets in all logs.
                .withLogConsumer(frame -> LOG.finest(frame.getUtf8String()))
                .waitingFor(Wait.forHttp("/health/ready").forPort(HTTP_PORT).withStartupTimeout(LONGEST_START));
    }

    /** A container that is configured by its environment: one database, the user postgres, transaction mode. */
    static GenericContainer<?> configured(Network network) {
        return container(network)
                .withEnv("PGWEIR_DATABASES", "bench = host=" + Postgres.ALIAS + " dbname=postgres")
                .withEnv("PGWEIR_USERLIST", "\"postgres\" \"" + Postgres.PASSWORD + "\"")
                .withEnv("PGWEIR_AUTH_TYPE", "scram-sha-256")
                .withEnv("PGWEIR_ADMIN_USERS", "postgres")
                .withEnv("PGWEIR_POOL_MODE", "transaction")
                .withEnv("PGWEIR_DEFAULT_POOL_SIZE", "10")
                // A container may have another address after a restart.
                .withEnv("PGWEIR_SERVER_CONNECT_TIMEOUT", "2")
                .withEnv("PGWEIR_SERVER_LOGIN_RETRY", "1");
    }
}

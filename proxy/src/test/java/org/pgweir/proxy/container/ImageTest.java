package org.pgweir.proxy.container;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.InspectImageResponse;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.ContainerConfig;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.startupcheck.StartupCheckStrategy;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.utility.DockerStatus;

/** What the image is, and the ways to configure it. No PostgreSQL is there. */
@WithContainers
final class ImageTest {
    private static final long MEGABYTE = 1_000_000;

    /** For containers that are to fail. */
    private static final class UntilItEnds extends StartupCheckStrategy {
        @Override
        public StartupStatus checkStartupState(DockerClient client, String containerId) {
            return DockerStatus.isContainerStopped(getCurrentState(client, containerId))
                    ? StartupStatus.SUCCESSFUL
                    : StartupStatus.NOT_YET_KNOWN;
        }
    }

    @Test
    void isSmallAndRunsWithoutRoot() {
        InspectImageResponse image =
                Engine.client().inspectImageCmd(PgweirImage.name()).exec();

        assertThat(image.getSize()).isLessThan(120 * MEGABYTE);
        ContainerConfig config = image.getConfig();
        assertThat(config).isNotNull();
        assertThat(config.getUser()).isEqualTo("999:999");
    }

    @Test
    void needsNoFolderToWriteToAndNoCapability() throws Exception {
        try (Network network = Network.newNetwork();
                GenericContainer<?> pgweir = PgweirImage.configured(network)) {
            pgweir.withCreateContainerCmdModifier(command -> command.getHostConfig()
                    .withReadonlyRootfs(true)
                    .withCapDrop(Capability.ALL)
                    .withSecurityOpts(List.of("no-new-privileges")));
            pgweir.start();

            ExecResult health = pgweir.execInContainer("/opt/pgweir/bin/healthcheck");
            assertThat(health.getExitCode()).as(health.getStdout()).isZero();
            assertThat(pgweir.execInContainer("touch", "/anything").getExitCode())
                    .isNotZero();
        }
    }

    @Test
    void takesEpollWhereIoUringIsForbiddenAndSaysSoOnce() {
        try (Network network = Network.newNetwork();
                GenericContainer<?> pgweir = PgweirImage.configured(network)) {
            pgweir.start();

            String log = pgweir.getLogs();
            // The engine's default profile decides.
            if (!log.contains("io_uring with")) {
                assertThat(log)
                        .containsOnlyOnce("using epoll: io_uring is not available")
                        .contains("epoll with");
            }
        }
    }

    @Test
    void takesAMountedFileAndTellsWhatItLeavesOut() throws Exception {
        String ini = """
                [databases]
                fromfile = host=127.0.0.1
                [pgbouncer]
                listen_addr = *
                unix_socket_dir =
                http_listen = 0.0.0.0:9127
                auth_type = any
                """;
        try (Network network = Network.newNetwork();
                GenericContainer<?> pgweir = PgweirImage.container(network)) {
            pgweir.withCopyToContainer(Transferable.of(ini, 0644), "/etc/pgweir/pgbouncer.ini")
                    .withEnv("PGWEIR_POOL_MODE", "session");
            pgweir.start();

            assertThat(pgweir.getLogs())
                    .contains("the configuration is /etc/pgweir/pgbouncer.ini; without effect in the environment:"
                            + " PGWEIR_POOL_MODE");
            assertThat(pgweir.execInContainer("pgbouncer", "-V").getStdout()).startsWith("PgBouncer 1.");
            assertThat(pgweir.execInContainer("/opt/pgweir/bin/entrypoint", "/usr/bin/pgbouncer", "-V")
                            .getStdout())
                    .startsWith("PgBouncer 1.");
            assertThat(pgweir.execInContainer("pgweir", "check", "/etc/pgweir/pgbouncer.ini")
                            .getStdout())
                    .contains("database fromfile: 127.0.0.1:5432");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            PGWEIR_POOL_MODE       | transactoin | pool_mode = "transactoin": expected one of session, transaction, statement
            PGWEIR_MAX_CLINET_CONN | 10          | unknown setting "max_clinet_conn" in [pgbouncer]; did you mean "max_client_conn"?
            PGWEIR_DATABASES       | a = hots=b  | hots
            PGWEIR_STOP            | never       | it may be servers or clients
            """)
    void aWrongEnvironmentIsNamedAndEndsWithOne(String variable, String value, String message) {
        try (GenericContainer<?> pgweir = new GenericContainer<>(PgweirImage.name())) {
            pgweir.withEnv(Map.of("PGWEIR_DATABASES", "a = host=127.0.0.1"))
                    .withEnv(variable, value)
                    .withStartupCheckStrategy(new UntilItEnds())
                    .start();

            assertThat(pgweir.getLogs()).contains(message);
            assertThat(pgweir.getCurrentContainerInfo().getState().getExitCodeLong())
                    .isOne();
        }
    }

    @Test
    void anEmptyEnvironmentGetsAnExample() {
        try (GenericContainer<?> pgweir = new GenericContainer<>(PgweirImage.name())) {
            pgweir.withStartupCheckStrategy(new UntilItEnds()).start();

            assertThat(pgweir.getLogs()).contains("no configuration: mount").contains("mydb = host=postgres");
            assertThat(pgweir.getCurrentContainerInfo().getState().getExitCodeLong())
                    .isOne();
        }
    }
}

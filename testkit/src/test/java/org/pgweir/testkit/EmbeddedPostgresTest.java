package org.pgweir.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EmbeddedPostgresTest {

    @ParameterizedTest
    @EnumSource
    void givenAVersion_whenStarted_thenThatVersionAnswersOverTcpAndUnixSocket(PostgresVersion version) {
        try (EmbeddedPostgres postgres =
                EmbeddedPostgres.builder().version(version).database("shop").start()) {
            try (WireClient client = postgres.client()) {
                assertThat(client.parameterStatus("server_version")).startsWith(version.major() + ".");
                assertThat(client.query("SELECT current_database(), inet_server_port()")
                                .get(0))
                        .containsExactly("shop", Integer.toString(postgres.port()));
            }
            assertThat(postgres.query("SELECT inet_server_port()").get(0)).containsOnlyNulls();
        }
    }
}

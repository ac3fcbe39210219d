package org.pgweir.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ReplicaTest {

    @ParameterizedTest
    @EnumSource
    void givenAPrimary_whenAReplicaIsStartedAndPromoted_thenItFollowsAndThenLeads(PostgresVersion version) {
        try (EmbeddedPostgres primary = EmbeddedPostgres.builder()
                .version(version)
                .auth("scram-sha-256")
                .start()) {
            primary.execute("CREATE TABLE t AS SELECT 1 AS n");
            try (EmbeddedPostgres replica = primary.startReplica()) {
                // then it has what was there, and what comes
                assertThat(replica.isReplica()).isTrue();
                assertThat(primary.isReplica()).isFalse();
                primary.execute("INSERT INTO t VALUES (2)");
                replica.awaitReplay(primary);
                assertThat(replica.query("SELECT n FROM t ORDER BY n")).containsExactly(List.of("1"), List.of("2"));
                assertThatThrownBy(() -> replica.execute("INSERT INTO t VALUES (3)"))
                        .isInstanceOf(WireError.class)
                        .hasMessageContaining("25006");
                try (WireClient client = replica.client()) {
                    assertThat(client.parameterStatus("in_hot_standby")).isEqualTo("on");
                    // when
                    primary.stop();
                    replica.promote();
                    // then
                    client.query("INSERT INTO t VALUES (3)");
                    assertThat(client.parameterStatus("in_hot_standby")).isEqualTo("off");
                }
            }
        }
    }
}

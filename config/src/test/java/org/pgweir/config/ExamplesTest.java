package org.pgweir.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The files that users will copy. */
class ExamplesTest {

    private static final Path EXAMPLES = Path.of("examples");

    @Test
    void givenTheIniExample_whenLoaded_thenAllOfItIsUnderstood() throws Exception {
        Configuration configuration = ConfigurationLoader.load(EXAMPLES.resolve("pgbouncer.ini"));

        assertThat(configuration.databases()).containsOnlyKeys("mydb");
        assertThat(configuration.withoutEffect()).isEmpty();
    }

    @Test
    void givenTheHoconExample_whenLoaded_thenAllOfItIsUnderstood() throws Exception {
        Configuration configuration = ConfigurationLoader.load(EXAMPLES.resolve("pgweir.conf"));

        assertThat(configuration.databases().keySet()).containsExactly("mydb", "orders.eu", "reports");
        assertThat(configuration.databases().get("orders.eu").hosts())
                .containsExactly(new HostAddress("db1", 5432), new HostAddress("db2", 5432));
        assertThat(configuration.users()).containsOnlyKeys("app");
    }

    @ParameterizedTest
    @ValueSource(strings = {"pgbouncer.ini", "pgweir.conf"})
    void givenAnExample_whenLoaded_thenItSaysTheSame(String name) throws Exception {
        Configuration configuration = ConfigurationLoader.load(EXAMPLES.resolve(name));

        SettingValues global = configuration.global();
        assertThat(global.get(Settings.LISTEN_ADDR)).containsExactly("0.0.0.0");
        assertThat(global.get(Settings.LISTEN_PORT)).isEqualTo(6432);
        assertThat(global.get(Settings.AUTH_TYPE)).isEqualTo(AuthType.MD5);
        assertThat(global.get(Settings.POOL_MODE)).isEqualTo(PoolMode.TRANSACTION);
        assertThat(global.get(Settings.MAX_CLIENT_CONN)).isEqualTo(1000);
        assertThat(global.get(Settings.DEFAULT_POOL_SIZE)).isEqualTo(25);
        assertThat(global.get(Settings.MIN_POOL_SIZE)).isEqualTo(5);
        assertThat(global.get(Settings.RESERVE_POOL_SIZE)).isEqualTo(5);
        assertThat(global.get(Settings.RESERVE_POOL_TIMEOUT)).isEqualTo(Duration.ofSeconds(3));
        assertThat(global.get(Settings.MAX_DB_CONNECTIONS)).isEqualTo(100);
        assertThat(global.get(Settings.MAX_USER_CONNECTIONS)).isEqualTo(50);
        assertThat(global.get(Settings.SERVER_ROUND_ROBIN)).isTrue();
        assertThat(global.get(Settings.IGNORE_STARTUP_PARAMETERS)).isEqualTo(List.of("extra_float_digits"));
        assertThat(global.get(Settings.ADMIN_USERS)).containsExactly("postgres");
        assertThat(global.get(Settings.STATS_USERS)).containsExactly("stats");
        assertThat(global.get(Settings.SERVER_CHECK_QUERY)).isEqualTo("SELECT 1");
        assertThat(global.get(Settings.SERVER_CHECK_DELAY)).isEqualTo(Duration.ofSeconds(30));
        assertThat(global.get(Settings.SERVER_LIFETIME)).isEqualTo(Duration.ofHours(1));
        assertThat(global.get(Settings.SERVER_IDLE_TIMEOUT)).isEqualTo(Duration.ofMinutes(10));
        DatabaseConfig database = configuration.database("mydb").orElseThrow();
        assertThat(database.hosts()).containsExactly(new HostAddress("127.0.0.1", 5432));
        assertThat(database.dbname()).isEqualTo("mydb");
    }

    @Test
    void givenTheExampleUserList_whenLoaded_thenEachFormOfSecretIsThere() throws Exception {
        UserList users = UserList.load(EXAMPLES.resolve("userlist.txt"));

        assertThat(users.size()).isEqualTo(3);
        assertThat(users.secretOf("postgres")).get().isInstanceOf(Secret.PlainSecret.class);
        assertThat(users.secretOf("stats")).get().isInstanceOf(Secret.Md5Secret.class);
        assertThat(users.secretOf("app")).get().isInstanceOf(Secret.ScramSecret.class);
    }
}

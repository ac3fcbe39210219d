package org.pgweir.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whose value counts, and which settings wait for their work. */
class PrecedenceTest {

    @TempDir
    Path folder;

    private Written written;

    @BeforeEach
    void setUp() {
        written = new Written(folder);
    }

    @Test
    void givenValuesAtAllLevels_whenAsked_thenUserBeatsDatabaseBeatsGlobal() throws Exception {
        Configuration configuration = written.ini("""
                [pgbouncer]
                pool_mode = session
                default_pool_size = 1
                [databases]
                own = pool_mode=transaction pool_size=2
                plain =
                [users]
                special = pool_mode=statement pool_size=3
                """);
        DatabaseConfig own = configuration.database("own").orElseThrow();
        DatabaseConfig plain = configuration.database("plain").orElseThrow();
        UserConfig special = configuration.users().get("special");

        assertThat(configuration.effective(Settings.POOL_MODE, own, special)).isEqualTo(PoolMode.STATEMENT);
        assertThat(configuration.effective(Settings.POOL_MODE, own, null)).isEqualTo(PoolMode.TRANSACTION);
        assertThat(configuration.effective(Settings.POOL_MODE, plain, null)).isEqualTo(PoolMode.SESSION);
        assertThat(configuration.effective(Settings.DEFAULT_POOL_SIZE, own, special))
                .isEqualTo(3);
        assertThat(configuration.effective(Settings.DEFAULT_POOL_SIZE, own, null))
                .isEqualTo(2);
        assertThat(configuration.effective(Settings.DEFAULT_POOL_SIZE, plain, null))
                .isEqualTo(1);
        assertThat(configuration.effective(Settings.DEFAULT_POOL_SIZE, null, null))
                .isEqualTo(1);
    }

    @Test
    void givenZeroForATimeoutOrAConnectionLimit_whenAsked_thenTheGlobalValueCounts() throws Exception {
        Configuration configuration = written.ini("""
                [pgbouncer]
                server_lifetime = 50
                max_db_connections = 60
                client_idle_timeout = 70
                [databases]
                a = server_lifetime=0 max_db_connections=0
                [users]
                u = client_idle_timeout=0
                """);
        DatabaseConfig database = configuration.database("a").orElseThrow();
        UserConfig user = configuration.users().get("u");

        assertThat(configuration.effective(Settings.SERVER_LIFETIME, database, user))
                .isEqualTo(Duration.ofSeconds(50));
        assertThat(configuration.effective(Settings.MAX_DB_CONNECTIONS, database, user))
                .isEqualTo(60);
        assertThat(configuration.effective(Settings.CLIENT_IDLE_TIMEOUT, database, user))
                .isEqualTo(Duration.ofSeconds(70));
    }

    @Test
    void givenZeroForAPoolSize_whenAsked_thenZeroCounts() throws Exception {
        Configuration configuration = written.ini("[databases]\na = pool_size=0 reserve_pool_size=0 min_pool_size=0\n"
                + "[pgbouncer]\nreserve_pool_size = 5\nmin_pool_size = 5\n");
        DatabaseConfig database = configuration.database("a").orElseThrow();

        assertThat(configuration.effective(Settings.DEFAULT_POOL_SIZE, database, null))
                .isZero();
        assertThat(configuration.effective(Settings.RESERVE_POOL_SIZE, database, null))
                .isZero();
        assertThat(configuration.effective(Settings.MIN_POOL_SIZE, database, null))
                .isZero();
    }

    @Test
    void givenASetOnTheConsole_whenApplied_thenTheCopyHasItAndTheOriginalDoesNot() throws Exception {
        Configuration before = written.ini("[databases]\na =\n");
        Configuration after = before.with(Settings.MAX_CLIENT_CONN, "7");

        assertThat(before.global().get(Settings.MAX_CLIENT_CONN)).isEqualTo(100);
        assertThat(after.global().get(Settings.MAX_CLIENT_CONN)).isEqualTo(7);
        assertThat(after.databases()).isEqualTo(before.databases());
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> before.with(Settings.MAX_CLIENT_CONN, "many"));
    }
}

package org.pgweir.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class SettingValuesTest {

    @Test
    void givenNothingSet_whenAsked_thenTheDefaultIsTheValue() {
        assertThat(SettingValues.empty().get(Settings.LISTEN_PORT)).isEqualTo(6432);
        assertThat(SettingValues.empty().isSet(Settings.LISTEN_PORT)).isFalse();
    }

    @Test
    void givenAValue_whenAnotherIsSet_thenTheFirstOneStaysAsItIs() {
        SettingValues before = SettingValues.empty().with(Settings.LISTEN_PORT, 1);
        SettingValues after = before.with(Settings.LISTEN_PORT, 2);

        assertThat(before.get(Settings.LISTEN_PORT)).isEqualTo(1);
        assertThat(after.get(Settings.LISTEN_PORT)).isEqualTo(2);
        assertThat(after.isSet(Settings.LISTEN_PORT)).isTrue();
    }

    @Test
    void givenValuesOfEachKind_whenShown_thenTheyLookAsInPgBouncer() throws Exception {
        SettingValues values = SettingValues.empty()
                .with(Settings.SERVER_LIFETIME, Duration.ofHours(1))
                .with(Settings.LOG_STATS, false)
                .with(Settings.ADMIN_USERS, List.of("a", "b"))
                .withText(Settings.POOL_MODE, "statement");

        assertThat(values.shown(Settings.SERVER_LIFETIME)).isEqualTo("3600");
        assertThat(values.shown(Settings.LOG_STATS)).isEqualTo("0");
        assertThat(values.shownDefault(Settings.LOG_STATS)).isEqualTo("1");
        assertThat(values.shown(Settings.ADMIN_USERS)).isEqualTo("a,b");
        assertThat(values.shown(Settings.POOL_MODE)).isEqualTo("statement");
        assertThat(values.shown(Settings.UNIX_SOCKET_MODE)).isEqualTo("0777");
        assertThat(values.shown(Settings.AUTH_TYPE)).isEqualTo("md5");
    }

    @Test
    void givenTheSameValues_whenCompared_thenTheyAreEqual() {
        SettingValues one = SettingValues.empty().with(Settings.MAX_CLIENT_CONN, 5);
        SettingValues same = SettingValues.empty().with(Settings.MAX_CLIENT_CONN, 5);
        SettingValues other = SettingValues.empty().with(Settings.MAX_CLIENT_CONN, 6);

        assertThat(one).isEqualTo(same).hasSameHashCodeAs(same).isNotEqualTo(other);
        assertThat(one).hasToString("{max_client_conn=5}");
    }
}

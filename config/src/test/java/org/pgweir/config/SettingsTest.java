package org.pgweir.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgweir.config.Setting.Scope;

/** The table itself. */
class SettingsTest {

    static Collection<Setting<?>> all() {
        return Settings.all();
    }

    @Test
    void givenTheTable_whenCounted_thenItHasPgBouncersAndOurs() {
        assertThat(Settings.all()).hasSize(109);
        assertThat(Settings.find("transport")).contains(Settings.TRANSPORT);
        assertThat(Settings.find("event_loops")).contains(Settings.EVENT_LOOPS);
    }

    @Test
    void givenTheTable_whenListed_thenItIsAlphabetical() {
        List<String> names = new ArrayList<>();
        Settings.all().forEach(setting -> names.add(setting.name()));

        assertThat(names).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void givenTheConstants_whenCompared_thenEachHasItsSettingsName() throws Exception {
        int constants = 0;
        for (Field field : Settings.class.getFields()) {
            if (Modifier.isStatic(field.getModifiers()) && field.getType() == Setting.class) {
                Setting<?> setting = (Setting<?>) field.get(null);
                assertThat(setting.name()).isEqualTo(field.getName().toLowerCase(Locale.ROOT));
                constants++;
            }
        }
        assertThat(constants).isEqualTo(Settings.all().size());
    }

    @ParameterizedTest
    @MethodSource("all")
    void givenASetting_whenItsDefaultIsShown_thenItReadsBack(Setting<?> setting) throws Exception {
        String shown = SettingValues.empty().shownDefault(setting);

        assertThat((Object) setting.parse(shown)).isEqualTo(setting.defaultValue());
    }

    @ParameterizedTest
    @MethodSource("all")
    void givenASetting_whenDocumented_thenOneLineEndsWithAStop(Setting<?> setting) {
        assertThat(setting.doc()).endsWith(".").doesNotContain("\n");
        assertThat(setting.doc().length()).isBetween(10, 120);
        assertThat(setting.allowed()).isNotBlank();
    }

    @Test
    void givenTheOverrideNames_whenCollected_thenNoneIsAmbiguous() {
        for (Scope scope : List.of(Scope.DATABASE, Scope.USER)) {
            List<String> names = new ArrayList<>();
            for (Setting<?> setting : Settings.all()) {
                if (setting.scopes().contains(scope)) {
                    names.addAll(setting.overrideNames());
                }
            }
            assertThat(names).doesNotHaveDuplicates();
        }
    }

    @Test
    void givenTheTable_whenAskedForDatabases_thenPgBouncersKeysAndOursAreThere() {
        assertThat(overridable(Scope.DATABASE))
                .containsExactlyInAnyOrder(
                        "auth_dbname",
                        "auth_query",
                        "auth_user",
                        "pool_size",
                        "max_db_client_connections",
                        "max_db_connections",
                        "min_pool_size",
                        "pool_mode",
                        "query_wait_timeout",
                        "reserve_pool_size",
                        "server_lifetime",
                        "server_tls13_ciphers",
                        "server_tls_ca_file",
                        "server_tls_cert_file",
                        "server_tls_ciphers",
                        "server_tls_crl_file",
                        "server_tls_key_file",
                        "server_tls_protocols",
                        "server_tls_sslmode",
                        "session_features");
    }

    @Test
    void givenTheTable_whenAskedForUsers_thenPgBouncersKeysAndOursAreThere() {
        assertThat(overridable(Scope.USER))
                .containsExactlyInAnyOrder(
                        "client_idle_timeout",
                        "idle_transaction_timeout",
                        "max_user_client_connections",
                        "max_user_connections",
                        "pool_mode",
                        "pool_size",
                        "query_timeout",
                        "query_wait_timeout",
                        "reserve_pool_size",
                        "session_features",
                        "transaction_timeout");
    }

    private static List<String> overridable(Scope scope) {
        return Settings.all().stream()
                .filter(setting -> setting.scopes().contains(scope))
                .map(setting -> setting.overrideNames().get(0))
                .toList();
    }

    @Test
    void givenTheTable_whenSplitByEffect_thenExactlyWhatTheProxyServesWorks() {
        List<String> working = Settings.all().stream()
                .filter(Setting::hasEffect)
                .map(Setting::name)
                .toList();

        assertThat(working)
                .containsExactly(
                        "admin_users",
                        "application_name_add_host",
                        "auth_dbname",
                        "auth_file",
                        "auth_hba_file",
                        "auth_ident_file",
                        "auth_ldap_options",
                        "auth_query",
                        "auth_type",
                        "auth_user",
                        "autodb_idle_timeout",
                        "cancel_wait_timeout",
                        "client_idle_timeout",
                        "client_login_timeout",
                        "client_tls13_ciphers",
                        "client_tls_ca_file",
                        "client_tls_cert_file",
                        "client_tls_ciphers",
                        "client_tls_crl_file",
                        "client_tls_ecdhcurve",
                        "client_tls_key_file",
                        "client_tls_protocols",
                        "client_tls_sslmode",
                        "conffile",
                        "default_pool_size",
                        "disable_pqexec",
                        "dns_max_ttl",
                        "dns_nxdomain_ttl",
                        "event_loops",
                        "http_listen",
                        "idle_transaction_timeout",
                        "ignore_startup_parameters",
                        "listen_addr",
                        "listen_backlog",
                        "listen_port",
                        "log_connections",
                        "log_disconnections",
                        "log_format",
                        "log_pooler_errors",
                        "log_stats",
                        "logfile",
                        "login_notify_message",
                        "max_client_conn",
                        "max_db_client_connections",
                        "max_db_connections",
                        "max_packet_size",
                        "max_prepared_statement_memory",
                        "max_prepared_statements",
                        "max_user_client_connections",
                        "max_user_connections",
                        "min_pool_size",
                        "peer_id",
                        "pidfile",
                        "pool_idle_timeout",
                        "pool_mode",
                        "query_timeout",
                        "query_wait_notify",
                        "query_wait_timeout",
                        "reserve_pool_size",
                        "reserve_pool_timeout",
                        "scram_iterations",
                        "server_check_delay",
                        "server_check_query",
                        "server_connect_timeout",
                        "server_fast_close",
                        "server_idle_timeout",
                        "server_lifetime",
                        "server_login_retry",
                        "server_reset_query",
                        "server_reset_query_always",
                        "server_round_robin",
                        "server_tls13_ciphers",
                        "server_tls_ca_file",
                        "server_tls_cert_file",
                        "server_tls_ciphers",
                        "server_tls_crl_file",
                        "server_tls_key_file",
                        "server_tls_protocols",
                        "server_tls_sslmode",
                        "session_features",
                        "so_reuseport",
                        "stats_period",
                        "stats_users",
                        "suspend_timeout",
                        "syslog",
                        "syslog_facility",
                        "syslog_ident",
                        "tcp_defer_accept",
                        "tcp_keepalive",
                        "tcp_keepcnt",
                        "tcp_keepidle",
                        "tcp_keepintvl",
                        "tcp_socket_buffer",
                        "tcp_user_timeout",
                        "tls_engine",
                        "transaction_timeout",
                        "transport",
                        "unix_socket_dir",
                        "unix_socket_group",
                        "unix_socket_mode",
                        "user",
                        "verbose");
    }

    @Test
    void givenTheTable_whenSplitByEffect_thenWhatHasNoMeaningTellsWhy() {
        for (Setting<?> setting : Settings.all()) {
            assertThat(setting.whyWithoutMeaning().isPresent()).isEqualTo(!setting.hasEffect());
            assertThat(setting.whyWithoutMeaning().orElse("Well.")).endsWith(".");
        }
        assertThat(Settings.PKT_BUF.hasEffect()).isFalse();
    }

    @Test
    void givenAStartOnlySetting_whenAsked_thenItIsNotReloadable() {
        assertThat(Settings.LISTEN_PORT.isReloadable()).isFalse();
        assertThat(Settings.POOL_MODE.isReloadable()).isTrue();
    }

    @Test
    void givenAnUnknownName_whenLookedUp_thenThereIsNone() {
        assertThat(Settings.find("no_such_setting")).isEmpty();
        assertThat(Settings.find("pool_size")).isEmpty();
    }

    @Test
    void givenABadText_whenParsedForTheConsole_thenTheMessageNeedsNoFile() {
        try {
            Settings.LISTEN_PORT.parse("banana");
            fail("banana is no port");
        } catch (ConfigurationException expected) {
            assertThat(expected).hasMessage("listen_port = \"banana\": expected a whole number from 1 to 65535");
            assertThat(expected.file()).isNull();
            assertThat(expected.line()).isZero();
        }
    }
}

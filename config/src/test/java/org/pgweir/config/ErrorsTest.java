package org.pgweir.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an operator reads when a file is wrong. */
class ErrorsTest {

    @TempDir
    Path folder;

    private Written written;

    @BeforeEach
    void setUp() {
        written = new Written(folder);
    }

    @Test
    void givenAMissingFile_whenLoaded_thenTheErrorSaysSo() {
        Path missing = folder.resolve("missing.ini");

        ConfigurationException error =
                catchThrowableOfType(ConfigurationException.class, () -> ConfigurationLoader.load(missing));

        assertThat(error).hasMessage("cannot read configuration file " + missing + ": no such file");
        assertThat(error.file()).isEqualTo(missing);
        assertThat(error.line()).isZero();
    }

    @Test
    void givenAFolder_whenLoaded_thenTheErrorSaysSo() {
        assertThat(catchThrowableOfType(ConfigurationException.class, () -> ConfigurationLoader.load(folder)))
                .hasMessage("cannot read configuration file " + folder + ": it is a folder");
        assertThat(written.iniError("[pgbouncer]\nauth_file = " + folder + "\n"))
                .hasMessageEndingWith("cannot read it: it is a folder");
    }

    @Test
    void givenABadValue_whenLoaded_thenFileLineKeyValueAndChoiceAreNamed() {
        ConfigurationException error = written.iniError("[pgbouncer]\n\nlisten_port = banana\n");

        assertThat(error)
                .hasMessage(written.at("pgbouncer.ini", 3)
                        + "listen_port = \"banana\": expected a whole number from 1 to 65535");
        assertThat(error.file()).isEqualTo(folder.resolve("pgbouncer.ini"));
        assertThat(error.line()).isEqualTo(3);
        assertThat(error.key()).isEqualTo("listen_port");
        assertThat(error.found()).isEqualTo("banana");
        assertThat(error.allowed()).isEqualTo("a whole number from 1 to 65535");
    }

    @Test
    void givenALongBadValue_whenLoaded_thenTheMessageIsCutAndOnOneLine() {
        ConfigurationException error = written.hoconError("pgweir { listen_port = \"a\\n" + "b".repeat(500) + "\" }");

        assertThat(error.getMessage()).contains("\"a?bbb").contains("...\"").doesNotContain("\n");
        assertThat(error.getMessage().length()).isLessThan(folder.toString().length() + 200);
    }

    @ParameterizedTest
    @CsvSource({
        "listen_port, 0",
        "listen_port, 65536",
        "pool_mode, banana",
        "auth_type, password",
        "log_connections, maybe",
        "server_lifetime, soon",
        "server_lifetime, -1",
        "stats_period, 0",
        "unix_socket_mode, rwx",
        "transport, iocp",
        "event_loops, -1",
        "peer_id, 16384",
        "scram_iterations, 0",
        "client_tls_sslmode, banana"
    })
    void givenEachKindOfBadValue_whenLoaded_thenItIsRefused(String key, String value) {
        ConfigurationException ini = written.iniError("[pgbouncer]\n" + key + " = " + value + "\n");
        ConfigurationException hocon = written.hoconError("pgweir {\n" + key + " = \"" + value + "\"\n}");

        for (ConfigurationException error : new ConfigurationException[] {ini, hocon}) {
            assertThat(error.line()).isEqualTo(2);
            assertThat(error)
                    .hasMessageEndingWith(key + " = \"" + value + "\": expected "
                            + Settings.find(key).orElseThrow().allowed());
        }
    }

    @Test
    void givenAnUnknownSetting_whenLoaded_thenTheNearestIsNamed() {
        assertThat(written.iniError("[pgbouncer]\nmax_clinet_conn = 5\n"))
                .hasMessage(written.at("pgbouncer.ini", 2) + "unknown setting \"max_clinet_conn\" in [pgbouncer];"
                        + " did you mean \"max_client_conn\"?");
        assertThat(written.hoconError("pgweir {\nmax_clinet_conn = 5\n}"))
                .hasMessage(written.at("pgweir.conf", 2) + "unknown setting \"max_clinet_conn\" in pgweir;"
                        + " did you mean \"max_client_conn\"?");
    }

    @Test
    void givenAnUnknownKeyOfAUser_whenLoaded_thenTheNearestIsNamed() {
        assertThat(written.iniError("[users]\nu = pool_mod=session\n"))
                .hasMessage(written.at("pgbouncer.ini", 2)
                        + "unknown key \"pool_mod\" in user \"u\"; did you mean \"pool_mode\"?");
        assertThat(written.iniError("[users]\nu = reserve_pool=1\n")).hasMessageContaining("unknown key");
    }

    @Test
    void givenAnUnknownKeyOfAPeer_whenLoaded_thenTheNearestIsNamed() {
        assertThat(written.iniError("[peers]\n1 = hosts=x\n"))
                .hasMessage(
                        written.at("pgbouncer.ini", 2) + "unknown key \"hosts\" in peer \"1\"; did you mean \"host\"?");
    }

    @Test
    void givenAPeerThatIsNoNumber_whenLoaded_thenItIsRefused() {
        assertThat(written.iniError("[peers]\none = host=x\n"))
                .hasMessageEndingWith("peer = \"one\": expected a whole number from 1 to 16383");
    }

    @Test
    void givenAPeerWithBadValues_whenLoaded_thenEachIsRefused() {
        assertThat(written.iniError("[peers]\n1 = port=6432\n")).hasMessageEndingWith("peer \"1\" needs a host");
        assertThat(written.iniError("[peers]\n1 = host=a,b\n")).hasMessageContaining("expected one name");
        assertThat(written.iniError("[peers]\n1 = host=a port=0\n"))
                .hasMessageContaining("port = \"0\": expected a whole number from 1 to 65535");
        assertThat(written.iniError("[peers]\n1 = host=a pool_size=many\n"))
                .hasMessageContaining("pool_size = \"many\": expected a whole number");
    }

    @Test
    void givenAMissingAuthFile_whenLoaded_thenFileLineAndKeyAreNamed() {
        ConfigurationException error = written.iniError("[pgbouncer]\nauth_file = nobody.txt\n");

        assertThat(error)
                .hasMessage(
                        written.at("pgbouncer.ini", 2) + "auth_file = \"nobody.txt\": cannot read it: no such file");
        assertThat(error.key()).isEqualTo("auth_file");
    }

    @Test
    void givenAnAuthFileBesideTheConfiguration_whenLoaded_thenItIsFound() throws Exception {
        written.file("users.txt", "\"u\" \"p\"\n");

        Configuration configuration = written.ini("[pgbouncer]\nauth_file = users.txt\n");

        assertThat(configuration.userList().contains("u")).isTrue();
        assertThat(configuration.global().get(Settings.AUTH_FILE)).isEqualTo("users.txt");
    }

    @Test
    void givenABrokenAuthFile_whenLoaded_thenItsOwnLineIsNamed() throws Exception {
        Path users = written.file("users.txt", "\"u\" \"p\"\nbroken\n");

        ConfigurationException error = written.iniError("[pgbouncer]\nauth_file = " + users + "\n");

        assertThat(error.file()).isEqualTo(users);
        assertThat(error.line()).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({"kitten, sitting, 3", "'', abc, 3", "abc, '', 3", "same, same, 0", "ab, ba, 2"})
    void givenTwoNames_whenCompared_thenTheDistanceIsTheNumberOfSlips(String left, String right, int distance) {
        assertThat(NearestName.distance(left, right)).isEqualTo(distance);
    }
}

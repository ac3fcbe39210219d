package org.pgweir.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** pgweir.conf says the same as pgbouncer.ini, in HOCON. */
class HoconTest {

    @TempDir
    Path folder;

    private Written written;

    @BeforeEach
    void setUp() {
        written = new Written(folder);
    }

    @Test
    void givenTheSameInBothFormats_whenLoaded_thenTheConfigurationsAreEqual() throws Exception {
        Configuration ini = written.ini("""
                [pgbouncer]
                conffile = here
                listen_addr = a, b
                unix_socket_mode = 0700
                server_lifetime = 0.5
                log_stats = 0
                pool_mode = transaction
                [databases]
                a = host=x,y port=1,2 user=u password='p w' pool_size=3
                b = host=z
                * = host=w
                [users]
                u = pool_size=4 query_wait_timeout=5
                """);
        Configuration hocon = written.hocon("""
                pgweir {
                  conffile = here
                  http_listen = ""
                  listen_addr = [a, b]
                  unix_socket_mode = 0700
                  server_lifetime = 500ms
                  log_stats = off
                  pool_mode = transaction
                  databases {
                    a { host = [x, y], port = [1, 2], user = u, password = "p w", pool_size = 3 }
                    b = "host=z"
                    "*" { host = w }
                  }
                  users.u { pool_size = 4, query_wait_timeout = 5 s }
                }
                """);

        assertThat(hocon.global()).isEqualTo(ini.global());
        assertThat(hocon.databases()).isEqualTo(ini.databases());
        assertThat(hocon.databases().keySet()).containsExactly("a", "b");
        assertThat(hocon.fallback()).isEqualTo(ini.fallback()).isPresent();
        assertThat(hocon.users()).isEqualTo(ini.users());
    }

    @Test
    void givenDatabases_whenLoaded_thenTheyKeepTheOrderOfTheFile() throws Exception {
        Configuration configuration = written.hocon("pgweir.databases {\nz { }\nm { }\na { }\nb = \"host=x\"\n}\n");

        assertThat(configuration.databases().keySet()).containsExactly("z", "m", "a", "b");
    }

    @Test
    void givenJson_whenLoaded_thenItIsUnderstood() throws Exception {
        Path file = written.file("pgweir.json", "{\"pgweir\": {\"listen_port\": 7, \"databases\": {\"a\": {}}}}");

        Configuration configuration = ConfigurationLoader.load(file);

        assertThat(configuration.global().get(Settings.LISTEN_PORT)).isEqualTo(7);
        assertThat(configuration.databases()).containsOnlyKeys("a");
    }

    @Test
    void givenAnEmptyFile_whenLoaded_thenAllIsDefault() throws Exception {
        Configuration configuration = written.hocon("");

        assertThat(configuration.databases()).isEmpty();
        assertThat(configuration.global().get(Settings.CONFFILE))
                .isEqualTo(configuration.file().toString());
    }

    @Test
    void givenASubstitution_whenLoaded_thenItIsResolved() throws Exception {
        Configuration configuration =
                written.hocon("pgweir { listen_port = 7\n server_idle_timeout = ${pgweir.listen_port} min }");

        assertThat(configuration.global().get(Settings.SERVER_IDLE_TIMEOUT)).isEqualTo(Duration.ofMinutes(7));
    }

    @Test
    void givenASubstitutionThatCannotBeResolved_whenLoaded_thenTheLineAndTheNameAreGiven() {
        ConfigurationException error =
                written.hoconError("pgweir.databases.a {\npassword = ${PGWEIR_NO_SUCH_VARIABLE}\n}");

        assertThat(error).hasMessageStartingWith(written.at("pgweir.conf", 2) + "this is not HOCON: ");
        assertThat(error).hasMessageContaining("PGWEIR_NO_SUCH_VARIABLE");
    }

    @Test
    void givenAnInclude_whenLoaded_thenItsErrorsNameTheIncludedFile() throws Exception {
        Path more = written.file("more.conf", "verbose = 1\nlisten_port = x\n");

        ConfigurationException error = written.hoconError("pgweir { include \"more.conf\" }");

        assertThat(error.file()).isEqualTo(more);
        assertThat(error.line()).isEqualTo(2);
    }

    @Test
    void givenAnIncludeThatCannotBeUsed_whenLoaded_thenTheErrorNamesItAndSaysWhy() throws Exception {
        written.file("circle.conf", "include \"pgweir.conf\"");
        for (String name : List.of("nowhere.conf", "circle.conf")) {
            for (String include :
                    List.of("\"" + name + "\"", "file(\"" + written.folder().resolve(name) + "\")")) {
                assertThat(written.hoconError("include " + include + "\npgweir { }"))
                        .hasMessageStartingWith(written.folder().resolve("pgweir.conf") + ": include \"")
                        .hasMessageContaining(
                                name.equals("circle.conf")
                                        ? "pgweir.conf\": cannot read it: the files include each other in a circle"
                                        : "nowhere.conf\": cannot read it: no such file");
            }
        }
    }

    @Test
    void givenABareName_whenLoaded_thenIncludesAreFoundBesideIt() throws Exception {
        Path here = Files.createTempFile(Path.of("").toAbsolutePath(), "includes", ".conf");
        try {
            Files.writeString(here, "pgweir { include \"" + written.file("more.conf", "listen_port = x") + "\" }");
            ConfigurationException error = catchThrowableOfType(
                    ConfigurationException.class, () -> ConfigurationLoader.load(here.getFileName()));
            assertThat(error).hasMessageContaining("more.conf:1: listen_port");

            Files.writeString(here, "pgweir { include \"nowhere.conf\" }");
            error = catchThrowableOfType(
                    ConfigurationException.class, () -> ConfigurationLoader.load(here.getFileName()));
            assertThat(error).hasMessageStartingWith(here.getFileName() + ": include");
        } finally {
            Files.delete(here);
        }
    }

    @Test
    void givenAFileThatWouldFillTheHeap_whenLoaded_thenItIsRefused() throws Exception {
        for (String name : List.of("pgbouncer.ini", "pgweir.conf")) {
            Path huge = written.file(name, "");
            try (RandomAccessFile file = new RandomAccessFile(huge.toFile(), "rw")) {
                file.setLength(Runtime.getRuntime().maxMemory() / 8 + 1);
            }
            assertThatThrownBy(() -> ConfigurationLoader.load(huge))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageMatching("cannot read configuration file .*" + name
                            + ": it is longer than \\d+ kB, too long for this heap .*");
            Files.delete(huge);
        }
        assertThat(written.iniError("[pgbouncer]\nadmin_users = " + "x,".repeat(600_000) + "y\n"))
                .hasMessageEndingWith("pgbouncer.ini: line 2 is longer than 1 MB");
    }

    @Test
    void givenNull_whenLoaded_thenItCountsAsNotSet() throws Exception {
        Configuration configuration = written.hocon("pgweir { listen_port = null, databases.a { host = null } }");

        assertThat(configuration.global().isSet(Settings.LISTEN_PORT)).isFalse();
        assertThat(configuration.database("a").orElseThrow().hosts()).hasToString("[/tmp:5432]");
    }

    @Test
    void givenSettingsOutsideOfPgweir_whenLoaded_thenTheyAreRefused() {
        assertThat(written.hoconError("pgweir { }\ndatabases { }\n"))
                .hasMessage(written.at("pgweir.conf", 2) + "\"databases\" stands outside of pgweir { }");
    }

    @Test
    void givenAnUnknownObject_whenLoaded_thenTheNearestIsNamed() {
        assertThat(written.hoconError("pgweir {\ndatabase { }\n}"))
                .hasMessage(written.at("pgweir.conf", 2)
                        + "unknown object \"database\" in pgweir; did you mean \"databases\"?");
    }

    @Test
    void givenANameWithADotThatIsNotQuoted_whenLoaded_thenTheErrorHelps() {
        assertThat(written.hoconError("pgweir.databases {\nmy.db { host = x }\n}"))
                .hasMessage(written.at("pgweir.conf", 2)
                        + "db must be a text, a number or a boolean, not object; a name with a dot needs quotes");
    }

    @Test
    void givenAListForASingleValue_whenLoaded_thenItIsRefused() {
        assertThat(written.hoconError("pgweir { listen_port = [1, 2] }")).hasMessageEndingWith("not a list");
        assertThat(written.hoconError("pgweir.databases.a { dbname = [x] }"))
                .hasMessageEndingWith("dbname must be one value, not a list");
        assertThat(written.hoconError("pgweir { listen_addr = [[x]] }")).hasMessageContaining("not list");
    }

    @Test
    void givenTheWrongShape_whenLoaded_thenItIsRefused() {
        assertThat(written.hoconError("pgweir = 5")).hasMessageEndingWith("pgweir must be an object { }");
        assertThat(written.hoconError("pgweir.databases = 5")).hasMessageEndingWith("must be an object { }");
        assertThat(written.hoconError("pgweir.databases.a = 5"))
                .hasMessageEndingWith("database \"a\" must be an object or a connection string");
        assertThat(written.hoconError("pgweir.listen_port { a = 1 }")).hasMessageContaining("listen_port must be");
    }

    @Test
    void givenAnEmptyText_whenInADatabase_thenItIsRefused() {
        assertThat(written.hoconError("pgweir.databases.a {\nhost = \"\"\n}"))
                .hasMessage(written.at("pgweir.conf", 2) + "host of database \"a\" has an empty value");
    }

    @Test
    void givenANulCharacter_whenLoaded_thenItIsRefused() {
        assertThat(written.hoconError("pgweir.databases.a { dbname = \"x\\u0000y\" }"))
                .hasMessageEndingWith("NUL character");
        assertThat(written.hoconError("pgweir.databases.\"x\\u0000y\" { }")).hasMessageEndingWith("NUL character");
        assertThat(written.hoconError("pgweir.logfile = \"x\\u0000y\"")).hasMessageEndingWith("NUL character");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pgweir {\n databases.a { password = \"secret1 }\n}",
                "pgweir {\n databases.a { password = secret1 secret1 { } }\n}",
                "pgweir {\n databases.a { password = [ secret1 secret1 }\n}",
                "pgweir {\n databases.a { password = secret1 \n secret1\n}",
                "pgweir {\n databases.a { password { secret1 = secret1 } } }",
                "pgweir {\n databases.a { password = [secret1] } }",
                "pgweir {\n databases.a = \"password='secret1\" }",
            })
    void givenABrokenFileWithAPassword_whenLoaded_thenTheErrorDoesNotHaveIt(String text) {
        assertThat(written.hoconError(text)).hasMessageNotContaining("secret1");
    }

    @Test
    void givenABrokenIncludeWithAPassword_whenLoaded_thenTheErrorDoesNotHaveIt() throws Exception {
        written.file("more.conf", "databases.a { password = \"x\" secret1: }");

        assertThat(written.hoconError("pgweir { include \"more.conf\" }"))
                .hasMessageContaining("more.conf:1: this is not HOCON")
                .hasMessageNotContaining("secret1");
    }

    @Test
    void givenABrokenFileWithoutAPassword_whenLoaded_thenTheErrorSaysWhatIsWrong() {
        assertThat(written.hoconError("pgweir {\n listen_port = [1\n}"))
                .hasMessageStartingWith(folder.resolve("pgweir.conf") + ":3: this is not HOCON: ");
    }
}

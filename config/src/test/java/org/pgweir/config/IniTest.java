package org.pgweir.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The syntax of pgbouncer.ini. */
class IniTest {

    @TempDir
    Path folder;

    private Written written;

    @BeforeEach
    void setUp() {
        written = new Written(folder);
    }

    @Test
    void givenSectionsThatRepeat_whenLoaded_thenTheLaterKeyWins() throws Exception {
        Configuration configuration = written.ini("""
                [pgbouncer]
                listen_port = 1111
                verbose = 1
                [databases]
                a = host=x
                [pgbouncer]
                listen_port = 2222
                [databases]
                b =
                a = host=y
                """);

        assertThat(configuration.global().get(Settings.LISTEN_PORT)).isEqualTo(2222);
        assertThat(configuration.global().get(Settings.VERBOSE)).isEqualTo(1);
        assertThat(configuration.databases().keySet()).containsExactly("a", "b");
        assertThat(configuration.database("a").orElseThrow().hosts()).containsExactly(new HostAddress("y", 5432));
    }

    @Test
    void givenCommentsAndEmptyLines_whenLoaded_thenTheyAreSkipped() throws Exception {
        Configuration configuration = written.ini("\uFEFF; one\n\n  # two\n[pgbouncer]\n;x = 1\nlisten_port=7\n");

        assertThat(configuration.global().get(Settings.LISTEN_PORT)).isEqualTo(7);
    }

    @Test
    void givenASemicolonInAValue_whenLoaded_thenItBelongsToTheValue() throws Exception {
        Configuration configuration = written.ini("[pgbouncer]\nserver_reset_query = RESET ALL; SELECT '#'\n");

        assertThat(configuration.global().get(Settings.SERVER_RESET_QUERY)).isEqualTo("RESET ALL; SELECT '#'");
    }

    @Test
    void givenLinesOfWindows_whenLoaded_thenTheyAreUnderstood() throws Exception {
        Configuration configuration = written.ini("[databases]\r\na = host=x\r\n[pgbouncer]\r\nverbose = 2\r\n");

        assertThat(configuration.global().get(Settings.VERBOSE)).isEqualTo(2);
        assertThat(configuration.databases()).containsOnlyKeys("a");
    }

    @Test
    void givenAnEmptyText_whenLoaded_thenItIsSetToNothing() throws Exception {
        Configuration configuration = written.ini("[pgbouncer]\nserver_check_query =\nauth_file =\n");

        assertThat(configuration.global().get(Settings.SERVER_CHECK_QUERY)).isEmpty();
        assertThat(configuration.global().isSet(Settings.SERVER_CHECK_QUERY)).isTrue();
        assertThat(configuration.userList().size()).isZero();
    }

    @Test
    void givenQuotedNames_whenLoaded_thenBothQuotesWork() throws Exception {
        Configuration configuration = written.ini("""
                [databases]
                'my db' = host=x
                "a=b" = host=x
                'it''s' = host=x
                "say ""hi\""" = host=x
                ümlaut = host=x
                """);

        assertThat(configuration.databases().keySet()).containsExactly("my db", "a=b", "it's", "say \"hi\"", "ümlaut");
    }

    @Test
    void givenABrokenLine_whenLoaded_thenTheErrorNamesItsPlaceButDoesNotRepeatIt() {
        ConfigurationException error = written.iniError("[databases]\na host=x password=secret1\n");

        assertThat(error).hasMessage(written.at("pgbouncer.ini", 2) + "expected a [section], or key = value");
        assertThat(error.line()).isEqualTo(2);
        assertThat(error.file()).isEqualTo(folder.resolve("pgbouncer.ini"));
    }

    @Test
    void givenANameWithoutItsClosingQuote_whenLoaded_thenItIsABrokenLine() {
        assertThat(written.iniError("[databases]\n'a = host=x\n")).hasMessageEndingWith("key = value");
    }

    @Test
    void givenAKeyBeforeTheFirstSection_whenLoaded_thenItIsRefused() {
        assertThat(written.iniError("listen_port = 1\n"))
                .hasMessage(written.at("pgbouncer.ini", 1) + "\"listen_port\" stands before the first [section]");
    }

    @Test
    void givenAnUnknownSection_whenLoaded_thenTheNearestIsNamed() {
        assertThat(written.iniError("[database]\n"))
                .hasMessage(written.at("pgbouncer.ini", 1)
                        + "unknown section \"database\" in this file; did you mean \"databases\"?");
    }

    @Test
    void givenABrokenSection_whenLoaded_thenItIsRefused() {
        assertThat(written.iniError("[databases\n"))
                .hasMessage(written.at("pgbouncer.ini", 1) + "expected the name of a section between [ and ]");
    }

    @Test
    void givenBytesThatAreNotUtf8_whenInAComment_thenTheyDoNoHarm() throws Exception {
        Path file = folder.resolve("latin.ini");
        Files.write(file, "; gr\u00fc\u00dfe\n[pgbouncer]\nverbose = 1\n".getBytes(StandardCharsets.ISO_8859_1));

        assertThat(ConfigurationLoader.load(file).global().get(Settings.VERBOSE))
                .isEqualTo(1);
    }

    @Test
    void givenBytesThatAreNotUtf8_whenInAValue_thenTheyAreRefused() throws Exception {
        Path file = folder.resolve("pgbouncer.ini");
        Files.write(file, "[databases]\na = password=gr\u00fc\u00dfe\n".getBytes(StandardCharsets.ISO_8859_1));

        assertThat(catchThrowable(() -> ConfigurationLoader.load(file)))
                .hasMessage(written.at("pgbouncer.ini", 2) + "this line is not UTF-8 text");
    }

    @Test
    void givenANulCharacter_whenInAValue_thenItIsRefused() {
        assertThat(written.iniError("[databases]\na = dbname=x\0y\n")).hasMessageEndingWith("NUL character");
    }

    @Test
    void givenAnInclude_whenLoaded_thenItStandsInItsPlace() throws Exception {
        written.file("more.ini", "verbose = 2\n[databases]\nb = host=y\n");

        Configuration configuration = written.ini("[pgbouncer]\n%include more.ini\nc = host=z\n");

        assertThat(configuration.global().get(Settings.VERBOSE)).isEqualTo(2);
        assertThat(configuration.databases().keySet()).containsExactly("b", "c");
    }

    @Test
    void givenAnErrorInAnInclude_whenLoaded_thenTheIncludedFileIsNamed() throws Exception {
        Path more = written.file("more.ini", "verbose = 2\nlisten_port = x\n");

        ConfigurationException error = written.iniError("[pgbouncer]\n%include " + more + "\n");

        assertThat(error.file()).isEqualTo(more);
        assertThat(error.line()).isEqualTo(2);
        assertThat(error.key()).isEqualTo("listen_port");
    }

    @Test
    void givenAnIncludeOfAMissingFile_whenLoaded_thenTheIncludingLineIsNamed() {
        assertThat(written.iniError("[pgbouncer]\n%include nothing.ini\n"))
                .hasMessage(
                        written.at("pgbouncer.ini", 2) + "%include = \"nothing.ini\": cannot read it: no such file");
    }

    @Test
    void givenADirectiveThatIsNone_whenLoaded_thenItIsRefused() {
        assertThat(written.iniError("%include\n")).hasMessageEndingWith("expected %include and the name of a file");
        assertThat(written.iniError("%exclude x\n")).hasMessageEndingWith("expected %include and the name of a file");
    }

    @Test
    void givenFilesThatIncludeEachOther_whenLoaded_thenTheCircleIsFound() throws Exception {
        written.file("a.ini", "%include b.ini\n");
        written.file("b.ini", "%include a.ini\n");

        assertThat(written.iniError("%include a.ini\n")).hasMessageEndingWith("include each other in a circle");
        assertThat(written.iniError("%include pgbouncer.ini\n")).hasMessageContaining("circle");
    }

    @Test
    void givenIncludesTenDeep_whenLoaded_thenThatIsTheDeepest() throws Exception {
        for (int i = 1; i < 11; i++) {
            written.file("deep" + i + ".ini", "%include deep" + (i + 1) + ".ini\n");
        }
        written.file("deep11.ini", "[pgbouncer]\nverbose = 3\n");

        assertThat(written.ini("%include deep2.ini\n").global().get(Settings.VERBOSE))
                .isEqualTo(3);
        assertThat(written.iniError("%include deep1.ini\n")).hasMessageContaining("10 deep at most");
    }

    @Test
    void givenPeers_whenLoaded_thenTheyAreThere() throws Exception {
        Configuration configuration = written.ini("[peers]\n1 = host=/tmp port=6433\n2 = host=two pool_size=3\n");

        assertThat(configuration.peers())
                .containsOnlyKeys(1, 2)
                .containsEntry(1, new PeerConfig(1, new HostAddress("/tmp", 6433), 20))
                .containsEntry(2, new PeerConfig(2, new HostAddress("two", 6432), 3));
        assertThat(configuration.withoutEffect()).isEmpty();
    }

    @Test
    void givenNoHttpListen_whenLoaded_thenThereIsNoneUnlikeInHocon() throws Exception {
        assertThat(written.ini("[pgbouncer]\n").global().shown(Settings.HTTP_LISTEN))
                .isEmpty();
        assertThat(written.ini("[pgbouncer]\nhttp_listen = 127.0.0.1:9999\n")
                        .global()
                        .shown(Settings.HTTP_LISTEN))
                .isEqualTo("127.0.0.1:9999");
        assertThat(written.hocon("pgweir {}").global().shown(Settings.HTTP_LISTEN))
                .isEqualTo(Settings.HTTP_LISTEN.defaultValue());
    }

    @Test
    void givenAnotherEnding_whenLoaded_thenTheContentDecides() throws Exception {
        Path ini = written.file("one.cfg", "; hello\n[pgbouncer]\nverbose = 1\n");
        Path hocon = written.file("two.cfg", "pgweir { verbose = 2 }\n");

        assertThat(ConfigurationLoader.load(ini).global().get(Settings.VERBOSE)).isEqualTo(1);
        assertThat(ConfigurationLoader.load(hocon).global().get(Settings.VERBOSE))
                .isEqualTo(2);
    }
}

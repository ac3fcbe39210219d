package org.pgweir.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgweir.protocol.StartupPacket;

class StartupOptionsTest {
    private static final Set<String> TRACKED = Set.of("timezone", "application_name", "datestyle");

    private static StartupOptions read(Set<String> ignored, String... namesAndValues) {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("user", "bob");
        for (int i = 0; i < namesAndValues.length; i += 2) {
            parameters.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return StartupOptions.read(
                new StartupPacket.Startup(StartupPacket.VERSION_3_0, parameters),
                name -> TRACKED.contains(name.toLowerCase(Locale.ROOT)),
                ignored);
    }

    private static StartupOptions read(String... namesAndValues) {
        return read(Set.of(), namesAndValues);
    }

    private static StartupOptions options(String text) {
        return read("options", text);
    }

    private static void assertRefused(StartupOptions options, String message) {
        assertThat(options.refused()).isNotNull();
        assertThat(options.refused().isFatal()).isTrue();
        assertThat(options.refused().sqlstate()).isEqualTo("08P01");
        assertThat(options.refused().message()).isEqualTo(message);
        assertThat(options.refused().hint()).isNotBlank();
    }

    @Test
    void givenUserAndDatabaseWhenReadThenBothAreThere() {
        // when
        StartupOptions read = read("database", "shop", "application_name", "app", "TimeZone", "UTC");
        // then
        assertThat(read.user()).isEqualTo("bob");
        assertThat(read.database()).isEqualTo("shop");
        assertThat(read.settings()).isEqualTo(Map.of("application_name", "app", "timezone", "UTC"));
        assertThat(read.refused()).isNull();
        assertThat(read.unknownProtocolOptions()).isEmpty();
    }

    @Test
    void givenNoDatabaseWhenReadThenItIsTheUsersName() {
        assertThat(read().database()).isEqualTo("bob");
        assertThat(read("database", "").database()).isEqualTo("bob");
    }

    @Test
    void givenNoUserWhenReadThenThereIsNone() {
        StartupOptions read =
                StartupOptions.read(new StartupPacket.Startup(3 << 16, Map.of()), name -> false, Set.of());
        assertThat(read.user()).isNull();
        assertThat(read.database()).isNull();
        assertThat(read.refused()).isNull();
    }

    @Test
    void givenAnUntrackedSettingWhenReadThenItIsKeptAndNamed() {
        StartupOptions read = read("Search_Path", "a");
        assertThat(read.refused()).isNull();
        assertThat(read.others()).containsExactly(Map.entry("search_path", "a"));
        assertUnsupported(read, "unsupported startup parameter: Search_Path");
    }

    private static void assertUnsupported(StartupOptions read, String message) {
        assertThat(read.refused()).isNull();
        assertThat(read.unsupported().sqlstate()).isEqualTo("08P01");
        assertThat(read.unsupported().message()).isEqualTo(message);
    }

    @Test
    void givenTwoUntrackedSettingsWhenReadThenTheFirstIsTold() {
        assertUnsupported(read("geqo", "off", "search_path", "a"), "unsupported startup parameter: geqo");
    }

    @Test
    void givenMoreParametersThanAnybodyNeedsWhenReadThenTheyAreRefusedAndNotKept() {
        String[] named = new String[2 * 1000];
        String[] protocolOptions = new String[2 * 1000];
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 1000; i++) {
            named[2 * i] = "name" + i;
            named[2 * i + 1] = "";
            protocolOptions[2 * i] = "_pq_." + i;
            protocolOptions[2 * i + 1] = "";
            text.append("-c name").append(i).append("= ");
        }
        for (StartupOptions read : List.of(read(named), read(protocolOptions), options(text.toString()))) {
            assertRefused(read, "too many startup parameters");
            assertThat(read.others().size() + read.unknownProtocolOptions().size())
                    .isLessThanOrEqualTo(200);
        }
    }

    @Test
    void givenAnIgnoredSettingWhenReadInAnySpellingThenItIsSwallowed() {
        // when
        StartupOptions read = read(Set.of("extra_float_digits"), "Extra_Float_Digits", "2");
        // then
        assertThat(read.refused()).isNull();
        assertThat(read.settings()).isEmpty();
    }

    @Test
    void givenASettingThatIsTrackedAndIgnoredWhenReadThenItIsTracked() {
        assertThat(read(Set.of("timezone"), "TimeZone", "UTC").settings()).containsEntry("timezone", "UTC");
    }

    @Test
    void givenProtocolOptionsWhenReadThenTheyAreListedAndNotRefused() {
        StartupOptions read = read("_pq_.compression", "zstd", "_pq_.", "");
        assertThat(read.refused()).isNull();
        assertThat(read.unknownProtocolOptions()).containsExactly("_pq_.compression", "_pq_.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"true", "on", "yes", "1", "t", "TRUE", "y"})
    void givenAPhysicalReplicationConnectionWhenReadThenItIsKnown(String value) {
        assertThat(read("replication", value).replication()).isEqualTo(Replication.PHYSICAL);
    }

    @Test
    void givenALogicalReplicationConnectionWhenReadThenItIsKnown() {
        assertThat(read("replication", "database").replication()).isEqualTo(Replication.LOGICAL);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "o", "2", "truer", "databases"})
    void givenAnUnknownKindOfReplicationWhenReadThenItIsRefused(String value) {
        assertRefused(read("replication", value), "invalid value for parameter \"replication\": \"" + value + "\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"false", "off", "no", "0", "FALSE", "Off"})
    void givenReplicationSwitchedOffWhenReadThenItIsAnOrdinaryClient(String value) {
        assertThat(read("replication", value).refused()).isNull();
        assertThat(read("replication", value).replication()).isEqualTo(Replication.NONE);
    }

    @ParameterizedTest(name = "[{0}] -> {1}={2}")
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
                    -c TimeZone=UTC                   | timezone         | UTC
                    -cTimeZone=UTC                    | timezone         | UTC
                    --TimeZone=UTC                    | timezone         | UTC
                    "  -c   TimeZone=UTC  "           | timezone         | UTC
                    --application-name=a-b            | application_name | a-b
                    -c application_name=my\\ app      | application_name | my app
                    -c application_name=back\\\\slash | application_name | back\\slash
                    -c application_name=a=b           | application_name | a=b
                    -c application_name=              | application_name | ""
                    """)
    void givenAnAssignmentInOptionsWhenReadThenItIsASetting(String text, String name, String value) {
        assertThat(options(text).refused()).isNull();
        assertThat(options(text).settings()).isEqualTo(Map.of(name, value));
    }

    @Test
    void givenSeveralAssignmentsInOptionsWhenReadThenAllCount() {
        assertThat(options("-c TimeZone=UTC --datestyle=ISO\t-capplication_name=x")
                        .settings())
                .isEqualTo(Map.of("timezone", "UTC", "datestyle", "ISO", "application_name", "x"));
        assertThat(options("").settings()).isEmpty();
        assertThat(options("   ").refused()).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-c",
                "--",
                "-",
                "x",
                "-c TimeZone",
                "--TimeZone",
                "--=x",
                "-c =x",
                "-d 5",
                "-E",
                "TimeZone=UTC",
                "-c TimeZone=UTC -c",
                "-c TimeZone=UTC rest"
            })
    void givenAnythingElseInOptionsWhenReadThenItIsRefused(String text) {
        assertRefused(
                options(text),
                "unsupported options startup parameter: only '-c config=val' and '--config=val' are allowed");
    }

    @Test
    void givenAnEscapedSpaceInOptionsWhenReadThenItDoesNotEndTheWord() {
        assertRefused(options("-c\\ TimeZone=UTC"), "unsupported startup parameter in options:  TimeZone");
    }

    @Test
    void givenAnUntrackedNameInOptionsWhenReadThenItIsKeptUnlessIgnored() {
        assertUnsupported(options("-c search_path=a"), "unsupported startup parameter in options: search_path");
        assertUnsupported(options("--search-path=a"), "unsupported startup parameter in options: search_path");
        assertThat(options("--search-path=a").others()).containsExactly(Map.entry("search_path", "a"));
        assertThat(read(Set.of("search_path"), "options", "--search-path=a").others())
                .isEmpty();
    }

    @Test
    void givenOptionsIgnoredAsAWholeWhenReadThenNothingOfItCounts() {
        StartupOptions read = read(Set.of("options"), "options", "-c TimeZone=UTC nonsense");
        assertThat(read.refused()).isNull();
        assertThat(read.settings()).isEmpty();
    }

    @Test
    void givenASettingInOptionsAndByItselfWhenReadInAnyOrderThenTheOneByItselfWins() {
        assertThat(read("options", "-c datestyle=German", "DateStyle", "ISO")
                        .settings()
                        .values())
                .containsExactly("ISO");
        assertThat(read("DateStyle", "ISO", "options", "-c datestyle=German")
                        .settings()
                        .values())
                .containsExactly("ISO");
    }
}

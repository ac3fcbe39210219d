package org.pgweir.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IdentMapsTest {

    @TempDir
    Path folder;

    private IdentMaps load(String text) throws Exception {
        return IdentMaps.load(new Written(folder).file("ident.conf", text));
    }

    private static boolean allows(IdentMaps maps, String system, String user) {
        return maps.allows("m", system, user, (one, group) -> group.equals("staff") && one.equals("alice"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "m root postgres               | root            | postgres | true",
                "m root postgres               | root            | root     | false",
                "m root postgres               | Root            | postgres | false",
                "m root all                    | root            | anybody  | true",
                "m root \"all\"                | root            | anybody  | false",
                "m root \"all\"                | root            | all      | true",
                "m root +staff                 | root            | alice    | true",
                "m root +staff                 | root            | bob      | false",
                "m root \"+staff\"             | root            | alice    | false",
                "m \"a b\" \"c d\"             | a b             | c d      | true",
                "m /^(.*)@example\\.com$ \\1   | bob@example.com | bob      | true",
                "m /^(.*)@example\\.com$ \\1   | bob@example.com | alice    | false",
                "m /^(.*)@example\\.com$ \\1   | bob@example.org | bob      | false",
                "m /^(.*)@example\\.com$ \\1_x | bob@example.com | bob_x    | true",
                "m /^(.*)$ \\1                 | all             | alice    | false",
                "m /^(.*)$ \\1                 | +staff          | alice    | false",
                "m /^(.*)$ \\1                 | /.*             | alice    | false",
                "m /@example guest             | bob@example.com | guest    | true",
                "m root /^a                    | root            | alice    | true",
                "m root /^a                    | root            | bob      | false",
                "m root \\1                    | root            | \\1      | true",
                "other root postgres           | root            | postgres | false",
            })
    void givenALine_whenSomebodyComes_thenItLetsInWhomItNames(String line, String system, String user, boolean allowed)
            throws Exception {
        assertThat(allows(load("# a map\n" + line + "\n"), system, user)).isEqualTo(allowed);
    }

    @Test
    void givenNoMap_whenSomebodyComes_thenTheNamesMustBeEqual() throws Exception {
        IdentMaps maps = load("");

        assertThat(maps.allows(null, "alice", "alice", (user, group) -> false)).isTrue();
        assertThat(maps.allows(null, "alice", "bob", (user, group) -> true)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "m              | the line ends before the user of the system",
                "m a            | the line ends before the user of the database",
                "m a b c        | a line is: map, user of the system, user of the database; nothing may follow",
                "m a,b c        | there may be one user of the system only, without commas",
                "m /(a b        | expected a regular expression",
                "m /^a$ \\1     | the user of the database refers to \\1, but the regular expression has no (group)",
            })
    void givenABrokenLine_whenLoaded_thenTheErrorNamesIt(String line, String text) {
        ConfigurationException error = catchThrowableOfType(ConfigurationException.class, () -> load("m a b\n" + line));

        assertThat(error).hasMessageStartingWith(folder.resolve("ident.conf") + ":2: " + text);
    }
}

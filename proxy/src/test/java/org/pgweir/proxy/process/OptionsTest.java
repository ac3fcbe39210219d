package org.pgweir.proxy.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgweir.proxy.process.Options.Misused;
import org.pgweir.proxy.process.Options.Question;

class OptionsTest {
    private static Options of(String line) throws Misused {
        return Options.parse(
                line == null || line.isBlank()
                        ? List.of()
                        : Arrays.asList(line.strip().split(" ")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-d -q -v -v -R -u me f.ini",
                "-dqvvRume f.ini",
                "f.ini -dqRvvu me",
                "--daemon --quiet --reboot --verbose --verb --user me f.ini",
                "--user=me --d --q --r -vv -- f.ini"
            })
    void givenOptionsInAnyFormWhenReadThenTheyAreTheSame(String line) throws Exception {
        assertThat(of(line)).isEqualTo(new Options(true, true, true, 2, "me", Question.NONE, "f.ini"));
    }

    @Test
    void givenAFileOnlyWhenReadThenNothingElseIsSet() throws Exception {
        assertThat(of("f.ini")).isEqualTo(new Options(false, false, false, 0, "", Question.NONE, "f.ini"));
        assertThat(of("-- -d").file()).isEqualTo("-d");
        assertThat(of("-").file()).isEqualTo("-");
    }

    @ParameterizedTest
    @CsvSource({"-h,HELP", "--help,HELP", "-dV,VERSION", "--version nonsense -x,VERSION", "-V,VERSION"})
    void givenAQuestionWhenReadThenNoFileIsNeeded(String line, Question question) throws Exception {
        assertThat(of(line).asks()).isEqualTo(question);
    }

    /** Expected texts as getopt_long writes them. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "-x f.ini | invalid option -- 'x'",
                "-dx f.ini | invalid option -- 'x'",
                "-u | option requires an argument -- 'u'",
                "--user | option '--user' requires an argument",
                "--foo f.ini | unrecognized option '--foo'",
                "--quiet=1 f.ini | option '--quiet' doesn't allow an argument",
                "--ver | option '--ver' is ambiguous; possibilities: '--verbose' '--version'",
                "-q | no configuration file specified",
                "a.ini b.ini | no configuration file specified"
            })
    void givenNonsenseWhenReadThenTheMessageIsGetopts(String line, String message) {
        assertThatThrownBy(() -> of(line)).isInstanceOf(Misused.class).hasMessage(message);
    }

    @Test
    void givenNothingWhenReadThenTheFileIsMissing() {
        assertThatThrownBy(() -> of("")).isInstanceOf(Misused.class).hasMessage("no configuration file specified");
    }
}

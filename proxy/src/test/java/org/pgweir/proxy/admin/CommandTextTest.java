package org.pgweir.proxy.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgweir.proxy.admin.CommandText.Assignment;
import org.pgweir.proxy.admin.CommandText.Malformed;
import org.pgweir.proxy.admin.CommandText.Nothing;
import org.pgweir.proxy.admin.CommandText.Words;

class CommandTextTest {
    @ParameterizedTest
    @ValueSource(strings = {"", " ", ";", "\t;\n", "-- nothing", "/* nothing */ ;", "/**/"})
    void givenNoCommandWhenReadThenNothing(String text) throws Malformed {
        assertThat(CommandText.parse(text)).isEqualTo(new Nothing());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "RELOAD | RELOAD | ``",
                "RELOAD; | RELOAD | ``",
                "pause my-db | pause | my-db",
                "pause \"My \"\"db\"\"\" ; | pause | My \"db\"",
                "show/* in */stats--behind | show | stats--behind",
                "show stats --behind | show | stats",
                "/* a; */ show stats /* b */ ; -- c | show | stats",
                "\"show\" \"stats\" | show | stats"
            })
    void givenWordsWhenReadThenCommandAndArgument(String text, String word, String argument) throws Malformed {
        assertThat(CommandText.parse(text)).isEqualTo(new Words(word, argument));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "SET a=b | a | b",
                "set a = 'it''s; -- here' ; | a | it's; -- here",
                "set a to b | a | b",
                "set \"a\" TO \"B c\" | a | B c",
                "set a = '' | a | ``",
                "set a = -1.5 | a | -1.5",
                "set to to to | to | to"
            })
    void givenASettingWhenReadThenKeyAndValue(String text, String key, String value) throws Malformed {
        assertThat(CommandText.parse(text)).isEqualTo(new Assignment(key, value));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'",
                "\"",
                "show \"",
                "show stats x",
                "show stats; show stats",
                ";;",
                "set a =",
                "set a = 'b",
                "set a = b c",
                "set a b",
                "/* never ended",
                "show(stats)",
                "=",
                "set = b"
            })
    void givenAnythingElseWhenReadThenMalformed(String text) {
        assertThatThrownBy(() -> CommandText.parse(text)).isInstanceOf(Malformed.class);
    }

    @Test
    void givenRandomCharactersWhenReadThenItEndsAndNeverOtherwise() {
        Random random = new Random(7);
        String alphabet = "set show a=;'\"-/*\n\t ";
        for (int round = 0; round < 100_000; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(20); i > 0; i--) {
                text.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            try {
                assertThat(CommandText.parse(text.toString())).isNotNull();
            } catch (Malformed expected) {
                assertThat(expected.getStackTrace()).isEmpty();
            }
        }
    }
}

package org.pgweir.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrackedParametersTest {
    private static final TrackedParameters NONE = TrackedParameters.NONE;

    private static String quoted(String value) {
        String sql = NONE.with("application_name", value).setStatements(NONE);
        assertThat(sql).startsWith("SET application_name TO ").endsWith(";");
        return sql.substring("SET application_name TO ".length(), sql.length() - 1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "client_encoding",
                "DateStyle",
                "datestyle",
                "DATESTYLE",
                "TimeZone",
                "timezone",
                "standard_conforming_strings",
                "Application_Name",
                "intervalstyle"
            })
    void givenATrackedNameInAnySpellingWhenSetThenItIsFoundInAnyOther(String name) {
        assertThat(TrackedParameters.isTracked(name)).isTrue();
        TrackedParameters with = NONE.with(name, "x");
        assertThat(with.get(name.toUpperCase(java.util.Locale.ROOT))).isEqualTo("x");
        assertThat(with.get(name.toLowerCase(java.util.Locale.ROOT))).isEqualTo("x");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "search_path", "time zone", "TimeZone ", "server_version", "is_superuser"})
    void givenAnotherNameWhenSetThenNothingChanges(String name) {
        assertThat(TrackedParameters.isTracked(name)).isFalse();
        assertThat(NONE.with(name, "x")).isSameAs(NONE);
        assertThat(NONE.get(name)).isNull();
    }

    @Test
    void givenTheSameValueWhenSetAgainThenTheObjectIsTheSame() {
        TrackedParameters utc = NONE.with("TimeZone", "UTC");
        assertThat(utc.with("timezone", "UTC")).isSameAs(utc);
        assertThat(utc.with("timezone", "utc")).isNotSameAs(utc);
        assertThat(NONE.get("TimeZone")).isNull();
    }

    @Test
    void givenEqualValuesWhenComparedThenNothingIsToBeDone() {
        // given
        TrackedParameters one = NONE.with("TimeZone", "UTC").with("application_name", "a");
        TrackedParameters two = NONE.with("application_name", "a").with("TimeZone", "UTC");
        // then
        assertThat(one).isEqualTo(two).hasSameHashCodeAs(two).isNotEqualTo(NONE);
        assertThat(one.setStatements(two)).isNull();
        assertThat(one.setStatements(one)).isNull();
    }

    @Test
    void givenWishesWhenTheServerDiffersThenOnlyTheDifferencesAreSet() {
        // given
        TrackedParameters wanted =
                NONE.with("application_name", "app").with("TimeZone", "UTC").with("client_encoding", "UTF8");
        TrackedParameters server = NONE.with("application_name", "other")
                .with("TimeZone", "UTC")
                .with("client_encoding", "SQL_ASCII")
                .with("IntervalStyle", "iso_8601");
        // then
        assertThat(wanted.setStatements(server))
                .isEqualTo("SET client_encoding TO 'UTF8';SET application_name TO 'app';");
    }

    @Test
    void givenNoWishWhenTheServerHasAValueThenItIsLeftAlone() {
        assertThat(NONE.setStatements(NONE.with("TimeZone", "UTC"))).isNull();
    }

    @Test
    void givenDefaultsWhenFilledThenOwnValuesWin() {
        // given
        TrackedParameters own = NONE.with("TimeZone", "UTC");
        TrackedParameters defaults = NONE.with("TimeZone", "CET").with("IntervalStyle", "postgres");
        // when
        TrackedParameters filled = own.orElse(defaults);
        // then
        assertThat(filled).isEqualTo(NONE.with("TimeZone", "UTC").with("IntervalStyle", "postgres"));
        assertThat(own.get("IntervalStyle")).isNull();
    }

    @ParameterizedTest(name = "{0} over {1}")
    @CsvSource(delimiter = '|', textBlock = """
                    ISO      | German, MDY | ISO, MDY
                    ISO, DMY | German, MDY | ISO, DMY
                    ISO      | German      | ISO
                    ISO      |             | ISO
                             | ISO, MDY    | ISO, MDY
                    """)
    void givenADateStyleWithoutAnOrderWhenFilledThenItTakesTheOrderOfTheDefault(
            String own, String fallback, String expected) {
        // given
        TrackedParameters wished = own == null ? NONE : NONE.with("DateStyle", own);
        TrackedParameters defaults = fallback == null ? NONE : NONE.with("datestyle", fallback);
        // then
        assertThat(wished.orElse(defaults).get("DateStyle")).isEqualTo(expected);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
                    plain        | 'plain'
                    ""           | ''
                    it's         | 'it''s'
                    ''           | ''''''
                    back\\slash  | E'back\\\\slash'
                    \\'          | E'\\\\'''
                    a;DROP--     | 'a;DROP--'
                    über         | '?ber'
                    ‘quote’      | '?quote?'
                    """)
    void givenAnyTextWhenQuotedThenItIsOneLiteral(String value, String expected) {
        assertThat(quoted(value)).isEqualTo(expected);
    }

    @Test
    void givenEveryCharacterWhenQuotedThenOnlyPrintableAsciiIsSent() {
        for (char c = 0; c < 0x3000; c++) {
            String literal = quoted("a" + c + "b");
            assertThat(literal).matches("E?'a[ -~]{1,2}b'");
            if (c < 0x20 || c > 0x7e) {
                assertThat(literal).isEqualTo("'a?b'");
            }
        }
    }
}

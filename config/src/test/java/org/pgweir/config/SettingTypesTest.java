package org.pgweir.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How texts become values, and back. */
class SettingTypesTest {

    @ParameterizedTest
    @ValueSource(strings = {"1", "true", "on", "yes", "ON", "True"})
    void givenAWordForTrue_whenRead_thenItIsTrue(String text) throws Exception {
        assertThat(SettingTypes.flag().parse(text)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "false", "off", "no", "OFF"})
    void givenAWordForFalse_whenRead_thenItIsFalse(String text) throws Exception {
        assertThat(SettingTypes.flag().parse(text)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "2", "maybe", "y", "-1"})
    void givenAnotherWord_whenReadAsFlag_thenItIsRefused(String text) {
        assertRefused(SettingTypes.flag(), text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "11", "-1", "1.5", "0x5", "5s", "99999999999999999999", "five"})
    void givenNoNumberFromOneToTen_whenReadAsThat_thenItIsRefused(String text) {
        assertRefused(SettingTypes.integer(1, 10), text);
    }

    @Test
    void givenTheBounds_whenRead_thenTheyAreAllowed() throws Exception {
        assertThat(SettingTypes.integer(1, 10).parse("1")).isEqualTo(1);
        assertThat(SettingTypes.integer(1, 10).parse("10")).isEqualTo(10);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "3, 3000",
        "0.5, 500",
        "1.25, 1250",
        "500ms, 500",
        "500 milliseconds, 500",
        "2 s, 2000",
        "2 sec, 2000",
        "2 seconds, 2000",
        "2 m, 120000",
        "2 min, 120000",
        "2 minutes, 120000",
        "1h, 3600000",
        "1 Hour, 3600000",
        "1.5 h, 5400000",
        "1d, 86400000",
        "2 days, 172800000",
        "1000000 us, 1000",
        "1000000000 ns, 1000"
    })
    void givenADuration_whenRead_thenBareNumbersAreSecondsAndUnitsCount(String text, long millis) throws Exception {
        assertThat(SettingTypes.duration().parse(text)).isEqualTo(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-1",
                "-1 s",
                "s",
                "1 fortnight",
                "1 h 5 min",
                "1e5",
                ".",
                "1..5",
                "soon",
                "9223372037",
                "1d1"
            })
    void givenNoDuration_whenRead_thenItIsRefused(String text) {
        assertRefused(SettingTypes.duration(), text);
    }

    @Test
    void givenADurationBelowItsMinimum_whenRead_thenItIsRefused() {
        assertRefused(SettingTypes.durationFrom(Duration.ofSeconds(1)), "999ms");
    }

    @ParameterizedTest
    @CsvSource({"3600, 3600", "1 h, 3600", "500ms, 0.5", "0, 0", "0.0, 0", "1 us, 0.000001", "100, 100"})
    void givenADuration_whenShown_thenItIsInSeconds(String text, String shown) throws Exception {
        SettingType<Duration> type = SettingTypes.duration();

        assertThat(type.shown(type.parse(text))).isEqualTo(shown);
    }

    @Test
    void givenACommaList_whenRead_thenBlanksAndEmptyItemsAreDropped() throws Exception {
        assertThat(SettingTypes.commaList().parse(" a, b ,,c ")).containsExactly("a", "b", "c");
        assertThat(SettingTypes.commaList().parse("")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"0777, 511, 0777", "777, 511, 0777", "0700, 448, 0700", "0, 0, 0000", "01777, 1023, 01777"})
    void givenAnOctalMode_whenRead_thenItIsShownWithAZeroInFront(String text, int value, String shown)
            throws Exception {
        assertThat(SettingTypes.octalMode().parse(text)).isEqualTo(value);
        assertThat(SettingTypes.octalMode().shown(value)).isEqualTo(shown);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0888", "-1", "rwx", "077777"})
    void givenNoOctalMode_whenRead_thenItIsRefused(String text) {
        assertRefused(SettingTypes.octalMode(), text);
    }

    @Test
    void givenAChoice_whenReadInAnyCase_thenItIsFound() throws Exception {
        assertThat(SettingTypes.oneOf(PoolMode.class).parse("Transaction")).isEqualTo(PoolMode.TRANSACTION);
        assertThat(SettingTypes.oneOf(Transport.class).parse("io_uring")).isEqualTo(Transport.IO_URING);
    }

    @Test
    void givenAnotherWord_whenReadAsChoice_thenTheChoicesAreNamed() {
        assertThatExceptionOfType(BadValue.class)
                .isThrownBy(() -> SettingTypes.oneOf(PoolMode.class).parse("banana"))
                .withMessage("expected one of session, transaction, statement");
    }

    @Test
    void givenPam_whenRead_thenItIsRefusedAndTheErrorSaysWhatToUse() {
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> Settings.AUTH_TYPE.parse("pam"))
                .withMessage(
                        "auth_type = \"pam\": pam is not supported: use ldap for passwords of a directory, peer by hba for"
                                + " users of this machine, or scram-sha-256; allowed so far: any, trust, plain, md5, scram-sha-256,"
                                + " cert, hba, ldap");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "secure | secure",
                "default | secure",
                "tlsv1.3, tlsv1.2 | secure",
                "ALL | all",
                "legacy | all",
                "tlsv1.3 | tlsv1.3",
                "all:!tlsv1.0:!tlsv1.1 | secure",
                "!tlsv1.3 | tlsv1.0,tlsv1.1,tlsv1.2"
            })
    void givenVersionsOfTls_whenRead_thenTheyAreShownInTheShortestForm(String text, String shown) throws Exception {
        SettingType<Set<TlsProtocol>> type = SettingTypes.tlsProtocols();
        assertThat(type.shown(type.parse(text))).isEqualTo(shown);
        assertThat(type.parse(shown)).isEqualTo(type.parse(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "sslv3", "tlsv1.4", "secure:!secure", ","})
    void givenNoVersionOfTls_whenRead_thenRefused(String text) {
        assertRefused(SettingTypes.tlsProtocols(), text);
    }

    private static void assertRefused(SettingType<?> type, String text) {
        assertThatExceptionOfType(BadValue.class)
                .isThrownBy(() -> type.parse(text))
                .withMessage("expected " + type.allowed());
    }
}

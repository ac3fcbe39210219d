package org.pgweir.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgweir.config.Secret.Md5Secret;
import org.pgweir.config.Secret.PlainSecret;
import org.pgweir.config.Secret.ScramSecret;

class UserListTest {

    private static final String HASH = "0123456789abcdef0123456789abcdef";
    private static final String KEY = base64("k".repeat(32));
    private static final String SCRAM = "SCRAM-SHA-256$4096:" + base64("salt") + "$" + KEY + ":" + KEY;

    @TempDir
    Path folder;

    private Written written;

    @BeforeEach
    void setUp() {
        written = new Written(folder);
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
    }

    private UserList load(String text) throws Exception {
        return UserList.load(written.file("userlist.txt", text));
    }

    private ConfigurationException error(String text) {
        return catchThrowableOfType(ConfigurationException.class, () -> load(text));
    }

    @Test
    void givenTheThreeForms_whenLoaded_thenEachIsRecognized() throws Exception {
        UserList users = load("\"a\" \"plain\"\n\"b\" \"md5" + HASH + "\"\n\"c\" \"" + SCRAM + "\"\n");

        assertThat(users.size()).isEqualTo(3);
        assertThat(users.secretOf("a")).contains(new PlainSecret("plain"));
        assertThat(users.secretOf("b")).contains(new Md5Secret(HASH));
        ScramSecret scram = (ScramSecret) users.secretOf("c").orElseThrow();
        assertThat(scram.iterations()).isEqualTo(4096);
        assertThat(scram.salt()).asString(StandardCharsets.US_ASCII).isEqualTo("salt");
        assertThat(scram.storedKey()).hasSize(32);
        assertThat(scram.serverKey()).hasSize(32);
        assertThat(scram).isEqualTo(Secret.of(SCRAM)).hasSameHashCodeAs(Secret.of(SCRAM));
    }

    @Test
    void givenCommentsAndTheRestOfALine_whenLoaded_thenTheyAreIgnored() throws Exception {
        UserList users = load("; comment\n\n  \n  \"a\"   \"x\" \"other\" things\r\n;\"b\" \"y\"\n");

        assertThat(users.size()).isEqualTo(1);
        assertThat(users.secretOf("a")).contains(new PlainSecret("x"));
        assertThat(users.contains("b")).isFalse();
        assertThat(users.secretOf("b")).isEmpty();
    }

    @Test
    void givenGroupsBehindTheSecret_whenLoaded_thenTheUserIsInThem() throws Exception {
        UserList users = load("\"a\" \"x\" +staff some +ops\n\"b\" \"+staff\"\n\"a\" \"x\" +ops +\n");

        assertThat(users.isMember("a", "ops")).isTrue();
        assertThat(users.isMember("a", "staff"))
                .as("the last line of a user counts")
                .isFalse();
        assertThat(users.isMember("b", "staff")).isFalse();
        assertThat(users.isMember("stranger", "staff")).isFalse();
        assertThat(users.isMember("a", "a")).isTrue();
    }

    @Test
    void givenDoubledQuotes_whenLoaded_thenOneIsMeant() throws Exception {
        UserList users = load("\"a\"\"b\" \"x\"\"y\"\"\"\n");

        assertThat(users.secretOf("a\"b")).contains(new PlainSecret("x\"y\""));
    }

    @Test
    void givenAUserWithSeveralLines_whenLoaded_thenAllSecretsAreGoodAndTheLastIsTheNewest() throws Exception {
        UserList users = load("\"a\" \"old\" +staff\n\"b\" \"x\"\n\"a\" \"new\" +admins\n");

        assertThat(users.size()).isEqualTo(2);
        assertThat(users.secretsOf("a")).containsExactly(new PlainSecret("new"), new PlainSecret("old"));
        assertThat(users.secretsOf("b")).containsExactly(new PlainSecret("x"));
        assertThat(users.secretsOf("c")).isEmpty();
        assertThat(users.isMember("a", "staff")).isFalse();
        assertThat(users.isMember("a", "admins")).isTrue();
    }

    @Test
    void givenAnEmptySecretAndAUserTwice_whenLoaded_thenTheLastLineCounts() throws Exception {
        UserList users = load("\"a\" \"x\"\n\"a\" \"\"\n");

        assertThat(users.secretOf("a")).contains(new PlainSecret(""));
    }

    @Test
    void givenAnMd5HashInCapitals_whenLoaded_thenItIsKeptInSmallLetters() {
        assertThat(Secret.of("md5" + HASH.toUpperCase(Locale.ROOT))).isEqualTo(new Md5Secret(HASH));
    }

    @ParameterizedTest
    @ValueSource(strings = {"md5", "md5abc", "md5" + HASH + "0", "md5zz23456789abcdef0123456789abcdef", "SCRAM"})
    void givenWhatOnlyLooksLikeAHash_whenRead_thenItIsAPlainPassword(String text) {
        assertThat(Secret.of(text)).isEqualTo(new PlainSecret(text));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "user secret1           | expected the user name in double quotes",
                "\"u\"                  | expected the secret in double quotes",
                "\"u\" secret1          | expected the secret in double quotes",
                "\"u\" = \"secret1\"    | expected the secret in double quotes",
                "\"u secret1            | the user name has no closing quote",
                "\"u\" \"secret1        | the secret has no closing quote",
                "\"\" \"secret1\"       | the user name is empty",
                "# comment secret1      | expected the user name in double quotes",
            })
    void givenABrokenLine_whenLoaded_thenTheErrorNamesItWithoutTheSecret(String line, String text) {
        ConfigurationException error = error("\"good\" \"x\"\n" + line + "\n");

        assertThat(error).hasMessageStartingWith(written.at("userlist.txt", 2) + text);
        assertThat(error).hasMessageNotContaining("secret1");
        assertThat(error.line()).isEqualTo(2);
    }

    @Test
    void givenBrokenScramSecrets_whenLoaded_thenTheErrorNamesThePartWithoutTheSecret() {
        List<String> broken = List.of(
                "SCRAM-SHA-256$",
                "SCRAM-SHA-256$4096:c2FsdA==$" + KEY,
                "SCRAM-SHA-256$0:c2FsdA==$" + KEY + ":" + KEY,
                "SCRAM-SHA-256$4096:?!$" + KEY + ":" + KEY,
                "SCRAM-SHA-256$4096:c2FsdA==$c2hvcnQ=:" + KEY);
        for (String secret : broken) {
            assertThat(error("\"u\" \"" + secret + "\"\n"))
                    .hasMessageStartingWith(written.at("userlist.txt", 1) + "the secret of user \"u\" is broken: ")
                    .hasMessageNotContaining(KEY);
        }
    }

    @Test
    void givenAMissingFile_whenLoaded_thenTheErrorSaysSo() {
        Path missing = folder.resolve("missing.txt");

        assertThat(catchThrowableOfType(ConfigurationException.class, () -> UserList.load(missing)))
                .hasMessage("cannot read user list " + missing + ": no such file");
    }

    @Test
    void givenSecrets_whenShown_thenNoneIsRevealed() throws Exception {
        UserList users = load("\"a\" \"plain1\"\n\"b\" \"md5" + HASH + "\"\n\"c\" \"" + SCRAM + "\"\n");

        assertThat(users).hasToString("UserList[3 users]");
        for (String user : List.of("a", "b", "c")) {
            assertThat(users.secretOf(user).toString()).doesNotContain("plain1", HASH, KEY, "4096");
        }
        assertThat(UserList.empty().size()).isZero();
    }

    @Test
    void givenAScramSecret_whenItsBytesAreChangedOutside_thenItStaysAsItIs() {
        ScramSecret scram = (ScramSecret) Secret.of(SCRAM);
        scram.salt()[0]++;
        scram.storedKey()[0]++;
        scram.serverKey()[0]++;

        assertThat(scram).isEqualTo(Secret.of(SCRAM));
    }
}

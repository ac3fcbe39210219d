package org.pgweir.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgweir.config.HbaName.Kind;
import org.pgweir.config.HbaRule.Connection;

class HbaRulesTest {

    @TempDir
    Path folder;

    private Written written;

    @BeforeEach
    void setUp() {
        written = new Written(folder);
    }

    private List<HbaRule> load(String text) throws Exception {
        return HbaRules.load(written.file("hba.conf", text), null).rules();
    }

    private HbaRule one(String line) throws Exception {
        List<HbaRule> rules = load(line + "\n");
        assertThat(rules).hasSize(1);
        return rules.get(0);
    }

    private ConfigurationException error(String text) {
        return catchThrowableOfType(ConfigurationException.class, () -> load(text));
    }

    private static InetAddress address(String text) throws Exception {
        return InetAddress.getByName(text);
    }

    @Test
    void givenTheUsualFile_whenLoaded_thenRulesAreInOrderWithTheirPlaces() throws Exception {
        List<HbaRule> rules = load("""
                # TYPE  DATABASE  USER   ADDRESS        METHOD

                local   all       all                   trust # for us
                host    app,other "all" 10.0.0.0/8      scram-sha-256
                hostssl sameuser  +staff 10.1.0.0 255.255.0.0 md5
                hostnossl replication /^rep_ ::1/128    reject
                hostnogssenc samerole @users .Example.com password
                """.replace("@users", "bob"));

        assertThat(rules)
                .extracting(HbaRule::connection)
                .containsExactly(
                        Connection.LOCAL,
                        Connection.HOST,
                        Connection.HOSTSSL,
                        Connection.HOSTNOSSL,
                        Connection.HOSTNOGSSENC);
        assertThat(rules)
                .extracting(HbaRule::method)
                .containsExactly(
                        HbaMethod.TRUST, HbaMethod.SCRAM_SHA_256, HbaMethod.MD5, HbaMethod.REJECT, HbaMethod.PASSWORD);
        assertThat(rules.get(0).place()).isEqualTo(folder.resolve("hba.conf") + ":3");
        assertThat(rules.get(1).databases()).extracting(HbaName::text).containsExactly("app", "other");
        assertThat(rules.get(1).users().get(0)).isEqualTo(new HbaName(Kind.NAME, "all", null));
        assertThat(rules.get(2).databases().get(0).kind()).isEqualTo(Kind.SAME_USER);
        assertThat(rules.get(2).users().get(0)).isEqualTo(new HbaName(Kind.GROUP, "staff", null));
        assertThat(rules.get(3).databases().get(0).kind()).isEqualTo(Kind.REPLICATION);
        assertThat(rules.get(3).users().get(0).pattern().isIn("rep_1")).isTrue();
        assertThat(rules.get(4).databases().get(0).kind()).isEqualTo(Kind.SAME_ROLE);
        assertThat(rules.get(4).address()).isEqualTo(new HbaAddress.HostName(".example.com"));
    }

    @ParameterizedTest
    @CsvSource({
        "all, 203.0.113.1, true",
        "10.0.0.0/8, 10.200.1.2, true",
        "10.0.0.0/8, 11.0.0.1, false",
        "10.1.2.3/8, 10.200.1.2, true",
        "10.0.0.0/8, ::a00:1, false",
        "0.0.0.0/0, 192.0.2.1, true",
        "0.0.0.0/0, ::1, false",
        "192.0.2.128/25, 192.0.2.127, false",
        "192.0.2.128/25, 192.0.2.129, true",
        "192.0.2.1/32, 192.0.2.1, true",
        "192.0.2.1/32, 192.0.2.2, false",
        "192.0.2.0 255.255.255.0, 192.0.2.77, true",
        "192.0.2.0 255.255.255.0, 192.0.3.77, false",
        "192.0.0.1 255.0.0.255, 192.9.9.1, true",
        "2001:db8::/33, 2001:db8:7fff::1, true",
        "2001:db8::/33, 2001:db8:8000::1, false",
        "::/0, 2001:db8::1, true",
        "2001:db8:: ffff:ffff::, 2001:db8:1::1, true",
        "::ffff:192.0.2.0/120, 192.0.2.9, true",
        "::ffff:192.0.2.0/120, 192.0.3.9, false"
    })
    void givenAnAddress_whenCompared_thenItsBitsCount(String rule, String client, boolean inside) throws Exception {
        HbaAddress address = one("host all all " + rule + " trust").address();

        boolean matches = address instanceof HbaAddress.All || ((HbaAddress.Network) address).contains(address(client));
        assertThat(matches).isEqualTo(inside);
    }

    @ParameterizedTest
    @CsvSource({
        "db.example.com, db.example.com, true",
        "DB.example.com, db.EXAMPLE.com, true",
        "db.example.com, xdb.example.com, false",
        ".example.com, db.example.com, true",
        ".example.com, example.com, false",
        ".example.com, badexample.com, false"
    })
    void givenAHostName_whenCompared_thenInAnyCaseAndADotMeansTheEnd(String rule, String client, boolean matches)
            throws Exception {
        HbaAddress.HostName name =
                (HbaAddress.HostName) one("host all all " + rule + " trust").address();

        assertThat(name.matches(client)).isEqualTo(matches);
    }

    @Test
    void givenQuotesCommasAndContinuations_whenLoaded_thenPostgresRulesHold() throws Exception {
        HbaRule rule = one("host \"my db\",\"a\"\"b\", c \\\n  \"/^x{1,2}$\", d samenet \\\n md5");

        assertThat(rule.databases()).extracting(HbaName::text).containsExactly("my db", "a\"b", "c");
        assertThat(rule.users().get(0).pattern().isIn("xx")).isTrue();
        assertThat(rule.users().get(0).pattern().isIn("xxx")).isFalse();
        assertThat(rule.users().get(1).text()).isEqualTo("d");
        assertThat(rule.address()).isEqualTo(new HbaAddress.SameNet());
    }

    @Test
    void givenBlanksInFrontOfCommas_whenLoaded_thenTheListGoesOnAsInPgBouncer() throws Exception {
        HbaRule rule = one("host shop , \"a , b\" ann,bob\t, eve 10.0.0.0/8 md5");

        assertThat(rule.databases()).extracting(HbaName::text).containsExactly("shop", "a , b");
        assertThat(rule.users()).extracting(HbaName::text).containsExactly("ann", "bob", "eve");
        assertThat(rule.method()).isEqualTo(HbaMethod.MD5);
    }

    @Test
    void givenAtFiles_whenLoaded_thenTheirWordsStandThere() throws Exception {
        written.file("dbs", "one, two # comment\n\n\"three four\"\n@more");
        written.file("more", "five");
        HbaRule rule = one("local @dbs,six \"@dbs\" trust");

        assertThat(rule.databases())
                .extracting(HbaName::text)
                .containsExactly("one", "two", "three four", "five", "six");
        assertThat(rule.users()).extracting(HbaName::text).containsExactly("@dbs");
    }

    @Test
    void givenIncludes_whenLoaded_thenTheirLinesStandThere() throws Exception {
        Files.createDirectories(folder.resolve("d"));
        written.file("d/b.conf", "local b all trust");
        written.file("d/a.conf", "local a all trust\ninclude ../c");
        written.file("d/.hidden.conf", "nonsense");
        written.file("d/not", "nonsense");
        written.file("c", "local c all trust");
        List<HbaRule> rules = load("include_if_exists missing\ninclude_dir d\nlocal e all trust\ninclude_if_exists c");

        assertThat(rules).extracting(rule -> rule.databases().get(0).text()).containsExactly("a", "c", "b", "e", "c");
        assertThat(rules.get(1).place()).endsWith("c:1");
    }

    @Test
    void givenIncludesInACircle_whenLoaded_thenThereIsAnError() {
        assertThat(error("include hba.conf")).hasMessageContaining("10 deep at most; is there a circle?");
    }

    @Test
    void givenMissingFiles_whenLoaded_thenTheLineIsNamed() {
        assertThat(error("\ninclude missing"))
                .hasMessage(written.at("hba.conf", 2) + "include \"missing\": cannot read it: no such file");
        assertThat(error("local @missing all trust"))
                .hasMessage(written.at("hba.conf", 1) + "\"@missing\": cannot read it: no such file");
        assertThat(error("include_dir missing")).hasMessageContaining("cannot read it: no such file");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "remote all all trust              | unknown type of connection \"remote\"; allowed: local, host, hostssl",
                "local                             | the line ends before the databases",
                "local all                         | the line ends before the users",
                "local all all                     | the line ends before the method",
                "local,host all all trust          | there may be one type of the connection only",
                "host all all                      | the line ends before the address",
                "host all all trust                | the line ends before the method",
                "host all all 10.0.0.1 trust       | expected a mask such as 255.255.255.0 behind the address",
                "host all all 10.0.0.1             | the line ends before the mask",
                "host all all 10.0.0.0/33 trust    | the address \"10.0.0.0/33\" has 32 bits",
                "host all all ::1/129 trust        | the address \"::1/129\" has 128 bits",
                "host all all 10.0.0/8 trust       | bad address \"10.0.0/8\"",
                "host all all 10.0.0.256/32 trust  | bad address \"10.0.0.256/32\"",
                "host all all example.com/8 trust  | bad address \"example.com/8\"",
                "host all all 10.0.0 trust         | bad address \"10.0.0\"",
                "host all all a*b trust            | bad address \"a*b\"",
                "local all all truust              | unknown method \"truust\"; allowed: trust, reject, md5",
                "local all all gss                 | the method gss is not supported; use scram-sha-256 or cert",
                "local all all pam                 | the method pam is not supported; use ldap",
                "host all all all peer             | the method peer is for local lines only",
                "local all all peer map=m          | the map \"m\" is not in auth_ident_file",
                "local all all cert                | the method cert needs TLS: use it on hostssl lines",
                "hostnossl all all all cert        | the method cert needs TLS: use it on hostssl lines",
                "host all all all md5 clientcert=verify-ca | the option clientcert is for hostssl lines only",
                "hostssl all all all md5 clientcert=1 | the option clientcert is verify-ca or verify-full here, not \"1\"",
                "hostssl all all all cert clientcert=verify-ca | the option clientcert is verify-full here",
                "hostssl all all all cert clientname=X | the option clientname is CN or DN here",
                "hostssl all all all md5 clientname=DN | the option clientname is not for the method md5",
                "host all all all ident            | the method ident is not supported; use peer",
                "local all all trust secret1       | behind the method there may be options only",
                "local all all trust color=blue    | unknown option \"color\"",
                "local all all trust map=x         | the option map is not for the method trust",
                "local all \"all trust             | a double quote has no end on this line",
                "local all /( trust                | expected a regular expression",
                "local all \"\" trust              | expected a name",
            })
    void givenABrokenLine_whenLoaded_thenTheErrorNamesIt(String line, String text) {
        ConfigurationException error = error("local all all trust\n" + line + "\n");

        assertThat(error).hasMessageStartingWith(written.at("hba.conf", 2) + text);
        assertThat(error).hasMessageNotContaining("secret1");
    }

    @Test
    void givenAnHbaConfiguration_whenLoaded_thenItsFilesAreRead() throws Exception {
        written.file("hba.conf", "local all all trust\n");
        String ini = "[pgbouncer]\nauth_type = hba\nauth_hba_file = hba.conf\n";

        assertThat(written.ini(ini).hba().rules()).hasSize(1);
        assertThat(written.iniError("[pgbouncer]\nauth_type = hba\n"))
                .hasMessageEndingWith("auth_type = hba needs auth_hba_file");
        assertThat(written.iniError("[pgbouncer]\nauth_type = hba\nauth_hba_file = missing.conf\n"))
                .hasMessageEndingWith("auth_hba_file = \"missing.conf\": cannot read it: no such file");
        assertThat(written.iniError(ini + "auth_ident_file = missing.conf\n"))
                .hasMessageEndingWith("auth_ident_file = \"missing.conf\": cannot read it: no such file");
    }

    @Test
    void givenAnotherAuthType_whenLoaded_thenTheFilesDoNotMatter() throws Exception {
        Configuration configuration = written.ini("[pgbouncer]\nauth_type = md5\nauth_hba_file = missing.conf\n");

        assertThat(configuration.hba().rules()).isEmpty();
        written.file("missing.conf", "local all all trust\n");
        assertThat(configuration.with(Settings.AUTH_TYPE, "hba").hba().rules()).hasSize(1);
    }

    @Test
    void givenANameThatTakesARegularExpressionTooLong_whenCompared_thenTheSearchEnds() throws Exception {
        NamePattern pattern = one("local all /^(.*a){12}$ trust").users().get(0).pattern();

        assertThat(pattern.isIn("a".repeat(12))).isTrue();
        assertThat(catchThrowableOfType(NamePattern.TooCostly.class, () -> pattern.isIn("a".repeat(60) + "b")))
                .isNotNull();
        assertThat(catchThrowableOfType(NamePattern.TooCostly.class, () -> pattern.isIn("a".repeat(2000))))
                .isNotNull();
    }

    private static final String[] PIECES = {
        "local",
        "host",
        "hostssl",
        "all",
        "sameuser",
        "replication",
        "trust",
        "reject",
        "md5",
        "10.0.0.0/8",
        "::1/128",
        "/",
        "/a(b",
        "/^x",
        "+g",
        "+",
        "@",
        "@hba.conf",
        "@x",
        "\"",
        "\"\"",
        ",",
        ",",
        " ",
        " ",
        "\t",
        "\n",
        "\n",
        "\\",
        "\\\n",
        "#",
        "include",
        "include hba.conf",
        "include_dir .",
        "include_if_exists x",
        "map=",
        "map=m",
        "\0",
        "ü",
        "255.0.0.0",
        "1.2.3",
        ":::",
        "a.b",
        ".",
        "..",
        "=",
        "samenet",
        "\\1",
        "m",
    };

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void givenPiecesInRandomOrder_whenLoaded_thenOnlyConfigurationExceptionsAreThrown(boolean ident) throws Exception {
        Random random = new Random(20260102);
        for (int round = 0; round < 1000; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(30); i > 0; i--) {
                text.append(PIECES[random.nextInt(PIECES.length)]).append(random.nextBoolean() ? " " : "");
            }
            loadGarbage(text.toString().getBytes(StandardCharsets.UTF_8), ident);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void givenRandomBytes_whenLoaded_thenOnlyConfigurationExceptionsAreThrown(boolean ident) throws Exception {
        Random random = new Random(42);
        for (int round = 0; round < 1500; round++) {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            loadGarbage(bytes, ident);
        }
    }

    private void loadGarbage(byte[] bytes, boolean ident) throws Exception {
        Path file = Files.write(folder.resolve("hba.conf"), bytes);
        try {
            if (ident) {
                IdentMaps.load(file);
            } else {
                HbaRules.load(file, null);
            }
        } catch (ConfigurationException expected) {
            assertThat(expected.getMessage()).isNotBlank();
        } catch (RuntimeException | StackOverflowError unexpected) {
            throw new AssertionError(new String(bytes, StandardCharsets.UTF_8), unexpected);
        }
    }
}

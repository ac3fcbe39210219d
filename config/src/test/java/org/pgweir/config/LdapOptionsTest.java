package org.pgweir.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgweir.config.LdapOptions.Scheme;
import org.pgweir.config.LdapOptions.Scope;

class LdapOptionsTest {

    @TempDir
    Path folder;

    private Written written;

    @BeforeEach
    void setUp() {
        written = new Written(folder);
    }

    private static LdapOptions parse(String text) throws Exception {
        return LdapOptions.parse(text);
    }

    @Test
    void givenASearch_whenRead_thenAllIsThere() throws Exception {
        LdapOptions options = parse("ldapserver=\"a.example b.example:1389 [::1]:2389\" ldapport=3389 ldaptls=1"
                + " ldapbasedn=\"dc=example, dc=net\" ldapbinddn=\"cn=it\" ldapbindpasswd=\"se cret\""
                + " ldapsearchfilter=\"(|(uid=$username)(mail=$username))\"");

        assertThat(options.servers())
                .containsExactly(
                        new HostAddress("a.example", 3389),
                        new HostAddress("b.example", 1389),
                        new HostAddress("::1", 2389));
        assertThat(options.scheme()).isEqualTo(Scheme.STARTTLS);
        assertThat(options.searches()).isTrue();
        assertThat(options.baseDn()).isEqualTo("dc=example, dc=net");
        assertThat(options.bindDn()).isEqualTo("cn=it");
        assertThat(options.bindPassword()).isEqualTo("se cret");
        assertThat(options.scope()).isEqualTo(Scope.SUB);
        assertThat(options.searchFilter()).isEqualTo("(|(uid=$username)(mail=$username))");
        assertThat(options.toString()).contains("ldapbindpasswd=\"***\"").doesNotContain("se cret");
    }

    @Test
    void givenTheSimpleForm_whenRead_thenThereIsNoSearch() throws Exception {
        LdapOptions options = parse("ldapserver=a ldapscheme=ldaps ldapprefix=\"cn=\" ldapsuffix=\", dc=example\"");

        assertThat(options.servers()).containsExactly(new HostAddress("a", 636));
        assertThat(options.scheme()).isEqualTo(Scheme.LDAPS);
        assertThat(options.searches()).isFalse();
        assertThat(options.prefix()).isEqualTo("cn=");
        assertThat(options.suffix()).isEqualTo(", dc=example");
    }

    @Test
    void givenAUrl_whenRead_thenItsPartsAreDecoded() throws Exception {
        LdapOptions options = parse("ldapurl=\"ldaps://h:99/dc=a%20b,dc=c+d?mail?one\"");

        assertThat(options.servers()).containsExactly(new HostAddress("h", 99));
        assertThat(options.scheme()).isEqualTo(Scheme.LDAPS);
        assertThat(options.baseDn()).isEqualTo("dc=a b,dc=c+d");
        assertThat(options.searchAttribute()).isEqualTo("mail");
        assertThat(options.scope()).isEqualTo(Scope.ONE);
        assertThat(parse("ldapurl=\"ldap://h/dc=a??sub?(cn=$username)\"").searchFilter())
                .isEqualTo("(cn=$username)");
        assertThat(parse("ldapurl=\"ldap://h/dc=a\"").servers()).containsExactly(new HostAddress("h", 389));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "ldapserver=a                                         | ldapbasedn is needed, or ldapprefix or ldapsuffix",
                "ldapbasedn=dc                                        | expected ldapserver as one host or several",
                "ldapserver=a ldapbasedn=dc ldapprefix=x              | ldapprefix and ldapsuffix make the name to bind with",
                "ldapserver=a ldapprefix=x ldapbindpasswd=secret1     | ldapprefix and ldapsuffix make the name to bind with",
                "ldapserver=a ldapbasedn=dc ldapport=0                | expected a port from 1 to 65535",
                "ldapserver=a ldapbasedn=dc ldapport=x                | expected a port from 1 to 65535",
                "ldapserver=a:99999 ldapbasedn=dc                     | expected a port from 1 to 65535",
                "ldapserver=a ldapbasedn=dc ldaptls=yes               | expected ldaptls=0 or ldaptls=1",
                "ldapserver=a ldapbasedn=dc ldapscheme=http           | expected ldapscheme=ldap or ldapscheme=ldaps",
                "ldapserver=a ldapbasedn=dc ldapscheme=ldaps ldaptls=1 | ldapscheme=ldaps encrypts from the beginning",
                "ldapserver=a ldapbasedn=dc ldapsearchattribute=a=b   | ldapsearchattribute must be the name of an attribute",
                "ldapserver=a ldapbasedn=dc ldapsearchfilter=(uid=x)  | ldapsearchfilter must have $username",
                "ldapserver=a ldapbasedn=dc ldapsearchfilter=(u=$username | ldapsearchfilter must stand in parentheses",
                "ldapserver=a ldapbasedn=dc ldapsearchattribute=u ldapsearchfilter=(u=$username) | ldapsearchattribute and ldapsearchfilter",
                "ldapserver=a ldapbasedn=dc ldapcafile=/no/such       | ldapcafile is for ldaptls=1 and ldapscheme=ldaps",
                "ldapserver=a ldapbasedn=dc ldaptls=1 ldapcafile=/no/such | cannot read the ldapcafile \"/no/such\"",
                "ldapurl=http://a/dc                                  | expected ldapurl as ldap://",
                "ldapurl=ldap://a/dc?uid?all                          | expected the scope base, one or sub in ldapurl",
                "ldapurl=ldap://a/dc%zz                               | in ldapurl a percent sign",
                "ldapurl=ldap://a/dc ldapbasedn=dc                    | ldapbasedn says again what ldapurl says",
                "ldapserver=a ldapbasedn=dc=a,dc=secret1              | expected options of LDAP between blanks",
                "ldapbindpasswd=secret1 secret1                       | expected options of LDAP between blanks",
                "ldapbindpasswd=\"secret1                             | a double quote has no end",
            })
    void givenWhatMakesNoSense_whenRead_thenTheErrorSaysWhyAndNoSecret(String text, String reason) {
        ConfigurationException setting =
                catchThrowableOfType(ConfigurationException.class, () -> Settings.AUTH_LDAP_OPTIONS.parse(text));
        assertThat(setting).hasMessageStartingWith("auth_ldap_options: " + reason);
        assertThat(setting).hasMessageNotContaining("secret1");

        if (!reason.startsWith("expected options of LDAP")) {
            ConfigurationException rule = catchThrowableOfType(
                    ConfigurationException.class,
                    () -> HbaRules.load(written.file("hba.conf", "host all all all ldap " + text + "\n"), null));
            assertThat(rule).hasMessageStartingWith(written.at("hba.conf", 1) + reason);
            assertThat(rule).hasMessageNotContaining("secret1");
        }
    }

    @Test
    void givenAuthTypeLdapWithoutOptions_whenLoaded_thenThereIsAnError() {
        assertThat(written.iniError("[pgbouncer]\nauth_type = ldap\n"))
                .hasMessageEndingWith("auth_type = ldap needs auth_ldap_options");
        assertThat(written.iniError("[pgbouncer]\nauth_type = ldap\nauth_ldap_options = ldapbindpasswd=secret1\n"))
                .hasMessageContaining("auth_ldap_options: expected ldapserver")
                .hasMessageNotContaining("secret1");
    }

    @Test
    void givenAuthTypeLdap_whenItsOptionsAreSetToNothing_thenThereIsAnError() throws Exception {
        Configuration good = written.ini(
                "[pgbouncer]\nauth_type = ldap\nauth_ldap_options = ldapserver=127.0.0.1 ldapprefix=\"cn=\"\n");
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> good.with(Settings.AUTH_LDAP_OPTIONS, ""))
                .withMessageEndingWith("auth_type = ldap needs auth_ldap_options");
    }
}
